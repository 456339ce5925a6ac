"""The till's command line, from `init` to a verdict, on a real publication; and what can be mistyped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import qrcode

from tests.simulators.cards import NOON, World, a_doctor, an_apcv, an_identity_apcv
from tests.simulators.publisher import IssuerRecord, Publisher, Word
from verifier.cli import run

AZERTY = str.maketrans("1234567890", "&é\"'(-è_çà")
AT = "2026-11-21T12:00:00+01:00"  # NOON


@dataclass
class Desk:
    """A till on disk, and what it needs to be asked."""

    store: Path
    folder: Path
    publisher: Publisher

    def scan(self, *arguments: str, at: str = AT) -> int:
        """Scan at NOON unless told otherwise."""
        return run(["scan", "--store", str(self.store), "--at", at, *arguments])

    def picture(self, text: str) -> str:
        """A PNG of a code."""
        path = self.folder / "code.png"
        qrcode.make(text).get_image().save(path)
        return str(path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A till started and refreshed an hour before NOON, by the commands themselves."""
    publisher = Publisher(tmp_path / "publication")
    world = World()
    publisher.issuers = [
        IssuerRecord(Word.APCV, world.apcv_issuer.public_key),
        IssuerRecord(Word.ECPS, world.ecps_issuer.public_key),
    ]
    publisher.slots.revoked_slots = {1: {11}}
    early = NOON - timedelta(hours=1)
    publisher.publish(early)
    root = tmp_path / "root.json"
    root.write_bytes(publisher.root)
    store = tmp_path / "store"
    assert run(["init", "--root", str(root), "--store", str(store)]) == 0
    source = str(tmp_path / "publication")
    assert run(["refresh", "--from", source, "--store", str(store), "--at", early.isoformat()]) == 0
    return Desk(store, tmp_path, publisher)


Capture = pytest.CaptureFixture[str]


def test_a_good_card_ends_with_zero(desk: Desk, capsys: Capture) -> None:
    """From a picture, green: the light, the name, the rights."""
    code = desk.scan("--image", desk.picture(World().show_apcv()))

    told = capsys.readouterr().out
    assert code == 0
    assert "● VERT" in told
    assert "ANGE ORSINI-TEST" in told


def test_amber_ends_with_one(desk: Desk, capsys: Capture) -> None:
    """The pharmacy needs rights that the shape `identite` does not say; the identity screen does not."""
    assert desk.scan("--text", World().show(an_identity_apcv())) == 1
    assert "▲ ORANGE" in capsys.readouterr().out
    later = World().show(an_identity_apcv(), at=NOON + timedelta(seconds=5))
    assert desk.scan("--text", later, "--policy", "identite") == 0


def test_red_ends_with_two_and_says_why(desk: Desk, capsys: Capture) -> None:
    """Revoked, in words, in both languages, naming nobody."""
    from cartes.cards import Slot

    text = World().show_apcv(slot=Slot(1, 11))

    assert desk.scan("--text", text) == 2
    french = capsys.readouterr().out
    assert desk.scan("--text", text, "--lang", "en") == 2
    english = capsys.readouterr().out
    assert "La carte a été révoquée" in french
    assert "The card was revoked" in english
    assert "ORSINI" not in french + english


@pytest.mark.parametrize("text", ["", "https://example.test", "3400930000120"])
def test_something_else_ends_with_three(desk: Desk, capsys: Capture, text: str) -> None:
    """A medicine box is not a card, and is not an error either."""
    assert desk.scan("--text", text) == 3
    assert "pas une carte de ce système" in capsys.readouterr().out


def test_a_picture_without_a_code_ends_with_three(desk: Desk, capsys: Capture) -> None:
    """One JSON object all the same."""
    from PIL import Image

    path = desk.folder / "white.png"
    Image.new("L", (200, 200), 255).save(path)

    assert desk.scan("--image", str(path), "--json") == 3
    assert json.loads(capsys.readouterr().out)["reasons"] == ["no_code_found"]


def test_the_same_code_is_refused_by_the_next_process(desk: Desk) -> None:
    """Two real processes, one picture typed on AZERTY through standard input: green, then replayed."""
    typed = World().show_apcv().translate(AZERTY) + "\r\n"
    command = [sys.executable, "-m", "verifier", "scan", "--store", str(desk.store), "--at", AT, "--json"]

    ended = [
        subprocess.run(command, input=typed.encode(), capture_output=True, check=False) for _ in range(2)
    ]

    assert [process.returncode for process in ended] == [0, 2]
    assert [json.loads(process.stdout)["reasons"] for process in ended] == [[], ["replayed"]]
    assert [process.stderr for process in ended] == [b"", b""]


def test_json_is_one_object_with_the_nir_only_on_demand(desk: Desk, capsys: Capture) -> None:
    """`--json` for a program, `--with-nir` to bill."""
    world = World()

    desk.scan("--text", world.show_apcv(), "--json")
    without = capsys.readouterr().out
    desk.scan("--text", world.show_apcv(at=NOON + timedelta(seconds=1)), "--json", "--with-nir")
    with_nir = capsys.readouterr().out

    assert json.loads(without)["light"] == "green"
    assert "158032A99904296" not in without
    assert json.loads(with_nir)["card"]["nir"] == "158032A99904296"


def test_prescribing_with_data_of_yesterday_is_red(desk: Desk, capsys: Capture) -> None:
    """Thirty hours after the last refresh a doctor is recognised with a warning, and does not prescribe."""
    at = NOON + timedelta(hours=29)
    card = a_doctor(as_of=at - timedelta(hours=2))
    world = World()
    issued = world.issue(card, issued_at=at - timedelta(hours=1))
    from cartes.wire import qr

    text = qr.pack(world.present(issued, card.kind, at))

    assert desk.scan("--text", text, "--policy", "prescription", "--json", at=at.isoformat()) == 2
    assert json.loads(capsys.readouterr().out)["reasons"] == ["trust_data_too_old_to_prescribe"]
    text = qr.pack(world.present(issued, card.kind, at + timedelta(seconds=1)))
    assert desk.scan("--text", text, "--policy", "identite-pro", "--json", at=at.isoformat()) == 1
    assert json.loads(capsys.readouterr().out)["reasons"] == ["trust_data_old"]


@pytest.mark.parametrize(("hours", "code", "word"), [(0, 0, "VERT"), (30, 1, "ORANGE"), (90, 2, "ROUGE")])
def test_status_tells_the_age_of_the_trust_data(
    desk: Desk, capsys: Capture, hours: int, code: int, word: str
) -> None:
    """Fresh, old, too old: the same lights and codes as a scan."""
    at = (NOON + timedelta(hours=hours)).isoformat()

    assert run(["status", "--store", str(desk.store), "--at", at]) == code
    assert word in capsys.readouterr().out.split("\n")[0]
    assert run(["status", "--store", str(desk.store), "--at", at, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["light"] == {0: "green", 1: "amber", 2: "red"}[code]


def test_a_till_never_refreshed_is_red_and_says_what_to_do(desk: Desk, capsys: Capture) -> None:
    """Started, but knowing nothing yet."""
    desk.publisher.new_till(desk.folder / "empty")

    assert run(["status", "--store", str(desk.folder / "empty")]) == 2
    assert "refresh" in capsys.readouterr().out
    arguments = ["scan", "--store", str(desk.folder / "empty"), "--at", AT, "--text", World().show_apcv()]
    assert run(arguments) == 2


def test_a_damaged_store_is_red(desk: Desk, capsys: Capture) -> None:
    """A trust list edited by hand judges nothing."""
    for path in desk.store.rglob("trust.json"):
        path.write_bytes(path.read_bytes().replace(b"test", b"demo"))

    assert desk.scan("--text", World().show_apcv(), "--json") == 2
    assert json.loads(capsys.readouterr().out)["reasons"] == ["trust_store_unusable"]


def test_inspect_needs_no_store_and_says_nothing_is_proven(capsys: Capture) -> None:
    """Every field of a card, a stranger's signature included, without a judgement."""
    world = World(apcv_issuer=type(World().apcv_issuer)("stranger"))
    text = world.show(an_apcv())

    assert run(["inspect", "--text", text]) == 0
    told = capsys.readouterr().out
    assert told.startswith("NON PROUVÉ")
    assert "ORSINI-TEST" in told
    assert "158032A99904296" not in told
    assert run(["inspect", "--text", text, "--json", "--with-nir"]) == 0
    told_json = json.loads(capsys.readouterr().out)
    assert told_json["proven"] is False
    assert {"section": "card", "name": "nir", "value": "158032A99904296"} in told_json["fields"]


def test_inspect_of_something_else_ends_with_three(capsys: Capture) -> None:
    """And a damaged one of ours with two."""
    assert run(["inspect", "--text", "3400930000120"]) == 3
    assert run(["inspect", "--text", "1" * 860]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan", "--store", "{store}", "--image", "{tmp}/none.png"], "n’existe pas"),
        (["scan", "--store", "{store}", "--image", "{tmp}"], "autre chose qu’un fichier"),
        (["scan", "--store", "{store}", "--image", "{tmp}/root.json"], "pas une image"),
        (["scan", "--store", "{store}", "--image", "{tmp}/root.json", "--lang", "en"], "not an image"),
        (["scan", "--store", "{store}", "--text", "1", "--image", "{tmp}/root.json"], "pas les deux"),
        (["scan", "--store", "{store}", "--text", "1", "--at", "tomorrow"], "ne se lit pas"),
        (["scan", "--store", "{store}", "--text", "1", "--at", "2026-11-21T12:00:00"], "fuseau"),
        (["scan", "--store", "{store}", "--text", "1", "--at", "0001-01-01T00:00:00+14:00"], "ne se lit pas"),
        (["scan", "--store", "{store}", "--text", "1" * 9000], "trop long"),
        (["scan", "--store", "{tmp}/nowhere", "--text", "1"], "pas de données de confiance"),
        (["scan", "--store", "{tmp}/publication", "--text", "1"], "pas de données de confiance"),
        (["scan", "--text", "1"], "--store"),
        (["scan", "--store", "{store}", "--policy", "nobody", "--text", "1"], "--policy"),
        (["scan", "--store", "{store}", "--surprise"], "--surprise"),
        (["status", "--store", "{tmp}/nowhere"], "pas de données de confiance"),
        (["init", "--root", "{tmp}/none.json", "--store", "{tmp}/new"], "n’existe pas"),
        (["init", "--root", "{tmp}/code", "--store", "{tmp}/new"], "n’existe pas"),
        (["init", "--root", "{store}/current", "--store", "{tmp}/new"], "pas une racine de confiance"),
        (["refresh", "--from", "ftp://example.test", "--store", "{store}"], "ni une adresse"),
        (["refresh", "--from", "{tmp}", "--store", "{store}"], "→"),
        (
            ["refresh", "--from", "{tmp}/publication", "--store", "{tmp}/nowhere"],
            "pas de données de confiance",
        ),
        (["inspect", "--image", "{tmp}/none.png"], "n’existe pas"),
        (["unknown"], "unknown"),
    ],
)
def test_a_wrong_command_ends_with_four_and_a_sentence(
    desk: Desk, capsys: Capture, arguments: list[str], said: str
) -> None:
    """What was wrong is named on the error stream; nothing is printed as if it were a verdict."""
    filled = [one.replace("{store}", str(desk.store)).replace("{tmp}", str(desk.folder)) for one in arguments]

    code = run(filled)

    told = capsys.readouterr()
    assert code == 4
    assert said in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_no_argument_at_all_shows_the_help(capsys: Capture) -> None:
    """The commands, and the exit code of a wrong command."""
    assert run([]) == 4
    assert "scan" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["scan"], ["inspect"], ["refresh"], ["init"], ["status"]])
def test_help_ends_with_zero(capsys: Capture, command: list[str]) -> None:
    """Asking for help is not an error."""
    assert run([*command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_a_narrow_terminal_encoding_costs_no_traceback(desk: Desk) -> None:
    """A console that knows no shape and no accent shows question marks and keeps its exit code."""
    command = [
        sys.executable,
        "-m",
        "verifier",
        "scan",
        "--store",
        str(desk.store),
        "--at",
        AT,
        "--text",
        "1",
    ]

    ended = subprocess.run(command, capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii"})

    assert ended.returncode == 3
    assert b"ROUGE" in ended.stdout
    assert ended.stderr == b""


def test_a_reader_that_stops_listening_costs_no_traceback(desk: Desk) -> None:
    """`python -m verifier … | head -c 0` ends quietly."""
    command = [sys.executable, "-u", "-m", "verifier", "inspect", "--text", World().show_apcv()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert said == b""


def _imported(arguments: list[str]) -> set[str]:
    """The modules one command loads, as `-X importtime` tells."""
    command = [sys.executable, "-X", "importtime", "-m", "verifier", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return {line.rsplit("|", 1)[1].strip() for line in ended.stderr.splitlines() if line.count("|") == 2}


HEAVY = (
    "PIL",
    "zxingcpp",
    "tuf",
    "securesystemslib",
    "urllib3",
    "requests",
    "flask",
    "sqlalchemy",
    "webauthn",
)


@pytest.mark.parametrize(
    ("name", "also"),
    [("help", ("cryptography", "cbor2", "cartes")), ("scan", ("cryptography.x509", "qrcode", "rich"))],
)
def test_nothing_heavy_is_imported_on_the_way(desk: Desk, name: str, also: tuple[str, ...]) -> None:
    """`--help` loads click alone; a scan of a text loads no image library, no TUF client, no network."""
    arguments: dict[str, Callable[[], list[str]]] = {
        "help": lambda: ["--help"],
        "scan": lambda: ["scan", "--store", str(desk.store), "--at", AT, "--text", World().show_apcv()],
    }
    modules = _imported(arguments[name]())

    loaded = {m for m in modules for heavy in (*HEAVY, *also) if m == heavy or m.startswith(heavy + ".")}

    assert "click" in modules
    assert loaded == set()


def test_two_tills_that_share_a_memory_accept_a_code_once(desk: Desk, capsys: Capture) -> None:
    """A picture that worked at one counter does not work at the next one of the same pharmacy."""
    import shutil

    shown, memory = World().show_apcv(), str(desk.folder / "pharmacy-memory")
    other = desk.folder / "other-store"
    shutil.copytree(desk.store, other)

    assert desk.scan("--text", shown, "--memory", memory) == 0
    second = run(["scan", "--store", str(other), "--at", AT, "--text", shown, "--memory", memory])

    assert second == 2
    assert "déjà" in capsys.readouterr().out
