"""Representation: why somebody may not present another person's card."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

REPRESENTATION: Mapping[str, Problem] = {
    "representation_refused": Problem(
        403, "Cette délégation ne peut pas être ouverte.", "This delegation may not be opened."
    ),
    "representation_of_oneself": Problem(
        422, "On ne se représente pas soi-même.", "One does not represent oneself."
    ),
    "representation_proof_refused": Problem(
        422,
        "Ce justificatif ne prouve pas ce lien.",
        "This paper does not prove that ground.",
        ("type", "proof"),
    ),
    "representation_not_a_minor": Problem(
        403,
        "Un parent ne représente que son enfant mineur.",
        "A parent represents a child under eighteen only.",
    ),
    "representation_not_transmissible": Problem(
        403,
        "Un mandat se donne soi-même : qui présente la carte d'un autre ne peut pas la confier à son tour.",
        "A mandate is given by the person alone: whoever presents another's card cannot pass it on.",
    ),
    "representation_end_refused": Problem(
        422,
        "La date de fin manque, est passée, ou va au-delà de ce que ce lien permet.",
        "The end is missing, past, or further away than this ground allows.",
        ("most_days",),
    ),
    "representation_scope_refused": Problem(
        422,
        "La portée est vide, ou dépasse ce que ce lien peut donner.",
        "The scope is empty, or more than this ground can give.",
    ),
    "representation_already_open": Problem(
        409,
        "Cette personne représente déjà celle-là : retirez d'abord la délégation en cours.",
        "This person already represents that one: end the present delegation first.",
    ),
    "representation_unknown": Problem(
        404, "Il n'y a pas de telle délégation ici.", "There is no such delegation here."
    ),
    "representation_over": Problem(
        403,
        "La délégation est retirée, finie, ou ne va pas jusque-là.",
        "The delegation was withdrawn, is over, or does not go so far.",
    ),
}
