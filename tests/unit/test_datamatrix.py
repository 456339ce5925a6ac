"""The INS datamatrix: read in sequence, written for test identities alone."""

from __future__ import annotations

import pytest

from cartes.errors import InvalidValue
from cartes.identifiers.ins import Ins, OidIns
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.wire.datamatrix import (
    HEADER,
    DatamatrixBlockMissing,
    DatamatrixBlockTruncated,
    DatamatrixHeaderWrong,
    DatamatrixRefused,
    DatamatrixSecondHeader,
    DatamatrixSeparatorMissing,
    DatamatrixSeparatorUnexpected,
    DatamatrixTrailingData,
    InsDatamatrix,
    parse_ins_datamatrix,
    write_ins_datamatrix,
)

GS = "\x1d"
ORSINI = (
    "IS010000000000000000000000S1158032A99904296S21.2.250.1.213.1.4.10"
    f"S3ANGE DOMINIQUE{GS}S4ORSINI-TEST{GS}S5MS614-03-1958S72A999"
)
PRODUCTION = ORSINI.replace("1.4.10", f"1.4.8{GS}")


def test_the_published_example_is_read() -> None:
    """Persona P01, to the character."""
    card = parse_ins_datamatrix(ORSINI)

    assert card == InsDatamatrix(
        ins=Ins(Nir.parse("158032A99904296"), OidIns.NIR_TEST),
        prenoms="ANGE DOMINIQUE",
        nom="ORSINI-TEST",
        sexe="M",
        naissance=DateNaissance.parse("19580314"),
        lieu="2A999",
    )


def test_the_published_example_is_written() -> None:
    """Reading and writing give the same text back."""
    assert write_ins_datamatrix(parse_ins_datamatrix(ORSINI)) == ORSINI


def test_the_place_may_be_absent() -> None:
    """S7 is optional and last."""
    text = ORSINI.removesuffix("S72A999")

    assert parse_ins_datamatrix(text).lieu is None
    assert write_ins_datamatrix(parse_ins_datamatrix(text)) == text


def test_a_production_oid_is_read_with_its_separator_and_never_written() -> None:
    """Nineteen characters are followed by GS; this project writes only the test OIDs."""
    card = parse_ins_datamatrix(PRODUCTION)

    assert card.ins.oid is OidIns.NIR
    with pytest.raises(InvalidValue, match="production_oid_never_emitted"):
        write_ins_datamatrix(card)


def test_a_name_of_full_length_has_no_separator() -> None:
    """One hundred characters end by themselves."""
    text = ORSINI.replace(f"ORSINI-TEST{GS}", "A" * 100)

    assert parse_ins_datamatrix(text).nom == "A" * 100
    assert write_ins_datamatrix(parse_ins_datamatrix(text)) == text


def test_a_name_that_looks_like_a_block_is_read_by_its_length() -> None:
    """Only the position says what is a block: a family may be called `S`."""
    text = ORSINI.replace("S3ANGE DOMINIQUE", "S3S").replace("S4ORSINI-TEST", "S4S S")

    card = parse_ins_datamatrix(text)

    assert (card.prenoms, card.nom) == ("S", "S S")


def test_a_lunar_date_survives() -> None:
    """Month 19 is printed and read as it is."""
    text = ORSINI.replace("14-03-1958", "01-19-1942")

    assert parse_ins_datamatrix(text).naissance.is_lunar
    assert write_ins_datamatrix(parse_ins_datamatrix(text)) == text


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", DatamatrixHeaderWrong),
        ("DC04" + ORSINI[4:], DatamatrixHeaderWrong),
        (ORSINI[1:], DatamatrixHeaderWrong),
        (" " + ORSINI, DatamatrixHeaderWrong),
        (HEADER[:-1] + ORSINI[26:], DatamatrixHeaderWrong),
        (ORSINI + ORSINI, DatamatrixSecondHeader),
        (HEADER + ORSINI, DatamatrixSecondHeader),
        (ORSINI.replace("ANGE", HEADER), DatamatrixSecondHeader),
        (HEADER, DatamatrixBlockMissing),
        (ORSINI.replace("S1158", "S2158"), DatamatrixBlockMissing),
        (ORSINI.replace("S21.2", "S31.2"), DatamatrixBlockMissing),
        (ORSINI.replace("S5M", ""), DatamatrixBlockMissing),
        (ORSINI.replace("S4ORSINI-TEST" + GS, ""), DatamatrixBlockMissing),
        (ORSINI.replace("S1158032A99904296", "S1158032A999042"), DatamatrixBlockMissing),
        (ORSINI.replace("1.4.10", "1.4.10" + GS), DatamatrixSeparatorUnexpected),
        (ORSINI.replace(f"ORSINI-TEST{GS}", "A" * 100 + GS), DatamatrixSeparatorUnexpected),
        (ORSINI.replace("ORSINI-TEST" + GS, "ORSINI-TEST"), DatamatrixSeparatorMissing),
        (ORSINI.replace(GS, ""), DatamatrixSeparatorMissing),
        (ORSINI.replace("ANGE DOMINIQUE", ""), DatamatrixBlockTruncated),
        (ORSINI.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213" + GS), DatamatrixBlockTruncated),
        (HEADER + "S1158032A", DatamatrixBlockTruncated),
        (ORSINI[: ORSINI.index("1958")], DatamatrixBlockTruncated),
        (ORSINI[:-1], DatamatrixBlockTruncated),
        (ORSINI + GS, DatamatrixTrailingData),
        (ORSINI + "S8X", DatamatrixTrailingData),
        (ORSINI + "\n", DatamatrixTrailingData),
        (ORSINI.removesuffix("S72A999") + GS, DatamatrixTrailingData),
        (ORSINI.removesuffix("S72A999") + "S1", DatamatrixTrailingData),
    ],
)
def test_what_breaks_the_form_is_refused_with_its_reason(text: str, refusal: type[DatamatrixRefused]) -> None:
    """One fault, one named reason."""
    with pytest.raises(DatamatrixRefused) as refused:
        parse_ins_datamatrix(text)

    assert type(refused.value) is refusal
    assert "158032A" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("99904296", "99904297", "nir"),
        ("158032A99904296", "15803 2A9990429", "nir"),
        ("158032A", "158032a", "nir"),
        ("1.4.10", "1.4.12", "oid_ins"),
        ("1.4.10", "1.4.1" + GS, "oid_ins"),
        ("ANGE", "Ange", "prenoms_naissance"),
        ("ANGE DOMINIQUE", "ANGE--DOMINIQUE", "prenoms_naissance"),
        ("ORSINI", " RSINI", "nom_naissance"),
        ("S5M", "S5X", "datamatrix"),
        ("14-03-1958", "1958-03-14", "date_naissance"),
        ("14-03-1958", "１4-03-1958", "date_naissance"),
        ("S72A999", "S72C999", "datamatrix"),
    ],
)
def test_what_breaks_a_value_says_which(old: str, new: str, what: str) -> None:
    """The values of the blocks are read by their own rules."""
    text = ORSINI.replace(old, new)

    with pytest.raises(InvalidValue) as refused:
        parse_ins_datamatrix(text)

    assert refused.value.facts["what"] == what
    assert not isinstance(refused.value, DatamatrixRefused)


def test_a_wrong_matricule_can_be_read_and_not_written() -> None:
    """Leniently it is reported; it is never put on paper again."""
    text = ORSINI.replace("99904296", "99904297")

    card = parse_ins_datamatrix(text, Mode.LENIENT)

    assert card.ins.warnings == ("key",)
    with pytest.raises(InvalidValue, match="lenient"):
        write_ins_datamatrix(card)


def test_a_test_card_with_month_19_is_read_in_test_mode_alone() -> None:
    """The indulgence is for the test OIDs: under a production OID it is refused."""
    text = ORSINI.replace("158032A99904296", "142196296516794")

    with pytest.raises(InvalidValue, match="month"):
        parse_ins_datamatrix(text)
    assert parse_ins_datamatrix(text, Mode.TEST).ins.warnings == ("month",)
    with pytest.raises(InvalidValue, match="test_matricule_under_production_oid"):
        parse_ins_datamatrix(text.replace("1.4.10", f"1.4.8{GS}"), Mode.TEST)


def test_codes_of_refusals_are_stable_words() -> None:
    """Each leaf has its own code in lower snake case."""
    codes = [leaf.code for leaf in DatamatrixRefused.__subclasses__()]

    assert len(set(codes)) == len(codes) == 7
    assert all(code.startswith("datamatrix_") for code in codes)
