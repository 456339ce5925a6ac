"""Presences and rights queries behind their doors: phones that show cards, tills, insurers; all of it real.

Only the sign-in is told who has which token (`KnownCallers`), and consents and memberships are what a test
says they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.bootstrap.online_rights import OnlineRights, build_online_rights
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.rights.ports import RightsSource
from apcv_backend.rights.rules import ContratAmc
from apcv_backend.tables import alarms, journal, presences, subjects
from cartes import presentation
from cartes.amc import EtatContrat
from cartes.droits import DroitsAmc, PeriodeDroits
from cartes.sealed_answer import open_answer, seal_answer
from cartes.till_request import TillOffer, context_of, request_text, write_request
from cartes.wire import base64url, qr, strict_json
from tests.simulators.callers import KnownCallers
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE, CardPhone, IssuanceStage, open_stage
from tests.simulators.population import Population
from verifier.own_key import OwnKey

PHARMACY, PRACTICE = "999001506", "999001415"
INSURER, OTHER_INSURER = "99999001", "99999002"


def professional(
    person: PersonKey = LAURE, structure: str = PHARMACY, profession: str = "21", client: str = "lgo"
) -> Caller:
    """A professional signed in at a till."""
    return Caller(
        kind=CallerKind.PROFESSIONAL,
        client_id=client,
        subject_id=f"sub-{person.text}",
        person=person,
        structure=structure,
        profession=profession,
        scopes=frozenset({"openid", "rights"}),
    )


def insurer(organisation: str = INSURER, client: str = "mutuelle") -> Caller:
    """An insurer's machine."""
    return Caller(
        kind=CallerKind.CLIENT,
        client_id=client,
        organisation=organisation,
        purposes=frozenset({"third_party_payment", "contract"}),
        scopes=frozenset({"rights"}),
    )


def contract(
    organisation: str = INSURER, *, until: date | None = None, etat: EtatContrat = EtatContrat.OUVERT
) -> ContratAmc:
    """A contract as an insurer publishes it."""
    period = PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31))
    return ContratAmc(DroitsAmc(organisation, "F0000001", "ZZ", "TEST01", "R", period), until, etat)


@dataclass
class Told:
    """What consents and memberships a test told; `everybody` is a member of every insurer."""

    consents: set[tuple[str, str, str]] = field(default_factory=set)
    members: dict[tuple[str, str], ContratAmc] = field(default_factory=dict)
    everybody: bool = False
    objections: set[tuple[str, str]] = field(default_factory=set)

    def covers(self, patient: PersonKey, caller: Caller, purpose: str, at: datetime) -> bool:
        """See `rights.ports.Consents.covers`."""
        return self.everybody or (patient.text, caller.name, purpose) in self.consents

    def objecting(self, patients: Sequence[PersonKey], caller: Caller, at: datetime) -> frozenset[PersonKey]:
        """See `rights.ports.Consents.objecting`."""
        return frozenset(one for one in patients if (one.text, caller.organisation) in self.objections)

    def of(self, organisation: str, person: PersonKey, day: date, at: datetime) -> ContratAmc | None:
        """See `rights.ports.Memberships.of`."""
        return contract(organisation) if self.everybody else self.members.get((organisation, person.text))

    def of_each(
        self, organisation: str, people: Sequence[PersonKey], day: date, at: datetime
    ) -> dict[PersonKey, ContratAmc]:
        """See `rights.ports.Memberships.of_each`."""
        found = {person: self.of(organisation, person, day, at) for person in people}
        return {person: one for person, one in found.items() if one is not None}


@dataclass
class RightsStage:
    """The doors, the clock, the callers and what other rooms would say."""

    services: Services
    client: FlaskClient
    clock: SteerableClock
    callers: KnownCallers
    told: Told
    cards: IssuanceStage
    online: OnlineRights

    def post(self, path: str, body: Any = None, token: str = "laure", **headers: str) -> TestResponse:
        """Ask a door with somebody's token."""
        sent = {"Authorization": f"DPoP {token}", **headers}
        return self.client.post(path, json=body, headers=sent)

    def redeem(self, scan: str, token: str = "laure", request: str = "") -> TestResponse:
        """Redeem a scan."""
        body = {"scan": scan, "request": request} if request else {"scan": scan}
        return self.post("/v1/presences", body, token)

    def ask(self, token: str = "laure", *, accept: str = "application/json", **changes: Any) -> TestResponse:
        """Ask about rights on the day of the personas."""
        body = {"purpose": "third_party_payment", "care_date": "2026-11-21", **changes}
        return self.post("/v1/rights/queries", body, token, Accept=accept)

    def ask_member(self, nir: str, token: str = "mutuelle", **changes: Any) -> TestResponse:
        """An insurer asks about a member."""
        return self.ask(token, ground="membership", patient={"nir": nir}, **changes)

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.services.database.read() as connection:
            return list(connection.execute(select(table)))

    def lines(self, event: str) -> list[tuple[str, dict[str, Any]]]:
        """The journal's lines of an event: subject and facts."""
        return [
            (row.subject, strict_json.loads(row.facts)) for row in self.rows(journal) if row.event == event
        ]

    def alarms(self) -> list[str]:
        """The kinds of the alarms raised, in order."""
        return [row.kind for row in sorted(self.rows(alarms), key=lambda row: row.at)]

    def presences(self) -> list[Any]:
        """The presences opened."""
        return self.rows(presences)

    def subject_of(self, person: PersonKey) -> str:
        """The pseudonym of somebody."""
        index = self.services.vault.person_index(person.card.value, person.text)
        return str(next(row.subject_id for row in self.rows(subjects) if row.person_index == index))


class Place(Protocol):
    """Where phones and tills are: the services behind the doors, and the hour."""

    @property
    def services(self) -> Services:
        """Everything the doors lead to."""
        ...

    @property
    def clock(self) -> SteerableClock:
        """The hour."""
        ...


@dataclass
class Pocket:
    """A patient's or a professional's phone with its cards in hand."""

    stage: Place
    phone: CardPhone
    credentials: dict[str, bytes]

    def show(self, name: str = "soins", at: datetime | None = None, ctx: bytes = b"") -> str:
        """The digits of a code, its proof made at `at` (now by default)."""
        return qr.pack(self.present(name, at, ctx))

    def present(self, name: str, at: datetime | None = None, ctx: bytes = b"") -> bytes:
        """SQ1 bytes."""
        credential = self.credentials[name]
        t = int((at or self.stage.clock()).timestamp())
        options = {
            "challenge": base64url.encode(presentation.challenge_for(credential, t, ctx)),
            "rpId": f"{self.phone.kind.value}.localhost",
            "allowCredentials": [],
            "userVerification": "required",
        }
        made = self.phone.authenticator.get(options, self.phone._page())["response"]
        policy = self.stage.services.issuance.trust(self.stage.clock()).kinds[self.phone.kind]
        proof = presentation.proof_from_assertion(
            base64url.decode(made["authenticatorData"]),
            base64url.decode(made["clientDataJSON"]),
            base64url.decode(made["signature"]),
            t,
            policy,
        )
        return presentation.build(credential, proof)


@dataclass
class AskingTill:
    """A till that a professional authorised: asks, and opens what is answered."""

    stage: Place
    key: OwnKey
    offer: TillOffer
    authorised: bytes

    def ask(self, patient: Pocket, name: str = "soins") -> tuple[str, str]:
        """The request's digits, and those of the opened answer."""
        at, random = self.stage.clock(), self.stage.services.random
        ephemeral = OwnKey.make(random)
        request = write_request(self.authorised, self.offer, at, random(16), ephemeral.public_key, self.key)
        ctx = context_of(request)
        sealed = seal_answer(patient.present(name, ctx=ctx), ephemeral.public_key, ctx)
        return request_text(request), qr.pack(open_answer(sealed, ephemeral.private_key, ctx))


def pocket(stage: RightsStage, person: PersonKey = ANGE) -> Pocket:
    """Enrol a phone for somebody and take their cards."""
    phone = stage.cards.enrolled(person)
    answer = phone.fetch().get_json()
    names = {
        one.get("shape") or one["exercice"]: base64url.decode(one["credential"])
        for one in answer["credentials"]
    }
    return Pocket(stage, phone, names)


def open_till(stage: RightsStage, person: PersonKey = LAURE) -> AskingTill:
    """A professional with a phone authorises a till for eight hours."""
    theirs = pocket(stage, person)
    key = OwnKey.make(stage.services.random)
    offer = TillOffer(key.public_key, (stage.clock() + timedelta(hours=8)).replace(microsecond=0))
    name = next(iter(theirs.credentials))
    return AskingTill(stage, key, offer, theirs.present(name, ctx=offer.context))


def open_rights_stage(
    services: Services,
    clock: SteerableClock,
    attestation_dir: Path,
    source: RightsSource | None = None,
) -> RightsStage:
    """The doors on the shared services; `source` in place of the personas' rights."""
    told = Told()
    callers = KnownCallers(
        {
            "laure": professional(),
            "karim": professional(KARIM, PRACTICE, "10"),
            "mutuelle": insurer(),
            "autre": insurer(OTHER_INSURER, "autre-mutuelle"),
        }
    )
    online = build_online_rights(
        config=services.config,
        database=services.database,
        vault=services.vault,
        journal=services.journal,
        subjects=services.subjects,
        keyring=services.keyring,
        source=source or services.rights,
        consents=told,
        memberships=told,
        random=services.random,
    )
    known = replace(services, callers=callers, online_rights=online)
    client = create_app(known).test_client()
    cards = open_stage(known, client, clock, attestation_dir)
    return RightsStage(known, client, clock, callers, told, cards, online)


def open_country(
    services: Services, clock: SteerableClock, attestation_dir: Path, people: int
) -> RightsStage:
    """The same, with a country of `people`: all agreed to everything, and all are every insurer's members."""
    stage = open_rights_stage(services, clock, attestation_dir, Population(services.rights, people))
    stage.told.everybody = True
    return stage
