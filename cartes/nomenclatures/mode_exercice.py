"""How a professional is engaged in one activity."""

from __future__ import annotations

from cartes.nomenclatures.table import CodeTable


# TRE_R23-ModeExercice, OID 1.2.250.1.213.1.6.1.18 (NOS). The English is ours.
class ModeExercice(CodeTable):
    """Self-employed, salaried or volunteer."""

    SALARIE = "S", "Salarié", "Salaried"
    LIBERAL = "L", "Libéral", "Self-employed"
    BENEVOLE = "B", "Bénévole", "Volunteer"
