"""A phone withdrawn, a card opposed, an exercice closed, somebody struck off: the session ends with that act.

Not at its next use: nobody uses it here before its end is looked for. Its client is told by a real request,
its owner reads so, and the sessions of others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.revocation_desk import NothingToChange
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import EndedBy
from apcv_backend.signin.provider.session_keeping import SessionKeeper
from apcv_backend.tables import journal, signin_sessions
from apcv_backend.work_commands import jobs_of
from apcv_backend.working import Worker
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE, PERSONAS
from tests.simulators.listening_client import ListeningClient
from tests.simulators.portal import Portal, ProviderStage, open_provider_stage
from tests.simulators.representation_stage import BEBE, CAMILLE, open_for
from tests.simulators.signin_stage import SigninPhone

AGENT = DeskAgent("A. Martin", "Corte")
RADIATION = "https://cartes.example/fhir/StructureDefinition/radiation"
DECEASED = (
    "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
    "as-ext-practitioner-deceased-date-time"
)
OPPOSED = {"url": "oppositionDate", "valueDateTime": "2026-11-20"}


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.fixture
def listening() -> Iterator[ListeningClient]:
    client = ListeningClient()
    yield client
    client.stop()


# --- the causes


def _load(stage: ProviderStage, change: Callable[[dict[str, Any]], None]) -> None:
    """The directory as it was, with Karim's entries changed."""
    document = strict_json.loads((PERSONAS / "annuaire" / "1-depart.json").read_bytes())
    for entry in document["entry"]:
        resource = entry["resource"]
        if resource["id"] in {"9990014", "9991000147"}:
            change(resource)
    report = stage.services.professionals.load(document, source="nouvelles", at=stage.clock())
    assert report.refused == ()


def _struck_off(resource: dict[str, Any]) -> None:
    if resource["resourceType"] == "Practitioner":
        resource["extension"].append({"url": RADIATION, "valueDate": "2026-11-21"})


def _opposed(resource: dict[str, Any]) -> None:
    if resource["resourceType"] == "Practitioner":
        resource["extension"][0]["extension"].append(OPPOSED)


def _dead(resource: dict[str, Any]) -> None:
    if resource["resourceType"] == "Practitioner":
        resource["extension"].append({"url": DECEASED, "valueDateTime": "2026-11-20"})


def _left(resource: dict[str, Any]) -> None:
    if resource["resourceType"] == "PractitionerRole":
        resource["active"] = False


def _by_owner(_stage: ProviderStage, phone: SigninPhone, _person: PersonKey) -> None:
    phone.phone.withdraw()


def _revoked(stage: ProviderStage, _phone: SigninPhone, person: PersonKey) -> None:
    stage.services.revocation.revoke_person(person, AGENT, stage.clock())


def _one_phone(stage: ProviderStage, phone: SigninPhone, _person: PersonKey) -> None:
    stage.services.revocation.revoke_device(phone.phone.device_id, AGENT, stage.clock())


def _suspended(stage: ProviderStage, _phone: SigninPhone, person: PersonKey) -> None:
    stage.services.revocation.suspend_person(person, AGENT, stage.clock())


def _exercice(stage: ProviderStage, phone: SigninPhone, person: PersonKey) -> None:
    (session,) = _rows(stage, closed=False, device=phone.phone.device_id)
    stage.services.revocation.revoke_exercice(person, session.exercice_id, AGENT, stage.clock())


def _news(
    change: Callable[[dict[str, Any]], None],
) -> Callable[[ProviderStage, SigninPhone, PersonKey], None]:
    return lambda stage, _phone, _person: _load(stage, change)


CAUSES: dict[str, tuple[PersonKey, Callable[[ProviderStage, SigninPhone, PersonKey], None], str]] = {
    "phone withdrawn by its owner": (KARIM, _by_owner, "device_withdrawn"),
    "a patient's phone withdrawn": (ANGE, _by_owner, "device_withdrawn"),
    "phone revoked at a desk": (KARIM, _one_phone, "device_withdrawn"),
    "card revoked at a desk": (KARIM, _revoked, "device_withdrawn"),
    "a patient's card revoked": (ANGE, _revoked, "device_withdrawn"),
    "card suspended": (KARIM, _suspended, "card_suspended"),
    "a patient's card suspended": (ANGE, _suspended, "card_suspended"),
    "exercice revoked at a desk": (KARIM, _exercice, "card_revoked"),
    "struck off": (KARIM, _news(_struck_off), "card_revoked"),
    "card opposed": (KARIM, _news(_opposed), "card_revoked"),
    "deceased": (KARIM, _news(_dead), "card_revoked"),
    "exercice closed": (KARIM, _news(_left), "exercice_closed"),
}


# --- what is seen


def _rows(stage: ProviderStage, *, closed: bool, device: str = "") -> list[Any]:
    with stage.services.database.read() as connection:
        rows = connection.execute(select(signin_sessions)).all()
    return [one for one in rows if (one.closed_at is not None) == closed and device in {"", one.device_id}]


def _told(stage: ProviderStage, subject_id: str) -> list[dict[str, Any]]:
    """What the journal says to somebody of sessions that closed."""
    with stage.services.database.read() as connection:
        lines = connection.execute(
            select(journal.c.facts).where(
                journal.c.subject == subject_id, journal.c.event == "signin.session_closed"
            )
        ).scalars()
        return [strict_json.loads(facts.encode()) for facts in lines]


def _portal(stage: ProviderStage, person: PersonKey, listening: ListeningClient, **changes: Any) -> Portal:
    asked: dict[str, Any] = {"backchannel_logout_uri": listening.url}
    if person.card.value == "apcv":
        asked |= {"scopes": ["openid", "ins"], "kinds": ["apcv"]}
    return stage.portal(f"portail-{person.card.value}", **{**asked, **changes})


def _scope(person: PersonKey) -> str:
    return "openid ins" if person.card.value == "apcv" else "openid scope_all"


def _logged_out(portal: Portal, listening: ListeningClient) -> list[str]:
    """The sessions of the log-out tokens that were heard, each one verified."""
    return [portal.claims(form["logout_token"][0])["sid"] for form in listening.heard]


@pytest.mark.parametrize("cause", CAUSES)
def test_the_session_ends_with_the_act(stage: ProviderStage, listening: ListeningClient, cause: str) -> None:
    """Closed in the act's own transaction; list, refresh, introspection, client and journal all say so."""
    person, act, why = CAUSES[cause]
    portal, phone, other = _portal(stage, person, listening), stage.phone(person), stage.phone(LAURE)
    assert phone.phone.fetch().status_code == 200
    tokens = portal.tokens(phone, scope=_scope(person))
    elsewhere = stage.portal("autre-portail")
    others = elsewhere.tokens(other)
    (mine,) = _rows(stage, closed=False, device=phone.phone.device_id)

    act(stage, phone, person)

    (ended,) = _rows(stage, closed=True)
    assert (ended.session_id, ended.closed_why) == (mine.session_id, why)
    assert stage.services.signin.sessions.list(mine.subject_id, stage.clock()) == []
    assert portal.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert not portal.is_active(tokens["access_token"])
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert stage.services.signin.deliveries.deliver(stage.clock()) == 1
    assert _logged_out(portal, listening) == [mine.session_id]
    assert _told(stage, mine.subject_id) == [
        {"client": portal.client_id, "session": mine.session_id, "why": why}
    ]
    assert elsewhere.is_active(others["access_token"])


def test_the_other_exercice_keeps_its_session(stage: ProviderStage, listening: ListeningClient) -> None:
    """A doctor who leaves one place is still signed in from the other."""
    portal, phone = _portal(stage, KARIM, listening), stage.phone()
    first = portal.tokens(phone)
    begun = portal.begin()
    exercices = [one.exercice_id for one in _exercices(stage)]
    landed = portal.landed(portal.finish(portal.approve(begun, phone, exercice=exercices[1])))
    second = portal.exchange(landed["code"]).get_json()

    _load(stage, _left)

    assert not portal.is_active(first["access_token"])
    assert portal.is_active(second["access_token"])
    assert len(_rows(stage, closed=True)) == 1


def _exercices(stage: ProviderStage) -> Any:
    found = stage.services.directory.professionnel(Idnps.parse(KARIM.text, Mode.LENIENT), stage.clock())
    return found.professionnel.exercices


def test_the_other_phone_keeps_its_session_and_reads_why(
    stage: ProviderStage, listening: ListeningClient
) -> None:
    """In French, at whom and what it died of."""
    portal, lost, kept = _portal(stage, ANGE, listening), stage.phone(ANGE), stage.phone(ANGE)
    portal.tokens(lost, scope="openid ins")
    living = portal.tokens(kept, scope="openid ins")

    lost.phone.withdraw()

    assert portal.is_active(living["access_token"])
    entries = kept.call("GET", "/v1/journal").get_json()["entries"]
    closed = [one for one in entries if one["event"] == "signin.session_closed"]
    assert [(one["what"], one["who"], one["why"]) for one in closed] == [
        ("Une session a été fermée.", "Portail de démonstration", "raison : téléphone retiré")
    ]


def test_an_act_that_fails_ends_nothing(stage: ProviderStage, listening: ListeningClient) -> None:
    """One transaction: no card to suspend, and the session that was about to end lives."""
    portal, phone = _portal(stage, KARIM, listening), stage.phone()
    tokens = portal.tokens(phone)

    with pytest.raises(NothingToChange):
        stage.services.revocation.suspend_person(KARIM, AGENT, stage.clock())

    assert portal.is_active(tokens["access_token"])
    assert stage.services.signin.deliveries.deliver(stage.clock()) == 0


# --- what no act ended


def test_what_a_day_brings_is_found_within_seconds(stage: ProviderStage, listening: ListeningClient) -> None:
    """An exercice whose last day is over at midnight in France: the worker's next turn, used or not."""

    def until_tonight(resource: dict[str, Any]) -> None:
        if resource["resourceType"] == "PractitionerRole":
            resource["period"] = {"start": "2020-01-01", "end": "2026-11-21"}

    _load(stage, until_tonight)
    stage.clock.advance(12 * 3600 + 3500)  # 23:58 in France
    portal, phone = _portal(stage, KARIM, listening), stage.phone()
    portal.tokens(phone)
    worker = Worker(jobs_of(stage.services))
    worker.turn(stage.clock())
    assert _rows(stage, closed=True) == []

    stage.clock.advance(300)
    worker.turn(stage.clock())

    (ended,) = _rows(stage, closed=True)
    assert ended.closed_why == "exercice_closed"
    assert _logged_out(portal, listening) == [ended.session_id]
    assert [one["why"] for one in _told(stage, ended.subject_id)] == ["exercice_closed"]
    worker.turn(stage.clock() + timedelta(seconds=10))
    assert len(listening.heard) == 1


def test_the_end_of_a_representation_is_found_within_seconds(
    stage: ProviderStage, listening: ListeningClient
) -> None:
    """A parent was signed in for a child; an authority ended that, and nobody used the session since."""
    opened = open_for(stage.signin.stage, BEBE, CAMILLE)
    portal, phone = _portal(stage, ANGE, listening), stage.phone(CAMILLE)
    begun = portal.begin(scope="openid ins")
    landed = portal.landed(portal.finish(portal.approve(begun, phone, acts_for=opened.reference)))
    portal.exchange(landed["code"])
    keeper = stage.services.signin.keeper
    assert keeper.keep(stage.clock()) == 0

    stage.services.representation.end(
        opened.reference, EndedBy.AUTORITE, "desk:A. Martin@Corte", stage.clock()
    )

    assert keeper.keep(stage.clock()) == 1
    (ended,) = _rows(stage, closed=True)
    assert ended.closed_why == "representation_ended"


def test_every_session_is_looked_at_in_its_turn(stage: ProviderStage, listening: ListeningClient) -> None:
    """A page a turn, whichever page the dead ones are on; the living stay, and nothing is ended twice."""
    portal, karim, laure = _portal(stage, KARIM, listening), stage.phone(), stage.phone(LAURE)
    for phone in (karim, laure, karim, laure, karim):
        portal.tokens(phone)
    stage.strike_off(KARIM)
    provider = stage.services.signin
    keeper = SessionKeeper(provider.live._registers, provider.live._judge, page=2)

    ended = [keeper.keep(stage.clock()) for _ in range(6)]

    assert sum(ended) == 3
    assert {row.closed_why for row in _rows(stage, closed=True)} == {"struck_off"}
    assert len(_rows(stage, closed=False)) == 2


def test_a_session_is_forgotten_a_day_after_its_end(stage: ProviderStage, listening: ListeningClient) -> None:
    """Closed or not: the journal has its lines, and nothing needs the row any more."""
    portal, phone = _portal(stage, KARIM, listening), stage.phone()
    portal.tokens(phone)
    stage.clock.advance(33 * 3600)
    stage.services.sweep(stage.clock())
    assert len(_rows(stage, closed=False)) == 1

    stage.clock.advance(2 * 3600)
    stage.services.sweep(stage.clock())

    assert _rows(stage, closed=False) == []


def test_whoever_may_not_sign_in_any_more_is_told_so_and_reads_it(
    stage: ProviderStage, listening: ListeningClient
) -> None:
    """Struck off between the gesture and the way back: no code, a reason, and a line that says it ended."""
    portal, phone = _portal(stage, KARIM, listening), stage.phone()
    attempt_id = portal.approve(portal.begin(), phone)
    stage.strike_off(KARIM)

    landed = portal.landed(portal.finish(attempt_id))

    assert (landed["error"], "code" in landed) == ("access_denied", False)
    assert "struck_off" in landed["error_description"]
    with stage.services.database.read() as connection:
        lines = connection.execute(select(journal).where(journal.c.event.like("signin.session_%"))).all()
    assert [row.event for row in lines] == ["signin.session_opened", "signin.session_closed"]
    assert strict_json.loads(lines[1].facts.encode())["why"] == "struck_off"
