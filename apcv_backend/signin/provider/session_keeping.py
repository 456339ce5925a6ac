"""Ends the sessions that no act ended: what a day brought, or another register.

A phone withdrawn, a card opposed or suspended, an exercice closed by a load of the directory: those end their
sessions in their own transaction (`status_slots.SessionsOnPhones`). Others end because time passes: an
exercice reaches its last day, a retirement its date, a child the age at which nobody acts for them. Nothing
is given under such a session anyway, since each use is judged; here it is closed within seconds, so that its
client is told and its owner reads so, whether or not anybody uses it.

Sessions are looked at a page a turn, from where the last turn stopped: the duty stays short however many are
open, and is done all the more often when they are few. A patient's own session is not looked at: all it can
die of unasked is what the source of rights would say, which is not to be asked every few seconds.
"""

from __future__ import annotations

from datetime import datetime

from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.provider_ports import ProviderRegisters

A_PAGE = 200


class SessionKeeper:
    """See the module's story. Two of them at once do no harm: a session is closed once."""

    def __init__(self, registers: ProviderRegisters, judge: SessionJudge, *, page: int = A_PAGE) -> None:
        self._page = page
        self._registers = registers
        self._judge = judge
        self._after = ""

    def keep(self, at: datetime) -> int:
        """Judge the next page at `at`; how many sessions were ended."""
        after = self._after
        self._after, sights = self._registers.look(
            lambda register: register.may_have_ended(after, self._page, at)
        )
        ended = 0
        for sight in sights:
            why = self._judge.why_dead(sight, at)
            if why:
                ended += self._end(sight.session.session_id, why, at)
        return ended

    def _end(self, session_id: str, why: str, at: datetime) -> bool:
        return self._registers.run(lambda register: register.end_session(session_id, why, at))
