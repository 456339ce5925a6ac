"""Which insurance scheme manages a file."""

from __future__ import annotations

from cartes.nomenclatures.table import NumericCodeTable


# Code régime. Only 01 was met in a public source, and by example; the others are general knowledge of the
# field, quoted from no document. Codes from 10 up are left out: an unknown régime is shown by its digits.
class Regime(NumericCodeTable):
    """An insurance scheme, to name on a screen. An `Organisme` accepts any two digits."""

    GENERAL = "01", "Régime général", "General scheme"
    AGRICOLE = "02", "Régime agricole (MSA)", "Agricultural scheme"
    INDEPENDANTS = "03", "Indépendants", "Self-employed"
    SNCF = "04", "SNCF", "Railways (SNCF)"
    RATP = "05", "RATP", "Paris transport (RATP)"
    MARINS = "06", "Marins (ENIM)", "Seafarers"
    MINES = "07", "Mines", "Mines"
    MILITAIRES = "08", "Militaires (CNMSS)", "Armed forces"
