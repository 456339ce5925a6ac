"""The till's command line: init, refresh, scan, inspect, status, kiosk; two-way commands.

A door: it reads arguments, asks one question of the modules behind it, and shows the answer. Exit codes: 0
green, 1 amber, 2 red, 3 not one of ours, 4 the command itself is wrong. Whatever is given, nobody sees a
traceback.

Everything heavy is imported by the command that needs it: `--help` loads click alone, a scan of a text loads
neither the image libraries nor the TUF client.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from verifier.cli_kiosk import kiosk
from verifier.cli_options import (
    at_option,
    choose,
    coloured,
    input_options,
    instant_of,
    json_option,
    lang_option,
    language_of,
    memory_option,
    policy_option,
    read_one,
    show_verdict,
    store_option,
    two_way_option,
)
from verifier.cli_two_way import authorise_till, challenge
from verifier.cli_voice import progress, progress_ends, refused_by, sentence_text, usage

GREEN, AMBER, RED, NOT_OURS, USAGE = range(5)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; click's own errors become code 4."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal without our shapes shows a question mark, not a traceback
            reconfigure(errors="replace")
    try:
        return int(main.main(arguments, prog_name="verifier", standalone_mode=False) or 0)
    except click.ClickException as refused:
        refused.show()
        return USAGE
    except click.Abort:
        click.echo("", err=True)
        return USAGE
    except BrokenPipeError:  # whoever read us stopped listening: nothing more to say, and no traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE


_with_nir = click.option("--with-nir", is_flag=True, help="Montre le NIR en entier (pour facturer).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Vérifie hors ligne une carte Vitale ou une e-CPS présentée sur un téléphone.

    Codes de sortie : 0 vert, 1 orange, 2 rouge, 3 pas une carte de ce système, 4 commande incorrecte.
    """


@main.command()
@click.option(
    "--root",
    "root_file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Racine de confiance (root.json) remise par l’éditeur.",
)
@store_option
@lang_option
def init(root_file: Path, store_dir: Path, lang: str) -> int:
    """Commence un dossier de confiance à partir d’une racine."""
    from cartes.errors import CarteError
    from verifier.trust_store import TrustStore

    try:
        root = root_file.read_bytes()
    except OSError as failure:
        raise usage("no_such_file", lang) from failure
    try:
        TrustStore(store_dir).init(root)
    except CarteError as refused:
        raise refused_by(refused, lang) from refused
    click.echo(choose(lang, f"Prêt : {store_dir}", f"Ready: {store_dir}"))
    return GREEN


@main.command()
@click.option(
    "--from", "source", required=True, metavar="URL", help="Adresse, ou dossier, de la publication."
)
@store_option
@at_option
@lang_option
def refresh(source: str, store_dir: Path, at_text: str | None, lang: str) -> int:
    """Actualise les données de confiance (demande le réseau)."""
    from cartes.errors import CarteError
    from verifier.display import instant_text
    from verifier.refresh import refresh as bring_up_to_date
    from verifier.trust_store import TrustStore
    from verifier.words import words_in

    at = instant_of(at_text, lang)
    try:
        done = bring_up_to_date(TrustStore(store_dir), source, at, progress=progress)
    except CarteError as refused:
        raise refused_by(refused, lang) from refused
    finally:
        progress_ends()
    kilobytes = done.received / 1000
    signed = instant_text(done.signed_at, words_in(language_of(lang)))
    click.echo(
        choose(
            lang,
            f"{'Actualisé' if done.changed else 'Rien de nouveau'} : signé le {signed},"
            f" {done.requests} requêtes, {kilobytes:.1f} ko.",
            f"{'Refreshed' if done.changed else 'Nothing new'}: signed {signed}, "
            f"{done.requests} requests, {kilobytes:.1f} kB.",
        )
    )
    return GREEN


@main.command()
@input_options
@store_option
@policy_option
@memory_option
@two_way_option
@at_option
@json_option
@_with_nir
@lang_option
def scan(
    image: Path | None,
    text: str | None,
    store_dir: Path,
    policy_name: str,
    at_text: str | None,
    *,
    memory: Path | None,
    lang: str,
    two_way_only: bool,
    as_json: bool,
    with_nir: bool,
) -> int:
    """Juge un code : une image, un texte, ou ce qui arrive sur l’entrée standard."""
    from verifier.policy import POLICIES
    from verifier.scanner import NoCodeFound
    from verifier.seen import FileSeen
    from verifier.till_session import TillSession, TwoWayRefused
    from verifier.trust_store import TrustStore
    from verifier.two_way import TwoWayTill
    from verifier.verdict import Freshness, Reason, verdict
    from verifier.verify import Verifier

    at = instant_of(at_text, lang)
    if not store_dir.is_dir():
        raise usage("no_store", lang)
    try:
        line = read_one(image, text, lang)
    except NoCodeFound as nothing:
        judged = verdict((Reason(nothing.code),), Freshness(checked_at=at))
    else:
        verifier = Verifier(TrustStore(store_dir), FileSeen(memory or store_dir / "seen"))
        till = TwoWayTill(verifier, TillSession(store_dir))
        try:
            judged = till.check(line, POLICIES[policy_name], at, two_way_only=two_way_only)
        except TwoWayRefused as refused:
            raise refused_by(refused, lang) from refused
    for reason in judged.reasons:
        if reason.code == "trust_store_unusable" and reason.facts.get("why") == "not_initialised":
            raise usage("no_store", lang)
    show_verdict(judged, lang, as_json=as_json, with_nir=with_nir)
    return judged.light.exit_code if judged.is_ours else NOT_OURS


@main.command()
@input_options
@json_option
@_with_nir
@lang_option
def inspect(image: Path | None, text: str | None, lang: str, *, as_json: bool, with_nir: bool) -> int:
    """Décode et explique chaque champ d’un code, sans rien vérifier ni juger."""
    from cartes.errors import CardRefused
    from verifier.explain import explain
    from verifier.explain_words import draw_fields
    from verifier.scanner import NoCodeFound

    try:
        fields = explain(read_one(image, text, lang), with_nir=with_nir)
    except (CardRefused, NoCodeFound) as refused:
        click.echo(sentence_text(refused.code, lang), err=True)
        return RED if refused.code == "bad_transport" else NOT_OURS
    if as_json:
        told = [{"section": f.section, "name": f.name, "value": f.value} for f in fields]
        click.echo(json.dumps({"proven": False, "fields": told}, ensure_ascii=False, indent=2))
    else:
        click.echo(draw_fields(fields, language_of(lang)), nl=False)
    return GREEN


@main.command()
@store_option
@at_option
@json_option
@lang_option
def status(store_dir: Path, at_text: str | None, lang: str, *, as_json: bool) -> int:
    """Dit l’âge des données de confiance de ce poste."""
    from verifier.state import draw_state, state_of
    from verifier.trust_store import TrustStore

    at = instant_of(at_text, lang)
    if not store_dir.is_dir():
        raise usage("no_store", lang)
    state = state_of(TrustStore(store_dir), at)
    if state.why == "not_initialised":
        raise usage("no_store", lang)
    if as_json:
        click.echo(json.dumps(state.to_json(), ensure_ascii=False, indent=2))
    else:
        light, rest = draw_state(state, language_of(lang)).split("\n", 1)
        click.echo(coloured(light, state.light))
        click.echo(rest, nl=False)
    return state.light.exit_code


main.add_command(authorise_till)
main.add_command(challenge)
main.add_command(kiosk)
