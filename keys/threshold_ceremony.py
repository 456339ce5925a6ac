"""The real ceremony: several people, one offline key each, thresholds, and a transcript two people can sign.

    root     2 of 3 by default, each key in a custody of its own
    targets  2 of 2 by default, the same
    status, snapshot, timestamp, cards, secrets   in the backend's keyring, which holds no offline key

A custody may be made here, on a medium its keeper takes away, or beforehand on the keeper's own machine: then
only its public half comes to the ceremony. The first root is signed by the custodies that are here, up to the
threshold; when too few are, it goes round as a file (`python -m keys sign`).

All or nothing: a ceremony that fails takes back every folder it made.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cartes.signing_draft import SigningDraft
from keys.ceremony import DEVELOPMENT_DAYS, Transcript, hold_ceremony
from keys.custody import DESCRIPTION, PUBLIC, Custody, Keeper, make_custody
from keys.draft_reading import read_draft
from keys.errors import CeremonyRefused
from keys.files import write_private
from keys.offline_roles import OFFLINE, RoleHolders, root_body
from keys.signer import Purpose

ROOT_THRESHOLD: Final = 2
TARGETS_THRESHOLD: Final = 2
FIRST_ROOT: Final = "1.root.json"
TRANSCRIPT: Final = "proces-verbal.txt"
ONLINE: Final = tuple(purpose for purpose in Purpose if purpose not in OFFLINE)


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at the ceremony: a role, and a folder where a key is made for `holder`, or a public half."""

    purpose: Purpose
    path: Path
    holder: str | None


@dataclass(frozen=True, slots=True)
class ThresholdTranscript:
    """What was made and by whom: public facts only."""

    online: Transcript
    keepers: tuple[Keeper, ...]
    thresholds: dict[Purpose, int]
    root: SigningDraft
    missing: int
    signed_by: tuple[Keeper, ...]
    root_file: Path
    root_sha256: str


def hold_threshold_ceremony(
    keyring: Path,
    seats: Sequence[Seat],
    at: datetime,
    *,
    random: Callable[[int], bytes],
    environment: str,
    days: int = DEVELOPMENT_DAYS,
    root_threshold: int = ROOT_THRESHOLD,
    targets_threshold: int = TARGETS_THRESHOLD,
) -> ThresholdTranscript:
    """Make the custodies, the online keyring and the first root, as of `at`.

    Raises `CeremonyRefused`, `CustodyUnusable` or `SigningRefused`, and then leaves nothing.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    thresholds = {Purpose.TUF_ROOT: root_threshold, Purpose.TUF_TARGETS: targets_threshold}
    folders = [seat.path.absolute() for seat in seats if seat.holder is not None] + [keyring.absolute()]
    if any(one == other or one in other.parents for one in folders for other in folders if one is not other):
        raise CeremonyRefused(why="two_in_one_folder")
    if any(threshold < 2 for threshold in thresholds.values()):  # noqa: PLR2004 - one is no threshold
        raise CeremonyRefused(why="threshold_of_one")
    with _all_or_nothing() as made:
        custodies, keepers = [], []
        for seat in seats:
            custody = _seated(seat, made)
            if isinstance(custody, Custody):
                custodies.append(custody)
                keepers.append(custody.keeper)
            else:
                keepers.append(custody)
            if keepers[-1].purpose is not seat.purpose:
                raise CeremonyRefused(why="another_role", path=str(seat.path))
        _note(keyring, made)
        online = hold_ceremony(
            keyring, at, random=random, environment=environment, days=days, purposes=ONLINE
        )
        holders = {
            purpose: RoleHolders(
                tuple(keeper.public_key for keeper in keepers if keeper.purpose is purpose), threshold
            )
            for purpose, threshold in thresholds.items()
        } | {
            purpose: RoleHolders(
                tuple(record.public_key for record in online.keys if record.purpose is purpose)
            )
            for purpose in (Purpose.TUF_SNAPSHOT, Purpose.TUF_TIMESTAMP)
        }
        root = SigningDraft("root", root_body(1, holders, at))
        signed_by = []
        for custody in [one for one in custodies if one.keeper.purpose is Purpose.TUF_ROOT][:root_threshold]:
            read_draft(root, custody, at)
            root = custody.sign(root, at)
            signed_by.append(custody.keeper)
        for custody in custodies:
            custody.learn_root(root.metadata())
        missing = max(root_threshold - len(signed_by), 0)
        root_file = keyring / (FIRST_ROOT if missing == 0 else "1.root.draft.json")
        data = root.metadata() if missing == 0 else root.encode()
        write_private(root_file, data)
        transcript = ThresholdTranscript(
            online,
            tuple(keepers),
            thresholds,
            root,
            missing,
            tuple(signed_by),
            root_file,
            hashlib.sha256(data).hexdigest(),
        )
        write_private(keyring / TRANSCRIPT, ("\n".join(transcript_lines(transcript)) + "\n").encode())
    return transcript


def transcript_lines(transcript: ThresholdTranscript) -> Iterator[str]:
    """The transcript, in French, with the places where two people sign it."""
    at = transcript.online.at
    yield "PROCÈS-VERBAL DE LA CÉRÉMONIE DES CLÉS"
    yield f"Le {at:%d/%m/%Y} à {at:%H:%M:%S} UTC, environnement « {transcript.online.environment} »."
    for purpose, word in ((Purpose.TUF_ROOT, "Racine"), (Purpose.TUF_TARGETS, "Liste de confiance")):
        kept = [keeper for keeper in transcript.keepers if keeper.purpose is purpose]
        yield ""
        yield f"{word} : {transcript.thresholds[purpose]} signatures sur {len(kept)}, clés hors ligne."
        for keeper in kept:
            yield f"  {keeper.holder}"
            yield f"    {keeper.fingerprint}"
    yield ""
    yield "Clés en ligne, dans le trousseau du serveur :"
    for record in transcript.online.keys:
        yield f"  {record.purpose.value}, jusqu'au {record.not_after:%d/%m/%Y}"
        yield f"    {record.fingerprint}"
    yield ""
    signers = ", ".join(keeper.holder for keeper in transcript.signed_by) or "personne encore"
    yield f"Première racine : {transcript.root_file.name}, valable un an, signée par : {signers}."
    if transcript.missing:
        yield f"  Il manque {transcript.missing} signature(s) : python -m keys sign."
    else:
        yield f"  SHA-256 du fichier : {_grouped(transcript.root_sha256)}"
    yield f"  SHA-256 de ce qui est signé : {_grouped(transcript.root.fingerprint)}"
    yield f"  À renouveler avant le {at + timedelta(days=335):%d/%m/%Y} : python -m keys rotate-root."
    yield ""
    yield "Nous avons lu ces empreintes à voix haute et les avons trouvées égales sur chaque support."
    for _ in range(2):
        yield ""
        yield "  Nom : ____________________________  Signature : ____________________________"


def _seated(seat: Seat, made: list[tuple[Path, bool]]) -> Custody | Keeper:
    if seat.holder is not None:
        _note(seat.path, made)
        return make_custody(seat.path, seat.purpose, seat.holder)
    if (seat.path / PUBLIC).exists() and (seat.path / DESCRIPTION).exists():
        return Custody.open(seat.path)
    return Keeper.read(seat.path)


def _note(folder: Path, made: list[tuple[Path, bool]]) -> None:
    """Note a folder before it is filled, if it will be ours to take back: what stands there is somebody's."""
    existed = folder.exists()
    if not existed or (folder.is_dir() and not any(folder.iterdir())):
        made.append((folder, existed))


@contextmanager
def _all_or_nothing() -> Iterator[list[tuple[Path, bool]]]:
    made: list[tuple[Path, bool]] = []
    try:
        yield made
    except BaseException as error:
        for folder, existed in made:
            shutil.rmtree(folder, ignore_errors=True)
            if existed:
                folder.mkdir(mode=0o700, exist_ok=True)
        if isinstance(error, OSError):
            raise CeremonyRefused(why=type(error).__name__) from error
        raise


def _grouped(digest: str) -> str:
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
