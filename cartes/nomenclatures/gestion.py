"""How compulsory and complementary covers share one claim."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# Mode de gestion AMC, as the FSE engine's interfaces list it (no NOS table). The English is ours.
class ModeGestionAmc(NumericCodeTable):
    """How the complementary cover is managed. ADRi leaves out the complementary when it is `SEPAREE`."""

    AUCUNE = "0", "Aucune", "None"
    COORDONNEE = "1", "Gestion coordonnée", "Coordinated"
    UNIQUE = "2", "Gestion unique", "Single claim"
    SEPAREE = "3", "Gestion séparée", "Separate claims"
