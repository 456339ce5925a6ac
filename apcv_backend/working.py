"""What the service owes apart from any request: publishing, sealing the journal, telling clients, forgetting.

One process does it all (`python -m apcv_backend work`), job by job, each at its own pace. A job that fails is
tried again at its next turn and delays no other; nothing here decides anything, so that two such processes at
once do the work twice and no harm: every job claims what it does in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cartes.errors import CarteError


@dataclass(frozen=True, slots=True)
class Job:
    """One duty. `run` does it as of an instant (aware UTC) and says what it did, empty when nothing."""

    name: str
    every: timedelta
    run: Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Done:
    """What one turn of a job did, or `failed`: the code of what stopped it."""

    name: str
    said: str = ""
    failed: str = ""


class Worker:
    """Runs jobs when they are due."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)
        self._due: dict[str, datetime] = {}

    def hurry(self, name: str) -> None:
        """Make a job due at the next turn: somebody rang."""
        self._due.pop(name, None)

    def turn(self, at: datetime, stopped: Callable[[], bool] = lambda: False) -> list[Done]:
        """Run whatever is due at `at`; what was said or failed, in the order of the jobs.

        Once `stopped` says so no other job is begun; the one that runs is finished.
        """
        told = []
        for job in self._jobs:
            if stopped():
                break
            if at < self._due.get(job.name, at):
                continue
            # First, so that a job that fails waits its turn like the others.
            self._due[job.name] = at + job.every
            done = _ran(job, at)
            if done.said or done.failed:
                told.append(done)
        return told


def _ran(job: Job, at: datetime) -> Done:
    try:
        return Done(job.name, said=job.run(at))
    except CarteError as error:
        return Done(job.name, failed=str(error))
    except OSError as error:
        return Done(job.name, failed=error.strerror or type(error).__name__)
