"""The pieces vectors are made of: a good presentation taken apart, so that one thing in it can be broken.

`Recipe` holds every choice on the way from a card to a QR text. Its defaults make a good one; a vector
changes one of them. Bytes that no honest encoder writes are made by hand here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cartes import es256
from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.status import StatusList, StatusPurpose
from cartes.trust import TrustList, kid_of
from cartes.wire import base64url, cose, qr, strict_cbor, strict_json
from tests.simulators.issuing import LIVES, NOW, RP_IDS, WordKey, policy, trust

Bytes = Callable[[bytes], bytes]
STATUS_SIZE = 2_000_000


def same(data: bytes) -> bytes:
    """Change nothing."""
    return data


def seconds(at: datetime) -> int:
    """Whole Unix seconds."""
    return int(at.timestamp())


def stamp(at: datetime) -> str:
    """An instant as the vectors write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Recipe:
    """From a card to a text; each field is one place where something can go wrong."""

    card: ApcvCard | EcpsCard | AmcCard
    at: datetime = NOW
    issued_at: datetime = NOW - timedelta(hours=1)
    life: timedelta | None = None
    signer: str = ""  # the word of the issuer's key; empty means the issuer of the card's kind
    kid: bytes | None = None
    phone: str = "phone"  # the word of the key that makes the proof
    holder: bytes | None = None  # the point written into the card; None means the phone's own
    flags: int = 0x1D
    counter: int = 7
    profile: int | bytes = 0
    suffix: str | None = None  # what really follows the challenge; None means what `profile` says
    t: int | None = None
    told_t: int | None = None  # the moment written into the proof; None means the one signed
    rp_id: str = ""
    ctx: bytes = b""
    challenge: bytes | None = None
    claims: Callable[[dict[int, Any]], Any] = field(default=lambda claims: claims)
    payload: Bytes = same
    protected: Bytes = same
    unprotected: dict[int, Any] = field(default_factory=dict)
    seal: Bytes = same
    credential: Bytes = same
    proof: Callable[[list[Any]], Any] = field(default=lambda proof: proof)
    outer: Bytes = same
    text: Callable[[str], str] = field(default=lambda text: text)

    @property
    def kind(self) -> CardKind:
        return self.card.kind

    def sealed(self) -> bytes:
        """The credential."""
        holder = self.holder or WordKey(self.phone).public_key
        default = timedelta(hours=24) if self.card.binding == 0 else LIVES[self.kind]
        claims = {
            4: seconds(self.issued_at + (self.life or default)),
            6: seconds(self.issued_at),
            8: {1: {1: 2, -1: 1, -2: holder[1:], -3: holder[0] == 3}},
            -65537: self.card.to_claims(),
        }
        payload = self.payload(strict_cbor.dumps(self.claims(claims)))
        key = WordKey(self.signer or f"issuer {self.kind.value}")
        protected = self.protected(cose.protected_header(self.kid or kid_of(key.public_key)))
        signature = self.seal(key.sign(cose.to_be_signed(protected, payload)))
        return self.credential(strict_cbor.dumps([protected, self.unprotected, payload, signature]))

    def made(self) -> tuple[str, tuple[str, int]]:
        """The text of the QR, and the (SHA-256 of the credential, t) a till would remember."""
        credential = self.sealed()
        t = seconds(self.at) - 5 if self.t is None else self.t
        digest = hashlib.sha256(credential).digest()
        challenge = self.challenge
        if challenge is None:
            challenge = hashlib.sha256(b"FR-SQ1-POP\x00" + digest + t.to_bytes(4, "big") + self.ctx).digest()
        profiles = policy(self.kind).profiles
        suffix = self.suffix
        if suffix is None and isinstance(self.profile, bytes):
            suffix = profiles[0][:-1] + self.profile.decode()
        elif suffix is None:
            suffix = profiles.get(int(self.profile), profiles[0])
        client_data = f'{{"type":"webauthn.get","challenge":"{base64url.encode(challenge)}{suffix}'.encode()
        rp_id_hash = hashlib.sha256((self.rp_id or RP_IDS[self.kind]).encode()).digest()
        data = rp_id_hash + bytes((self.flags & 0xFF,)) + self.counter.to_bytes(4, "big")
        signature = WordKey(self.phone).sign(data + hashlib.sha256(client_data).digest())
        told = t if self.told_t is None else self.told_t
        proof = self.proof([told, self.flags, self.counter, self.profile, signature])
        outer = self.outer(strict_cbor.dumps([credential, proof]))
        return self.text(qr.pack(outer)), (digest.hex(), told)


@dataclass(frozen=True)
class Store:
    """What the till of a vector knows: the trust list, the status lists, and how old all that is."""

    trust: TrustList = field(default_factory=trust)
    signed_at: datetime = NOW - timedelta(hours=1)
    floor: datetime = NOW - timedelta(hours=1)
    usable: bool = True
    lists: dict[int, CardKind] = field(default_factory=lambda: {1: CardKind.APCV, 2: CardKind.ECPS})
    size: int = STATUS_SIZE
    status_issued_at: datetime = NOW - timedelta(hours=2)
    revoked: frozenset[int] = frozenset((3, 70_000, 1_999_999))
    suspended: frozenset[int] = frozenset((5, 80_000))

    def told(self) -> dict[str, Any]:
        """The store as JSON values."""
        if not self.usable:
            return {"usable": False}
        return {
            "usable": True,
            "signed_at": stamp(self.signed_at),
            "expires_at": stamp(self.signed_at + timedelta(hours=24)),
            "floor": stamp(self.floor),
            "trust": strict_json.loads(self.trust.encode()),
            "revoked": self._lists(StatusPurpose.REVOKED, self.revoked),
            "suspended": self._lists(StatusPurpose.SUSPENDED, self.suspended),
        }

    def _lists(self, purpose: StatusPurpose, indices: frozenset[int]) -> dict[str, str]:
        return {
            str(number): base64url.encode(
                StatusList(number, purpose, self.size, self.status_issued_at, indices).encode()
            )
            for number in self.lists
        }


@dataclass(frozen=True)
class Vector:
    """One file: a recipe with one fault, the till that reads it, and the one reason it must give."""

    name: str
    odd: str
    expected: str
    recipe: Recipe
    store: Store = field(default_factory=Store)
    expected_kind: CardKind | None = None
    ctx: bytes = b""
    also_asked: tuple[bytes, ...] = ()
    require_device_bound: bool = False
    seen: bool = False

    def told(self) -> dict[str, Any]:
        """The file as JSON values."""
        text, (digest, t) = self.recipe.made()
        return {
            "name": self.name,
            "odd": self.odd,
            "kind": self.recipe.kind.value,
            "at": stamp(self.recipe.at),
            "text": text,
            "expected_kind": self.expected_kind.value if self.expected_kind else None,
            "ctx": self.ctx.hex(),
            "also_asked": [other.hex() for other in self.also_asked],
            "require_device_bound": self.require_device_bound,
            "seen": [{"credential_sha256": digest, "t": t}] if self.seen else [],
            "store": self.store.told(),
            "expected": self.expected,
        }


def high_s(signature: bytes) -> bytes:
    """The other half of the same signature: (r, n - s)."""
    s = es256.ORDER - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


def flip(data: bytes, position: int, bit: int = 1) -> bytes:
    """`data` with one bit changed."""
    return data[:position] + bytes((data[position] ^ bit,)) + data[position + 1 :]


def put(position: int, value: Any) -> Callable[[list[Any]], list[Any]]:
    """Replace one member of an array."""
    return lambda items: [*items[:position], value, *items[position + 1 :]]


def in_card(position: int, value: Any) -> Callable[[dict[int, Any]], dict[int, Any]]:
    """Replace one field of the card inside the claims."""
    return lambda claims: claims | {-65537: put(position, value)(claims[-65537])}


def swapped(data: bytes, old: bytes, new: bytes) -> bytes:
    """`data` with the one place where `old` stands changed to `new`."""
    assert data.count(old) == 1, "the pattern must stand in one place"
    return data.replace(old, new)


__all__ = [
    "Recipe",
    "Store",
    "Vector",
    "flip",
    "high_s",
    "in_card",
    "put",
    "replace",
    "same",
    "seconds",
    "stamp",
    "swapped",
]
