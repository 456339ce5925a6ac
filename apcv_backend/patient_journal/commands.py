"""The operator's command about what patients contest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from apcv_backend.patient_journal.rules import LONGEST_ANSWER

if TYPE_CHECKING:
    from apcv_backend.bootstrap import Services


@click.command("incidents")
@click.option("--close", "incident_id", metavar="ID", help="Répond à cet incident.")
@click.option("--agent", help="Avec --close : qui en répond.")
@click.option(
    "--outcome", help="Avec --close : ce qui fut trouvé, en une phrase que la personne lira ; sans numéro."
)
@click.pass_obj
def incidents(services: Services, incident_id: str | None, agent: str | None, outcome: str | None) -> None:
    """Ce que des patients signalent (« ce n'était pas moi ») et qui attend une réponse."""
    if incident_id is not None:
        if not agent or not outcome:
            raise click.UsageError("--close demande --agent et --outcome.")
        if len(outcome) > LONGEST_ANSWER or not outcome.isprintable():
            raise click.UsageError(f"--outcome : une ligne, {LONGEST_ANSWER} caractères au plus.")
        by = f"operator:{agent}"
        if not services.incidents.close(incident_id, by, outcome, services.clock()):
            raise click.UsageError("Aucun incident ouvert n'a ce numéro.")
        click.echo("Réponse enregistrée.")
        return
    waiting = services.incidents.open()
    for one in waiting:
        at = f"{one.opened_at:%d/%m/%Y %H:%M} UTC"
        click.echo(f"{one.incident_id}  {at}  ligne {one.entry_id} ({one.event}), personne {one.subject_id}")
    click.echo(f"{len(waiting)} incidents ouverts.")
