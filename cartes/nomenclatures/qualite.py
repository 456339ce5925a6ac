"""The link between a beneficiary and the person whose affiliation opens the rights."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# Qualité du bénéficiaire, as the FSE engine's interfaces list it (no NOS table). Since PUMa adults are
# insured in their own right: new cards carry 0 or 6, the others are read. The English is ours.
class QualiteBeneficiaire(NumericCodeTable):
    """What a beneficiary is to the assuré."""

    ASSURE = "0", "Assuré", "Insured person"
    ASCENDANT_DESCENDANT_COLLATERAL = "1", "Ascendant, descendant ou collatéral", "Relative"
    CONJOINT = "2", "Conjoint", "Spouse"
    CONJOINT_DIVORCE = "3", "Conjoint divorcé", "Divorced spouse"
    CONCUBIN = "4", "Concubin", "Partner"
    CONJOINT_SEPARE = "5", "Conjoint séparé", "Separated spouse"
    ENFANT = "6", "Enfant", "Child"
    HORS_ARTICLE_313 = "7", "Bénéficiaire hors article 313", "Beneficiary outside article 313"
    CONJOINT_VEUF = "8", "Conjoint veuf", "Widowed spouse"
    AUTRE = "9", "Autre ayant droit", "Other beneficiary"
