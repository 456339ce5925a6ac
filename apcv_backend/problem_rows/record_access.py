"""Access to the record: what a patient said, and who may speak."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

RECORD_ACCESS: Mapping[str, Problem] = {
    "record_access_refused": Problem(403, "Cela n'est pas permis.", "This is not allowed."),
    "consent_not_found": Problem(
        404,
        "Vous n'avez rien dit de tel, ou vous êtes revenu dessus.",
        "You said no such thing, or took it back.",
    ),
    "record_account_frozen": Problem(
        403,
        "Cet accès a demandé plus de dossiers qu'on n'en voit en un jour : il attend qu'on le regarde.",
        "This access asked about more records than one sees in a day. It waits for a person to look at it.",
    ),
    "record_not_for_representatives": Problem(
        403,
        "Qui représente un patient n'ouvre ni ne ferme son dossier ici.",
        "Whoever represents a patient does not open or close their record here.",
    ),
}
