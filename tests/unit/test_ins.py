"""The INS and its OIDs: what may be read, what may be emitted."""

from __future__ import annotations

import pytest

from cartes.errors import InvalidValue
from cartes.identifiers.ins import Ins, OidIns, check_may_be_emitted
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme

NIR = Nir.parse("260058815400233")
NIA = Nir.parse("885997512345663")
MONTH_19 = "142196296516794"


def test_only_the_two_test_oids_are_test() -> None:
    """The OIDs of domain: .8 and .9 are production, .10 and .11 are test and demo."""
    assert {oid.value.rsplit(".", 1)[1]: oid.is_test for oid in OidIns} == {
        "8": False,
        "9": False,
        "10": True,
        "11": True,
    }
    assert OidIns.NIR_TEST.urn == "urn:oid:1.2.250.1.213.1.4.10"


def test_an_oid_is_read_in_dots_or_as_a_urn() -> None:
    """Both writings met in the sector are read."""
    assert OidIns.parse("1.2.250.1.213.1.4.10") is OidIns.NIR_TEST
    assert OidIns.parse("urn:oid:1.2.250.1.213.1.4.9") is OidIns.NIA


@pytest.mark.parametrize("text", ["1.2.250.1.213.1.4.5", "1.2.250.1.213.1.4.1", "", "1.2.250.1.213.1.4.１０"])
def test_any_other_oid_is_refused(text: str) -> None:
    """`…4.5`, seen in wrong public code, is no INS OID."""
    with pytest.raises(InvalidValue, match="oid_ins"):
        OidIns.parse(text)


@pytest.mark.parametrize("oid", [OidIns.NIR_TEST, OidIns.NIR_DEMO])
@pytest.mark.parametrize("matricule", [NIR, NIA, Nir.parse(MONTH_19, Mode.TEST)])
def test_test_oids_may_be_emitted(matricule: Nir, oid: OidIns) -> None:
    """A NIR, a NIA and an odd test number are emitted under the test OIDs."""
    check_may_be_emitted(Ins(matricule, oid))


@pytest.mark.parametrize(("matricule", "oid"), [(NIR, OidIns.NIR), (NIA, OidIns.NIA)])
def test_production_oids_are_read_and_never_emitted(matricule: Nir, oid: OidIns) -> None:
    """An INS of a living person can be held in memory; this project never writes it."""
    ins = Ins(matricule, oid)

    with pytest.raises(InvalidValue, match="production_oid_never_emitted"):
        check_may_be_emitted(ins)
    assert ins.is_strict


def test_a_number_only_a_lenient_reading_let_through_is_never_emitted() -> None:
    """Read and report, never issue."""
    ins = Ins(Nir.parse("260058815400234", Mode.LENIENT), OidIns.NIR_TEST)

    assert ins.warnings == ("key",)
    with pytest.raises(InvalidValue, match="lenient"):
        check_may_be_emitted(ins)


def test_a_sound_number_read_leniently_may_be_emitted() -> None:
    """It is the warnings that count, not the way of reading."""
    check_may_be_emitted(Ins(Nir.parse("260058815400233", Mode.LENIENT), OidIns.NIR_TEST))


def test_an_odd_test_number_has_no_production_oid() -> None:
    """The test mode's indulgence is for the test OIDs alone."""
    with pytest.raises(InvalidValue, match="test_matricule_under_production_oid"):
        Ins(Nir.parse(MONTH_19, Mode.TEST), OidIns.NIR)


@pytest.mark.parametrize(("matricule", "oid"), [(NIR, OidIns.NIA), (NIA, OidIns.NIR)])
def test_a_production_oid_matches_its_kind_of_number(matricule: Nir, oid: OidIns) -> None:
    """A NIA under the NIR's OID, or the reverse, is refused strictly and reported leniently."""
    with pytest.raises(InvalidValue, match="oid_does_not_match_matricule"):
        Ins(matricule, oid)

    lenient = Ins(Nir.parse(matricule.digits, Mode.LENIENT), oid)
    assert lenient.warnings == ("oid_does_not_match_matricule",)


def test_an_ins_prints_its_number_masked() -> None:
    """The dataclass's own repr shows the NIR's mask."""
    assert "Nir(…33)" in repr(Ins(NIR, OidIns.NIR_TEST))
    assert "2600588" not in repr(Ins(NIR, OidIns.NIR_TEST))


def test_an_organisme_crosses_the_wire_with_its_zeros() -> None:
    """Régime, caisse and centre come back from their integers with the zeros they had."""
    organisme = Organisme("01", "049", "0081")

    assert organisme.as_ints == (1, 49, 81)
    assert Organisme.from_ints(*organisme.as_ints) == organisme
    assert Organisme.parse("01 049 0081") == organisme
    assert organisme.text == "010490081"


@pytest.mark.parametrize(
    "parts", [("1", "999", "9999"), ("01", "99", "9999"), ("01", "999", "999９"), ("0A", "999", "9999")]
)
def test_an_organisme_has_two_three_and_four_digits(parts: tuple[str, str, str]) -> None:
    """Any other width or sign is refused."""
    with pytest.raises(InvalidValue, match="organisme"):
        Organisme(*parts)


@pytest.mark.parametrize("numbers", [(100, 1, 1), (1, 1000, 1), (1, 1, 10000), (-1, 1, 1), (1, -10, 1)])
def test_integers_too_big_or_negative_are_no_organisme(numbers: tuple[int, int, int]) -> None:
    """Nothing is truncated on the way back from the wire."""
    with pytest.raises(InvalidValue, match="organisme"):
        Organisme.from_ints(*numbers)


@pytest.mark.parametrize("text", ["01999999", "0199999999", "01-999-9999", ""])
def test_an_organisme_in_a_row_is_nine_digits(text: str) -> None:
    """Any other text is refused."""
    with pytest.raises(InvalidValue, match="organisme"):
        Organisme.parse(text)
