"""A ceremony whose issuer keys are made in a token, and never are anywhere else.

The keys that sign cards (`apcv`, `ecps`, `amc`) are those whose theft lets a stranger issue; the token makes
them. The rest of the keyring is made as by `hold_ceremony`. All or nothing, as there: the token is opened and
asked whether the names are free before anything is written; what fails later takes back files and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from keys.ceremony import DEVELOPMENT_DAYS, Transcript, hold_ceremony
from keys.errors import BadKeyUri, CeremonyRefused, KeyRefused
from keys.manifest import KeyRecord, KeyState
from keys.manifest_file import LOG_NAME, changing
from keys.pkcs11 import Pkcs11Signer, destroy_token_key, labels_taken, make_token_key
from keys.rotation import POLICIES
from keys.signer import Pkcs11Uri, Purpose, parse_key_uri
from keys.token import TokenPlace


def hold_token_ceremony(
    directory: Path,
    at: datetime,
    token: str,
    *,
    random: Callable[[int], bytes],
    environment: str = "development",
    days: int = DEVELOPMENT_DAYS,
    purposes: Sequence[Purpose] = tuple(Purpose),
) -> Transcript:
    """Make a keyring in `directory` whose issuer keys live in a token, valid `days` from `at` (UTC).

    `purposes` leaves out what is kept offline. `token` is a `pkcs11:` reference without an object; its
    `pin-source` names a file outside `directory`, which must be empty.

    Raises `CeremonyRefused`, `BadKeyUri`, `TokenUnusable`, or what reading the PIN raises; then nothing is
    left, neither here nor in the token.
    """
    directory = directory.absolute()
    reference = parse_key_uri(token, directory)
    if not isinstance(reference, Pkcs11Uri) or reference.path.keys() & {"object", "id"}:
        raise BadKeyUri(what="a_token_and_no_object")
    place = TokenPlace.of(reference, directory)
    if place.pin_file.is_relative_to(directory):
        raise CeremonyRefused(why="pin_in_the_new_folder")
    labels = {purpose: f"{purpose.value}-{at:%Y%m%dT%H%M%SZ}" for purpose in POLICIES}
    # The folder is not there yet: the lock of its parent stands for it.
    taken = labels_taken(replace(place, directory=_existing(directory)), tuple(labels.values()))
    if taken:
        raise CeremonyRefused(why="label_taken", labels=", ".join(taken))
    transcript = hold_ceremony(
        directory,
        at,
        random=random,
        environment=environment,
        days=days,
        purposes=[purpose for purpose in purposes if purpose not in labels],
    )
    try:
        until = transcript.at + timedelta(days=days)
        issuers = tuple(
            _make(place, purpose, label, transcript.at, until) for purpose, label in labels.items()
        )
        keys = (*issuers, *transcript.keys)
        with changing(directory) as held:
            held.replace(replace(held.manifest, keys=keys), {"what": "ceremony", "issuers": "pkcs11"}, at)
    except BaseException as error:
        _take_back(directory, place, tuple(labels.values()))
        if isinstance(error, OSError):
            raise CeremonyRefused(path=str(directory), why=type(error).__name__) from error
        raise
    return replace(transcript, keys=keys)


def _make(place: TokenPlace, purpose: Purpose, label: str, start: datetime, until: datetime) -> KeyRecord:
    """Make a key, and open it as a server will: one the token would give out ends the ceremony."""
    public_key = make_token_key(place, label)
    uri = place.uri_of(label)
    reference = parse_key_uri(uri, place.directory)
    assert isinstance(reference, Pkcs11Uri)
    opened = Pkcs11Signer.open(reference, place, purpose)
    if opened.public_key != public_key:
        raise CeremonyRefused(why="another_key_answers", label=label)
    return KeyRecord(
        purpose=purpose,
        kid=opened.kid,
        public_key=public_key,
        not_before=start,
        not_after=until,
        state=KeyState.ACTIVE,
        uri=uri,
    )


def _existing(directory: Path) -> Path:
    return next((parent for parent in directory.parents if parent.is_dir()), Path("/"))


def _take_back(directory: Path, place: TokenPlace, labels: tuple[str, ...]) -> None:
    """Remove what this ceremony made: the folder was empty before it, and the names were free."""
    for label in labels:
        with suppress(KeyRefused):
            destroy_token_key(place, label)
    for path in sorted(directory.iterdir(), key=lambda path: path.name == LOG_NAME):
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        directory.rmdir()
