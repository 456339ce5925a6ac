"""Callers, presences and rights queries: why nobody was let in, and why nothing was told.

A refusal about a person has one row, `rights_not_answered`: unknown, another insurer's, or without a ground.
"""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

ONLINE_RIGHTS: Mapping[str, Problem] = {
    # --- who calls
    "caller_refused": Problem(
        401,
        "Aucun accès prouvé : présentez un jeton en cours, avec la preuve qui le lie (DPoP ou certificat).",
        "No access proven: show a live token, with the proof that binds it (DPoP or certificate).",
        ("why",),
    ),
    "caller_not_allowed": Problem(
        403,
        "Cet accès n'ouvre pas cette porte.",
        "This access does not open this door.",
        ("needs",),
    ),
    # --- presences
    "presence_refused": Problem(
        403,
        "Cette présence n'est pas ouverte, ou ne l'est plus : une nouvelle lecture est nécessaire.",
        "This presence is not open, or no longer: another scan is needed.",
        ("why",),
    ),
    "scan_refused": Problem(
        422,
        "La carte lue n'a pas été acceptée ; `reason` dit quelle vérification a échoué.",
        "The scanned card was not accepted; `reason` names the check that failed.",
        ("reason",),
    ),
    "proof_already_redeemed": Problem(
        409,
        "Ce code a déjà servi. Demandez au patient d'en montrer un nouveau.",
        "This code has served already. Ask the patient to show a new one.",
    ),
    "phone_elsewhere": Problem(
        409,
        "Ce téléphone vient d'être lu dans un autre établissement. Attendez deux minutes, puis recommencez.",
        "This phone was read in another structure a moment ago. Wait two minutes, then try again.",
    ),
    # --- rights queries
    "rights_not_answered": Problem(
        404,
        "Rien ne peut vous être dit de cette personne à ce titre.",
        "Nothing can be told to you about this person on this ground.",
    ),
    "query_not_allowed": Problem(
        403,
        "Ce motif ou ce fondement ne vous est pas ouvert.",
        "This purpose or this ground is not open to you.",
        ("why",),
    ),
    "care_date_out_of_range": Problem(
        422,
        "La date des soins doit être dans l'année passée ou les trente jours à venir.",
        "The care date must be within the past year or the thirty days to come.",
    ),
    "account_frozen": Problem(
        403,
        "Cet accès a atteint une limite et attend d'être revu par l'exploitant. "
        "Les questions avec un jeton de présence restent ouvertes.",
        "This access has reached a limit and waits for the operator. "
        "Queries with a presence token stay open.",
    ),
    "batch_refused": Problem(
        422,
        "Ce fichier de questions ne peut pas être traité.",
        "This file of queries cannot be worked on.",
        ("why",),
    ),
}
