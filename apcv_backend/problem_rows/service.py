"""What any door may answer: the request itself, and this service."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import GONE_WRONG, Problem

SERVICE: Mapping[str, Problem] = {
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
    # --- this service
    "database_unavailable": Problem(
        503,
        "Le service est momentanément indisponible. Rien n'a été enregistré ; réessayez dans un instant.",
        "The service is briefly unavailable. Nothing was recorded; try again in a moment.",
    ),
    "internal_error": GONE_WRONG,
}
