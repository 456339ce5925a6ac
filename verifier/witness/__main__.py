"""The witness's command line.

    python -m verifier.witness key --key witness.pem
    python -m verifier.witness watch --log https://cartes.example --log-key FILE --key witness.pem --store DIR
    python -m verifier.witness compare --log https://cartes.example --log-key FILE DIR/head OTHER/head

`--log-key` is the log's public key as its operator printed it (`python -m apcv_backend log-key`), brought
here by hand: what comes from the log itself proves nothing. Exit codes: 0 the log follows; 1 an alarm; 2 the
command cannot run; 3 the log does not answer.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cartes.checkpoint import HeadRefused, LogKey, open_head
from verifier.witness.asking import HttpLog
from verifier.witness.watching import Alarm, LogUnreachable, Store, Witness
from verifier.witness.watching import compare as compare_heads

_ALARM, _BROKEN, _SILENT = 1, 2, 3
_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Un témoin du journal : il garde les têtes, vérifie qu'elles se suivent, et contresigne."""


@main.command()
@click.option("--key", "path", type=_file, required=True, help="Où écrire la clé (fichier neuf, 0600).")
def key(path: Path) -> None:
    """Fait la clé de ce témoin (Ed25519)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.UsageError(f"{path} : {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    click.echo(f"Clé du témoin dans {path}.")


@main.command()
@click.option("--log", "url", required=True, help="Adresse du serveur de cartes.")
@click.option("--log-key", "log_key", type=_file, required=True, help="La clé publique du journal.")
@click.option("--key", "path", type=_file, required=True, help="La clé de ce témoin.")
@click.option("--store", "folder", type=_folder, required=True, help="Où il garde ce qu'il a vu.")
@click.option("--name", default="temoin.example", show_default=True, help="Son nom dans les signatures.")
@click.option("--ca-file", type=_file, help="Autorité du serveur HTTPS, si elle n'est pas publique.")
@click.option("--every", default=10, show_default=True, type=click.IntRange(1, 3_600), help="Secondes.")
@click.option("--once", is_flag=True, help="Regarde une fois, et dit par son code ce qu'il a vu.")
def watch(
    url: str,
    log_key: Path,
    path: Path,
    folder: Path,
    name: str,
    ca_file: Path | None,
    every: int,
    *,
    once: bool,
) -> None:
    """Regarde le journal, encore et encore."""
    witness = _witness(url, log_key, path, folder, name, ca_file)
    while True:
        code = _look(witness)
        if once:
            sys.exit(code)
        time.sleep(every)


@main.command()
@click.option("--log", "url", required=True, help="Adresse du serveur de cartes.")
@click.option("--log-key", "log_key", type=_file, required=True, help="La clé publique du journal.")
@click.option("--ca-file", type=_file, help="Autorité du serveur HTTPS, si elle n'est pas publique.")
@click.argument("heads", nargs=2, type=_file)
def compare(url: str, log_key: Path, ca_file: Path | None, heads: tuple[Path, Path]) -> None:
    """Confronte les têtes gardées par deux témoins : sont-elles du même journal ?"""
    log = HttpLog(url, str(ca_file) if ca_file else None)
    try:
        key = LogKey.parse(log_key.read_text("utf-8"))
        one, other = (open_head(head.read_text("utf-8"), (key,)) for head in heads)
    except OSError as error:
        raise click.UsageError(f"{error.filename} : {error.strerror}") from error
    except (UnicodeDecodeError, HeadRefused) as error:
        raise click.UsageError("Une des têtes, ou la clé du journal, n'est pas lisible.") from error
    try:
        compare_heads(log, one, other)
    except Alarm as alarm:
        click.echo(f"ALARME : {alarm}", err=True)
        sys.exit(_ALARM)
    except LogUnreachable as silent:
        click.echo(f"Le journal ne répond pas : {silent}", err=True)
        sys.exit(_SILENT)
    click.echo(f"{one.size} et {other.size} entrées : deux têtes d'un même journal.")


def _witness(url: str, log_key: Path, path: Path, folder: Path, name: str, ca_file: Path | None) -> Witness:
    try:
        own = load_pem_private_key(path.read_bytes(), password=None)
        watched = LogKey.parse(log_key.read_text("utf-8"))
    except OSError as error:
        raise click.UsageError(f"{error.filename} : {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm, HeadRefused) as error:
        raise click.UsageError("Une des clés n'est pas lisible.") from error
    if not isinstance(own, Ed25519PrivateKey):
        raise click.UsageError(f"{path} n'est pas une clé de témoin (Ed25519).")
    log = HttpLog(url, str(ca_file) if ca_file else None)
    return Witness(log, watched, Store(folder), name, own)


def _look(witness: Witness) -> int:
    try:
        head = witness.look(datetime.now(UTC))
    except (Alarm, HeadRefused) as alarm:
        click.echo(f"ALARME : {alarm}", err=True)
        return _ALARM
    except LogUnreachable as silent:
        click.echo(f"Le journal ne répond pas : {silent}", err=True)
        return _SILENT
    except OSError as broken:
        click.echo(
            f"Le dossier du témoin ne se lit ou ne s'écrit pas : {broken.strerror or broken}", err=True
        )
        return _BROKEN
    click.echo(f"{head.size} entrées, signées à {head.at:%H:%M:%S} UTC : la suite de ce qui fut vu.")
    return 0


if __name__ == "__main__":
    main()
