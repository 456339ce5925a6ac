"""What an activity consists in: caring, standing in for another, or something else."""

from __future__ import annotations

from cartes.nomenclatures.table import CodeTable


# TRE_R22-GenreActivite, OID 1.2.250.1.213.1.6.1.19 (NOS). Labels read in JDV_J05-SubjectRole-CISIS, version
# 20260730120000, those of GENR09 to GENR12 shortened here. GENR05 and GENR07 have ended.
class GenreActivite(CodeTable):
    """The kind of an activity. GENR02 is the remplaçant, who stands in for a named professional."""

    SOIN_PHARMACIE = "GENR01", "Activité de soin et de pharmacie", "Care or pharmacy"
    REMPLACANT = (
        "GENR02",
        "Activité de soins ou de pharmacien en tant que remplaçant",
        "Care or pharmacy as a locum",
    )
    REMPLACEMENT = "GENR03", "Remplacement dans une activité de soins", "Replacement in a care activity"
    NON_SOIGNANTE = "GENR04", "Activité non soignante", "Activity without care"
    DELEGATION = (
        "GENR06",
        "Délégation de responsabilité pour continuité de service",
        "Delegated responsibility",
    )
    COORDINATION = "GENR08", "Activité de coordination et d'orientation", "Coordination"
    SOCIAL_ADMINISTRATIF = (
        "GENR09",
        "Secteur social et médico-social : fonctions administratives ou d'appui",
        "Social sector: administration",
    )
    SOCIAL_ACCOMPAGNEMENT = (
        "GENR10",
        "Secteur social et médico-social : accompagnement à la vie sociale",
        "Social sector: support in daily life",
    )
    SOCIAL_SOIN = (
        "GENR11",
        "Secteur social et médico-social : accompagnement au soin",
        "Social sector: support in care",
    )
    SOCIAL_ENCADREMENT = (
        "GENR12",
        "Secteur social et médico-social : encadrement et organisation",
        "Social sector: management",
    )
    MEDICO_ADMINISTRATIVE = "GENR13", "Activité médico-administrative", "Medical administration"
    AUTRE = "GENR99", "Autre activité", "Other activity"
