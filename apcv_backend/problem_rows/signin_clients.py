"""Clients of the sign-in: why one was not registered or changed; and tokens nobody could sign."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

SIGNIN_CLIENTS: Mapping[str, Problem] = {
    "client_exists": Problem(
        409,
        "Cet identifiant de client est pris, et n'est jamais redonné.",
        "This client identifier is taken, and never given again.",
    ),
    "client_unknown": Problem(
        404,
        "Aucun client ouvert de ce nom, ou il n'a pas de secret.",
        "There is no such open client, or it has no secret.",
    ),
    "client_document_refused": Problem(
        422,
        "La description du client n'est pas valable ; `member` nomme le membre à corriger.",
        "The description of the client does not hold; `member` names what to correct.",
        ("member",),
    ),
    "no_signing_key": Problem(
        503,
        "Aucune clé ne signe les jetons de ce client ; l'exploitant doit en fabriquer une.",
        "No key signs this client's tokens; the operator must make one.",
        ("alg",),
    ),
}
