"""The NIR and the NIA: structure, key, Corsica, and what never gets out."""

from __future__ import annotations

import copy
import pickle

import pytest

from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir, nir_key, nir_number, nir_number_other_writing

PUBLISHED = [
    "260058815400233",  # FR Core example
    "277010115400329",
    "185057512345673",
    "885997512345663",  # NIA, born abroad
    "781102A12500908",  # NIA, Corsica
    "281102A12500964",
    "285072B50202465",
    "265112A57131579",
    "161027575428992",
]
PERSONAS = [
    "158032A99904296",
    "224112B99900759",
    "891069999901323",
    "187049999902144",
    "295036999911808",
    "221054299910147",
    "121054299910296",
    "190074299905592",
    "291094299906119",
    "204023599921039",
    "176125999933324",
    "210053199944455",
    "278043199931240",
    "162035999907746",
    "169086799955559",
]
WRONG_KEY = [
    "281102A12500965",
    "281102A12500937",  # the key computed without the Corsica step
    "222127505611201",
    "289062913400149",
    "118058599124123",
    "288091720220371",
]
MONTH_19 = "142196296516794"  # a SESAM-Vitale test card: right key, impossible month


@pytest.mark.parametrize("digits", PUBLISHED + PERSONAS)
def test_published_numbers_are_read_strictly(digits: str) -> None:
    """Every valid published number, and every persona's, passes the strict reading."""
    nir = Nir.parse(digits)

    assert nir.digits == digits
    assert nir.number + nir.key == digits
    assert nir.is_strict
    assert nir.warnings == ()


@pytest.mark.parametrize("digits", PUBLISHED + PERSONAS)
def test_both_writings_of_the_corsican_rule_agree(digits: str) -> None:
    """The two published ways of turning letters into a number give one key."""
    assert nir_number(digits[:13]) == nir_number_other_writing(digits[:13])
    assert nir_key(digits[:13]) == digits[13:]


@pytest.mark.parametrize("digits", WRONG_KEY)
@pytest.mark.parametrize("mode", [Mode.STRICT, Mode.TEST])
def test_a_wrong_key_is_refused_even_for_a_test_number(digits: str, mode: Mode) -> None:
    """A test number may be odd, its key must hold."""
    with pytest.raises(InvalidValue) as refused:
        Nir.parse(digits, mode)

    assert refused.value.facts == {"what": "nir", "why": "key"}


@pytest.mark.parametrize("digits", WRONG_KEY)
def test_a_lenient_reading_reports_a_wrong_key(digits: str) -> None:
    """A reader may show a wrong number; it says that it is wrong."""
    nir = Nir.parse(digits, Mode.LENIENT)

    assert nir.warnings == ("key",)
    assert not nir.is_strict


def test_an_impossible_month_passes_only_as_a_test_number() -> None:
    """Month 19 is refused strictly and carried as a warning for a test card."""
    with pytest.raises(InvalidValue, match="month"):
        Nir.parse(MONTH_19)

    assert Nir.parse(MONTH_19, Mode.TEST).warnings == ("month",)


def test_lenient_reading_reports_every_fault() -> None:
    """A number with an impossible month and a wrong key carries both warnings."""
    nir = Nir.parse("150196296522512", Mode.LENIENT)

    assert nir.warnings == ("month", "key")


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "text",
    [
        "",
        "2600588154002",
        "2600588154002333",
        "281102a12500964",
        "２６００５８８１５４００２３３",
        "٢٦٠٠٥٨٨١٥٤٠٠٢٣٣",
        "2600588154002\u00a033",
        "2600588154002\t33",
        "260058815400233\n",
        "2811021A2500964",
        "28110C212500964",
        "-60058815400233",
    ],
)
def test_what_has_not_the_shape_is_never_read(text: str, mode: Mode) -> None:
    """Length, lower case, other digits, other spaces and misplaced letters are refused in every mode."""
    with pytest.raises(InvalidValue):
        Nir.parse(text, mode)


def test_ordinary_spaces_are_dropped() -> None:
    """A number copied from a card with its spaces is the same number."""
    assert Nir.parse(" 2 81 10 2A 125 009 64 ") == Nir.parse("281102A12500964")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("5600588154002", "sex"),
        ("2601488154002", "month"),
        ("260051A154002", "departement"),
        ("2600588154000", "order"),
    ],
)
def test_each_part_of_the_structure_is_checked(number: str, why: str) -> None:
    """A wrong part is named, whatever its key."""
    digits = number + nir_key(number)

    with pytest.raises(InvalidValue) as refused:
        Nir.parse(digits)

    assert refused.value.facts["why"] == why


@pytest.mark.parametrize("month", ["01", "12", "13", "20", "42", "50", "99"])
def test_conventional_months_are_legal(month: str) -> None:
    """Incomplete or foreign civil status has its own months."""
    assert Nir.from_number(f"260{month}88154002").is_strict


@pytest.mark.parametrize("month", ["00", "14", "19", "43", "49"])
def test_other_months_are_not(month: str) -> None:
    """Months outside the published list are refused."""
    with pytest.raises(InvalidValue, match="month"):
        Nir.from_number(f"260{month}88154002")


def test_a_waiting_number_says_so() -> None:
    """Sex 7 or 8 is a NIA; 1 and 2 are not."""
    assert Nir.parse("885997512345663").is_nia
    assert Nir.parse("781102A12500908").is_nia
    assert not Nir.parse("260058815400233").is_nia


def test_a_nir_never_prints_itself() -> None:
    """No ordinary way of printing shows more than the key."""
    nir = Nir.parse("260058815400233")

    for shown in (repr(nir), str(nir), f"{nir}", f"{nir!r:>20}", repr([nir]), repr({"nir": nir})):
        assert "2600588" not in shown
        assert "Nir(…33)" in shown


@pytest.mark.parametrize("text", ["260058815400234", "26005881540023X", "2600588154"])
def test_a_refusal_never_holds_the_number(text: str) -> None:
    """Neither the message nor the facts of a refusal repeat what was read."""
    with pytest.raises(InvalidValue) as refused:
        Nir.parse(text)

    assert "2600588" not in str(refused.value) + repr(refused.value) + repr(refused.value.facts)


def test_equality_looks_at_the_number_alone() -> None:
    """Two readings of one number are one number, whatever their mode."""
    strict, lenient = Nir.parse("260058815400233"), Nir.parse("260058815400233", Mode.LENIENT)

    assert strict == lenient
    assert len({strict, lenient}) == 1
    assert strict != Nir.parse("277010115400329")


def test_a_wrong_number_cannot_be_built_directly() -> None:
    """The constructor checks what `parse` checks."""
    with pytest.raises(InvalidValue):
        Nir("260058815400234")


def test_a_copy_keeps_its_warnings() -> None:
    """Copying or pickling a value loses nothing that an issuer must know."""
    nir = Nir.parse(MONTH_19, Mode.TEST)

    assert copy.deepcopy(nir).warnings == ("month",)
    assert pickle.loads(pickle.dumps(nir)).warnings == ("month",)


@pytest.mark.parametrize("number", ["26005881540", "260051A154002", "２６00588154002"])
def test_a_key_is_computed_only_for_a_number_of_the_right_shape(number: str) -> None:
    """`from_number` refuses what no key could repair."""
    with pytest.raises(InvalidValue):
        Nir.from_number(number)
