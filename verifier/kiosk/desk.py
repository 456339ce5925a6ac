"""What stands behind the screen: codes come in from every reader at once, verdicts come out in one order.

    desk.take(text, Source.SERIAL, at)          # from a reader: None when there is nothing new
    desk.judge(text, at, policy)                # from the pharmacy's own software: always a verdict
    desk.happenings(after=12, wait_s=20)        # what the page has not seen yet

A phone held before a camera is read ten times a second, and perhaps by the hand reader too: within
`STILL_THERE` that is one showing, judged once, whatever read it. Later it is a replay and the verifier says
so.

A proven card is kept only while it is on the screen, two minutes at most; then only its masked line is left,
and at night not even that (`today.py`). Nothing is written to disk but what the verifier itself writes.
"""

from __future__ import annotations

import enum
import hashlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.sealed_answer import ANSWER
from cartes.wire import qr
from verifier import scanner
from verifier.kiosk import reader_test
from verifier.kiosk.patient import KEPT_FOR, Beside, Patient
from verifier.kiosk.today import Entry, Today
from verifier.kiosk.two_way_screen import Symbol, TwoWayScreen
from verifier.policy import BESIDE, POLICIES, Policy
from verifier.verdict import Verdict

STILL_THERE: Final = timedelta(seconds=3)
SHOWN_FOR: Final = KEPT_FOR
_MOST_HAPPENINGS: Final = 16
_TO_SHOW_AGAIN: Final = frozenset({"proof_stale", "replayed"})
"""The card may be good, the showing was not: whoever was asked for one card is asked again."""


class Source(enum.Enum):
    """Which of the ways in a code took."""

    SERIAL = "serial"
    KEYBOARD = "keyboard"
    CAMERA = "camera"
    SOFTWARE = "software"


class Happens(enum.Enum):
    """What the page is told about."""

    VERDICT = "verdict"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    READER_TEST = "reader_test"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing the page must show. `judged` stands beside VERDICT and AUTHORISED, `code` beside REFUSED.

    `beside` is the other card of the same patient, when a card and a contract meet (`patient.py`).
    """

    seq: int
    what: Happens
    at: datetime
    source: Source | None = None
    policy: str = ""
    judged: Verdict | None = field(default=None, repr=False)
    beside: Beside | None = field(default=None, repr=False)
    code: str = ""
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the screen asks for: a policy that stays, and one for the next card alone, if any."""

    policy: str
    once: str | None = None

    @property
    def now(self) -> str:
        """The policy of the next scan."""
        return self.once or self.policy


class Desk:
    """One till's screen. Every method may be called from any thread."""

    def __init__(self, two_way: TwoWayScreen, policy: str, *, two_way_only: bool = False) -> None:
        self.two_way = two_way
        self.two_way_only = two_way_only
        self.asked = Asked(policy)
        self._today = Today()
        self._patient = Patient()
        self._happened: deque[Happening] = deque(maxlen=_MOST_HAPPENINGS)
        self._seq = 0
        self._seen_now: dict[bytes, datetime] = {}
        self._changed = threading.Condition(threading.RLock())

    # --- codes come in

    def take(self, raw: str, source: Source, at: datetime) -> Happening | None:
        """Judge what a reader gave at `at` (aware UTC); None when it is nothing, or still that showing."""
        with self._changed:
            # 1. One line of text, its surroundings dropped and an AZERTY layout undone.
            try:
                text = scanner.clean(raw)
            except scanner.TextTooLong as refused:
                return self._tell(Happens.REFUSED, at, source=source, code=refused.code)
            # 2. Nothing, or the phone that is still there.
            if not text or self._is_still_there(text, at):
                return None
            # 3. Somebody tries their reader.
            if text == reader_test.TEXT:
                return self._tell(Happens.READER_TEST, at, source=source)
            # 4. A card: the e-CPS this till waits for, or whatever the screen asks.
            try:
                if self.two_way.awaited:
                    return self._authorisation(text, source, at)
                policy = self.asked.now
                return self._card(
                    text, source, at, policy, two_way_only=self.two_way_only, beside=BESIDE.get(policy)
                )
            except CarteError as refused:
                return self._tell(Happens.REFUSED, at, source=source, code=refused.code)

    def judge(
        self, text: str, at: datetime, policy: str | None = None, *, two_way_only: bool = False
    ) -> Happening:
        """Judge what the pharmacy's software read; the screen shows it too. What happened has its `judged`.

        A `policy` by name takes its own kind of card alone; without one it is the screen's, which takes a
        contract beside the card. `two_way_only` may ask more than this till was told, never less. Raises
        `UnreadableInput` for a text no code holds, `TwoWayRefused` when a sealed answer finds the session's
        files unusable.
        """
        with self._changed:
            line = scanner.clean(text)
            beside = BESIDE.get(self.asked.now) if policy is None else None
            return self._card(
                line,
                Source.SOFTWARE,
                at,
                policy or self.asked.now,
                two_way_only=two_way_only or self.two_way_only,
                beside=beside,
            )

    def tell_refused(self, code: str, source: Source, at: datetime) -> Happening:
        """A reader gave something that is no text of a code at all."""
        with self._changed:
            return self._tell(Happens.REFUSED, at, source=source, code=code)

    def tell_state(self, at: datetime) -> None:
        """Something of the workstation changed (a reader, the trust data): the page asks again."""
        with self._changed:
            self._tell(Happens.STATE, at)

    # --- what the screen asks for

    def ask(self, policy: str, at: datetime, *, once: bool) -> None:
        """Ask for another kind of check, from now on or for the next card alone."""
        with self._changed:
            self.two_way.cancel()
            self.asked = Asked(self.asked.policy, policy) if once else Asked(policy)
            self._tell(Happens.STATE, at)

    def begin_two_way(self, at: datetime) -> Symbol:
        """The offer to show to the professional's phone."""
        with self._changed:
            offer = self.two_way.begin(at)
            self._tell(Happens.STATE, at)
            return offer

    def cancel_two_way(self, at: datetime) -> None:
        """Wait for no authorisation any more."""
        with self._changed:
            self.two_way.cancel()
            self._tell(Happens.STATE, at)

    def request(self, at: datetime) -> Symbol:
        """The request on show for the next patient."""
        with self._changed:
            return self.two_way.request(at)

    def blank(self, at: datetime) -> None:
        """Take the person off the screen now."""
        with self._changed:
            self._happened.clear()
            self._patient.forget()
            self._tell(Happens.STATE, at)

    # --- what the page is told

    def happenings(self, after: int, wait_s: float) -> tuple[Sequence[Happening], int]:
        """What happened after number `after`, oldest first, and the last number; waits for it `wait_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._seq > after, timeout=wait_s)
            return tuple(one for one in self._happened if one.seq > after), self._seq

    def on_screen(self) -> int:
        """The number of the last thing with a person or a reason in it, 0 when the screen is empty."""
        with self._changed:
            told = (one.seq for one in self._happened if one.what is not Happens.STATE)
            return max(told, default=0)

    def today(self, at: datetime) -> Sequence[Entry]:
        """The masked scans of the day of `at`, the newest first."""
        with self._changed:
            return self._today.entries(at)

    def tick(self, at: datetime) -> None:
        """Time passes: a card leaves the screen after two minutes, the list goes at night."""
        with self._changed:
            kept = [one for one in self._happened if one.judged is None or abs(at - one.at) < SHOWN_FOR]
            self._patient.tick(at)
            self._forget_showings(at)
            night = self._today.clear_at_night(at)
            if night or len(kept) < len(self._happened):
                self._happened = deque(kept, maxlen=_MOST_HAPPENINGS)
                if night:
                    self._happened.clear()
                    self._patient.forget()
                self._tell(Happens.STATE, at)

    # --- with the lock held

    def _authorisation(self, text: str, source: Source, at: datetime) -> Happening:
        judged = self.two_way.authorise(text, at)
        what = Happens.VERDICT if self.two_way.awaited else Happens.AUTHORISED
        return self._tell(what, at, source=source, policy="identite-pro", judged=judged)

    def _card(
        self,
        text: str,
        source: Source,
        at: datetime,
        policy: str,
        *,
        two_way_only: bool,
        beside: Policy | None,
    ) -> Happening:
        answered = qr.is_form(text, ANSWER)
        shown = self.two_way.till.check(text, POLICIES[policy], at, two_way_only=two_way_only, beside=beside)
        if answered:
            self.two_way.answered()
        judged, other = self._patient.shown(shown, policy, at)
        if judged.kind is CardKind.APCV and policy not in BESIDE:
            other = None  # an identity check shows no right, whoever insures them
        happening = self._tell(
            Happens.VERDICT,
            at,
            source=source,
            policy=policy,
            judged=judged,
            beside=other,
            answered=answered,
        )
        self._today.note(happening.seq, judged, at, other)
        is_answered = judged.kind is POLICIES[policy].expects and _TO_SHOW_AGAIN.isdisjoint(judged.codes)
        if self.asked.once == policy and is_answered:
            self.asked = Asked(self.asked.policy)
        return happening

    def _is_still_there(self, text: str, at: datetime) -> bool:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._forget_showings(at)
        known = digest in self._seen_now
        self._seen_now[digest] = at
        return known

    def _forget_showings(self, at: datetime) -> None:
        """Even a digest is not kept for nothing: what was typed may be a number, and those can be counted."""
        self._seen_now = {one: last for one, last in self._seen_now.items() if abs(at - last) <= STILL_THERE}

    def _tell(
        self,
        what: Happens,
        at: datetime,
        *,
        source: Source | None = None,
        policy: str = "",
        judged: Verdict | None = None,
        beside: Beside | None = None,
        code: str = "",
        answered: bool = False,
    ) -> Happening:
        self._seq += 1
        happening = Happening(self._seq, what, at, source, policy, judged, beside, code, answered)
        self._happened.append(happening)
        self._changed.notify_all()
        return happening
