"""Why a patient does not pay their share: the code, never the illness."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# Code exonération, as the FSE engine's interfaces list it (no NOS table). The full B2 table has more codes,
# which were not found in a public source: they are not here. The English is ours.
class CodeExoneration(NumericCodeTable):
    """Why the ticket modérateur is waived. `SOINS_ALD` says a long-term illness is covered, never which."""

    AUCUNE = "0", "Aucune exonération", "None"
    SOINS_ALD = "4", "Soins en rapport avec une ALD", "Care for a long-term illness (ALD)"
    EXONERE = "5", "Assuré exonéré", "Exempt person"
    FSV_FNS = "9", "FSV/FNS", "FSV/FNS"
