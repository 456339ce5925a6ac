"""The pages people read say nothing that the code does not: paths, links, codes, settings, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from apcv_backend import cli as operator_cli
from apcv_backend import config
from apcv_backend.enrolment import refusals, rules
from apcv_backend.issuance import rules as issuance_rules
from apcv_backend.problem_rows import PROBLEMS
from cartes.cards import ENROLLED_KINDS
from cartes.errors import CarteError
from keys import cli as keys_cli
from mobile_mock import cli as phone_cli
from tests.testdata import ROOT
from verifier import cli as till_cli
from verifier.lights import LIGHTS
from verifier.witness import __main__ as witness_cli

DOCS = ROOT / "docs"
FOLDERS = ("docs", "benchmarks", "examples", "packaging", "tests")
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md")))
    if "node_modules" not in page.parts
)
ROOMS = ("cartes", "verifier", "keys", "apcv_backend", "mobile_mock")

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_OUR_COMMAND = re.compile(r"python -m ([a-z_.]+)([^`\n]*)")
_MAKE = re.compile(r"^make ([a-z]+)", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_CODE_SAID = re.compile(r"^\s+code(?:: ClassVar\[str\])? = \"([a-z0-9_]+)\"$", re.MULTILINE)
_PROGRAMS = {
    "apcv_backend": operator_cli.main,
    "keys": keys_cli.main,
    "verifier": till_cli.main,
    "mobile_mock": phone_cli.main,
    "verifier.witness": witness_cli.main,
}
_WALKS_AND_THREATS = [*sorted((DOCS / "walks").glob("*.md")), DOCS / "threats.md"]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def _prose(page: Path) -> str:
    """A page without its blocks of code: what stands there is an example, not a claim."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def _codes_of_the_code() -> set[str]:
    said = {
        code
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for code in _CODE_SAID.findall(path.read_text(encoding="utf-8"))
    }
    return said | set(PROBLEMS) | set(LIGHTS)


def _leaves(parent: type[CarteError]) -> Iterator[str]:
    children = parent.__subclasses__()
    if not children:
        yield parent.code
    for child in children:
        yield from _leaves(child)


@every_page
def test_every_path_named_exists(page: Path) -> None:
    """A test or a module that a page names is there: a proof nobody can run proves nothing."""
    named = [
        span
        for span in _CODE_SPAN.findall(_prose(page))
        if re.fullmatch(rf"(?:tests|docs|examples|{'|'.join(ROOMS)})/[\w./-]+", span)
    ]

    # The interface's document is written by `make docs`, which checks it itself.
    missing = [name for name in named if name != "docs/openapi.json" and not (ROOT / name).exists()]

    assert missing == []


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link resolves from the page it stands on."""
    targets = [target for _, target in _LINK.findall(_prose(page)) if "://" not in target]

    broken = [target for target in targets if not _leads_somewhere(page, *target.partition("#")[::2])]

    assert broken == []


def _leads_somewhere(page: Path, target: str, heading: str) -> bool:
    """Whether the file is there, and the heading in it when one is named (as a forge writes anchors)."""
    led = page.parent / target if target else page
    if not heading or not led.exists():
        return led.exists()
    told = _HEADING.findall(led.read_text(encoding="utf-8"))
    return heading in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in told}


@every_page
def test_every_name_linked_to_a_module_is_defined_there(page: Path) -> None:
    """`Class.method` linked to a file is a class, a function or a constant of that file."""
    absent = []
    for text, target in _LINK.findall(_prose(page)):
        name = re.fullmatch(r"`([A-Za-z_][\w.]*)`", text)
        if name is None or not target.endswith(".py") or name[1].endswith(".py"):
            continue
        source = (page.parent / target).read_text(encoding="utf-8")
        absent += [
            f"{name[1]} in {target}"
            for part in name[1].split(".")
            if not re.search(rf"^\s*(?:class|def) {part}\b|^{part}\b.* = ", source, re.MULTILINE)
        ]

    assert absent == []


@pytest.mark.parametrize("page", _WALKS_AND_THREATS, ids=lambda page: page.name)
def test_every_code_named_is_one_of_the_code(page: Path) -> None:
    """In walks and threats a lone word in snake case is a reason, and the code knows that reason."""
    without_links = _LINK.sub("", _prose(page))
    named = {span for span in _CODE_SPAN.findall(without_links) if _SNAKE.fullmatch(span)}

    assert named - _codes_of_the_code() == set()
    assert named, "the page names no reason at all: the pattern no longer finds them"


def test_walk_a_names_every_refusal_of_persons_and_phones() -> None:
    """Nobody can be refused by a reason that the walk does not tell."""
    walk = (DOCS / "walks" / "a-enrol-and-issue.md").read_text(encoding="utf-8")
    reasons = {
        *_leaves(rules.EnrolmentRefused),
        *_leaves(issuance_rules.IssuanceRefused),
        refusals.ActivationCodeRefused.code,
        refusals.CeremonyGone.code,
    }

    assert {reason for reason in reasons if f"`{reason}`" not in walk} == set()


def test_walk_b_names_every_reason_of_the_till() -> None:
    """What stands in the table of lights stands in the walk."""
    walk = (DOCS / "walks" / "b-scan-offline.md").read_text(encoding="utf-8")

    assert {reason for reason in LIGHTS if f"`{reason}`" not in walk} == set()


def _walk_steps(name: str) -> list[int]:
    page = (DOCS / "walks" / name).read_text(encoding="utf-8")
    return [int(number) for number in re.findall(r"^(?:\| )?([0-9]+)(?: \||\. )", page, re.MULTILINE)]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("a-enrol-and-issue.md", range(1, 19)),
        ("b-scan-offline.md", range(16)),
        ("c-two-way-scan.md", range(1, 12)),
    ],
)
def test_the_steps_of_a_walk_are_numbered_without_a_gap(name: str, steps: range) -> None:
    """The numbers in the comments of the code lead to a line of the page."""
    told = _walk_steps(name)

    assert told == sorted(told)
    assert set(told) == set(steps)


# --- Operations -----------------------------------------------------------------------------------------


def _settings_table() -> dict[str, str]:
    page = (DOCS / "operations" / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(APCV_[A-Z_]+)` \| ([^|]+) \|", page, re.MULTILINE))


def _good_settings() -> dict[str, str]:
    settings = {name: "/tmp/x" for name, default in _settings_table().items() if default == "required"}
    hosts = {f"APCV_RP_ID_{kind.name}": f"{kind.value}.localhost" for kind in ENROLLED_KINDS}
    origins = {f"APCV_ORIGINS_{kind.name}": f"https://{kind.value}.localhost" for kind in ENROLLED_KINDS}
    plain = {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": "https://x.localhost",
        "APCV_DATABASE_URL": "sqlite:////tmp/x.db",
    }
    return {**settings, **plain, **hosts, **origins}


def test_the_table_of_settings_is_the_one_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting the backend reads has its row, and no row tells of another."""
    readers: list[config._Reader] = []

    class Watched(config._Reader):
        def __init__(self, settings: dict[str, str]) -> None:
            super().__init__(settings)
            readers.append(self)

    monkeypatch.setattr(config, "_Reader", Watched)

    config.Config.from_env(_good_settings())

    assert set(_settings_table()) == readers[0]._asked


@pytest.mark.parametrize(
    "name", sorted(name for name, told in _settings_table().items() if told == "required")
)
def test_what_the_table_calls_required_is_required(name: str) -> None:
    """Without it there is no start; and what the table gives a default starts without it."""
    settings = {key: value for key, value in _good_settings().items() if key != name}

    with pytest.raises(config.ConfigError, match=name):
        config.Config.from_env(settings)


def _told(value: object) -> str:
    return "none" if value is None else str(value)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("APCV_RIGHTS_SHIFT_DAYS", lambda read: read.rights_shift_days),
        ("APCV_STATUS_CAPACITY", lambda read: read.status_capacity),
        ("APCV_MAX_DEVICES", lambda read: read.max_devices),
        ("APCV_ECPS_BINDING", lambda read: f"`{read.ecps_binding.word}`"),
        ("APCV_REDIS_URL", lambda read: read.redis_url),
        ("APCV_MDS_BLOB", lambda read: read.mds_blob),
        ("APCV_MDS_ROOT", lambda read: read.mds_root),
        ("APCV_ANDROID_STATUS", lambda read: read.android_status),
    ],
)
def test_a_default_is_what_the_table_says(name: str, read: Callable[[config.Config], object]) -> None:
    """The default told is the default taken."""
    assert _told(read(config.Config.from_env(_good_settings()))) == _settings_table()[name]


def _commands(page: Path) -> Iterator[list[str]]:
    """The words after every `python -m` of a page, wherever it stands: the module, and what follows."""
    for module, rest in _OUR_COMMAND.findall(page.read_text(encoding="utf-8")):
        words = re.split(r"\s[<>|]\s|\s#", rest)[0]
        try:
            yield [module, *shlex.split(words)]
        except ValueError:  # the apostrophe of a sentence
            yield [module, *words.split()]


@every_page
def test_every_command_told_exists_with_its_options(page: Path) -> None:
    """What a page tells people to type is a command of ours, and takes those options."""
    wrong = []
    for program, *words in _commands(page):
        if program not in _PROGRAMS:
            folder = ROOT / program.replace(".", "/")
            assert folder.with_suffix(".py").exists() or (folder / "__main__.py").exists(), program
            continue
        command: click.Command = _PROGRAMS[program]
        while words and not words[0].startswith("--") and isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, f"{page.name}: {program} has no such command"
            command = found
        known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
        wrong += [f"{program} {word}" for word in words if word.startswith("--") and word not in known]

    assert wrong == []


@every_page
def test_every_make_told_is_a_target(page: Path) -> None:
    """What `make` is told to do on a page stands in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    typed = [*_CODE_SPAN.findall(_prose(page)), *(body for _, body in _FENCE.findall(text))]

    assert {word for one in typed for word in _MAKE.findall(one)} - targets == set()


def test_every_decision_is_numbered_and_listed() -> None:
    """Each record has a number of its own and its line in the index."""
    records = [path.name for path in sorted((DOCS / "decisions").glob("*.md")) if path.name != "README.md"]
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")

    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    assert [name for name in records if f"]({name})" not in index] == []


def test_every_page_is_reached_from_the_index() -> None:
    """A page nobody links to is a page nobody reads."""
    reached, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        waiting += [
            (page.parent / target.split("#")[0]).resolve()
            for _, target in _LINK.findall(page.read_text(encoding="utf-8"))
            if target.split("#")[0].endswith(".md")
        ]

    assert [str(page) for page in PAGES if DOCS in page.parents and page not in reached] == []
