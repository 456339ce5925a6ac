"""From an error's code to HTTP: one table, one status a code, one sentence a person can act on (RFC 9457).

A code that is not in the table is our own fault: it is answered 500 with no detail, on purpose, and logged
by its class alone. Facts travel only where the table says they may (`facts`), so that no refusal carries
more than it should.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from traceback import format_tb

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from cartes.errors import CarteError
from cartes.wire import strict_json

_log = logging.getLogger("apcv_backend.problems")

_OUR_NAMES = re.compile(r"[A-Za-z_]{1,40}|[0-9]{1,3}")

TYPE_BASE = "urn:cartes:problem:"


@dataclass(frozen=True)
class Problem:
    """How one code is told: HTTP status, French and English sentence, and which facts may travel."""

    status: int
    fr: str
    en: str
    facts: tuple[str, ...] = ()


_GONE_WRONG = Problem(
    500,
    "Erreur interne. Rien n'a été changé par cette demande ; réessayez, puis prévenez l'exploitant.",
    "Internal error. Try again, then tell the operator.",
)

PROBLEMS: Mapping[str, Problem] = {
    # --- the request itself
    "invalid_value": Problem(
        422, "Une valeur de la demande est incorrecte.", "A value of the request is wrong.", ("what", "why")
    ),
    "bad_json": Problem(
        400, "Le corps de la demande n'est pas du JSON lisible.", "The body is not readable JSON.", ("why",)
    ),
    "request_invalid": Problem(
        422,
        "La demande ne suit pas le format attendu.",
        "The request does not follow the expected format.",
        ("fields",),
    ),
    "not_found": Problem(404, "Il n'y a rien à cette adresse.", "There is nothing at this address."),
    "method_not_allowed": Problem(
        405,
        "Cette adresse n'accepte pas cette méthode.",
        "This address does not take that method.",
    ),
    "not_acceptable": Problem(
        406,
        "Cette adresse ne répond sous aucune des formes acceptées (Accept).",
        "This address answers in none of the accepted forms (Accept).",
    ),
    "too_large": Problem(413, "La demande est trop volumineuse.", "The request is too large."),
    "unsupported_media_type": Problem(415, "Il faut envoyer du JSON.", "Send JSON."),
    "rate_limited": Problem(
        429,
        "Trop de demandes. Patientez un instant puis réessayez.",
        "Too many requests. Wait a moment, then try again.",
        ("retry_after_s",),
    ),
    "http_error": Problem(400, "La demande n'a pas été comprise.", "The request was not understood."),
    # --- enrolment: who is there
    "activation_code_refused": Problem(
        403,
        "Ce code n'a pas été accepté. Vérifiez-le ; après cinq erreurs, il faut en demander un autre.",
        "This code was not accepted. Check it; after five errors, ask for another one.",
    ),
    "person_unknown": Problem(
        404,
        "Ce numéro n'est connu ni des droits, ni de l'annuaire.",
        "Nobody is known under this number, neither to the rights nor to the directory.",
    ),
    "code_malformed": Problem(
        422, "Ce texte n'a pas la forme d'un code.", "This text does not have the shape of a code."
    ),
    # --- enrolment and issuance: who may hold a card
    "deceased": Problem(403, "La personne est décédée.", "The person has died."),
    "ame_not_eligible": Problem(
        403,
        "L'aide médicale de l'État ne donne pas de carte Vitale.",
        "State medical aid does not come with a carte Vitale.",
    ),
    "under_16": Problem(
        403,
        "Il faut avoir seize ans pour tenir sa carte ; avant, un parent la tient.",
        "One holds one's own card from sixteen; before, a parent does.",
    ),
    "tutelle_requires_delegation": Problem(
        403,
        "La personne est sous tutelle : sa carte passe par une délégation à son tuteur.",
        "The person is under guardianship: the card goes by delegation to the guardian.",
    ),
    "identity_not_qualified": Problem(
        403,
        "L'identité de la personne n'est pas qualifiée : adressez-vous à la caisse.",
        "The person's identity is not qualified: ask the caisse.",
    ),
    "struck_off": Problem(
        403, "Le professionnel est radié de son ordre.", "The professional was struck off the register."
    ),
    "retired": Problem(
        403, "Le professionnel n'a plus d'exercice actif.", "The professional has no active practice."
    ),
    "card_opposed": Problem(
        403, "La carte du professionnel est en opposition.", "The professional's card was opposed."
    ),
    # --- enrolment: the phone
    "ceremony_gone": Problem(
        410,
        "Cet enrôlement a expiré ou est déjà terminé : recommencez depuis le code.",
        "This enrolment has expired or is already finished: begin again with the code.",
    ),
    "ceremony_refused": Problem(
        403,
        "La réponse du téléphone n'a pas pu être acceptée.",
        "The phone's answer could not be accepted.",
    ),
    "attestation_refused": Problem(
        403,
        "Ce que le téléphone dit de lui-même n'est pas prouvé.",
        "What the phone says about itself is not proven.",
    ),
    "attestation_too_weak": Problem(
        403,
        "Ce téléphone ne prouve pas assez fermement sa clé pour cette carte.",
        "This phone does not vouch firmly enough for its key to hold this card.",
        ("binding", "required"),
    ),
    "key_can_be_copied": Problem(
        403,
        "La clé de ce téléphone peut être copiée dans un autre : cette carte ne l'accepte pas.",
        "This phone's key can be copied to another one: this card does not accept that.",
        ("required",),
    ),
    "too_many_devices": Problem(
        409,
        "La personne a déjà trop de téléphones : retirez-en un d'abord.",
        "The person already has too many phones: withdraw one first.",
        ("limit",),
    ),
    "credential_already_registered": Problem(
        409, "Cette clé est déjà enregistrée.", "This key is already registered."
    ),
    "app_key_refused": Problem(
        422,
        "La clé d'application n'est pas une clé publique P-256 de signature.",
        "The app key is not a public P-256 key for signatures.",
        ("why",),
    ),
    # --- requests signed by a phone
    "dpop_refused": Problem(
        401,
        "La preuve de la clé d'application (DPoP) manque ou n'est pas valable pour cette demande.",
        "The proof by the app key (DPoP) is missing or does not hold for this request.",
        ("why",),
    ),
    "device_unknown": Problem(
        401, "Aucun téléphone n'est enregistré avec cette clé.", "No phone is registered with this key."
    ),
    "device_withdrawn": Problem(
        403, "Ce téléphone a été retiré ou déclaré perdu.", "This phone was withdrawn or reported lost."
    ),
    "device_not_found": Problem(
        404, "Cette personne n'a pas de tel téléphone.", "This person has no such phone."
    ),
    "loss_report_refused": Problem(
        403,
        "Cette déclaration n'a pas pu être acceptée. Vérifiez la référence et le code de perte.",
        "This report could not be accepted. Check the reference and the loss code.",
    ),
    # --- issuance
    "invalid_credential_request": Problem(
        400, "La demande de carte est mal formée.", "The credential request is malformed.", ("why",)
    ),
    "unknown_credential_configuration": Problem(
        400, "Cette carte n'est pas délivrée ici.", "No such card is issued here."
    ),
    "invalid_proof": Problem(
        400,
        "La preuve manque, ou n'est pas celle de ce téléphone pour cette demande.",
        "The proof is missing, or is not this phone's for this request.",
        ("why",),
    ),
    "invalid_nonce": Problem(
        400,
        "Ce nonce n'est pas de nous, a expiré ou a déjà servi : demandez-en un autre.",
        "This nonce is not ours, has expired or has served: ask for another.",
        ("why",),
    ),
    "idempotency_key_missing": Problem(
        400,
        "Il faut une Idempotency-Key de 16 à 80 caractères.",
        "An Idempotency-Key of 16 to 80 characters is needed.",
    ),
    "idempotency_key_reused": Problem(
        422,
        "Cette Idempotency-Key a servi pour une autre demande, ou il y a plus d'un jour.",
        "This Idempotency-Key served for another request, or more than a day ago.",
    ),
    "idempotency_conflict": Problem(
        409,
        "La même demande est en cours de réponse ; réessayez dans un instant.",
        "The same request is being answered; ask again in a moment.",
    ),
    "renewal_too_old": Problem(
        403,
        "Le dernier geste a plus de 90 jours : déverrouillez le téléphone pour renouveler.",
        "The last gesture is more than 90 days old: unlock the phone to renew.",
    ),
    "sign_count_regressed": Problem(
        403,
        "Le compteur de ce téléphone est revenu en arrière : sa clé existe peut-être deux fois.",
        "This phone's counter went back: its key may exist twice.",
    ),
    "issuance_refused": Problem(
        403, "Cette carte ne peut pas être délivrée.", "This card may not be issued."
    ),
    "rights_unknown": Problem(
        403,
        "La source des droits ne connaît pas de droits AMO à cette personne.",
        "The source knows no compulsory cover of this person.",
    ),
    "exercice_unknown": Problem(
        404, "Ce professionnel n'a pas cet exercice.", "The professional has no such practice."
    ),
    "exercice_closed": Problem(
        403, "Cet exercice est clos ou n'a pas commencé.", "This practice is over or has not begun."
    ),
    "replacement_out_of_dates": Problem(
        403,
        "La demande est hors des dates du remplacement.",
        "The request is outside the dates of the replacement.",
    ),
    "number_not_valid": Problem(
        403,
        "L'annuaire porte un numéro dont la clé est fausse : il ne peut pas être délivré.",
        "The directory holds a number with a wrong key: it may not be issued.",
        ("what",),
    ),
    "card_suspended": Problem(
        403,
        "La carte de ce téléphone est suspendue.",
        "This phone's card is suspended.",
    ),
    "status_list_full": Problem(
        503,
        "La liste d'états est pleine ; l'exploitant doit l'agrandir.",
        "The status list is full; the operator must enlarge it.",
    ),
    # --- this service
    "database_unavailable": Problem(
        503,
        "Le service est momentanément indisponible. Rien n'a été enregistré ; réessayez dans un instant.",
        "The service is briefly unavailable. Nothing was recorded; try again in a moment.",
    ),
    "internal_error": _GONE_WRONG,
}


def sentence(code: str, language: str = "fr") -> str:
    """The sentence for `code` in French or English; for an unknown code, the one that admits it."""
    problem = PROBLEMS.get(code, _GONE_WRONG)
    return problem.en if language == "en" else problem.fr


def row_of(kind: type[CarteError]) -> Problem | None:
    """The row for a kind of error: its own, or its family's (the leaf keeps its own code)."""
    codes = (base.code for base in kind.__mro__ if issubclass(base, CarteError))
    return next((PROBLEMS[code] for code in codes if code in PROBLEMS), None)


def document(
    code: str, facts: Mapping[str, object], language: str, problem: Problem | None = None
) -> Response:
    """The problem document of `code`: `type`, `title`, `status`, `code`, `detail` and the facts allowed."""
    problem = problem or PROBLEMS.get(code)
    if problem is None:
        code, problem = "internal_error", _GONE_WRONG
    told: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": problem.en if language == "en" else problem.fr,
        "status": problem.status,
        "code": code,
    }
    told.update({name: facts[name] for name in problem.facts if name in facts})
    response = Response(
        strict_json.canonical(told), status=problem.status, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    if problem.status == _UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    if problem.status == _TOO_MANY and "retry_after_s" in facts:
        response.headers["Retry-After"] = str(facts["retry_after_s"])
    return response


def mount(app: Flask) -> None:
    """Make every error of `app` a problem document."""

    @app.errorhandler(CarteError)
    def _refused(error: CarteError) -> Response:
        row = row_of(type(error))
        if row is None:
            _log.error("no row for code %s (%s)", error.code, type(error).__name__)
        return document(error.code, error.facts, _language(), row)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = document(*_of_http(error), language=_language())
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        # The class alone: a message could hold what a log may not.
        _log.error("unforeseen %s at %s %s", type(error).__name__, request.method, request.url_rule)
        # For whoever looks for the cause: where it happened, in our own lines, and never with what.
        _log.debug("where:\n%s", "".join(format_tb(error.__traceback__)))
        return document("internal_error", {}, _language())


_UNAVAILABLE = 503
_TOO_MANY = 429
_CODES_OF_HTTP = {
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}


def _of_http(error: HTTPException) -> tuple[str, Mapping[str, object]]:
    if isinstance(error, RequestEntityTooLarge):
        return "too_large", {}
    data = getattr(error, "data", None)  # webargs puts its messages here
    if error.code == 422 and isinstance(data, dict):  # noqa: PLR2004 - HTTP status
        return "request_invalid", {"fields": _field_names(data.get("messages"))}
    return _CODES_OF_HTTP.get(error.code or 0, "http_error"), {}


def _field_names(messages: object) -> list[str]:
    """The paths of the fields at fault; never a value, nor a name that is not one of ours: both are input."""
    paths: set[str] = set()

    def walk(node: object, path: tuple[str, ...]) -> None:
        if isinstance(node, dict):
            for name, child in node.items():
                told = str(name) if _OUR_NAMES.fullmatch(str(name)) else "?"
                walk(child, (*path, told))
        elif path[1:]:
            paths.add(".".join(path[1:])[:120])  # the first is where the input stood: the body

    walk(messages, ())
    return sorted(paths)[:20]


def _language() -> str:
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"
