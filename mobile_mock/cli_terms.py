"""What the commands of the phone share: language, exit codes, options, the holder they act for."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cartes.cards import CardKind
from cartes.errors import CarteError
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.errors import BackendRefused, BackendUnreachable, NotEnrolled, PocketError
from mobile_mock.holder import Holder
from mobile_mock.pocket import Pocket
from mobile_mock.sentences import sentence

_REFUSED, _SILENT, _POCKET, _PHONE = 1, 3, 4, 5
EPILOG = (
    "Codes de sortie : 0 fait ; 1 refus du serveur ; 2 mauvais usage ; 3 serveur muet ;"
    " 4 rien d'utilisable dans ce téléphone ; 5 le téléphone refuse."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the group's options said."""

    language: str

    def __call__(self, french: str, english: str) -> str:
        """The one of the two that this person reads."""
        return english if self.language == "en" else french

    def fact(self, french: str, english: str, value: object) -> str:
        """A name and what it is worth, with the colon of the language."""
        return f"{english}: {value}" if self.language == "en" else f"{french} : {value}"

    def step(self, french: str, english: str) -> None:
        """Tell a person who waits; silent in a pipe."""
        if sys.stderr.isatty():
            click.echo(f"… {self(french, english)}", err=True)


def now() -> datetime:
    """This machine's clock: the only place where the phone reads one."""
    return datetime.now(UTC)


@contextmanager
def told(said: Said) -> Iterator[None]:
    """Turn every refusal into a sentence and an exit code."""
    try:
        yield
    except CarteError as error:
        click.echo(sentence(error, said.language), err=True)
        sys.exit(_exit_code(error))


def _exit_code(error: CarteError) -> int:
    if isinstance(error, BackendRefused):
        return _REFUSED
    if isinstance(error, BackendUnreachable):
        return _SILENT
    return _POCKET if isinstance(error, PocketError) else _PHONE


class _Address(click.ParamType[BackendAddress]):
    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> BackendAddress:
        try:
            return BackendAddress.parse(str(value))
        except ValueError:
            self.fail("attendu : http://hôte[:port] ou https://hôte[:port]", param, ctx)


_Command = Callable[..., Any]


def pocket_option(command: _Command) -> _Command:
    """`--pocket`: the folder of the phone."""
    return click.option(
        "--pocket",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        required=True,
        envvar="MOBILE_POCKET",
        help="Dossier où vit ce téléphone.",
    )(command)


def backend_options(*, required: bool) -> Callable[[_Command], _Command]:
    """`--backend` and `--ca-file`; without `--backend`, the server of the enrolment is meant."""

    def add(command: _Command) -> _Command:
        command = click.option(
            "--ca-file",
            type=click.Path(exists=True, dir_okay=False),
            envvar="MOBILE_CA_FILE",
            help="Autorité du serveur HTTPS, si elle n'est pas publique.",
        )(command)
        return click.option(
            "--backend",
            "address",
            type=_Address(),
            required=required,
            envvar="MOBILE_BACKEND",
            help="Adresse du serveur, par exemple http://apcv.localhost:8000.",
        )(command)

    return add


def kind_option(command: _Command) -> _Command:
    """`--card`: which one."""
    return click.option(
        "--card",
        "kind",
        type=click.Choice([kind.value for kind in CardKind]),
        default=CardKind.APCV.value,
        show_default=True,
        help="La carte : apcv (carte Vitale), ecps (carte de professionnel) ou amc (complémentaire).",
    )(command)


@contextmanager
def backend_at(address: BackendAddress, ca_file: str | None, said: Said) -> Iterator[BackendClient]:
    """The way to a server; nothing is connected before it is used."""
    client = BackendClient(address, language=said.language, pause=time.sleep, ca_file=ca_file)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def holder_of(
    folder: Path, said: Said, address: BackendAddress | None = None, ca_file: str | None = None
) -> Iterator[Holder]:
    """The holder of the phone in `folder`, facing `address` or the server it was enrolled at."""
    with told(said), Pocket.open(folder) as pocket:
        if address is None:
            if pocket.backend_url is None:
                raise NotEnrolled(kind="any")
            address = BackendAddress.parse(pocket.backend_url)
        with backend_at(address, ca_file, said) as backend:
            yield Holder(pocket, backend, random=secrets.token_bytes)


def write_file(path: Path, data: bytes) -> None:
    """Write a picture where the person asked. Raises `PocketError`."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise PocketError(file=str(path), why=error.strerror or "write_failed") from error
