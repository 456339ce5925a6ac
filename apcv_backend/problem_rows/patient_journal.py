"""What the patient's journal may answer, and what concerns a person erased."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

PATIENT_JOURNAL: Mapping[str, Problem] = {
    "journal_holder_unknown": Problem(
        401,
        "Cette demande n'est pas signée par un de vos téléphones, ou l'a déjà été.",
        "This request is not signed by one of your phones, or was used before.",
    ),
    "journal_entry_not_found": Problem(
        404, "Votre journal n'a pas cette ligne.", "Your journal has no such line."
    ),
    "incident_known": Problem(
        409, "Vous avez déjà signalé cette ligne.", "You have reported this line already."
    ),
    "person_erased": Problem(410, "Ces données ont été effacées.", "These data were erased."),
}
