"""The provider's register: what is given once, each judged by one conditional statement named beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_rules import Approved, AttemptOrder
from apcv_backend.signin.provider.provider_ports import (
    Fact,
    KeptRefresh,
    NewCode,
    ProviderRegister,
    TakenCode,
    UsedOnce,
)
from apcv_backend.signin.provider.session_rules import Session, Sight
from apcv_backend.signin.store.sessions import SqlSessions
from apcv_backend.subjects import Subjects
from apcv_backend.tables import (
    authorization_codes,
    oidc_clients,
    pushed_requests,
    refresh_tokens,
    signin_sessions,
    used_once,
)
from apcv_backend.vault import Vault

T = TypeVar("T")
_REVOKED = "revoked_token"
_CODES_REMEMBERED = timedelta(days=1)
_code, _refresh, _pushed = authorization_codes.c, refresh_tokens.c, pushed_requests.c
_NOW = bindparam("now", type_=_code.used_at.type)

# The statements of the token endpoint are built once: building one costs more than running it.
_TAKE_CODE = (
    update(authorization_codes)
    .where(
        _code.code_mac == bindparam("mac"),
        _code.client_id == bindparam("client"),
        _code.used_at.is_(None),
        _code.expires_at > _NOW,
    )
    .values(used_at=_NOW)
    .returning(_code.session_id, _code.redirect_uri, _code.code_challenge, _code.dpop_jkt)
)
_TAKE_REFRESH = (
    update(refresh_tokens)
    .where(
        _refresh.token_mac == bindparam("mac"),
        _refresh.client_id == bindparam("client"),
        _refresh.replaced_at.is_(None),
        _refresh.expires_at > _NOW,
    )
    .values(replaced_at=_NOW)
    .returning(*refresh_tokens.columns)
)
_KEEP_REFRESH = insert(refresh_tokens).inline()
_FIND_REFRESH = select(refresh_tokens).where(
    _refresh.token_mac == bindparam("mac"), _refresh.client_id == bindparam("client")
)
_SUCCESSOR_USED = (
    update(refresh_tokens).where(_refresh.token_mac == bindparam("mac")).values(successor_used=True)
)
_KEEP_CODE = insert(authorization_codes).inline()
_IS_REVOKED = exists().where(used_once.c.kind == _REVOKED, used_once.c.key == bindparam("key"))
_IS_OPEN = exists().where(oidc_clients.c.client_id == bindparam("client"), oidc_clients.c.closed_at.is_(None))
_IS_OPEN_NOW = select(_IS_OPEN)
_IS_DEAD = select(_IS_REVOKED | ~_IS_OPEN)
# Judge of "an identifier serves once": the primary key. How many rows were written is the verdict.
_USE_ONCE = {
    name: dialect_insert(used_once)
    .inline()
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
    for name, dialect_insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


class AttemptAnswers(Protocol):
    """The other half of this room: what phones answered, taken inside our transaction."""

    def take_approved(
        self, tx: Connection, attempt_id: str, browser_mac: bytes | None, client_id: str, at: datetime
    ) -> Approved | None:
        """What a phone approved, once."""
        ...


class CibaAnswers(Protocol):
    """The same, for requests made without a browser."""

    def poll(
        self, tx: Connection, auth_req_id: str, client_id: str, at: datetime
    ) -> tuple[Approved, AttemptOrder]:
        """What a phone approved without a browser, once. Raises `PollAnswer`."""
        ...


class SqlProviderRegisters:
    """See `provider_ports.ProviderRegisters`."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        journal: Journal,
        subjects: Subjects,
        sessions: SqlSessions,
        answers: AttemptAnswers,
        polls: CibaAnswers,
    ) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._subjects = subjects
        self._sessions = sessions
        self._answers = answers
        self._polls = polls

    def run(self, work: Callable[[ProviderRegister], T]) -> T:
        """See `ProviderRegisters.run`."""
        return self._database.run(lambda tx: work(self.inside(tx)))

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """See `ProviderRegisters.use_once`."""
        if len(used) != 1:
            return self.run(lambda register: register.use_once(used))
        return self._database.write_one(_USE_ONCE[self._database.dialect], _once(used[0])) == 1

    def look(self, work: Callable[[ProviderRegister], T]) -> T:
        """See `ProviderRegisters.look`."""
        with self._database.read() as connection:
            return work(self.inside(connection))

    def inside(self, tx: Connection) -> ProviderRegister:
        """The register in a transaction that somebody else opened."""
        return _Register(
            tx, self._vault, self._journal, self._subjects, self._sessions, self._answers, self._polls
        )

    def sweep(self, at: datetime) -> int:
        """Forget codes, pushed requests, sessions and refresh tokens past their time; how many tokens."""

        def work(tx: Connection) -> int:
            tx.execute(delete(pushed_requests).where(_pushed.expires_at < at))
            # A used code is remembered for a day: shown again, it closes what it gave.
            tx.execute(delete(authorization_codes).where(_code.expires_at < at - _CODES_REMEMBERED))
            # So is its session, by then told to whoever was to be told.
            tx.execute(delete(signin_sessions).where(signin_sessions.c.expires_at < at - _CODES_REMEMBERED))
            return tx.execute(delete(refresh_tokens).where(_refresh.expires_at < at)).rowcount

        return self._database.run(work)


class _Register:
    """See `provider_ports.ProviderRegister`."""

    def __init__(
        self,
        tx: Connection,
        vault: Vault,
        journal: Journal,
        subjects: Subjects,
        sessions: SqlSessions,
        answers: AttemptAnswers,
        polls: CibaAnswers,
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._subjects = subjects
        self._sessions = sessions
        self._answers = answers
        self._polls = polls

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """See `ProviderRegister.use_once`."""
        return all(self._remember(one) for one in used)

    def _remember(self, one: UsedOnce) -> bool:
        return bool(self._tx.execute(_USE_ONCE[self._tx.dialect.name], _once(one)).rowcount == 1)

    # --- pushed requests

    def push_request(self, mac: bytes, client_id: str, request: bytes, expires_at: datetime) -> None:
        """See `ProviderRegister.push_request`."""
        sealed = self._vault.seal_bytes(request, place=_pushed_place(mac))
        self._tx.execute(
            insert(pushed_requests).values(
                request_mac=mac, client_id=client_id, sealed_request=sealed, expires_at=expires_at
            )
        )

    def take_request(self, mac: bytes, client_id: str, at: datetime) -> bytes | None:
        """See `ProviderRegister.take_request`."""
        # Judge of "a pushed request opens one sign-in".
        sealed = self._tx.execute(
            update(pushed_requests)
            .where(
                _pushed.request_mac == mac,
                _pushed.client_id == client_id,
                _pushed.used_at.is_(None),
                _pushed.expires_at > at,
            )
            .values(used_at=at)
            .returning(_pushed.sealed_request)
        ).scalar_one_or_none()
        return None if sealed is None else self._vault.open_bytes(sealed, place=_pushed_place(mac))

    # --- what phones answered

    def take_approved(
        self, attempt_id: str, browser_mac: bytes | None, client_id: str, at: datetime
    ) -> Approved | None:
        """See `ProviderRegister.take_approved`."""
        return self._answers.take_approved(self._tx, attempt_id, browser_mac, client_id, at)

    def poll(self, auth_req_id: str, client_id: str, at: datetime) -> tuple[Approved, AttemptOrder]:
        """See `ProviderRegister.poll`."""
        return self._polls.poll(self._tx, auth_req_id, client_id, at)

    # --- sessions

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """See `ProviderRegister.subject_of`."""
        return self._subjects.ensure(self._tx, person, at)

    def open_session(self, session: Session) -> None:
        """See `ProviderRegister.open_session`."""
        self._sessions.open(self._tx, session)

    def touch(self, session_id: str, at: datetime) -> None:
        """See `ProviderRegister.touch`."""
        self._sessions.touch(self._tx, session_id, at)

    def sight(self, session_id: str) -> Sight | None:
        """See `ProviderRegister.sight`."""
        return self._sessions.sight(self._tx, session_id)

    def close_session(self, session_id: str, why: str, at: datetime) -> bool:
        """See `ProviderRegister.close_session`."""
        return self._sessions.close(self._tx, session_id, why, at)

    def end_session(self, session_id: str, why: str, at: datetime) -> bool:
        """See `ProviderRegister.end_session`."""
        return self._sessions.end(self._tx, session_id, why, at)

    def may_have_ended(self, after: str, most: int, at: datetime) -> tuple[str, Sequence[Sight]]:
        """See `ProviderRegister.may_have_ended`."""
        return self._sessions.may_have_ended(self._tx, after, most, at)

    def open_sessions(self, subject_id: str, at: datetime) -> Sequence[Sight]:
        """See `ProviderRegister.open_sessions`."""
        return self._sessions.open_of(self._tx, subject_id, at)

    # --- codes

    def keep_code(self, code: NewCode) -> None:
        """See `ProviderRegister.keep_code`."""
        self._tx.execute(
            _KEEP_CODE,
            {
                "code_mac": code.code_mac,
                "client_id": code.client_id,
                "session_id": code.session_id,
                "redirect_uri": code.redirect_uri,
                "code_challenge": code.code_challenge,
                "dpop_jkt": code.dpop_jkt,
                "expires_at": code.expires_at,
            },
        )

    def take_code(self, mac: bytes, client_id: str, at: datetime) -> TakenCode | None:
        """See `ProviderRegister.take_code`."""
        # Judge of "a code gives one answer".
        row = self._tx.execute(_TAKE_CODE, {"mac": mac, "client": client_id, "now": at}).first()
        return None if row is None else TakenCode(*row)

    def session_of_used_code(self, mac: bytes) -> str | None:
        """See `ProviderRegister.session_of_used_code`."""
        used = select(_code.session_id).where(_code.code_mac == mac, _code.used_at.is_not(None))
        return self._tx.execute(used).scalar_one_or_none()

    # --- refresh tokens

    def keep_refresh(
        self, mac: bytes, former: bytes | None, session: Session, jkt: str, at: datetime
    ) -> None:
        """See `ProviderRegister.keep_refresh`."""
        self._tx.execute(
            _KEEP_REFRESH,
            {
                "token_mac": mac,
                "client_id": session.client_id,
                "session_id": session.session_id,
                "jkt": jkt,
                "issued_at": at,
                "expires_at": session.expires_at,
                "successor_used": False,
                "former_mac": former,
            },
        )

    def take_refresh(self, mac: bytes, client_id: str, at: datetime) -> KeptRefresh | None:
        """See `ProviderRegister.take_refresh`."""
        # Judge of "a refresh token is replaced once".
        row = self._tx.execute(_TAKE_REFRESH, {"mac": mac, "client": client_id, "now": at}).first()
        if row is None:
            return None
        if row.former_mac is not None:
            self._tx.execute(_SUCCESSOR_USED, {"mac": row.former_mac})
        return _kept_refresh(row)

    def find_refresh(self, mac: bytes, client_id: str) -> KeptRefresh | None:
        """See `ProviderRegister.find_refresh`."""
        row = self._tx.execute(_FIND_REFRESH, {"mac": mac, "client": client_id}).first()
        return None if row is None else _kept_refresh(row)

    # --- access tokens

    def revoke_token(self, key: bytes, until: datetime) -> None:
        """See `ProviderRegister.revoke_token`."""
        self._remember(UsedOnce(_REVOKED, key, until))

    def is_open_client(self, client_id: str) -> bool:
        """See `ProviderRegister.is_open_client`."""
        return bool(self._tx.execute(_IS_OPEN_NOW, {"client": client_id}).scalar_one())

    def is_dead_token(self, key: bytes, client_id: str) -> bool:
        """See `ProviderRegister.is_dead_token`."""
        return bool(self._tx.execute(_IS_DEAD, {"key": key, "client": client_id}).scalar_one())

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `ProviderRegister.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _kept_refresh(row: Any) -> KeptRefresh:
    return KeptRefresh(row.session_id, row.jkt, row.expires_at, row.replaced_at, row.successor_used)


def _once(one: UsedOnce) -> dict[str, object]:
    return {"kind": one.kind, "key": one.key, "expires_at": one.forget_after}


def _pushed_place(mac: bytes) -> str:
    return f"pushed_requests|sealed_request|{mac.hex()}"
