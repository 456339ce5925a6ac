"""In which section of the Ordre a pharmacist is registered."""

from __future__ import annotations

from cartes.nomenclatures.table import CodeTable


# TRE_R06, OID 1.2.250.1.213.2.37 (NOS): sections of the Ordre national des pharmaciens. The English is
# ours.
class SectionPharmacien(CodeTable):
    """A section of the pharmacists' Ordre; only A is a pharmacy's titulaire."""

    TITULAIRE = "A", "Pharmacien titulaire d'officine", "Pharmacy owner"
    INDUSTRIE = "B", "Pharmacien d'entreprise, industrie", "Industry"
    DISTRIBUTION = "C", "Pharmacien d'entreprise, distribution", "Distribution"
    ADJOINT = "D", "Pharmacien adjoint, remplaçant ou gérant", "Assistant, locum or manager"
    OUTRE_MER = "E", "Pharmacien d'Outre-mer", "Overseas"
    BIOLOGISTE = "G", "Pharmacien biologiste", "Clinical biologist"
    ETABLISSEMENT = "H", "Pharmacien d'établissement de santé", "Hospital pharmacist"
    MILITAIRE = "M", "Pharmacien militaire", "Military"
