"""The register of clients in its table. A client read once is remembered for a second, its document for ever.

The second is what a request saves: one look at the table. It is also how long another process may take to
notice that a client was closed; this one notices at once. What that second can give is little: the client's
sessions are closed with it, no other is opened (the transaction that would looks again), and its own tokens
are judged against the table at each use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.signin.provider.client_rules import Client, parse_client
from apcv_backend.signin.provider.provider_ports import KeptClient
from apcv_backend.signin.store.sessions import SqlSessions
from apcv_backend.tables import oidc_clients, signin_sessions

_row = oidc_clients.c
REMEMBERED_S = 1.0
_ONE = select(oidc_clients).where(_row.client_id == bindparam("wanted"))


class SqlClients:
    """See `provider_ports.Clients`."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        sessions: SqlSessions,
        *,
        loopback: bool,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._journal = journal
        self._sessions = sessions
        self._loopback = loopback
        self._ticks = ticks
        self._parsed: dict[str, tuple[datetime, Client]] = {}
        self._seen: dict[str, tuple[float, KeptClient]] = {}

    def get(self, client_id: str) -> KeptClient | None:
        """See `Clients.get`."""
        with self._database.read() as connection:
            seen_at = self._ticks()
            row = connection.execute(_ONE, {"wanted": client_id[:64]}).one_or_none()
        if row is None or row.client_id != client_id:
            return None
        kept = self._kept(row)
        self._seen[client_id] = (seen_at, kept)
        return kept

    def recent(self, client_id: str) -> KeptClient | None:
        """See `Clients.recent`."""
        seen = self._seen.get(client_id)
        if seen is not None and self._ticks() - seen[0] < REMEMBERED_S:
            return seen[1]
        return self.get(client_id)

    def all(self) -> Sequence[KeptClient]:
        """See `Clients.all`."""
        with self._database.read() as connection:
            return [
                self._kept(row) for row in connection.execute(select(oidc_clients).order_by(_row.client_id))
            ]

    def add(
        self, client: Client, document: Mapping[str, Any], secret_mac: bytes | None, by: str, at: datetime
    ) -> bool:
        """See `Clients.add`."""
        insert: Any = sqlite_insert if self._database.is_sqlite else postgresql_insert

        def work(tx: Connection) -> bool:
            # Judge of "an identifier is one client's, for ever": the primary key, closed clients included.
            added = tx.execute(
                insert(oidc_clients)
                .values(
                    client_id=client.client_id,
                    document=dict(document),
                    secret_mac=secret_mac,
                    registered_by=by,
                    registered_at=at,
                    changed_at=at,
                )
                .on_conflict_do_nothing()
                .returning(_row.client_id)
            ).one_or_none()
            if added is None:
                return False
            facts = {"mode": client.mode.value, "scopes": " ".join(sorted(client.scopes))}
            self._note(tx, "client.registered", client.client_id, by, facts, at)
            return True

        return self._database.run(work)

    def replace_secret(
        self, client_id: str, mac: bytes, former_until: datetime, by: str, at: datetime
    ) -> bool:
        """See `Clients.replace_secret`."""

        def work(tx: Connection) -> bool:
            changed = tx.execute(
                update(oidc_clients)
                .where(_row.client_id == client_id, _row.closed_at.is_(None), _row.secret_mac.is_not(None))
                .values(
                    former_secret_mac=_row.secret_mac,
                    former_secret_until=former_until,
                    secret_mac=mac,
                    changed_at=at,
                )
            )
            if changed.rowcount != 1:
                return False
            self._note(tx, "client.secret_rotated", client_id, by, {}, at)
            return True

        changed = self._database.run(work)
        self._seen.pop(client_id, None)
        return changed

    def replace_document(self, client_id: str, document: Mapping[str, Any], by: str, at: datetime) -> bool:
        """See `Clients.replace_document`."""

        def work(tx: Connection) -> bool:
            changed = tx.execute(
                update(oidc_clients)
                .where(_row.client_id == client_id, _row.closed_at.is_(None))
                .values(document=dict(document), changed_at=at)
            )
            if changed.rowcount != 1:
                return False
            self._note(tx, "client.keys_replaced", client_id, by, {}, at)
            return True

        changed = self._database.run(work)
        self._seen.pop(client_id, None)
        self._parsed.pop(client_id, None)
        return changed

    def close(self, client_id: str, why: str, by: str, at: datetime) -> bool:
        """See `Clients.close`."""

        def work(tx: Connection) -> bool:
            closed = tx.execute(
                update(oidc_clients)
                .where(_row.client_id == client_id, _row.closed_at.is_(None))
                .values(closed_at=at, closed_why=why[:200], changed_at=at)
            )
            if closed.rowcount != 1:
                return False
            ended = self._sessions.close_where(
                tx, signin_sessions.c.client_id == client_id, "client_closed", at
            )
            self._note(tx, "client.closed", client_id, by, {"sessions": ended}, at)
            return True

        closed = self._database.run(work)
        self._seen.pop(client_id, None)
        return closed

    def _note(
        self,
        tx: Connection,
        event: str,
        client_id: str,
        by: str,
        facts: Mapping[str, str | int],
        at: datetime,
    ) -> None:
        self._journal.note(tx, event, actor=by[:120], subject=f"client:{client_id}", facts=facts, at=at)

    def _kept(self, row: Any) -> KeptClient:
        known = self._parsed.get(row.client_id)
        if known is None or known[0] != row.changed_at:
            known = (row.changed_at, parse_client(row.document, loopback=self._loopback))
            self._parsed[row.client_id] = known
        return KeptClient(
            client=known[1],
            document=row.document,
            secret_mac=row.secret_mac,
            former_secret_mac=row.former_secret_mac,
            former_secret_until=row.former_secret_until,
            registered_by=row.registered_by,
            registered_at=row.registered_at,
            changed_at=row.changed_at,
            closed_at=row.closed_at,
            closed_why=row.closed_why or "",
        )
