"""The commands of people who keep offline keys: make one, hold the real ceremony, read and sign, rotate.

    python -m keys custody --role root --holder "Alice Martin" --dir /media/alice
    python -m keys threshold-ceremony --dir KEYRING --root "Alice Martin=/media/alice" …
    python -m keys sign --custody /media/alice projet.json
    python -m keys rotate-root --roots publication/metadata --out projet.json

They print public facts only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from cartes.signed_metadata import BadMetadata
from cartes.signing_draft import MAX_DRAFT_SIZE, SigningDraft
from keys.ceremony import DEVELOPMENT_DAYS
from keys.custody import Custody, Keeper, make_custody
from keys.draft_reading import read_draft
from keys.errors import KeyRefused, SigningRefused
from keys.keyring import Keyring
from keys.offline_roles import OFFLINE
from keys.root_rotation import draft_next_root, read_roots
from keys.sentences import sentence
from keys.signer import Purpose
from keys.threshold_ceremony import (
    ROOT_THRESHOLD,
    TARGETS_THRESHOLD,
    Seat,
    hold_threshold_ceremony,
    transcript_lines,
)

_OFFLINE_WORDS: Final = {purpose.value.removeprefix("tuf-"): purpose for purpose in OFFLINE}
_folder = click.Path(path_type=Path, file_okay=False)
_file = click.Path(path_type=Path, dir_okay=False)


def _in_sentences(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what can go wrong into one sentence and an exit code: never a traceback."""

    @wraps(command)
    def said(**options: Any) -> None:
        try:
            command(**options)
        except KeyRefused as refusal:
            raise click.ClickException(sentence(refusal)) from refusal
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or 'Fichier'} : {error.strerror or error}"
            ) from error

    return said


_YES = frozenset({"o", "oui", "y", "yes"})  # whatever else is typed signs nothing


@click.command("custody")
@click.option("--role", type=click.Choice(list(_OFFLINE_WORDS)), required=True, help="Rôle de la clé.")
@click.option("--holder", required=True, help="Nom de la personne qui la garde.")
@click.option("--dir", "directory", type=_folder, required=True, help="Dossier neuf, sur son propre support.")
@click.option("--uri", help="Référence d'une clé qui existe (pkcs11:…), au lieu d'en créer une.")
@_in_sentences
def custody_command(role: str, holder: str, directory: Path, uri: str | None) -> None:
    """Crée une clé hors ligne, seule dans son dossier, sur la machine de qui la garde."""
    made = make_custody(directory, _OFFLINE_WORDS[role], holder, uri=uri)
    click.echo(f"Clé « {role} » de {made.keeper.holder}")
    click.echo(f"  {made.keeper.fingerprint}")
    click.echo(f"À porter à la cérémonie : {directory / 'public.json'}. À ne montrer à personne : le reste.")


def _seat(purpose: Purpose, text: str) -> Seat:
    holder, equals, path = text.rpartition("=")
    return Seat(purpose, Path(path), holder if equals else None)


@click.command("threshold-ceremony")
@click.option("--dir", "directory", type=_folder, required=True, help="Trousseau en ligne, dossier neuf.")
@click.option(
    "--root",
    "roots",
    multiple=True,
    required=True,
    metavar="NOM=DOSSIER|FICHIER",
    help="Clé racine : à créer dans ce dossier pour ce nom, ou sa moitié publique (public.json).",
)
@click.option(
    "--targets",
    "targets",
    multiple=True,
    required=True,
    metavar="NOM=DOSSIER|FICHIER",
    help="Clé de la liste de confiance, de même.",
)
@click.option("--root-threshold", default=ROOT_THRESHOLD, show_default=True, type=click.IntRange(2, 16))
@click.option("--targets-threshold", default=TARGETS_THRESHOLD, show_default=True, type=click.IntRange(2, 16))
@click.option(
    "--environment",
    default="production",
    show_default=True,
    type=click.Choice(["development", "test", "production"]),
)
@click.option(
    "--days", default=DEVELOPMENT_DAYS, show_default=True, type=int, help="Durée des clés en ligne."
)
@_in_sentences
def threshold_ceremony(
    directory: Path,
    roots: tuple[str, ...],
    targets: tuple[str, ...],
    root_threshold: int,
    targets_threshold: int,
    environment: str,
    days: int,
) -> None:
    """La vraie cérémonie : des clés hors ligne à plusieurs, la première racine, un procès-verbal."""
    seats = [_seat(Purpose.TUF_ROOT, text) for text in roots]
    seats += [_seat(Purpose.TUF_TARGETS, text) for text in targets]
    transcript = hold_threshold_ceremony(
        directory,
        seats,
        datetime.now(UTC),
        random=secrets.token_bytes,
        environment=environment,
        days=days,
        root_threshold=root_threshold,
        targets_threshold=targets_threshold,
    )
    for line in transcript_lines(transcript):
        click.echo(line)


@click.command("sign")
@click.option("--custody", "directory", type=_folder, required=True, help="Dossier de la clé hors ligne.")
@click.option(
    "--yes", is_flag=True, help="Ne pas demander confirmation (la lecture est imprimée quand même)."
)
@click.argument("file", type=_file)
@_in_sentences
def sign(directory: Path, file: Path, *, yes: bool) -> None:
    """Lit en français ce qui est à signer, puis ajoute une signature au fichier."""
    at = datetime.now(UTC)
    custody = Custody.open(directory)
    draft = _read(file)
    reading = read_draft(draft, custody, at)
    click.echo(f"Clé de {custody.keeper.holder} ({custody.keeper.purpose.value})")
    for line in reading.lines:
        click.echo(line)
    if not yes:
        answer = click.prompt("Signer exactement cela ? [oui/NON]", default="non", show_default=False)
        if str(answer).strip().lower() not in _YES:
            raise click.Abort
    signed = custody.sign(draft, at)
    after = read_draft(signed, custody, at)
    _write(file, signed.encode())
    _learn(custody, signed, after.newest_root, complete=after.missing == 0)
    if after.missing:
        click.echo(f"Signé. Il manque encore {after.missing} signature(s).")
        return
    click.echo("Signé. Toutes les signatures nécessaires y sont.")
    if signed.role == "root":
        finished = file.with_name(f"{signed.version}.root.json")
        if finished != file:
            _write(finished, signed.metadata())
        click.echo(f"Racine prête : {finished}")


@click.command("rotate-root")
@click.option("--roots", type=_folder, required=True, help="Dossier des racines en vigueur (N.root.json).")
@click.option(
    "--add", "added", multiple=True, type=click.Path(path_type=Path), help="Moitié publique à ajouter."
)
@click.option("--drop", multiple=True, help="Début de l'empreinte d'une clé à retirer (8 chiffres au moins).")
@click.option("--keyring", type=_folder, help="Trousseau du serveur, si ses clés en ligne ont changé.")
@click.option("--root-threshold", type=click.IntRange(1, 16))
@click.option("--targets-threshold", type=click.IntRange(1, 16))
@click.option("--out", type=_file, required=True, help="Projet à faire signer.")
@_in_sentences
def rotate_root(
    roots: Path,
    added: tuple[Path, ...],
    drop: tuple[str, ...],
    keyring: Path | None,
    root_threshold: int | None,
    targets_threshold: int | None,
    out: Path,
) -> None:
    """Prépare la racine suivante ; ne signe rien. Sans changement, elle est seulement prolongée d'un an."""
    told = {Purpose.TUF_ROOT: root_threshold, Purpose.TUF_TARGETS: targets_threshold}
    draft = draft_next_root(
        read_roots(roots),
        datetime.now(UTC).replace(microsecond=0),
        add=[Keeper.read(path) for path in added],
        drop=drop,
        online=Keyring.open(keyring).public_keys() if keyring is not None else (),
        thresholds={purpose: number for purpose, number in told.items() if number is not None},
    )
    _write(out, draft.encode())
    click.echo(f"Racine version {draft.version} à faire signer par les anciens et les nouveaux : {out}")
    click.echo(f"SHA-256 de ce qui est signé : {draft.fingerprint}")


def _learn(custody: Custody, signed: SigningDraft, newest: bytes | None, *, complete: bool) -> None:
    """Keep the newest proven root: the one just finished, or the last of the chain it follows."""
    if signed.role == "root" and (complete or newest is None):
        custody.learn_root(signed.metadata())
    elif newest is not None:
        custody.learn_root(newest)


def _read(file: Path) -> SigningDraft:
    with file.open("rb") as opened:
        data = opened.read(MAX_DRAFT_SIZE + 1)
    try:
        return SigningDraft.parse(data)
    except BadMetadata as refused:
        raise SigningRefused(why="not_a_draft", reason=refused.facts["why"]) from refused


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)


COMMANDS: Final = (custody_command, threshold_ceremony, sign, rotate_root)
"""What `python -m keys` mounts."""
