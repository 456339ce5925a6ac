"""What a source of rights answered about one person, and which part of it counts on a given day.

Plain values: no file, no clock, no network. Everything here is what the source said, read strictly; whether a
right is open today is for the till to judge, offline, from the dates. So an issuer writes dates, never
"open".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from apcv_backend.enrolment.rules import DossierAssure
from cartes.amc import EtatContrat
from cartes.assure import Beneficiaire
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration, PeriodeDroits


@dataclass(frozen=True, slots=True)
class ContratAmc:
    """A complementary contract as its insurer told it; `resilie_le` is its last day, if it was ended."""

    droits: DroitsAmc
    resilie_le: date | None
    etat: EtatContrat = EtatContrat.OUVERT

    @property
    def is_known(self) -> bool:
        """Whether anything may be concluded from it: its insurer may say that it does not know."""
        return self.etat is not EtatContrat.INCONNU

    def effective(self) -> DroitsAmc | None:
        """The contract with its real end: no period outlives the résiliation, whatever a paper card says.

        None when the résiliation is older than the period, or has no day: the contract covers none of it;
        and while it is suspended or nothing is known of it.
        """
        if self.etat in {EtatContrat.SUSPENDU, EtatContrat.INCONNU}:
            return None
        if self.resilie_le is None:
            return None if self.etat is EtatContrat.RESILIE else self.droits
        periode = self.droits.periode
        if self.resilie_le < periode.debut:
            return None
        fin = self.resilie_le if periode.fin is None else min(periode.fin, self.resilie_le)
        return replace(self.droits, periode=PeriodeDroits(periode.debut, fin))


@dataclass(frozen=True, slots=True)
class ReponseDroits:
    """One answer: the person, their rights with their dates, and when the source said so (`as_of`, UTC).

    `ame` marks a holder of the aide médicale de l'État, `tutelle` a person represented by a tutor.
    `gp_declared` is only that an attending doctor is declared, never who.
    """

    beneficiaire: Beneficiaire
    amo: tuple[DroitsAmo, ...]
    exonerations: tuple[Exoneration, ...]
    c2s: C2s | None
    amc: ContratAmc | None
    gp_declared: bool
    ame: bool
    tutelle: bool
    deceased_on: date | None
    as_of: datetime

    def amo_for(self, day: date) -> DroitsAmo | None:
        """The compulsory cover open on `day`; else the one that ended last; else the next one; else None.

        Ended rights are still written on a card: "closed since" tells a pharmacist more than nothing would.
        """
        if not self.amo:
            return None
        open_today = [droits for droits in self.amo if droits.periode.open_on(day)]
        begun = [droits for droits in self.amo if droits.periode.debut <= day]
        if open_today or begun:
            return max(open_today or begun, key=lambda droits: droits.periode.debut)
        return min(self.amo, key=lambda droits: droits.periode.debut)

    def ald_for(self, day: date) -> tuple[Exoneration, ...]:
        """The ALD exonerations not yet over on `day`: a code and dates, never an illness."""
        return tuple(
            exoneration
            for exoneration in self.exonerations
            if exoneration.code is CodeExoneration.SOINS_ALD
            and (exoneration.periode.fin is None or exoneration.periode.fin >= day)
        )

    def dossier(self) -> DossierAssure:
        """What the right to hold a card depends on, for `enrolment.rules.check_may_hold`."""
        return DossierAssure(self.beneficiaire, self.ame, self.tutelle, self.deceased_on)
