"""What kind of number identifies a professional or a structure."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# TRE_G08-TypeIdentifiant, OID 1.2.250.1.71.1.2.15 (NOS). Codes 2 and 9 ended in 2020 and are read only.
class TypeIdentifiant(NumericCodeTable):
    """The type digit of an IDNPS (for persons) and of a structure identifier.

    The IGC-Santé certificates use another family in front of *structures* (1 for FINESS, 3 for SIRET): the
    digit 3 has two meanings, and this table is not the one to read a certificate's OU with.
    """

    ADELI = "0", "Identifiant ADELI"
    CABINET_ADELI = "1", "Identifiant cabinet ADELI"
    DRASS = "2", "Identifiant DRASS"
    FINESS = "3", "Identifiant FINESS"
    SIREN = "4", "Identifiant SIREN"
    SIRET = "5", "Identifiant SIRET"
    CABINET_RPPS = "6", "Identifiant cabinet RPPS"
    RPPS = "8", "Identifiant RPPS"
    ETUDIANT = "9", "Identifiant étudiant"
    MSSANTE = "10", "Identifiant MSSanté"
    ROR = "30", "Identifiant ROR"
