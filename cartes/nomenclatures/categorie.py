"""Whether a professional practises as a civilian, a civil servant, a soldier or a student."""

from __future__ import annotations

from cartes.nomenclatures.table import CodeTable


# TRE_R09-CategorieProfessionnelle, OID 1.2.250.1.213.1.6.1.10 (NOS). The English is ours.
class CategorieProfessionnelle(CodeTable):
    """The professional category of an exercice."""

    CIVIL = "C", "Civil", "Civilian"
    ETUDIANT = "E", "Étudiant", "Student"
    FONCTIONNAIRE = "F", "Fonctionnaire", "Civil servant"
    MILITAIRE = "M", "Militaire", "Military"
