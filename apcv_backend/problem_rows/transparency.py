"""What the log of the journal may answer."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

TRANSPARENCY: Mapping[str, Problem] = {
    "log_has_no_head": Problem(
        404,
        "Le journal n'a pas encore de tête signée. Réessayez dans un instant.",
        "The log has no signed head yet. Try again in a moment.",
    ),
    "not_in_the_log": Problem(
        404,
        "Aucune tête signée du journal ne couvre ce qui est demandé.",
        "No signed head of the log covers what was asked.",
    ),
    "log_broken": Problem(
        503,
        "Le journal n'est plus ce qui fut écrit : aucune preuve n'est donnée.",
        "The journal is not what was written any more: no proof is given.",
    ),
}
