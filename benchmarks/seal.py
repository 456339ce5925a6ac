"""An issuer seals a card: beside the one P-256 signature it cannot do without."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.figure import Figure, Quantity, Shown
from benchmarks.limits import BareP256
from benchmarks.timing import interleaved
from benchmarks.world import full_card
from cartes import es256
from cartes import seal as card_seal
from tests.simulators.issuing import draft, policy

_ES256 = ec.ECDSA(hashes.SHA256())


class _Signer:
    """The issuer's key, ready, signing as the development signer does."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, message: bytes) -> bytes:
        return es256.from_der(self._key.sign(message, _ES256))


def measure(*, rounds: int = 31, cards: int = 100) -> list[Figure]:
    """Lint and seal the full card `cards` times a turn; and seal it alone."""
    bare, drafted, rules = BareP256(), draft(full_card()), policy()
    signer = _Signer(bare.issuer)
    linted = card_seal.lint(drafted, rules)

    def repeated(once: Callable[[], object]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(cards):
                once()

        return work

    taken = interleaved(
        {
            "bare": lambda: bare.sign_one(cards),
            "seal": lambda: repeated(lambda: card_seal.seal(linted, signer)),
            "both": lambda: repeated(lambda: card_seal.seal(card_seal.lint(drafted, rules), signer)),
        },
        rounds=rounds,
        operations=cards,
    )
    beside = f"one bare P-256 signature: {Quantity(taken['bare'], Shown.DURATION)}"
    return [
        Figure(
            "seal",
            "Sealing a linted card",
            Quantity(taken["seal"], Shown.DURATION),
            beside,
            Quantity(taken["seal"] / taken["bare"], Shown.TIMES),
        ),
        Figure(
            "lint_and_seal",
            "Linting and sealing a card",
            Quantity(taken["both"], Shown.DURATION),
            beside,
            Quantity(taken["both"] / taken["bare"], Shown.TIMES),
            note="linting writes the card, reads it back as a till will, and decodes the phone's key",
        ),
    ]
