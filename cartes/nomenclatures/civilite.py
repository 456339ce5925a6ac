"""How a professional is addressed in their practice."""

from __future__ import annotations

from cartes.nomenclatures.table import CodeTable


# Civilité (d'exercice) as Pro Santé Connect publishes it: M, MME, DR, PR. The English is ours.
class Civilite(CodeTable):
    """A form of address; `AUCUNE` (the empty text of Pro Santé Connect) when none is known."""

    AUCUNE = "", "", ""
    MONSIEUR = "M", "M.", "Mr"
    MADAME = "MME", "Mme", "Ms"
    DOCTEUR = "DR", "Dr", "Dr"
    PROFESSEUR = "PR", "Pr", "Prof."

    @property
    def wire(self) -> int:
        """The small integer on a card: 0 none, 1 M, 2 MME, 3 DR, 4 PR. This numbering is ours alone."""
        return list(Civilite).index(self)

    @classmethod
    def from_wire(cls, number: int) -> Civilite | None:
        """The civilité of one of our integers, or None."""
        known = list(cls)
        return known[number] if 0 <= number < len(known) else None
