"""RPPS, ADELI, IDNPS, FINESS, SIREN, SIRET and the Luhn key they share."""

from __future__ import annotations

import pytest

from cartes.errors import InvalidValue
from cartes.identifiers.adeli import Adeli
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.luhn import luhn_holds, luhn_key
from cartes.identifiers.mode import Mode
from cartes.identifiers.rpps import Rpps
from cartes.identifiers.siret import Siren, Siret
from cartes.nomenclatures.type_identifiant import TypeIdentifiant

RPPS_PUBLISHED = ["99700366240", "99700218896", "99900007776", "10101343233", "99700075064", "99700245667"]
RPPS_PERSONAS = [f"997009001{end}" for end in ("05", "13", "21", "39", "47", "54", "62")]
RPPS_WRONG = ["10003461033", "10102727017", "00000000001"]


@pytest.mark.parametrize("digits", RPPS_PUBLISHED + RPPS_PERSONAS)
def test_published_rpps_numbers_pass(digits: str) -> None:
    """Every valid published RPPS, and every persona's, is read strictly."""
    rpps = Rpps.parse(digits)

    assert rpps.is_strict
    assert luhn_key(digits[:-1]) == digits[-1]
    assert repr(rpps) == str(rpps) == f"Rpps(…{digits[-3:]})"


@pytest.mark.parametrize("digits", RPPS_WRONG)
def test_a_wrong_rpps_key_is_an_error_to_issue_and_a_warning_to_read(digits: str) -> None:
    """The ANS's own fixtures with wrong keys can be shown, never issued for."""
    for mode in (Mode.STRICT, Mode.TEST):
        with pytest.raises(InvalidValue) as refused:
            Rpps.parse(digits, mode)
        assert refused.value.facts == {"what": "rpps", "why": "key"}

    read = Rpps.parse(digits, Mode.LENIENT)
    assert read.warnings == ("key",)
    assert not read.is_strict


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "text", ["", "9970036624", "997003662400", "９９７００３６６２４０", "9970036624A", "9970036624\n"]
)
def test_what_is_not_eleven_ascii_digits_is_no_rpps(text: str, mode: Mode) -> None:
    """Length and other digits are refused in every mode."""
    with pytest.raises(InvalidValue):
        Rpps.parse(text, mode)


def test_adeli_letters_count_from_one() -> None:
    """A to F are read 1 to 6 by the key: 9A6900160 holds, and so does a number without letters."""
    assert Adeli.parse("9A6900160").is_strict
    assert Adeli.parse("996900163").is_strict
    assert repr(Adeli.parse("996900163")) == str(Adeli.parse("996900163")) == "Adeli(…163)"


@pytest.mark.parametrize("text", ["9A6900161", "996900162"])
def test_a_wrong_adeli_key_is_reported_leniently(text: str) -> None:
    """A wrong key is refused strictly and a warning when read."""
    with pytest.raises(InvalidValue, match="key"):
        Adeli.parse(text)

    assert Adeli.parse(text, Mode.LENIENT).warnings == ("key",)
    assert not Adeli.parse(text, Mode.LENIENT).is_strict


@pytest.mark.parametrize("text", ["9a6900160", "A96900160", "9G6900160", "99690016", "９９６９００１６３"])
def test_what_is_not_an_adeli_shape_is_refused(text: str) -> None:
    """Lower case, a letter elsewhere, G, a missing digit and full-width digits are no ADELI."""
    with pytest.raises(InvalidValue, match="shape"):
        Adeli.parse(text, Mode.LENIENT)


@pytest.mark.parametrize("text", ["899700366240", "899700218896", "899900007776", "810101343233"])
def test_an_idnps_is_not_a_luhn_number_as_a_whole(text: str) -> None:
    """The type digit is stripped before the key: these are right although the twelve digits fail Luhn."""
    assert not luhn_holds(text)

    idnps = Idnps.parse(text)

    assert idnps.rpps == Rpps(text[1:])
    assert idnps.adeli is None
    assert idnps.type_identifiant is TypeIdentifiant.RPPS


def test_a_number_right_by_luhn_as_a_whole_is_still_checked_inside() -> None:
    """Twelve digits that pass Luhn together, with a wrong RPPS inside, are refused."""
    text = "8" + "9970036624" + luhn_key("89970036624")
    assert luhn_holds(text)

    with pytest.raises(InvalidValue, match="rpps"):
        Idnps.parse(text)


@pytest.mark.parametrize("text", ["810003461033", "810102727017", "800000000001"])
def test_fixtures_with_a_wrong_rpps_inside_are_refused_to_issue(text: str) -> None:
    """The directory guide's PP19 and its like can be read leniently only."""
    with pytest.raises(InvalidValue, match="key"):
        Idnps.parse(text)

    read = Idnps.parse(text, Mode.LENIENT)
    assert read.warnings == ("key",)
    assert not read.is_strict


def test_an_adeli_idnps_is_ten_characters() -> None:
    """0 and the ADELI number; the RPPS is not there."""
    idnps = Idnps.parse("0996900163")

    assert idnps.adeli == Adeli("996900163")
    assert idnps.rpps is None
    assert idnps.type_identifiant is TypeIdentifiant.ADELI
    assert Idnps.from_adeli(Adeli("996900163")) == idnps


def test_an_employee_is_known_by_an_establishment_and_a_local_number() -> None:
    """A person's 3 is FINESS and a local number; its FINESS is checked in the same mode."""
    text = "30B0057881/CPET0002"

    with pytest.raises(InvalidValue, match="letters"):
        Idnps.parse(text)

    idnps = Idnps.parse(text, Mode.TEST)
    assert idnps.employer == Finess("0B0057881", Mode.TEST)
    assert idnps.warnings == ("letters",)
    assert idnps.type_identifiant is TypeIdentifiant.FINESS


def test_a_subject_of_no_register_is_read_leniently_only() -> None:
    """Pro Santé Connect's EDIT subjects are neither RPPS nor ADELI."""
    for mode in (Mode.STRICT, Mode.TEST):
        with pytest.raises(InvalidValue, match="type"):
            Idnps.parse("ANS20210107161422", mode)

    idnps = Idnps.parse("ANS20210107161422", Mode.LENIENT)
    assert idnps.warnings == ("type",)
    assert idnps.type_identifiant is None


@pytest.mark.parametrize("text", ["", "8", "８99700366240", "8" * 33, "899700366240;", "8997003662401"])
def test_what_is_no_idnps_is_refused(text: str) -> None:
    """Empty, too short or long, other digits, other signs."""
    with pytest.raises(InvalidValue):
        Idnps.parse(text)


def test_an_idnps_is_made_of_an_rpps_and_prints_masked() -> None:
    """`from_rpps` puts the 8 in front; repr and str keep the last three."""
    idnps = Idnps.from_rpps(Rpps("99700366240"))

    assert idnps.text == "899700366240"
    assert idnps.is_strict
    assert repr(idnps) == str(idnps) == "Idnps(…240)"


@pytest.mark.parametrize(
    "text", ["750712184", "999001506", "999001415", "999001423", "999001209", "75 071 2184"]
)
def test_finess_numbers_with_a_right_key_pass(text: str) -> None:
    """A public number, the personas' and one with spaces are read strictly."""
    finess = Finess.parse(text)

    assert finess.is_strict
    assert repr(finess) == f"Finess({finess})"


def test_a_finess_with_a_wrong_key_is_a_warning_to_read() -> None:
    """A public sample with a wrong key is refused strictly and reported leniently."""
    for mode in (Mode.STRICT, Mode.TEST):
        with pytest.raises(InvalidValue, match="key"):
            Finess.parse("260000451", mode)

    assert Finess.parse("260000451", Mode.LENIENT).warnings == ("key",)


@pytest.mark.parametrize("text", ["0B0172805", "1B0062023"])
def test_letters_in_a_finess_are_for_tests(text: str) -> None:
    """The sector's test establishments have letters; no strict reading takes them."""
    with pytest.raises(InvalidValue, match="letters"):
        Finess.parse(text)

    finess = Finess.parse(text, Mode.TEST)
    assert finess.warnings == ("letters",)
    assert not finess.is_strict


def test_corsican_finess_have_a_key_too() -> None:
    """A number of 2A or 2B is strict when its key holds with A as 1 and B as 2, and refused otherwise."""
    assert Finess.parse("2A000001" + luhn_key("21000001")).is_strict
    assert Finess.parse("2B000002" + luhn_key("22000002")).is_strict
    with pytest.raises(InvalidValue, match="key"):
        Finess.parse("2A000001" + str((int(luhn_key("21000001")) + 1) % 10))


@pytest.mark.parametrize("text", ["", "75071218", "7507121844", "７50712184", "0b0172805", "750712184\n"])
@pytest.mark.parametrize("mode", list(Mode))
def test_what_is_not_nine_characters_is_no_finess(text: str, mode: Mode) -> None:
    """Length, lower case and other digits are refused in every mode."""
    with pytest.raises(InvalidValue, match="shape"):
        Finess.parse(text, mode)


@pytest.mark.parametrize("text", ["00000914200019", "00000915900013"])
def test_an_establishment_knows_its_enterprise(text: str) -> None:
    """A SIRET is read with the key of its SIREN."""
    siret = Siret.parse(text)

    assert siret.siren == Siren.parse(text[:9])
    assert siret.is_strict
    assert siret.siren.is_strict
    assert (str(siret), repr(siret)) == (text, f"Siret({text})")
    assert (str(siret.siren), repr(siret.siren)) == (text[:9], f"Siren({text[:9]})")


def test_wrong_keys_of_siret_and_siren_are_named() -> None:
    """A SIRET says whether it is the enterprise's key or its own that is wrong."""
    with pytest.raises(InvalidValue, match="siren_key"):
        Siret.parse("00000914100010")
    with pytest.raises(InvalidValue, match="why=key"):
        Siret.parse("00000914200018")
    with pytest.raises(InvalidValue, match="key"):
        Siren.parse("000009141")

    assert Siret.parse("00000914200018", Mode.LENIENT).warnings == ("key",)
    assert Siret.parse("00000914100010", Mode.LENIENT).siren.warnings == ("key",)


def test_la_poste_counts_by_five() -> None:
    """La Poste's establishments may have a digit sum that is a multiple of five; nobody else's may."""
    la_poste = "35600000000003"  # digits add up to 17: neither rule
    with pytest.raises(InvalidValue):
        Siret.parse(la_poste)

    by_five = "35600000000001"  # digits add up to 15
    assert not luhn_holds(by_five)
    assert Siret.parse(by_five).is_strict

    someone_else = "00000914200004"  # digits add up to 20
    assert not luhn_holds(someone_else)
    with pytest.raises(InvalidValue):
        Siret.parse(someone_else)


@pytest.mark.parametrize("text", ["", "0000091420001", "０0000914200019", "00000914200019 1"])
def test_what_is_not_fourteen_digits_is_no_siret(text: str) -> None:
    """Length and other digits are refused, leniently too."""
    with pytest.raises(InvalidValue, match="shape"):
        Siret.parse(text, Mode.LENIENT)


def test_what_is_not_nine_digits_is_no_siren() -> None:
    """A SIREN is nine ASCII digits."""
    with pytest.raises(InvalidValue, match="shape"):
        Siren.parse("00000914A", Mode.LENIENT)
