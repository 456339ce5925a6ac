"""Issuance: why a card was not sealed."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

ISSUANCE: Mapping[str, Problem] = {
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
}
