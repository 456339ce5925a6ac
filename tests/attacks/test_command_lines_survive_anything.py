"""Every command line under garbage: a documented exit code, a sentence on standard error, never a traceback.

Files that are missing, empty, binary, huge, folders, devices; folders that cannot be written; options that
mean nothing; settings that are wrong; nothing on standard input, or no standard input at all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from apcv_backend.cli import main as backend
from keys.cli import main as keys
from mobile_mock.cli import main as phone
from tests.testdata import ROOT
from verifier import cli as till

LINES: Mapping[str, tuple[click.Command, frozenset[int]]] = {
    "keys": (keys, frozenset({1, 2})),
    "apcv_backend": (backend, frozenset({1, 2})),
    "mobile_mock": (phone, frozenset({1, 2, 3, 4, 5})),
}
NOT_A_FOLDER = "/proc/nobody/writes/here"


@pytest.fixture(scope="module")
def garbage(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One of each: what a person may name by mistake."""
    folder = tmp_path_factory.mktemp("garbage")
    made = {name: folder / name for name in ("binary", "empty", "folder", "huge", "json", "loop", "missing")}
    made["binary"].write_bytes(bytes(range(256)) * 8)
    made["empty"].touch()
    made["folder"].mkdir()
    with made["huge"].open("wb") as huge:
        huge.truncate(80_000_000)
    made["json"].write_text('{"signed":{},"signatures":[]}')
    made["loop"].symlink_to(made["loop"])
    return {**made, "device": Path("/dev/null"), "unreadable": Path("/proc/self/mem")}


@pytest.fixture
def settings(
    tmp_path: Path, keyring_dir: Path, attestation_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The settings of a town hall whose database is not made yet, in the environment."""
    told = {
        "APCV_ENV": "development",
        "APCV_PUBLIC_URL": "http://cartes.localhost:8000",
        "APCV_DATABASE_URL": f"sqlite:///{tmp_path / 'town-hall.db'}",
        "APCV_KEYS_DIR": str(keyring_dir),
        "APCV_PUBLICATION_DIR": str(tmp_path / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": "https://apcv.localhost",
        "APCV_ORIGINS_ECPS": "https://ecps.localhost",
        "APCV_ATTESTATION_ROOTS": str(attestation_dir / "roots"),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


def refuses(line: str, *arguments: str | Path, given: bytes = b"") -> str:
    """Run one command in this process: it must refuse, with a sentence, and its exception must be click's."""
    command, codes = LINES[line]
    done = CliRunner().invoke(command, [str(one) for one in arguments], input=given)

    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert done.exit_code in codes, (arguments, done.output)
    return one_sentence(done.stderr, arguments)


def one_sentence(told: str, arguments: object) -> str:
    assert told.strip(), arguments
    assert "Traceback" not in told
    assert len(told) < 1_000, "a sentence, not a dump"
    return told


@pytest.fixture
def till_refuses(capfd: pytest.CaptureFixture[str]) -> object:
    def run(*arguments: str | Path, codes: frozenset[int] = frozenset({3, 4})) -> str:
        code = till.run([str(one) for one in arguments])
        shown = capfd.readouterr()
        assert code in codes, (arguments, code, shown)
        return one_sentence(shown.err + (shown.out if code == till.NOT_OURS else ""), arguments)

    return run


# --- the till


def test_the_till_survives_any_file(
    garbage: Mapping[str, Path], tmp_path: Path, till_refuses: object
) -> None:
    """A root, an image, a source, a store: each of them any file at all."""
    assert callable(till_refuses)
    for name, path in garbage.items():
        till_refuses("init", "--root", path, "--store", tmp_path / f"store-{name}")
        till_refuses("scan", "--image", path, "--store", garbage["folder"])
        till_refuses("inspect", "--image", path)
        till_refuses("refresh", "--from", path, "--store", tmp_path / "store")
        till_refuses("status", "--store", path)
        assert not (tmp_path / f"store-{name}" / "current").exists(), "nothing was begun on a wrong root"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "http://",
        "http://[::1",
        "https://[",
        "ftp://example.org",
        "http://user:secret@127.0.0.1:1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:1/?a",
        "file://host/x",
        "file:///proc/self/mem",
        "javascript:alert(1)",
        "\udcff",
    ],
)
def test_the_till_survives_any_source(tmp_path: Path, till_refuses: object, source: str) -> None:
    """What is no address is said to be none, and a password in it is not repeated."""
    assert callable(till_refuses)

    assert "secret" not in till_refuses("refresh", "--from", source, "--store", tmp_path)


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-11-21",
        "2026-13-45T00:00Z",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\0",
    ],
)
def test_the_till_survives_any_instant(tmp_path: Path, till_refuses: object, at: str) -> None:
    """An instant that cannot be read, or has no zone, is named."""
    assert callable(till_refuses)

    till_refuses("scan", "--text", "1", "--store", tmp_path, "--at", at)


@pytest.mark.parametrize(
    "text", ["", "0", "9" * 20_000, "é", "\0", "\udcff", "-1", "SQ1:", "٣" * 40, "\u202e1"]
)
def test_the_till_survives_any_text(tmp_path: Path, till_refuses: object, text: str) -> None:
    """Whatever a reader types: not one of ours, or a command without a store."""
    assert callable(till_refuses)

    till_refuses("inspect", "--text", text, codes=frozenset({2, 3, 4}))


# --- the vault


def test_the_vault_survives_any_folder(garbage: Mapping[str, Path]) -> None:
    """A keyring is listed from a keyring, and made in an empty folder, nowhere else."""
    for name, path in garbage.items():
        refuses("keys", "list", "--dir", path)
        if name not in {"folder", "missing"}:
            refuses("keys", "ceremony", "--dir", path)
    refuses("keys", "ceremony", "--dir", NOT_A_FOLDER)


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999999999", "3000000", "1e3"])
def test_the_vault_survives_any_duration(tmp_path: Path, days: str) -> None:
    """A duration beyond any date is refused before a key is made."""
    refuses("keys", "ceremony", "--dir", tmp_path / "keys", "--days", days)

    assert not (tmp_path / "keys").exists()


# --- the town hall


def test_the_town_hall_survives_any_file(
    garbage: Mapping[str, Path], settings: dict[str, str], tmp_path: Path
) -> None:
    """A backup, a bundle, a person, the interface: each any file; and files that cannot be made."""
    migrated = CliRunner().invoke(backend, ["migrate"])
    assert migrated.exit_code == 0, migrated.output
    for path in garbage.values():
        refuses("apcv_backend", "restore", "--from", path)
        refuses("apcv_backend", "directory", "load", path)
        refuses("apcv_backend", "code", "open", "--card", "apcv", "--person-file", path)
        refuses("apcv_backend", "openapi", "--check", path)
    for target in (NOT_A_FOLDER, str(tmp_path / "no" / "such" / "folder"), str(garbage["folder"])):
        refuses("apcv_backend", "backup", "--to", target)
        refuses("apcv_backend", "openapi", "--write", target)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\n",
        b"{}\n",
        b"[]\n",
        b'{"card":"x","person":"y","for":"z"}\n',
        b"1" * 5_000 + b"\n",
        b"\0\n",
    ],
)
def test_the_mailing_survives_any_line(settings: dict[str, str], line: bytes) -> None:
    """A line that cannot be served says so in its place, and the code of exit says that there was one."""
    CliRunner().invoke(backend, ["migrate"])

    done = CliRunner().invoke(backend, ["code", "open-many"], input=line)

    assert (done.exit_code, done.exception is None or isinstance(done.exception, SystemExit)) == (1, True)
    assert '"error"' in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "::"),
        ("DATABASE_URL", "sqlite:////proc/nobody/writes/here.db"),
        ("DATABASE_URL", "postgresql://a:secret@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://a:secret@127.0.0.1:port/x"),
        ("REDIS_URL", "foo"),
        ("PUBLIC_URL", "http://[::1"),
        ("PUBLIC_URL", "cartes.localhost"),
        ("ORIGINS_APCV", "https://[::1"),
        ("ORIGINS_APCV", "https:"),
        ("ORIGINS_APCV", "android:apk-key-hash:AAAA;fr.example"),
        ("ORIGINS_APCV", ","),
        ("RP_ID_APCV", "ecps.localhost"),
        ("KEYS_DIR", "/proc/nobody"),
        ("RIGHTS_DIR", "/proc/nobody"),
        ("PUBLICATION_DIR", NOT_A_FOLDER),
        ("ATTESTATION_ROOTS", "/proc/nobody"),
        ("STATUS_CAPACITY", "9" * 40),
        ("STATUS_CAPACITY", "٣٣٣٣"),
        ("MAX_DEVICES", "0"),
        ("MDS_BLOB", "/dev/null"),
        ("ENV", "Production"),
        ("ENV", ""),
        ("WHAT_IS_THIS", "1"),
    ],
)
def test_a_wrong_setting_stops_every_command_with_its_reason(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """No command starts on it, none shows a password, and the old settings still work after."""
    CliRunner().invoke(backend, ["migrate"])
    monkeypatch.setenv(f"APCV_{name}", value)

    assert "secret" not in refuses("apcv_backend", "publish")
    if name in {"DATABASE_URL", "ENV", "WHAT_IS_THIS"}:
        assert "secret" not in refuses("apcv_backend", "migrate")


def test_fido_metadata_that_cannot_be_read_is_named(
    settings: dict[str, str], garbage: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both files are asked for, and each may be anything."""
    CliRunner().invoke(backend, ["migrate"])
    for path in garbage.values():
        monkeypatch.setenv("APCV_MDS_BLOB", str(path))
        monkeypatch.setenv("APCV_MDS_ROOT", str(path))
        refuses("apcv_backend", "publish")


@pytest.mark.parametrize("command", ["migrate", "publish", "check-journal", "backup", "restore"])
def test_a_file_that_is_no_database_is_said_to_be_none(
    settings: dict[str, str],
    garbage: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
) -> None:
    """The file is left as it was."""
    monkeypatch.setenv("APCV_DATABASE_URL", f"sqlite:///{garbage['binary']}")
    before = garbage["binary"].read_bytes()
    extra: dict[str, list[str | Path]] = {
        "backup": ["--to", tmp_path / "b.gz"],
        "restore": ["--from", garbage["json"]],
    }

    refuses("apcv_backend", command, *extra.get(command, []))

    assert garbage["binary"].read_bytes() == before


# --- the phone


def test_the_phone_survives_any_pocket(garbage: Mapping[str, Path]) -> None:
    """Every command that opens a pocket, on whatever is no pocket."""
    for path in garbage.values():
        for command in ("card", "renew", "qr", "devices", "notices"):
            refuses("mobile_mock", command, "--pocket", path)
    refuses("mobile_mock", "card", "--pocket", NOT_A_FOLDER)


@pytest.mark.parametrize(
    "address", ["", "x", "http://[::1", "ftp://a", "http://127.0.0.1:99999", "http://127.0.0.1:1"]
)
def test_the_phone_survives_any_backend(tmp_path: Path, address: str) -> None:
    """No such address, or nobody there: said, and no secret is repeated."""
    told = refuses("mobile_mock", "lost", "--backend", address, "--reference", "R", "--code", "SECRETCODE")
    assert "SECRETCODE" not in told
    enrol = ("enrol", "--pocket", tmp_path / "pocket", "--backend", address)
    told = refuses("mobile_mock", *enrol, "--reference", "R", "--secret", "SECRETCODE")
    assert "SECRETCODE" not in told


def test_the_phone_survives_any_makers(garbage: Mapping[str, Path], tmp_path: Path) -> None:
    """The attestation authority is opened or made in a folder that can be written."""
    for path in (garbage["binary"], garbage["loop"], NOT_A_FOLDER):
        refuses("mobile_mock", "makers", "--makers", path, "--roots", tmp_path / "roots")
    refuses("mobile_mock", "makers", "--makers", tmp_path / "makers", "--roots", NOT_A_FOLDER)


# --- all of them


@pytest.mark.parametrize("line", list(LINES))
@pytest.mark.parametrize("arguments", [["no-such-command"], ["--no-such-option"], ["\udcff"], ["-" * 5_000]])
def test_what_is_no_command_is_answered_with_the_usage(line: str, arguments: list[str]) -> None:
    """Exit 2, as every command line does."""
    assert "Usage" in refuses(line, *(one[:100] for one in arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["verifier", "scan", "--store", "."],
        ["apcv_backend", "code", "open-many"],
        [
            "mobile_mock",
            "enrol",
            "--pocket",
            "no-pocket",
            "--backend",
            "http://127.0.0.1:1",
            "--reference",
            "R",
        ],
    ],
)
def test_a_closed_standard_input_is_no_surprise(
    arguments: list[str], settings: dict[str, str], tmp_path: Path
) -> None:
    """Started by a service with nothing behind file 0: a sentence and a code, no traceback."""
    CliRunner().invoke(backend, ["migrate"])

    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m "$@" <&-', sys.executable, *arguments],
        cwd=tmp_path,
        env={**settings, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode in {0, 1, 2, 3, 4}, done
    assert "Traceback" not in done.stderr + done.stdout
