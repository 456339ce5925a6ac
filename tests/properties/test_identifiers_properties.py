"""What holds for every number, not only for the published ones."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cartes.errors import InvalidValue
from cartes.identifiers.adeli import Adeli
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.luhn import luhn_holds, luhn_key
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir, nir_key, nir_number, nir_number_other_writing
from cartes.identifiers.organisme import Organisme
from cartes.identifiers.rpps import Rpps
from cartes.identifiers.siret import Siren, Siret

MONTHS = [f"{month:02d}" for month in (*range(1, 14), *range(20, 43), *range(50, 100))]
DEPARTEMENTS = [*(f"{number:02d}" for number in range(100)), "2A", "2B"]
numbers = st.builds(
    lambda sex, year, month, departement, commune, order: (
        f"{sex}{year:02d}{month}{departement}{commune:03d}{order:03d}"
    ),
    st.sampled_from("123478"),
    st.integers(0, 99),
    st.sampled_from(MONTHS),
    st.sampled_from(DEPARTEMENTS),
    st.integers(0, 999),
    st.integers(1, 999),
)
READERS = [Nir.parse, Rpps.parse, Adeli.parse, Finess.parse, Siren.parse, Siret.parse, Idnps.parse]


def digits(length: int) -> st.SearchStrategy[str]:
    """Texts of `length` ASCII digits."""
    return st.text(string.digits, min_size=length, max_size=length)


@given(numbers)
def test_every_number_has_one_key_by_either_writing(number: str) -> None:
    """The two writings agree, the key is 01 to 97, and number + key is a multiple of 97."""
    assert nir_number(number) == nir_number_other_writing(number)
    assert 1 <= int(nir_key(number)) <= 97
    assert (nir_number(number) + int(nir_key(number))) % 97 == 0


@given(numbers)
def test_every_well_formed_number_is_read_and_written_back(number: str) -> None:
    """Fifteen characters come back exactly, letters included, and the mask never shows them."""
    nir = Nir.from_number(number)

    assert Nir.parse(nir.digits).digits == number + nir.key
    assert nir.is_nia == (number[0] in "78")
    assert number not in repr(nir)


@given(numbers, st.integers(0, 99))
def test_only_one_key_is_right(number: str, key: int) -> None:
    """Any of the ninety-nine other keys is refused."""
    assume(f"{key:02d}" != nir_key(number))

    with pytest.raises(InvalidValue):
        Nir.parse(f"{number}{key:02d}")


@given(numbers, st.integers(0, 12), st.sampled_from(string.digits))
def test_one_wrong_digit_is_always_seen(number: str, place: int, digit: str) -> None:
    """97 is a prime that divides no single-digit error: the key sees each of them."""
    nir = Nir.from_number(number)
    assume(number[place] in string.digits and number[place] != digit)
    assume(number[5:7] not in ("2A", "2B") or place not in (5, 6))
    wrong = nir.digits[:place] + digit + nir.digits[place + 1 :]

    assert "key" in Nir.parse(wrong, Mode.LENIENT).warnings


@given(numbers, st.lists(st.integers(0, 15), max_size=6))
def test_spaces_change_nothing(number: str, places: list[int]) -> None:
    """Ordinary spaces anywhere give the same number."""
    nir = Nir.from_number(number)
    spaced = nir.digits
    for place in places:
        spaced = spaced[:place] + " " + spaced[place:]

    assert Nir.parse(spaced) == nir


@given(st.text(max_size=20), st.sampled_from(list(Mode)))
def test_any_text_is_read_or_refused_by_name(text: str, mode: Mode) -> None:
    """No text makes a reader fail in another way, and no refusal repeats what it read."""
    refusals: list[InvalidValue] = []
    for parse in READERS:
        try:
            parse(text, mode)
        except InvalidValue as refused:
            refusals.append(refused)

    for refusal in refusals:
        assert set(refusal.facts) == {"what", "why"}
        assert len(text) < 5 or text not in str(refusal)


@given(st.from_regex(r"[0-9AB]{15}", fullmatch=True))
def test_what_a_lenient_reading_finds_sound_is_sound(text: str) -> None:
    """Lenient without warnings and strict are the same numbers."""
    try:
        strict = bool(Nir.parse(text))
    except InvalidValue:
        strict = False
    try:
        lenient = Nir.parse(text, Mode.LENIENT).is_strict
    except InvalidValue:
        lenient = False

    assert strict == lenient


@given(digits(10))
def test_luhn_completes_and_sees_a_wrong_digit(prefix: str) -> None:
    """One key holds, the nine others do not."""
    right = luhn_key(prefix)

    assert [key for key in string.digits if luhn_holds(prefix + key)] == [right]


@given(digits(10))
def test_rpps_and_idnps_come_back(prefix: str) -> None:
    """A completed RPPS is read, and is found again inside its IDNPS."""
    rpps = Rpps.parse(prefix + luhn_key(prefix))

    assert Idnps.parse(Idnps.from_rpps(rpps).text).rpps == rpps


@given(st.sampled_from(string.digits), st.sampled_from(string.digits + "ABCDEF"), digits(6))
def test_adeli_comes_back_with_its_letter(first: str, second: str, rest: str) -> None:
    """A completed ADELI is read, and is found again inside its IDNPS."""
    counted = str("ABCDEF".index(second) + 1) if second in "ABCDEF" else second
    adeli = Adeli.parse(first + second + rest + luhn_key(first + counted + rest))

    assert Idnps.parse(Idnps.from_adeli(adeli).text).adeli == adeli


@given(st.integers(0, 99), st.integers(0, 999), st.integers(0, 9999))
def test_an_organisme_comes_back_from_its_integers(regime: int, caisse: int, centre: int) -> None:
    """No zero is lost."""
    organisme = Organisme.from_ints(regime, caisse, centre)

    assert organisme.as_ints == (regime, caisse, centre)
    assert Organisme.parse(organisme.text) == organisme
