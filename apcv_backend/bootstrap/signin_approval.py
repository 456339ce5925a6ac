"""Wires the approval of sign-ins: attempts, the desk that answers phones, and what polls are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apcv_backend.audit import Journal
from apcv_backend.config import Config
from apcv_backend.connections import ProvenGestures
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonUnknown
from apcv_backend.enrolment.service import CardTerms
from apcv_backend.ephemeral import Counters
from apcv_backend.representation.ports import CurrentRights
from apcv_backend.representation.service import Representations as Representing
from apcv_backend.signin.approval.attempt_ports import (
    People,
    Representations,
    Represented,
    SigninGesture,
    SigninPhone,
)
from apcv_backend.signin.approval.attempt_service import AttemptDesk
from apcv_backend.signin.approval.ciba import CibaDesk
from apcv_backend.signin.approval.gesture import ApprovalProver
from apcv_backend.signin.approval.page_surroundings import PageSurroundings
from apcv_backend.signin.approval.phone_desk import PhoneDesk
from apcv_backend.signin.approval.ping_delivery import PingDelivery
from apcv_backend.signin.approval.ping_post import post_ping
from apcv_backend.signin.approval.poll_pace import PollPace
from apcv_backend.signin.approval.provider_half import FinishSignin, Sessions
from apcv_backend.signin.approval.watching import Watch
from apcv_backend.signin.provider.desk import ProviderDesk
from apcv_backend.signin.store.attempt_register import SessionsOfPeople
from apcv_backend.signin.store.attempts import SqlAttempts
from apcv_backend.signin.store.pings import SqlPingOutbox
from apcv_backend.signin.store.polls import CibaPolls
from apcv_backend.signin.store.signin_phones import SqlSigninPhones
from apcv_backend.vault import Vault
from cartes.apcv import DelegationType
from cartes.cards import CardKind


@dataclass(frozen=True)
class SigninApproval:
    """The half of sign-in that phones answer."""

    attempts: AttemptDesk
    store: SqlAttempts
    phones: PhoneDesk
    sessions: Sessions
    provider: FinishSignin
    pages: PageSurroundings
    ciba: CibaDesk
    pings: PingDelivery


class SigninGestures(ProvenGestures):
    """The approval's `CheckAssertion`."""

    def __call__(
        self, phone: SigninPhone, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> SigninGesture:
        """See `attempt_ports.CheckAssertion`."""
        proven = self.prove(phone, unverified, challenge=challenge, at=at)
        return SigninGesture(proven.sign_count, proven.backed_up)


class RepresentedPeople:
    """Whom one may sign in for: a parent for a child, a guardian for whoever they protect.

    A helper or a third party of a few days presents a card at a counter; that is not a right to somebody's
    accounts.
    """

    def __init__(self, representation: Representing, rights: CurrentRights) -> None:
        self._representation = representation
        self._rights = rights

    def of(self, subject_id: str, at: datetime) -> Sequence[Represented]:
        """See `attempt_ports.Representations.of`. Whoever the source no longer knows is left out."""
        found = []
        for one in self._representation.of(subject_id, at):
            if one.type not in {DelegationType.PARENT, DelegationType.MESURE_PROTECTION}:
                continue
            try:
                traits = self._rights.droits_of(one.beneficiary, at).beneficiaire.traits
            except PersonUnknown:
                continue
            name = f"{traits.prenom_utilise} {traits.nom_utilise}"
            found.append(Represented(one.reference, one.beneficiary, name))
        return found


@dataclass(frozen=True)
class SigninAttempts:
    """What both halves of sign-in stand on: the attempts, and what those who poll are told of them."""

    desk: AttemptDesk
    store: SqlAttempts
    polls: CibaPolls


def build_attempts(
    *,
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    people: People,
    sessions: SessionsOfPeople,
    random: Callable[[int], bytes],
) -> SigninAttempts:
    """The attempts. `sessions` ends those of whoever reports a request."""
    store = SqlAttempts(database, vault, journal, sessions)
    lifetime = timedelta(seconds=config.signin_expiry_s)
    desk = AttemptDesk(registers=store, macs=vault, people=people, random=random, lifetime=lifetime)
    return SigninAttempts(desk, store, CibaPolls(store, PollPace()))


def build_approval(
    *,
    attempts: SigninAttempts,
    provider: ProviderDesk,
    config: Config,
    database: Database,
    vault: Vault,
    people: People,
    terms: Mapping[CardKind, CardTerms],
    representations: Representations,
    clock: Callable[[], datetime],
    counters: Counters,
    random: Callable[[int], bytes],
) -> SigninApproval:
    """The half that phones answer, in front of the provider that gives codes and tokens."""
    prover = ApprovalProver(
        registers=attempts.store,
        check_assertion=SigninGestures(terms),
        people=people,
        representations=representations,
    )
    return SigninApproval(
        attempts=attempts.desk,
        store=attempts.store,
        phones=PhoneDesk(
            attempts=attempts.desk,
            registers=attempts.store,
            phones=SqlSigninPhones(database, vault),
            prover=prover,
            people=people,
            representations=representations,
            public_url=config.public_url,
            random=random,
        ),
        sessions=provider.sessions,
        provider=provider.authorization,
        pages=PageSurroundings(
            public_url=config.public_url,
            relying_parties=config.relying_parties,
            watch=Watch(time.sleep),
            clock=clock,
            counters=counters,
        ),
        ciba=CibaDesk(provider.client, attempts.desk),
        pings=PingDelivery(SqlPingOutbox(database, vault), post_ping),
    )
