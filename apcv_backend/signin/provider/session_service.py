"""A person's sessions: where, since when, from which phone; closed one by one, or all.

A session that is closed takes its tokens with it at once (introspection finds them inactive), and its client
is told by the back channel. One dies by itself with its phone, its card or its exercice: that is judged again
whenever it is used (`session_rules`), so a list shows only those that live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.provider_ports import Clients, ProviderRegister, ProviderRegisters


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it: at whom, for what, since when. Instants are aware UTC."""

    session_id: str
    client_id: str
    client_name: str
    client_place: str
    purpose: str
    scopes: tuple[str, ...]
    device_id: str
    exercice_id: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime


class SessionDesk:
    """See the module's story."""

    def __init__(self, *, registers: ProviderRegisters, clients: Clients, judge: SessionJudge) -> None:
        self._registers = registers
        self._clients = clients
        self._judge = judge

    def list(self, subject_id: str, at: datetime) -> Sequence[OpenSession]:
        """The person's sessions that live at `at`, newest first."""
        sights = self._registers.look(lambda register: register.open_sessions(subject_id, at))
        names: dict[str, str] = {}
        told = []
        for sight in sights:
            if self._judge.why_dead(sight, at):
                continue
            session = sight.session
            if session.client_id not in names:
                kept = self._clients.get(session.client_id)
                names[session.client_id] = session.client_id if kept is None else kept.client.name
            told.append(
                OpenSession(
                    session_id=session.session_id,
                    client_id=session.client_id,
                    client_name=names[session.client_id],
                    client_place=session.place,
                    purpose=session.purpose,
                    scopes=session.scopes,
                    device_id=session.device_id,
                    exercice_id=session.exercice_id,
                    opened_at=session.opened_at,
                    last_used_at=sight.last_used_at,
                    expires_at=session.expires_at,
                )
            )
        return told

    def close(self, subject_id: str, session_id: str, why: str, at: datetime) -> None:
        """Close one session of this person, if it is theirs and open; `why` is a word."""

        def work(register: ProviderRegister) -> None:
            sight = register.sight(session_id)
            if sight is None or sight.session.subject_id != subject_id:
                return
            if register.close_session(session_id, why, at):
                _note(register, subject_id, session_id, why, at)

        self._registers.run(work)

    def close_every(self, subject_id: str, why: str, at: datetime) -> None:
        """Close every session of this person."""

        def work(register: ProviderRegister) -> None:
            for sight in register.open_sessions(subject_id, at):
                session_id = sight.session.session_id
                if register.close_session(session_id, why, at):
                    _note(register, subject_id, session_id, why, at)

        self._registers.run(work)


def _note(register: ProviderRegister, subject_id: str, session_id: str, why: str, at: datetime) -> None:
    register.note(
        "signin.session_closed",
        actor=f"subject:{subject_id}",
        subject=subject_id,
        facts={"session": session_id, "why": why},
        at=at,
    )
