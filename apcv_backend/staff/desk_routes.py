"""The doors of the desk: codes, lost phones and delegations of somebody present. They decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.representation.rules import DelegationType, EndedBy, OpeningOrder, Portee, Preuve
from apcv_backend.representation.rules import Representation as Opened
from apcv_backend.staff.counter import CounterDesk
from apcv_backend.staff.desk_schemas import (
    DelegationSchema,
    EndDelegationSchema,
    HandedCodeSchema,
    LostPhoneSchema,
    OpenDelegationSchema,
    PersonSchema,
    PresentPersonSchema,
    SeenPhoneSchema,
)
from apcv_backend.staff.service import StaffRoom
from apcv_backend.staff.words import NOT_STAFF
from apcv_backend.staff_callers import StaffRole
from apcv_backend.staff_door import unverified_staff_call
from cartes.cards import CardKind

_ROLE = f"role:{StaffRole.DESK_AGENT.value}"
_TYPES = {one.word: one for one in DelegationType}
_CAP = {429: "Plafond du jour atteint, ou trop de demandes."}


def make_blueprint(room: StaffRoom, *, clock: Callable[[], datetime]) -> StrictBlueprint:
    """The routes of a desk agent. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "desk",
        __name__,
        url_prefix="/v1/desk",
        description="Le guichet : pour une personne présente, ses papiers en main.",
    )

    def agent(at: datetime) -> Caller:
        return room.desk_agent(unverified_staff_call(), at)

    _add_phones(blueprint, room, clock, agent)
    _add_delegations(blueprint, room, clock, agent)
    return blueprint


def _add_phones(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    agent: Callable[[datetime], Caller],
) -> None:
    @blueprint.route("/codes")
    class Codes(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(PresentPersonSchema)
        @blueprint.gives(201, HandedCodeSchema)
        @blueprint.refuses({**NOT_STAFF, 404: "Personne n'est connu sous ce numéro.", **_CAP})
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Ouvrir un code d'activation ; le nom de l'agent reste avec le téléphone enrôlé."""
            at = clock()
            caller = agent(at)
            person = room.counter.read_person(CardKind(body["card"]), body["person"])
            handed = room.counter.open_code(caller, person, at)
            return {
                "card": handed.card.value,
                "reference": handed.reference,
                "secrets": list(handed.secrets),
                "expires_at": handed.expires_at,
                "agent": caller.facts["agent"],
                "place": caller.facts["place"],
            }

    @blueprint.route("/phones")
    class Phones(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(PresentPersonSchema)
        @blueprint.gives(200, SeenPhoneSchema(many=True))
        @blueprint.refuses({**NOT_STAFF, **_CAP})
        def post(self, body: dict[str, Any]) -> list[dict[str, Any]]:
            """Les téléphones d'une personne présente ; aucun si elle n'est pas connue."""
            at = clock()
            caller = agent(at)
            person = room.counter.read_person(CardKind(body["card"]), body["person"])
            return [
                {
                    "reference": one.reference,
                    "name": one.name,
                    "card": one.card.value,
                    "enrolled_at": one.enrolled_at,
                    "last_used_at": one.last_used_at,
                }
                for one in room.counter.phones_of(caller, person, at)
            ]

    @blueprint.route("/lost-phones")
    class LostPhones(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(LostPhoneSchema)
        @blueprint.gives(204)
        @blueprint.refuses({**NOT_STAFF, 404: "Cette personne n'a pas ce téléphone.", **_CAP})
        def post(self, body: dict[str, Any]) -> None:
            """Retirer un téléphone perdu : ses cartes sont révoquées, la personne avertie."""
            at = clock()
            caller = agent(at)
            person = room.counter.read_person(CardKind(body["card"]), body["person"])
            room.counter.report_lost(caller, person, body["reference"], at)


def _add_delegations(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    agent: Callable[[datetime], Caller],
) -> None:
    @blueprint.route("/delegations")
    class Delegations(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(OpenDelegationSchema)
        @blueprint.gives(201, DelegationSchema)
        @blueprint.refuses(
            {
                **NOT_STAFF,
                403: "Rôle, justificatif, portée ou durée qui ne conviennent pas ; `code` dit quoi.",
                404: "L'une des deux personnes n'est pas connue.",
                409: "Une délégation les lie déjà.",
                **_CAP,
            }
        )
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Ouvrir une délégation, sur un justificatif nommé que l'agent a en main."""
            at = clock()
            caller = agent(at)
            return _told(room.counter.open_delegation(caller, _order(room.counter, body), at), at)

    @blueprint.route("/delegations/search")
    class Search(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(PersonSchema)
        @blueprint.gives(200, DelegationSchema(many=True))
        @blueprint.refuses({**NOT_STAFF, **_CAP})
        def post(self, body: dict[str, Any]) -> list[dict[str, Any]]:
            """Les délégations d'une personne présente, données et reçues, passées comprises."""
            at = clock()
            caller = agent(at)
            person = room.counter.read_person(CardKind.APCV, body["person"])
            return [
                {**_told(one.representation, at), "represents": one.represents}
                for one in room.counter.delegations_of(caller, person, at)
            ]

    @blueprint.route("/delegations/end")
    class End(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(EndDelegationSchema)
        @blueprint.gives(200, DelegationSchema)
        @blueprint.refuses({**NOT_STAFF, 404: "Pas de telle délégation en cours.", **_CAP})
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Mettre fin à une délégation : les cartes délivrées à ce titre sont révoquées aussitôt."""
            at = clock()
            caller = agent(at)
            ended = room.counter.end_delegation(caller, body["reference"], EndedBy(body["by"]), at)
            return _told(ended, at)


def _order(counter: CounterDesk, body: dict[str, Any]) -> OpeningOrder:
    order = OpeningOrder(
        counter.read_person(CardKind.APCV, body["beneficiary"]),
        counter.read_person(CardKind.APCV, body["delegate"]),
        _TYPES[body["type"]],
        Preuve(body["proof"]),
        body.get("until"),
    )
    if "scope" not in body:
        return order
    scope = frozenset(Portee(word) for word in body["scope"])
    return OpeningOrder(order.beneficiary, order.delegate, order.type, order.proof, order.until, scope)


def _told(one: Opened, at: datetime) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "type": one.type.word,
        "scope": sorted(one.scope),
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "in_force": one.in_force(at),
    }
