"""Who may hold a card, and which phone: every refusal, in its order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apcv_backend.enrolment import rules
from apcv_backend.enrolment.rules import Device, DevicePolicy, DossierProfessionnel, PersonKey
from cartes.assure import AttributIdentite, StatutIdentite
from cartes.cards import Binding, CardKind
from cartes.errors import InvalidValue
from cartes.naissance import DateNaissance
from tests.simulators.enrolment_stage import ANGE, exercice, insured, professional

TODAY = date(2026, 11, 21)


def refusal(dossier: rules.Dossier) -> str:
    try:
        rules.check_may_hold(dossier, TODAY)
    except rules.EnrolmentRefused as refused:
        return refused.code
    return "may_hold"


def test_someone_in_good_standing_may_hold_a_card() -> None:
    """Nothing stands against an adult of qualified identity, nor a professional with an active exercice."""
    assert refusal(insured(ANGE.text, "19580314")) == "may_hold"
    assert refusal(DossierProfessionnel(professional())) == "may_hold"


def test_the_reasons_of_an_insured_person_come_in_a_fixed_order() -> None:
    """Death before AME, AME before age, age before tutelle, tutelle before the state of the identity."""
    facts: dict[str, Any] = {
        "deceased_on": TODAY,
        "ame": True,
        "tutelle": True,
        "statut_identite": StatutIdentite.PROV,
    }
    told = [refusal(insured(ANGE.text, "20120101", **facts))]
    for name in ("deceased_on", "ame"):
        facts.pop(name)
        told.append(refusal(insured(ANGE.text, "20120101", **facts)))
    told.append(refusal(insured(ANGE.text, "19580314", **facts)))
    facts.pop("tutelle")
    told.append(refusal(insured(ANGE.text, "19580314", **facts)))

    assert told == [
        "deceased",
        "ame_not_eligible",
        "under_16",
        "tutelle_requires_delegation",
        "identity_not_qualified",
    ]


def test_the_reasons_of_a_professional_come_in_a_fixed_order() -> None:
    """Struck off before dead, dead before retired, retired before opposed."""
    against: dict[str, Any] = {
        "struck_off_on": TODAY,
        "deceased_on": TODAY,
        "active": False,
        "card_opposed_on": TODAY,
    }
    told = []
    while against:
        told.append(refusal(DossierProfessionnel(professional(**against))))
        against.pop(next(iter(against)))

    assert told == ["struck_off", "deceased", "retired", "card_opposed"]


def test_a_decision_of_tomorrow_is_not_one_of_today() -> None:
    """A date that has not come refuses nobody."""
    tomorrow = date(2026, 11, 22)
    waiting = professional(struck_off_on=tomorrow, deceased_on=tomorrow, card_opposed_on=tomorrow)

    assert refusal(DossierProfessionnel(waiting)) == "may_hold"


def test_a_professional_without_an_active_exercice_is_retired() -> None:
    """The number lives on; without an exercice there is nothing to hold a card for."""
    assert refusal(DossierProfessionnel(professional(exercices=()))) == "retired"
    assert refusal(DossierProfessionnel(professional(exercices=(exercice(active=False),)))) == "retired"


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("20101121", "may_hold"),
        ("20101122", "under_16"),
        ("20101100", "under_16"),
        ("20101000", "may_hold"),
        ("20100000", "under_16"),
        ("20090000", "may_hold"),
    ],
)
def test_sixteen_years_must_be_certain(born: str, expected: str) -> None:
    """With a day or a month unknown, the latest possible birthday counts."""
    assert refusal(insured(ANGE.text, born)) == expected


@pytest.mark.parametrize("status", [s for s in StatutIdentite if s is not StatutIdentite.QUAL])
def test_only_a_qualified_identity_holds_a_card(status: StatutIdentite) -> None:
    """PROV, RECUP and VALI do not let a number out."""
    assert refusal(insured(ANGE.text, "19580314", statut_identite=status)) == "identity_not_qualified"


@pytest.mark.parametrize("caution", [AttributIdentite.DOUTEUX, AttributIdentite.FICTIF])
def test_a_doubtful_or_fictitious_identity_holds_no_card(caution: AttributIdentite) -> None:
    """Both come with PROV only, and are refused for it."""
    marked = insured(
        ANGE.text, "19580314", statut_identite=StatutIdentite.PROV, attributs=frozenset({caution})
    )

    assert refusal(marked) == "identity_not_qualified"


def test_a_day_is_counted_in_france() -> None:
    """Half past eleven in the evening UTC is already tomorrow in Paris, in winter too."""
    assert rules.day_in_france(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == TODAY


# --- phones


@dataclass(frozen=True)
class Key:
    binding: Binding


def phones(how_many: int) -> list[Device]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    phone = Device(
        device_id="",
        reference="",
        subject_id="",
        card=CardKind.APCV,
        name="",
        binding=Binding.SYNCED,
        credential_id=b"",
        transports=(),
        app_jkt="",
        enrolled_at=at,
        last_used_at=at,
        withdrawn_at=None,
    )
    return [replace(phone, device_id=str(number)) for number in range(how_many)]


@pytest.mark.parametrize(
    ("binding", "required", "expected"),
    [
        (Binding.HARDWARE_ATTESTED, Binding.HARDWARE_ATTESTED, None),
        (Binding.DEVICE_BOUND_CLAIMED, Binding.HARDWARE_ATTESTED, rules.AttestationTooWeak),
        (Binding.SYNCED, Binding.HARDWARE_ATTESTED, rules.KeyCanBeCopied),
        (Binding.SYNCED, Binding.DEVICE_BOUND_CLAIMED, rules.KeyCanBeCopied),
        (Binding.DEVICE_BOUND_CLAIMED, Binding.DEVICE_BOUND_CLAIMED, None),
        (Binding.SYNCED, Binding.SYNCED, None),
    ],
)
def test_a_key_is_as_firm_as_the_card_asks_or_refused(
    binding: Binding, required: Binding, expected: type[rules.EnrolmentRefused] | None
) -> None:
    """Every class against every requirement."""
    policy = DevicePolicy(required, limit=5)

    if expected is None:
        assert rules.accept_device(Key(binding), phones(4), policy) is binding
    else:
        with pytest.raises(expected) as refused:
            rules.accept_device(Key(binding), phones(4), policy)
        assert refused.value.facts["required"] == required.word


def test_one_phone_more_than_the_limit_is_too_many() -> None:
    """The limit is how many one may have, not how many one may have before."""
    policy = DevicePolicy(Binding.SYNCED, limit=2)

    rules.accept_device(Key(Binding.SYNCED), phones(1), policy)
    with pytest.raises(rules.TooManyDevices):
        rules.accept_device(Key(Binding.SYNCED), phones(2), policy)


@pytest.mark.parametrize(
    "name",
    ["", "   ", "a" * 61, "deux\nlignes", "\u202einversé", "nul\x00", "158032A99904296", "1 58 03 29 990 42"],
)
def test_a_phone_has_a_short_plain_name(name: str) -> None:
    """Nothing empty, endless, that breaks or turns a line, or that could be somebody's number."""
    with pytest.raises(InvalidValue):
        rules.parse_device_name(name)


def test_a_phone_name_keeps_its_accents() -> None:
    """A name is composed (NFC) and trimmed, nothing else."""
    assert rules.parse_device_name(" Te\u0301le\u0301phone d'Inès 15 ") == "Téléphone d'Inès 15"


# --- the key of a person


@pytest.mark.parametrize(
    ("card", "text", "kept"),
    [
        (CardKind.APCV, "1 58 03 2A 999 042 96", "158032A99904296"),
        (CardKind.APCV, "295036999911808/20261103/1", "295036999911808/20261103/1"),
        (CardKind.ECPS, "899700900154", "899700900154"),
        (CardKind.ECPS, "99700900154", "899700900154"),
        (CardKind.ECPS, "0996900163", "0996900163"),
    ],
)
def test_a_person_is_found_under_one_key(card: CardKind, text: str, kept: str) -> None:
    """A NIR, an ouvrant droit's NIR with date and rang, an IDNPS; an RPPS is read as its IDNPS."""
    assert PersonKey.parse(card, text).text == kept


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (CardKind.APCV, "158032A99904297"),
        (CardKind.APCV, "295036999911808/20261103"),
        (CardKind.APCV, "295036999911808/20261103/7"),
        (CardKind.APCV, "295036999911808/2026-11-03/1"),
        (CardKind.APCV, ""),
        (CardKind.ECPS, "899700900155"),
        (CardKind.ECPS, "99700900155"),
    ],
)
def test_what_is_no_key_of_a_person_is_refused(card: CardKind, text: str) -> None:
    """Wrong keys, missing parts and impossible ranks name nobody."""
    with pytest.raises(InvalidValue):
        PersonKey.parse(card, text)


def test_the_key_of_a_person_never_prints_itself() -> None:
    """It holds a NIR."""
    assert ANGE.text not in repr(ANGE)
    assert ANGE.nir is not None
    assert ANGE.nir.digits == ANGE.text
    assert DateNaissance.parse("19580314").text not in repr(ANGE)
