"""The demonstration itself: every line as expected, and two swapped pictures make it fail."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from examples.demo.judge import read_expectations
from examples.demo.people import Persona, read_cast
from examples.demo.run import Played, found, judge, play
from examples.demo.town_hall import DemoFailed

# One worker makes what these tests share.
pytestmark = pytest.mark.xdist_group("demo")


@contextmanager
def _quietly(items: Sequence[Persona], label: str) -> Iterator[Iterable[Persona]]:
    yield items


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One whole demonstration, its backend stopped, its pictures a few seconds old."""
    return play(tmp_path_factory.mktemp("demo") / "out", _quietly, lambda _text: None)


def _another_till(played: Played, folder: Path) -> Played:
    """The same evening at a till that has seen none of these pictures."""
    shutil.copytree(played.store, folder, ignore=shutil.ignore_patterns("seen*"))
    return replace(played, store=folder)


def test_two_swapped_pictures_are_noticed(played: Played, tmp_path: Path) -> None:
    """Two green cards in each other's place: both lines are wrong, though both lights are green."""
    first, second = (
        next(one for one in played.shown if one.persona.persona_id == name) for name in ("ange", "karl")
    )
    copies = tmp_path / "pictures"
    copies.mkdir()
    swapped = []
    for one in played.shown:
        picture = {first: second, second: first}.get(one, one).picture
        swapped.append(replace(one, picture=Path(shutil.copy(picture, copies / one.picture.name))))

    rows = judge(replace(_another_till(played, tmp_path / "till"), shown=swapped))

    wrong = [row.wrong for row in rows if not row.is_right]
    assert [line.split(":", 1)[0] for line in wrong] == ["ange", "karl"]


def test_every_line_is_as_expected(played: Played, tmp_path: Path) -> None:
    """Each of the seventeen ends in the verdict, or the named refusal, that was written down for them."""
    rows = judge(_another_till(played, tmp_path / "till"))

    assert [row.wrong for row in rows if not row.is_right] == []
    assert {persona.number for persona in read_cast().people} == set(range(1, 18))
    assert len(rows) == len(read_expectations())
    assert [row.who for row in rows if set(row.said) != set(row.reasons) or not all(row.said.values())] == []


def test_a_picture_shown_twice_is_refused(played: Played, tmp_path: Path) -> None:
    """The same pictures at the same till again: every card that was let through is now a replay."""
    till = _another_till(played, tmp_path / "till")
    judge(till)

    again = [row for row in judge(till) if "deux-sens" not in row.wrong]

    green_before = [
        line
        for line, wanted in read_expectations().items()
        if wanted.get("light") in {"green", "amber"} and not line.endswith(":deux-sens")
    ]
    assert sum(row.reasons == ("replayed",) for row in again) == len(green_before)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """`--out` on the wrong folder says so, and nothing there is erased."""
    (tmp_path / "thèse.odt").write_text("dix ans de travail")

    with pytest.raises(DemoFailed, match="rien n'y est effacé"):
        found(tmp_path)

    assert (tmp_path / "thèse.odt").exists()
