"""Attempts on the client's side: opened, watched by the page that waits, finished where they began.

An attempt reaches a phone in two ways. Nobody is named: the page shows a QR, and whoever scans it has asked
to be asked. Somebody is named (`login_hint`): their phone is told, within the limits of `store/reach.py`,
and the client never learns whether it was: an unknown number, a locked person and a phone in a drawer all
look like silence.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from apcv_backend.enrolment.rules import (
    Dossier,
    DossierProfessionnel,
    PersonKey,
    PersonUnknown,
    day_in_france,
)
from apcv_backend.signin.approval.attempt_ports import (
    AttemptRegister,
    AttemptRegisters,
    KeptAttempt,
    Macs,
    NewAttempt,
    People,
)
from apcv_backend.signin.approval.attempt_refusals import (
    AnotherBrowser,
    AttemptNotFound,
    AttemptOver,
    ExerciceRefused,
)
from apcv_backend.signin.approval.attempt_rules import Attempt, AttemptOrder, AttemptState
from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode
from cartes.professionnel import Exercice
from cartes.wire import base64url

LIFETIME = timedelta(minutes=2)
_ID_BYTES = 32
_CLAIM_BYTES = 16
_BROWSER, _CLAIM, _RETURN = "signin-browser", "signin-claim", "signin-return"


class AttemptDesk:
    """Opens attempts, and answers the browser that began one."""

    def __init__(
        self,
        *,
        registers: AttemptRegisters,
        macs: Macs,
        people: People,
        random: Callable[[int], bytes],
        lifetime: timedelta = LIFETIME,
    ) -> None:
        """`lifetime` is how long a phone has to answer, and an approval to be taken."""
        self._registers = registers
        self._macs = macs
        self._people = people
        self._random = random
        self.lifetime = lifetime

    def open(
        self,
        order: AttemptOrder,
        browser_secret: bytes | None,
        at: datetime,
        *,
        lifetime: timedelta | None = None,
        ping: tuple[str, str] | None = None,
    ) -> Attempt:
        """Keep an attempt, and put it before the person it names if the limits let it.

        `browser_secret` is the cookie's (None for CIBA); `lifetime` shorter than usual if the client asked;
        `ping` the endpoint and token of a client to be told (CIBA ping). The answer is the same whether
        anybody was reached.
        """
        new = self.drafted(order, browser_secret, at, lifetime)

        def work(register: AttemptRegister) -> None:
            register.add(new, at)
            register.reach(new, at)
            if ping is not None:
                register.ask_for_ping(new.attempt_id, order.client_id, *ping, new.expires_at)

        self._registers.run(work)
        return Attempt(new.attempt_id, order, AttemptState.PENDING, new.digits, at, new.expires_at, 0)

    def drafted(
        self,
        order: AttemptOrder,
        browser_secret: bytes | None,
        at: datetime,
        lifetime: timedelta | None = None,
    ) -> NewAttempt:
        """What would be kept: identifier and digits drawn, nothing written, the registers asked once."""
        attempt_id = base64url.encode(self._random(_ID_BYTES))
        return NewAttempt(
            attempt_id=attempt_id,
            order=order,
            digits=order.binding_message or f"{int.from_bytes(self._random(8), 'big') % 100:02d}",
            named=self._named(order, at),
            browser_mac=None if browser_secret is None else self.browser_mac(attempt_id, browser_secret),
            claim_mac=None if browser_secret is None else self._claim_mac(self.claim_code(attempt_id)),
            expires_at=at + min(lifetime or self.lifetime, self.lifetime),
        )

    def get(self, attempt_id: str, at: datetime) -> Attempt:
        """The attempt as it stands at `at`; one whose time is over says EXPIRED. Raises AttemptNotFound."""
        kept = self._registers.get(attempt_id)
        if kept is None:
            raise AttemptNotFound
        return as_of(kept.attempt, at)

    def claim_code(self, attempt_id: str) -> str:
        """What the QR of the waiting page says after `#`: it leads a phone here, and no browser anywhere."""
        return base64url.encode(self._macs.code_mac(attempt_id, "", _CLAIM)[:_CLAIM_BYTES])

    def browser_mac(self, attempt_id: str, browser_secret: bytes) -> bytes:
        """How the cookie of the browser that began this attempt is kept, 32 bytes."""
        return self._macs.code_mac(attempt_id, base64url.encode(browser_secret), _BROWSER)

    def return_mac(self, attempt_id: str, ticket: str) -> bytes:
        """How the ticket of an approval on the same device is kept, 32 bytes."""
        return self._macs.code_mac(attempt_id, ticket, _RETURN)

    def claim_mac(self, code: str) -> bytes:
        """How what a QR says is kept, 32 bytes."""
        return self._claim_mac(code)

    def _claim_mac(self, code: str) -> bytes:
        return self._macs.code_mac("", code, _CLAIM)

    # --- in the browser

    def watched(self, attempt_id: str, browser_secret: bytes | None, at: datetime) -> KeptAttempt:
        """The attempt, for the page that waits in the browser that began it.

        Raises:
            AttemptNotFound: no such attempt, or forgotten. AnotherBrowser: another browser began it.
        """
        kept = self._registers.get(attempt_id)
        if kept is None:
            raise AttemptNotFound
        shown = b"" if browser_secret is None else self.browser_mac(attempt_id, browser_secret)
        if kept.browser_mac is None or not hmac.compare_digest(kept.browser_mac, shown):
            raise AnotherBrowser
        return KeptAttempt(
            attempt=as_of(kept.attempt, at),
            was_named=kept.was_named,
            subject_id=kept.subject_id,
            is_reached=kept.is_reached,
            browser_mac=kept.browser_mac,
            return_due=kept.return_due,
            exercice_due=kept.exercice_due,
        )

    def come_back(self, attempt_id: str, browser_secret: bytes | None, ticket: str, at: datetime) -> None:
        """The browser that began brings what the page of the card's own host gave it after the approval.

        Raises:
            AttemptNotFound, AnotherBrowser, AttemptOver: not this browser, not that ticket, or too late.
        """
        kept = self.watched(attempt_id, browser_secret, at)
        assert kept.browser_mac is not None  # `watched` compared it
        browser_mac, return_mac = kept.browser_mac, self.return_mac(attempt_id, ticket)
        if not self._registers.run(
            lambda register: register.come_back(attempt_id, browser_mac, return_mac, at)
        ):
            raise AttemptOver(state=kept.attempt.state.value)

    def cancel(self, attempt_id: str, browser_secret: bytes | None, at: datetime) -> None:
        """The browser gives up: nobody is refused anything, and the phone is asked no more."""
        kept = self.watched(attempt_id, browser_secret, at)

        def work(register: AttemptRegister) -> None:
            if register.end(attempt_id, AttemptState.REFUSED, at) and kept.subject_id is not None:
                register.release(kept.subject_id, attempt_id, at)

        self._registers.run(work)

    def exercices_to_choose(
        self, attempt_id: str, browser_secret: bytes | None, at: datetime
    ) -> Sequence[Exercice]:
        """The exercices an approved attempt may be for; empty when there is nothing to choose."""
        kept = self.watched(attempt_id, browser_secret, at)
        if not kept.exercice_due or kept.return_due or kept.attempt.state is not AttemptState.APPROVED:
            return ()
        subject_id = kept.subject_id
        assert subject_id is not None  # somebody approved it
        person = self._registers.run(lambda register: register.subject_person(subject_id))
        return () if person is None else open_exercices(self._people, person, at)

    def choose_exercice(
        self, attempt_id: str, browser_secret: bytes | None, exercice_id: str, at: datetime
    ) -> None:
        """Settle the exercice, in the browser that began.

        Raises:
            AttemptNotFound, AnotherBrowser, ExerciceRefused.
        """
        browser_mac = self.watched(attempt_id, browser_secret, at).browser_mac
        assert browser_mac is not None  # `watched` compared it
        open_ones = self.exercices_to_choose(attempt_id, browser_secret, at)
        chosen = next((one for one in open_ones if one.exercice_id == exercice_id), None)
        if chosen is None:
            raise ExerciceRefused
        structure = structure_of(chosen)
        if not self._registers.run(
            lambda register: register.choose_exercice(attempt_id, browser_mac, exercice_id, structure, at)
        ):
            raise ExerciceRefused

    def sweep(self, at: datetime) -> int:
        """Forget attempts that ended long before `at`; how many."""
        return self._registers.sweep(at)

    def _named(self, order: AttemptOrder, at: datetime) -> tuple[PersonKey, ...]:
        """Whom the client named, under each of their numbers, the one it gave first.

        A hint that is no number of anybody names nobody, silently. Which number leads to a phone decides
        nothing: whoever answers there signs in as themselves.
        """
        if not order.login_hint:
            return ()
        try:
            given = PersonKey.parse(order.kind, order.login_hint, Mode.LENIENT)
        except InvalidValue:
            return ()
        try:
            dossier = self._people.find(given, at)
        except PersonUnknown:
            return (given,)
        texts = dict.fromkeys((given.text, *_numbers(dossier, given)))
        return tuple(PersonKey(given.card, text) for text in texts)


def as_of(attempt: Attempt, at: datetime) -> Attempt:
    """The attempt at `at`: pending or approved past its end is expired."""
    if attempt.state in {AttemptState.PENDING, AttemptState.APPROVED} and attempt.expires_at <= at:
        return Attempt(
            attempt.attempt_id,
            attempt.order,
            AttemptState.EXPIRED,
            attempt.digits,
            attempt.opened_at,
            attempt.expires_at,
            attempt.errors,
        )
    return attempt


def open_exercices(people: People, person: PersonKey, at: datetime) -> Sequence[Exercice]:
    """What a professional practises on the day of `at`, in France; empty for an insured person."""
    dossier = people.find(person, at)
    if not isinstance(dossier, DossierProfessionnel):
        return ()
    day = day_in_france(at)
    return tuple(one for one in dossier.professionnel.exercices if one.open_on(day))


def structure_of(exercice: Exercice) -> str:
    """The FINESS of the exercice's structure, or empty."""
    finess = exercice.structure.finess
    return "" if finess is None else finess.digits


def _numbers(dossier: Dossier, given: PersonKey) -> tuple[str, ...]:
    """Every number a person may have been entered under: today's, then those of before."""
    if isinstance(dossier, DossierProfessionnel):
        person = dossier.professionnel
        return (person.id_national.text, *(former.text for former in person.former_ids))
    key = dossier.key_of(given)
    return (key.text, *key.formerly)
