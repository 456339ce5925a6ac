"""The pages of staff: coming in, the desk, the insurer's console, what takes two people.

Each page is behind its role and declares it (`called_by`); what a page does, it does by asking the JSON doors
of other rooms, which ask again who is there. A key answers on the staff's own host and on no other: the two
pages that use one send a browser there first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, redirect, request
from flask.views import MethodView
from werkzeug.wrappers import Response as BaseResponse

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.callers import Caller, CallerKind, CallerRefused
from apcv_backend.complementary.rules import FIELDS
from apcv_backend.config import Config
from apcv_backend.enrolment.rules import day_in_france
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.office.page_answers import HOMES, documents_page, guard, language, shown
from apcv_backend.representation.rules import DelegationType, Preuve, longest_of, proofs_of
from apcv_backend.staff_callers import StaffCallers, StaffRole, UnverifiedStaffCall
from apcv_backend.staff_door import unverified_staff_call

_SEE_OTHER: Final = 303
_MINUTE_S: Final = 60
_PAGES_A_MINUTE: Final = 600
_WHY: Final = frozenset({"ended", "left", "registered"})
_BEHIND: Final = {401: "Pas de session, ou session terminée.", 403: "Un autre rôle que celui de la page."}


@dataclass(frozen=True)
class PageSurroundings:
    """What the pages stand on. `csrf_of` gives the second word of a session just proven live."""

    config: Config
    staff: StaffCallers
    csrf_of: Callable[[UnverifiedStaffCall], str]
    clock: Callable[[], datetime]
    counters: Counters

    def begin(self) -> datetime:
        """The instant of this request, counted."""
        at = self.clock()
        limit(self.counters, f"office:{request.remote_addr}", most=_PAGES_A_MINUTE, window_s=_MINUTE_S, at=at)
        return at

    def colleague(self, at: datetime, *roles: StaffRole) -> Caller:
        """Who looks. Raises `CallerRefused` or `CallerNotAllowed`, which have screens of their own."""
        return self.staff.identify(unverified_staff_call(), at, *roles)

    def page(self, template: str, caller: Caller, **told: Any) -> Response:
        """A page of somebody signed in."""
        return shown(template, caller=caller, csrf=self.csrf_of(unverified_staff_call()), **told)


def make_blueprint(around: PageSurroundings) -> StrictBlueprint:
    """Every page of staff but the figures, which are the room `operations`'."""
    pages = StrictBlueprint("office", __name__, description="Les pages des agents.")
    guard(pages)
    _add_door(pages, around)
    _add_own(pages, around)
    _add_administration(pages, around)
    _add_desk(pages, around)
    _add_console(pages, around)
    return pages


def _public(pages: StrictBlueprint, sentence: str) -> Callable[[View], View]:
    sends_on: Callable[[View], View] = pages.alt_response(303, description="Vers une autre page des agents.")

    def decorate(view: View) -> View:
        told = documents_page(pages, sentence)(sends_on(pages.refuses({})(view)))
        return pages.called_by(CallerKind.ANYONE)(told)

    return decorate


def _behind(pages: StrictBlueprint, sentence: str, role: StaffRole | None = None) -> Callable[[View], View]:
    scope = "" if role is None else f"role:{role.value}"

    def decorate(view: View) -> View:
        documented = documents_page(pages, sentence)(pages.refuses(_BEHIND)(view))
        return pages.called_by(CallerKind.STAFF, scope=scope)(documented)

    return decorate


def _add_door(pages: StrictBlueprint, around: PageSurroundings) -> None:
    def elsewhere(path: str) -> BaseResponse | None:
        """Where a key answers, when it is not here."""
        origin = around.config.staff_party.web_origins[0]
        if request.host == urlsplit(origin).netloc:
            return None
        return redirect(f"{origin}{path}?lang={language()}", _SEE_OTHER)

    @pages.route("/staff")
    class Home(MethodView):
        @_public(pages, "Renvoie chacun à sa page, ou à la connexion.")
        def get(self) -> BaseResponse:
            """L'entrée des agents."""
            at = around.begin()
            try:
                role = StaffRole(around.colleague(at).facts["role"])
            except CallerRefused:
                return redirect("/staff/sign-in", _SEE_OTHER)
            return redirect(HOMES[role], _SEE_OTHER)

    @pages.route("/staff/sign-in")
    class SignIn(MethodView):
        @_public(pages, "La page de connexion.")
        def get(self) -> BaseResponse:
            """Se connecter avec sa clé."""
            around.begin()
            why = request.args.get("why", "")
            return elsewhere("/staff/sign-in") or shown("staff/sign_in.html", why=why if why in _WHY else "")

    @pages.route("/staff/registration")
    class Registration(MethodView):
        @_public(pages, "La page où l'on enregistre sa clé.")
        def get(self) -> BaseResponse:
            """Enregistrer sa clé, une invitation en deux moitiés à la main."""
            around.begin()
            return elsewhere("/staff/registration") or shown("staff/registration.html")


def _add_own(pages: StrictBlueprint, around: PageSurroundings) -> None:
    @pages.route("/staff/sessions")
    class Sessions(MethodView):
        @_behind(pages, "Ses propres sessions.")
        def get(self) -> Response:
            """Ses sessions, et se déconnecter."""
            caller = around.colleague(around.begin())
            return around.page("staff/sessions.html", caller)


def _add_administration(pages: StrictBlueprint, around: PageSurroundings) -> None:
    role = StaffRole.ADMINISTRATOR

    @pages.route("/staff/approvals")
    class Approvals(MethodView):
        @_behind(pages, "Ce qui attend une deuxième personne.", role)
        def get(self) -> Response:
            """Proposer, approuver."""
            caller = around.colleague(around.begin(), role)
            # A machine's clerk comes last: most colleagues added are agents of a desk.
            roles = (
                StaffRole.DESK_AGENT,
                StaffRole.INSURER_CLERK,
                StaffRole.OPERATOR,
                StaffRole.ADMINISTRATOR,
            )
            return around.page("staff/approvals.html", caller, roles=[one.value for one in roles])

    @pages.route("/staff/colleagues")
    class Colleagues(MethodView):
        @_behind(pages, "Les collègues.", role)
        def get(self) -> Response:
            """Les comptes ouverts, et en fermer un."""
            caller = around.colleague(around.begin(), role)
            return around.page("staff/colleagues.html", caller)


def _add_desk(pages: StrictBlueprint, around: PageSurroundings) -> None:
    role = StaffRole.DESK_AGENT

    @pages.route("/desk")
    class Code(MethodView):
        @_behind(pages, "Ouvrir un code d'activation.", role)
        def get(self) -> Response:
            """Le guichet : ouvrir un code, imprimer la fiche."""
            caller = around.colleague(around.begin(), role)
            return around.page("desk/code.html", caller)

    @pages.route("/desk/phones")
    class Phones(MethodView):
        @_behind(pages, "Les téléphones d'une personne présente.", role)
        def get(self) -> Response:
            """Le guichet : voir des téléphones, retirer celui qui est perdu."""
            caller = around.colleague(around.begin(), role)
            return around.page("desk/phones.html", caller)

    @pages.route("/desk/delegations")
    class Delegations(MethodView):
        @_behind(pages, "Les délégations d'une personne présente.", role)
        def get(self) -> Response:
            """Le guichet : ouvrir une délégation sur un justificatif, en arrêter une."""
            caller = around.colleague(around.begin(), role)
            return around.page("desk/delegations.html", caller, grounds=_grounds(), proofs=list(Preuve))


def _grounds() -> Sequence[dict[str, object]]:
    """What a form needs of each ground: its papers, and within how many days it must end (0: it need not)."""
    return [
        {
            "type": one.word,
            "proofs": sorted(proof.value for proof in proofs_of(one)),
            "until": 0 if one is DelegationType.PARENT else longest_of(one).days,
        }
        for one in DelegationType
    ]


def _add_console(pages: StrictBlueprint, around: PageSurroundings) -> None:
    role = StaffRole.INSURER_CLERK

    @pages.route("/console")
    class Query(MethodView):
        @_behind(pages, "Une question sur un adhérent.", role)
        def get(self) -> Response:
            """La console : une question."""
            at = around.begin()
            caller = around.colleague(at, role)
            return around.page("console/query.html", caller, today=day_in_france(at).isoformat())

    @pages.route("/console/file")
    class File(MethodView):
        @_behind(pages, "Un fichier de questions.", role)
        def get(self) -> Response:
            """La console : un fichier de questions."""
            at = around.begin()
            caller = around.colleague(at, role)
            return around.page("console/file.html", caller, today=day_in_france(at).isoformat())

    @pages.route("/console/contracts")
    class Contracts(MethodView):
        @_behind(pages, "Publier des contrats.", role)
        def get(self) -> Response:
            """La console : un fichier de contrats."""
            caller = around.colleague(around.begin(), role)
            return around.page("console/contracts.html", caller, header=";".join(FIELDS))
