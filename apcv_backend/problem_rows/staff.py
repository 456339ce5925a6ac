"""Staff: who calls, what takes two people, what a desk may do in a day."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

STAFF: Mapping[str, Problem] = {
    "staff_invitation_refused": Problem(
        403,
        "Cette invitation n'est pas acceptée : vérifiez ses deux moitiés, ou demandez-en une autre.",
        "This invitation is not accepted: check both its halves, or ask for another one.",
    ),
    "staff_ceremony_gone": Problem(
        410,
        "Cet échange a expiré ou a déjà servi : recommencez.",
        "This exchange has expired or was answered: begin again.",
    ),
    "staff_sign_in_refused": Problem(
        403,
        "Personne ne se connecte avec cette clé : elle est inconnue, retirée, ou son compte est fermé.",
        "Nobody signs in with this key: it is unknown, withdrawn, or its account is closed.",
    ),
    "staff_key_too_weak": Problem(
        403,
        "Le matériel de cette clé ne répond pas d'elle : il faut une clé attestée.",
        "This key's hardware does not vouch for it: an attested key is needed.",
        ("binding", "required"),
    ),
    "staff_key_known": Problem(409, "Cette clé est déjà enregistrée.", "This key is already registered."),
    "staff_member_not_found": Problem(
        404, "Il n'y a pas, ou plus, de tel collègue.", "There is no such colleague, or not any more."
    ),
    "staff_session_not_found": Problem(404, "Vous n'avez pas de telle session.", "You have no such session."),
    "staff_proposal_gone": Problem(
        409,
        "Cette proposition n'attend plus : elle est décidée, expirée, ou n'a jamais été.",
        "This proposal waits no more: it is decided, expired, or never was.",
    ),
    "staff_account_not_frozen": Problem(
        404,
        "Aucun accès de ce nom n'est gelé. Son nom est celui que l'alarme montre.",
        "No account of this name is frozen. Its name is the one the alarm shows.",
    ),
    "second_person_needed": Problem(
        403,
        "Il faut une deuxième personne : ni celle qui propose, ni celle que cela concerne.",
        "This takes a second person: neither who proposed it, nor whom it concerns.",
    ),
    "staff_daily_cap": Problem(
        429,
        "Vous avez atteint le plafond du jour pour cet acte ; deux administrateurs peuvent le relever.",
        "You have reached today's cap for this; two administrators may raise it.",
        ("limit",),
    ),
    "staff_enough_administrators": Problem(
        409,
        "Deux administrateurs peuvent déjà se connecter : ce sont eux qui ajoutent des collègues.",
        "Two administrators can sign in already: they are the ones who add colleagues.",
        ("missing",),
    ),
    "staff_refused": Problem(403, "Cela n'est pas permis.", "This is not allowed."),
}
