"""A journal with entries, its log, and a witness that looks at it through the front door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import text

from apcv_backend.bootstrap import Services
from apcv_backend.transparency.service import Sealed
from cartes.checkpoint import TreeHead
from tests.simulators.clock import SteerableClock
from verifier.witness.watching import LogDenies, LogUnreachable, Store, Witness


@dataclass(frozen=True)
class AskedThroughTheDoor:
    """See `witness.watching.AskedLog`: the test client in place of a network."""

    client: FlaskClient

    def head(self) -> str:
        """See `AskedLog.head`."""
        return str(self._get("/v1/log/head")["note"])

    def consistency(self, first: int, second: int) -> Sequence[str]:
        """See `AskedLog.consistency`."""
        return list(self._get(f"/v1/log/proofs/consistency?first={first}&second={second}")["path"])

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.client.get(path)
        if answer.status_code in (404, 503):
            raise LogDenies(told=answer.get_json()["code"])
        if answer.status_code != 200:
            raise LogUnreachable(why="status", status=answer.status_code)
        told = answer.get_json()
        assert isinstance(told, dict)
        return told


class LogStage:
    """The town hall's journal, in the hands of whoever has the database password."""

    def __init__(self, services: Services, client: FlaskClient, clock: SteerableClock, folder: Path) -> None:
        self.services = services
        self.clock = clock
        self.witness = Witness(
            AskedThroughTheDoor(client),
            services.log_keys()[0],
            Store(folder / "witness"),
            "temoin.example",
            Ed25519PrivateKey.generate(),
        )

    def happen(self, *events: str) -> None:
        """Entries committed, one transaction each."""
        for event in events:
            with self.services.database.write() as tx:
                self.services.journal.note(
                    tx, event, actor="device:1", subject="s1", facts={"n": 1}, at=self.clock()
                )

    def seal(self) -> Sealed:
        """What the sealer does every few seconds."""
        return self.services.log.seal(self.clock())

    def look(self) -> TreeHead:
        """The witness looks once."""
        return self.witness.look(self.clock())

    def sql(self, *statements: str) -> None:
        """What somebody with the database password types."""
        for statement in statements:
            with self.services.database.write() as tx:
                tx.execute(text(statement))

    def found(self) -> set[str]:
        """What the check of the whole journal says is wrong."""
        return {finding.what for finding in self.services.check_journal(None)}
