"""Complementary contracts: why what an insurer publishes is not taken, or no card is issued on it."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

COMPLEMENTARY: Mapping[str, Problem] = {
    "contract_field_refused": Problem(
        422,
        "Un champ du contrat n'est pas ce qu'il devrait être.",
        "A field of the contract is not what it should be.",
        ("field", "why"),
    ),
    "contract_file_refused": Problem(
        422,
        "Ce n'est pas un fichier de contrats : encodage, en-tête ou longueur.",
        "This is no file of contracts: encoding, header or length.",
        ("why",),
    ),
    "insurer_unknown": Problem(
        403, "Ce client n'est celui d'aucun assureur.", "This client is no insurer's."
    ),
    "contract_unknown": Problem(
        404,
        "Aucun assureur n'a publié de contrat de cette personne.",
        "No insurer has published a contract of this person.",
    ),
}
