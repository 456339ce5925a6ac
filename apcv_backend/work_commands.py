"""`python -m apcv_backend work`: one process that publishes, seals, tells clients and forgets, for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from apcv_backend.ephemeral import PUBLICATION_BELL
from apcv_backend.rounds import rounds
from apcv_backend.working import Job, Worker

if TYPE_CHECKING:
    from apcv_backend.bootstrap import Services

_SLEEP_S = 1.0
PUBLISH = "publication"


def jobs_of(services: Services) -> tuple[Job, ...]:
    """The duties of these services, the ones people wait for first."""

    def end_sessions(at: datetime) -> str:
        ended = services.signin.keeper.keep(at)
        return f"{ended} session(s) fermée(s)" if ended else ""

    def tell(at: datetime) -> str:
        heard = services.signin.deliveries.deliver(at) + services.signin_approval.pings.deliver(at)
        return f"{heard} annonce(s) entendue(s)" if heard else ""

    def publish(at: datetime) -> str:
        published = services.publication.publish(at, None)
        return f"n° {published.version}, jusqu'au {published.expires_at:%d/%m %H:%M} UTC"

    def seal(at: datetime) -> str:
        sealed = services.log.seal(at)
        return f"{sealed.head.size} lignes, dont {sealed.added} nouvelles" if sealed.added else ""

    def forget(at: datetime) -> str:
        forgotten = services.sweep(at)
        return f"{forgotten} délivrances oubliées" if forgotten else ""

    return (
        Job("sessions", timedelta(seconds=5), end_sessions),
        Job("annonces", timedelta(seconds=1), tell),
        Job(PUBLISH, timedelta(minutes=1), publish),
        Job("journal", timedelta(seconds=10), seal),
        Job("oubli", timedelta(minutes=5), forget),
    )


@click.command("work")
@click.option("--once", is_flag=True, help="Fait chaque tâche une fois, puis s'arrête.")
@click.pass_obj
def work(services: Services, *, once: bool) -> None:
    """Publie, scelle le journal, annonce les déconnexions et les réponses CIBA, oublie : sans fin."""
    worker = Worker(jobs_of(services))
    with rounds() as watch:
        while not watch.asked_to_stop:
            failed = False
            for done in worker.turn(services.clock(), lambda: watch.asked_to_stop):
                failed |= bool(done.failed)
                click.echo(f"{done.name} : {done.failed or done.said}", err=bool(done.failed))
            if once:
                if failed:
                    raise click.exceptions.Exit(1)
                return
            # A revocation rings, and is published at once; the wait is the pace of everything else.
            if watch.rest(_SLEEP_S, lambda piece: services.ephemeral.wait(PUBLICATION_BELL, timeout_s=piece)):
                worker.hurry(PUBLISH)
