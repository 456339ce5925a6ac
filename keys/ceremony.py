"""The key ceremony of development: makes a whole keyring, all or nothing, and never where git would take it.

One key a purpose (P-256; RSA for RS256) and one secret a name, in a folder of mode 0700. The manifest is put
in place last, in one rename: a folder without it is not a keyring, and a ceremony that fails takes back what
it wrote. It never overwrites: an existing keyring is somebody's.

Inside a git work tree the folder must be ignored by git, because a key committed once is public for ever.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from keys.errors import CeremonyRefused
from keys.files import sync_directory, write_private
from keys.keyring import MANIFEST_NAME, SECRET_BYTES
from keys.making import new_key
from keys.manifest import KeyRecord, KeyState, Manifest, SecretName
from keys.signer import Purpose, kid_of

DEVELOPMENT_DAYS = 365
_MOST_DAYS = 36_500
_MARKER = ".ceremony-in-progress"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was made: public facts only, to be printed and kept."""

    directory: Path
    environment: str
    at: datetime
    keys: tuple[KeyRecord, ...]
    secrets: tuple[SecretName, ...]


def hold_ceremony(
    directory: Path,
    at: datetime,
    *,
    random: Callable[[int], bytes],
    environment: str = "development",
    days: int = DEVELOPMENT_DAYS,
    purposes: Sequence[Purpose] = tuple(Purpose),
    write: Callable[[Path, bytes], None] = write_private,
) -> Transcript:
    """Make a keyring in `directory`, which must not exist or be empty, with keys valid `days` from `at`.

    `purposes` leaves out what is kept offline.

    `write` puts a new private file on disk, whole. `random(n)` gives the bytes of the secrets; private keys
    come from the cryptographic library's own source.
    Raises `CeremonyRefused` and then has written nothing.
    """
    directory = directory.absolute()
    if not 1 <= days <= _MOST_DAYS:
        raise CeremonyRefused(why="days")
    start = at.astimezone(UTC).replace(microsecond=0)
    with empty_folder(directory, write) as written:
        records = []
        for purpose in purposes:
            name = f"{purpose.value}-1.pem"
            private_key, public_key = new_key(purpose)
            written.append(directory / name)
            write(
                directory / name,
                private_key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ),
            )
            records.append(
                KeyRecord(
                    purpose=purpose,
                    kid=kid_of(public_key),
                    public_key=public_key,
                    not_before=start,
                    not_after=start + timedelta(days=days),
                    state=KeyState.ACTIVE,
                    uri=f"file:{name}",
                )
            )
        for secret in SecretName:
            written.append(directory / f"{secret.value}.key")
            write(directory / f"{secret.value}.key", random(SECRET_BYTES))
        manifest = Manifest(
            environment, tuple(records), {secret: f"file:{secret.value}.key" for secret in SecretName}
        )
        new = directory / f"{MANIFEST_NAME}.new"
        written.append(new)
        write(new, manifest.encode())
        # From this rename on the keyring exists, whole.
        new.rename(directory / MANIFEST_NAME)
        written.clear()
    return Transcript(directory, environment, start, tuple(records), tuple(SecretName))


@contextmanager
def empty_folder(
    directory: Path, write: Callable[[Path, bytes], None] = write_private
) -> Iterator[list[Path]]:
    """An empty folder of mode 0700 that is ours alone; on failure, the files listed are taken away again.

    Raises `CeremonyRefused`, for a folder git could take too.
    """
    try:
        resolved = directory.resolve()
    except (OSError, RuntimeError, ValueError) as no_path:  # a loop of links, a NUL
        raise CeremonyRefused(path=str(directory), why=type(no_path).__name__) from no_path
    _check_outside_git(resolved)
    created = _claim(directory, write)
    written: list[Path] = []
    try:
        directory.chmod(0o700)
        yield written
        (directory / _MARKER).unlink()
        sync_directory(directory)
    except BaseException as error:
        for path in (*written, directory / _MARKER):
            with suppress(OSError):
                path.unlink()
        if created:
            with suppress(OSError):
                directory.rmdir()
        if isinstance(error, OSError):
            raise CeremonyRefused(path=str(directory), why=type(error).__name__) from error
        raise


def _claim(directory: Path, write: Callable[[Path, bytes], None]) -> bool:
    """Make the folder, or take an empty one; say whether it was made. Of two ceremonies, one gets it."""
    created = False
    try:
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700, parents=True)
            created = True
        if not created and any(directory.iterdir()):
            raise CeremonyRefused(path=str(directory), why="not_empty")
        write(directory / _MARKER, b"")
        if any(entry.name != _MARKER for entry in directory.iterdir()):
            # Another ceremony ended here between the look and the marker: what it made is not ours to touch.
            (directory / _MARKER).unlink()
            raise CeremonyRefused(path=str(directory), why="not_empty")
    except FileExistsError as error:
        raise CeremonyRefused(path=str(directory), why="ceremony_in_progress") from error
    except OSError as error:
        if created:
            with suppress(OSError):
                directory.rmdir()
        raise CeremonyRefused(path=str(directory), why=type(error).__name__) from error
    return created


def _check_outside_git(directory: Path) -> None:
    """Refuse a folder git could take. `directory` is resolved: a link must not hide where it leads."""
    if not any((parent / ".git").exists() for parent in (directory, *directory.parents)):
        return
    existing = next(parent for parent in (directory, *directory.parents) if parent.is_dir())
    # Whatever variables git was given for another repository must not answer for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        # The trailing slash lets a rule such as "/var/" match a folder that does not exist yet.
        answer = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(existing), "check-ignore", "-q", "--", f"{directory}/"],  # noqa: S607 - git of the PATH
            env=environment,
            check=False,
            capture_output=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CeremonyRefused(path=str(directory), why="inside_git_unknown") from error
    if answer.returncode != 0:
        raise CeremonyRefused(path=str(directory), why="inside_git")
