"""`make run`: the demonstration's backend, left up, with its OpenAPI page and codes to enrol with."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from examples.demo.office import Invitation, invite_staff
from examples.demo.people import Persona
from examples.demo.run import found
from examples.demo.town_hall import DemoFailed, TownHall
from mobile_mock.answers import ActivationCode

ROOT = Path(__file__).resolve().parent.parent.parent
PORTAL = "http://localhost:8010"
_FAILED = 2


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1024, 65_535))
@click.option(
    "--out", default=ROOT / "var" / "run", type=click.Path(file_okay=False, path_type=Path), help="Son état."
)
@click.option(
    "--simulated-keys",
    is_flag=True,
    help="Admet les clés que simulent les outils de développement d'un navigateur.",
)
def main(port: int, out: Path, *, simulated_keys: bool) -> None:
    """Lance le serveur de démonstration, jusqu'à Ctrl-C. Son état est neuf à chaque fois."""
    # Whatever supervises this stops it as a person does: nothing of it is left on the port.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        hall, cast, stage = found(out, port, "localhost")
        # Anybody's browser key opens the staff's pages of a demonstration; the environment may say otherwise.
        hall.environ.setdefault("APCV_STAFF_BINDING", "device_bound_claimed")
        if simulated_keys:
            hall.environ["APCV_ENV"] = "test"
        codes = hall.open_codes(cast.people)
        clients = _register_portal(hall, out)
        try:
            hall.start()
            invited = invite_staff(hall, stage.makers)
            hall.work()
            _tell_addresses(hall, clients, out)
            _tell_staff(hall, invited)
            _tell_codes(hall, cast.people, codes)
            hall.wait()
        finally:
            hall.stop()
    except KeyboardInterrupt:
        click.echo("\nArrêt.")
    except DemoFailed as failed:
        click.secho(str(failed), fg="red", err=True)
        sys.exit(_FAILED)


def _tell_addresses(hall: TownHall, clients: Path, out: Path) -> None:
    local = f"http://127.0.0.1:{hall.port}"
    click.echo(
        f"\nServeur : {hall.public_url}   Interface : {local}/docs   Publication : {local}/publication/"
    )
    click.echo(
        f"Téléphone (dans un navigateur) : {hall.phone_pages['apcv']}   e-CPS : {hall.phone_pages['ecps']}\n"
        f"Vérifier dans un navigateur : {local}/verifier/\n"
    )
    click.echo(
        f"Un portail où se connecter, dans un autre terminal :\n"
        f"  .venv/bin/python -m examples.portal --clients {_shown(clients)}\n"
        f"Une mutuelle qui interroge :\n"
        f"  .venv/bin/python -m examples.insurer --port {hall.port} --run {_shown(out)}\n"
    )


def _tell_codes(hall: TownHall, people: Sequence[Persona], codes: Mapping[str, ActivationCode]) -> None:
    click.echo("Codes d'activation (fictifs, un usage) :\n")
    for persona in people:
        code = codes[persona.persona_id]
        click.echo(f"  {persona.label:<24} {persona.kind.value}  {code.reference}  {'  '.join(code.secrets)}")
    first = people[0]
    code = codes[first.persona_id]
    click.echo(
        f"\nPour essayer, dans un autre terminal :\n"
        f"  .venv/bin/python -m mobile_mock enrol --pocket var/pocket --backend {hall.public_url} "
        f"--card {first.kind.value} --reference {code.reference} --secret {code.secrets[0]}\n\n"
        "Ctrl-C pour arrêter."
    )


def _tell_staff(hall: TownHall, invited: Sequence[Invitation]) -> None:
    click.echo(
        f"Agents : enregistrer une clé de sécurité sur {hall.public_url}/staff/registration avec une de\n"
        "ces invitations fictives, puis se connecter avec elle (sans clé sous la main, voir docs/desk.md) :\n"
    )
    for one in invited:
        click.echo(f"  {one.name:<14} {one.page:<20} {one.first_half}  {one.second_half}")
    click.echo("")


def _register_portal(hall: TownHall, out: Path) -> Path:
    """Register the portal; the file it reads, which only this account may.

    `examples.insurer` registers itself: its key never leaves it.
    """
    portal = {
        "client_id": "portail-exemple",
        "name": "Le dossier partagé (exemple)",
        "place": "Corte",
        "redirect_uris": [f"{PORTAL}/retour"],
        "post_logout_redirect_uris": [f"{PORTAL}/"],
        "scopes": ["openid", "scope_all"],
        "purposes": ["soins"],
        "legal_basis": "Mission d'intérêt public (RGPD 6.1.e)",
    }
    secret = hall.register_client(portal)
    file = out / "clients.json"
    file.touch(mode=0o600)
    told = {
        "issuer": hall.public_url,
        "portal": {"client_id": portal["client_id"], "client_secret": secret},
    }
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return file


def _shown(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


main()
