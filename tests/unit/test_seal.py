"""Seals: what an issuer may sign, what a reader believes, and how long it all is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cartes import es256, seal
from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import Binding, CardKind, Shape
from cartes.ecps import EcpsCard
from cartes.errors import CardRefused, CredentialExpired, InvalidValue, LintRefused
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from tests.simulators.issuing import (
    NOW,
    Phone,
    WordKey,
    apcv,
    credential,
    delegate,
    draft,
    ecps,
    policy,
    trust,
)

COMPLET = apcv(Shape.COMPLET, delegate=delegate())


@pytest.mark.parametrize("card", [apcv(Shape.IDENTITE), apcv(), COMPLET, ecps()])
def test_what_was_sealed_is_what_is_opened(card: ApcvCard | EcpsCard) -> None:
    """The card, the phone and the dates come back, from the issuer who signed."""
    opened = seal.open_seal(credential(card), trust(), NOW)

    drafted = draft(card)
    assert (opened.card, opened.holder_key) == (card, drafted.holder_key)
    assert (opened.issued_at, opened.expires_at) == (drafted.issued_at, drafted.expires_at)
    assert opened.issuer.name == f"issuer {card.kind.value}"
    assert opened.env == "test"


@pytest.mark.parametrize(
    ("card", "flags", "most"),
    [
        (apcv(delegate=delegate()), 0x1D, 385),
        (COMPLET, 0x1D, 449),
        (ecps(binding=Binding.SYNCED), 0x1D, 361),
    ],
)
def test_sizes_stay_within_their_symbols(card: ApcvCard | EcpsCard, flags: int, most: int) -> None:
    """The largest personas, flags 1d, a counter of four bytes: v15-M, v16-M, v14-M."""
    phone = Phone(kind=card.kind, flags=flags, counter=0xFFFF_FFFF)

    shown = phone.show(credential(card, phone), NOW)

    assert len(shown) <= most
    assert len(shown) == seal.presented_size(seal.lint(draft(card, phone), policy(card.kind)).claims)


REFUSED: dict[str, tuple[str, ApcvCard | EcpsCard, dict[str, Any]]] = {
    "no life": ("expires_before_it_is_issued", apcv(), {"expires_at": NOW - timedelta(hours=1)}),
    "too long": ("life_too_long", ecps(), {"expires_at": NOW + timedelta(hours=24)}),
    "synced too long": ("life_too_long", apcv(), {"expires_at": NOW + timedelta(hours=24)}),
    "read in the future": ("read_after_it_is_issued", apcv(as_of=NOW), {}),
    "empty name": ("name_length", apcv(birth_name=""), {}),
    "long name": ("name_length", apcv(given="A" * 28), {}),
    "long e-CPS name": ("name_length", ecps(name="A" * 28), {}),
    "accents": ("name_not_a_strict_trait", apcv(given="ZOÉ"), {}),
    "double hyphen": ("name_not_a_strict_trait", apcv(given="ANNE--LOU"), {}),
    "odd NIR": ("nir_not_strict", apcv(nir=Nir.from_number("1581599999042", Mode.TEST)), {}),
    "delegation ended": (
        "outlives_its_delegation",
        apcv(delegate=Delegate("PAUL", DelegationType.TIERS_PONCTUEL, date(2026, 11, 21))),
        {},
    ),
    "delegation ended by the French clock": (
        "outlives_its_delegation",
        apcv(delegate=Delegate("PAUL", DelegationType.TIERS_PONCTUEL, date(2026, 11, 21))),
        {"expires_at": datetime(2026, 11, 21, 23, 30, tzinfo=UTC)},
    ),
    "off the curve": ("does_not_read_back", apcv(), {"holder_key": b"\x02" + (1).to_bytes(32, "big")}),
    "name with an escape": ("does_not_read_back", ecps(given="LUC\x1b[0m"), {}),
    "too big": (
        "too_long",
        apcv(
            Shape.COMPLET, birth_name="A" * 27, use_name="B" * 27, given="C" * 27,
            ald=apcv(Shape.COMPLET).ald * 8, delegate=delegate(),
        ),
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_draft_that_breaks_a_rule_is_not_signed(name: str) -> None:
    """Each rule has its word."""
    rule, card, changes = REFUSED[name]
    with pytest.raises(LintRefused) as refused:
        seal.lint(draft(card, **changes), policy(card.kind))
    assert refused.value.facts["rule"] == rule


def test_every_bit_of_a_credential_is_sealed() -> None:
    """A change anywhere is refused by name; nothing crashes, nothing is accepted."""
    sealed = credential(apcv())

    for position in range(len(sealed)):
        changed = sealed[:position] + bytes((sealed[position] ^ 1,)) + sealed[position + 1 :]
        with pytest.raises(CardRefused):
            seal.open_seal(changed, trust(), NOW)


def test_at_the_second_of_expiry_it_is_over() -> None:
    """`exp` itself is too late, the second before is not."""
    sealed = credential(apcv())
    end = draft(apcv()).expires_at

    assert seal.open_seal(sealed, trust(), end - timedelta(seconds=1))
    with pytest.raises(CredentialExpired):
        seal.open_seal(sealed, trust(), end)


def test_a_signer_that_gives_der_is_noticed() -> None:
    """A signature of another shape never becomes a card."""

    class DerSigner(WordKey):
        def sign(self, message: bytes) -> bytes:
            return self.sign_der(message)

    linted = seal.lint(draft(apcv()), policy())

    with pytest.raises(InvalidValue):
        seal.seal(linted, DerSigner("issuer apcv"))


def test_expected_kind_of_a_good_card() -> None:
    """The kind the screen asked for passes."""
    assert seal.open_seal(credential(ecps()), trust(), NOW, expected=CardKind.ECPS)


def test_uncompressed_points_become_compressed_ones() -> None:
    """What a phone's key looks like in WebAuthn, and what a card carries."""
    key = WordKey("phone").private.public_key().public_numbers()
    point = b"\x04" + key.x.to_bytes(32, "big") + key.y.to_bytes(32, "big")

    assert es256.compressed(point) == WordKey("phone").public_key
    with pytest.raises(InvalidValue):
        es256.compressed(point[:-1] + bytes((point[-1] ^ 1,)))


def test_claims_recorded_before_a_crash_are_linted_again() -> None:
    """What was recorded may be sealed later only if it is still what the rules would write."""
    linted = seal.lint(draft(apcv()), policy())

    assert seal.lint_again(linted.claims, policy()) == linted
    with pytest.raises(LintRefused):
        seal.lint_again(linted.claims + b"\x00", policy())
    with pytest.raises(LintRefused):
        seal.lint_again(linted.claims, policy(max_ttl_s=60))
