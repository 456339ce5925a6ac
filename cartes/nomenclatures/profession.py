"""Which health profession an exercice is of."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# TRE_G15-ProfessionSante, OID 1.2.250.1.71.1.2.7 (NOS). Codes 10 to 98 without 35, 36, 38 and 39 were read
# again in JDV_J05-SubjectRole-CISIS, version 20260730120000; those four are of the same table. The English
# is ours.
class Profession(NumericCodeTable):
    """A health profession. A student in training has the code of the profession, with category E."""

    MEDECIN = "10", "Médecin", "Doctor"
    PHARMACIEN = "21", "Pharmacien", "Pharmacist"
    AUDIOPROTHESISTE = "26", "Audioprothésiste", "Hearing-aid specialist"
    OPTICIEN_LUNETIER = "28", "Opticien-lunetier", "Optician"
    ASSISTANT_DENTAIRE = "31", "Assistant dentaire", "Dental assistant"
    PHYSICIEN_MEDICAL = "32", "Physicien médical", "Medical physicist"
    AIDE_SOIGNANT = "35", "Aide-soignant", "Care assistant"
    AMBULANCIER = "36", "Ambulancier", "Ambulance worker"
    PREPARATEUR_PHARMACIE_HOSPITALIERE = (
        "38",
        "Préparateur en pharmacie hospitalière",
        "Hospital pharmacy technician",
    )
    PREPARATEUR_PHARMACIE_OFFICINE = "39", "Préparateur en pharmacie (officine)", "Pharmacy technician"
    CHIRURGIEN_DENTISTE = "40", "Chirurgien-dentiste", "Dentist"
    SAGE_FEMME = "50", "Sage-femme", "Midwife"
    INFIRMIER = "60", "Infirmier", "Nurse"
    INFIRMIER_PSYCHIATRIQUE = "69", "Infirmier psychiatrique", "Psychiatric nurse"
    MASSEUR_KINESITHERAPEUTE = "70", "Masseur-kinésithérapeute", "Physiotherapist"
    PEDICURE_PODOLOGUE = "80", "Pédicure-podologue", "Podiatrist"
    ORTHOPROTHESISTE = "81", "Orthoprothésiste", "Prosthetist"
    PODO_ORTHESISTE = "82", "Podo-orthésiste", "Orthopaedic shoemaker"
    ORTHOPEDISTE_ORTHESISTE = "83", "Orthopédiste-orthésiste", "Orthotist"
    OCULARISTE = "84", "Oculariste", "Ocularist"
    EPITHESISTE = "85", "Épithésiste", "Anaplastologist"
    TECHNICIEN_LABORATOIRE = "86", "Technicien de laboratoire médical", "Medical laboratory technician"
    ORTHOPHONISTE = "91", "Orthophoniste", "Speech therapist"
    ORTHOPTISTE = "92", "Orthoptiste", "Orthoptist"
    ERGOTHERAPEUTE = "94", "Ergothérapeute", "Occupational therapist"
    DIETETICIEN = "95", "Diététicien", "Dietitian"
    PSYCHOMOTRICIEN = "96", "Psychomotricien", "Psychomotor therapist"
    MANIPULATEUR_ERM = "98", "Manipulateur ERM", "Radiographer"
