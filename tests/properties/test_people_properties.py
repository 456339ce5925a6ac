"""What holds for every name, birth date, period and datamatrix."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cartes.droits import FIRST_DAY, PeriodeDroits
from cartes.errors import InvalidValue
from cartes.identifiers.ins import Ins, OidIns
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.noms import check_strict_trait, shorten, strict_trait
from cartes.wire.datamatrix import HEADER, InsDatamatrix, parse_ins_datamatrix, write_ins_datamatrix

traits = st.from_regex(r"[A-Z']([A-Z']|[ '-][A-Z']){0,49}", fullmatch=True)
births = st.builds(
    lambda year, month, day: DateNaissance(f"{year:04d}{month:02d}{day:02d}"),
    st.integers(1800, 2199),
    st.integers(0, 99),
    st.integers(0, 99),
)
days = st.dates(FIRST_DAY, date(2190, 1, 1))
periods = st.builds(
    lambda debut, length: PeriodeDroits(debut, None if length is None else debut + timedelta(length)),
    days,
    st.none() | st.integers(0, 3000),
)
datamatrices = st.builds(
    InsDatamatrix,
    ins=st.builds(
        Ins,
        st.sampled_from(["158032A999042", "224112B999007", "8910699999013"]).map(Nir.from_number),
        st.sampled_from([OidIns.NIR_TEST, OidIns.NIR_DEMO]),
    ),
    prenoms=traits,
    nom=traits | st.just("A" * 100) | st.just("A" * 99),
    sexe=st.sampled_from("FM"),
    naissance=births,
    lieu=st.none() | st.sampled_from(["2A999", "99352"]),
)


@given(st.text(max_size=60))
def test_any_text_becomes_a_strict_trait_or_is_refused(text: str) -> None:
    """What comes out is always a strict trait, and normalising it again changes nothing."""
    with contextlib.suppress(InvalidValue):
        trait = strict_trait(text)

        check_strict_trait(trait, double_hyphen=True)
        assert strict_trait(trait) == trait


@given(traits)
def test_a_strict_trait_is_left_alone(trait: str) -> None:
    """Normalising what is already normal changes nothing, in any case of letters."""
    assert strict_trait(trait) == trait
    assert strict_trait(trait.lower()) == trait


@given(traits, st.integers(1, 60))
def test_a_shortened_name_is_a_beginning_of_it(trait: str, limit: int) -> None:
    """It fits, it is a prefix, it is never empty, and shortening it again changes nothing."""
    short = shorten(trait, limit)

    assert 0 < len(short) <= limit or short == trait
    assert trait.startswith(short)
    assert shorten(short, limit) == short


@given(births)
def test_every_birth_date_comes_back(born: DateNaissance) -> None:
    """Eight characters and an integer give the same date, lunar or not."""
    assert DateNaissance.from_int(born.as_int) == born
    assert DateNaissance.parse(born.text) == born
    assert born.is_lunar == (born.day is None)


@given(births, days, st.integers(0, 4000))
def test_nobody_grows_younger(born: DateNaissance, day: date, later: int) -> None:
    """An age never goes down, and is never negative."""
    now, then = born.age_on(day), born.age_on(day + timedelta(later))

    assert now is None or (then is not None and 0 <= now <= then)


@given(births, days)
def test_an_unknown_part_never_makes_older(born: DateNaissance, day: date) -> None:
    """The age of a lunar date is at most that of someone born on the first of that year."""
    eldest = DateNaissance(f"{born.year}0101").age_on(day)
    age = born.age_on(day)

    assert age is None or (eldest is not None and eldest - 1 <= age <= eldest)


@given(periods, periods, days)
def test_two_rights_are_open_together_exactly_on_their_shared_days(
    one: PeriodeDroits, other: PeriodeDroits, day: date
) -> None:
    """The intersection is open when both are."""
    both = one.intersection(other)

    assert (one.open_on(day) and other.open_on(day)) == (both is not None and both.open_on(day))
    assert both == other.intersection(one)


@given(datamatrices)
def test_every_datamatrix_is_read_as_it_was_written(card: InsDatamatrix) -> None:
    """Writing and reading give the same card."""
    assert parse_ins_datamatrix(write_ins_datamatrix(card)) == card


@given(datamatrices, st.data())
def test_a_damaged_datamatrix_is_read_strictly_or_refused(card: InsDatamatrix, data: st.DataObject) -> None:
    """Whatever one character becomes: what is read writes back to exactly that text, or it is refused."""
    text = write_ins_datamatrix(card)
    place = data.draw(st.integers(0, len(text)))
    damaged = text[:place] + data.draw(st.text(max_size=2)) + text[place + data.draw(st.integers(0, 2)) :]

    with contextlib.suppress(InvalidValue):
        read = parse_ins_datamatrix(damaged)
        if read.ins.oid.is_test:
            assert write_ins_datamatrix(read) == damaged


@given(st.text(st.sampled_from("S1234567FM-\x1dAIS0 "), max_size=120))
def test_any_text_after_the_header_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way."""
    with contextlib.suppress(InvalidValue):
        parse_ins_datamatrix(HEADER + text)
