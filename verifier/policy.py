"""What each screen needs to be true, once a card is proven.

The checks 0 to 14 are the same for everybody; here begins what a pharmacy, a practice or an identity
check asks on top. A policy never repairs a failed check and never decides a colour: it names reasons,
`lights.py` knows what they weigh.

Sources: CSS L.161-31 and R.161-33-1 (what the card is used for); `docs/formats/qr.md`, "Lights".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, Final, Protocol

from cartes.amc import AmcCard, EtatContrat
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind
from cartes.ecps import EcpsCard
from cartes.professionnel import CategorieProfessionnelle, Profession
from verifier.facts import CardFacts
from verifier.verdict import Freshness, Reason

TRUST_OLD_AFTER: Final = timedelta(hours=24)
"""From here on the age of the trust data is a reason of its own; after 72 h nothing is judged at all."""


class Policy(Protocol):
    """What one screen asks for."""

    @property
    def name(self) -> str:
        """Its word on the command line."""

    @property
    def expects(self) -> CardKind:
        """The kind of card it asks for; the other one is refused (check 6)."""

    @property
    def wishes(self) -> Binding:
        """The weakest binding it has nothing to say about."""

    @property
    def device_bound_only(self) -> bool:
        """Whether a key that may be on several devices is refused (check 10)."""

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """The reasons this screen has, about a proven card, on `facts.day`. None: all it asks is true."""


@dataclass(frozen=True, slots=True)
class Identite:
    """Who is this patient? Any shape of the card will do, and no right is needed."""

    name: ClassVar[str] = "identite"
    expects: ClassVar[CardKind] = CardKind.APCV
    wishes: ClassVar[Binding] = Binding.SYNCED
    device_bound_only: ClassVar[bool] = False

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """Age of the trust data, strength of the phone's key, authority of the person who holds the card."""
        return (*_trust_data(freshness), *_binding(facts, self.wishes), *_delegate(facts))


@dataclass(frozen=True, slots=True)
class OfficineApcv:
    """A pharmacy that will not ask the patient to advance money: both covers count.

    A patient without a complementary contract is fine; one whose contract is closed is told apart. A synced
    key is shown as such and changes no light: half of all phones have no other kind, and a light that is
    always amber is one nobody looks at any more.
    """

    name: ClassVar[str] = "officine"
    expects: ClassVar[CardKind] = CardKind.APCV
    wishes: ClassVar[Binding] = Binding.SYNCED
    device_bound_only: ClassVar[bool] = False

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """The same as for an identity, then the compulsory and the complementary cover on that day."""
        return (
            *_trust_data(freshness),
            *_binding(facts, self.wishes),
            *_delegate(facts),
            *_amo(facts),
            *_amc(facts),
        )


@dataclass(frozen=True, slots=True)
class CabinetApcv:
    """A practice: the compulsory cover counts; the complementary one is shown and left to the practice."""

    name: ClassVar[str] = "cabinet"
    expects: ClassVar[CardKind] = CardKind.APCV
    wishes: ClassVar[Binding] = Binding.SYNCED
    device_bound_only: ClassVar[bool] = False

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """The same as for an identity, then the compulsory cover on that day."""
        return (
            *_trust_data(freshness),
            *_binding(facts, self.wishes),
            *_delegate(facts),
            *_amo(facts),
        )


@dataclass(frozen=True, slots=True)
class IdentitePro:
    """Is this person the professional they say they are? Somebody still in training is told apart."""

    name: ClassVar[str] = "identite-pro"
    expects: ClassVar[CardKind] = CardKind.ECPS
    wishes: ClassVar[Binding] = Binding.DEVICE_BOUND_CLAIMED
    device_bound_only: ClassVar[bool] = False

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """Age of the trust data, strength of the phone's key, then whether the person is in training."""
        return (*_trust_data(freshness), *_binding(facts, self.wishes), *_training(facts))


@dataclass(frozen=True, slots=True)
class Prescription:
    """An e-CPS that stands behind a prescription: the strictest screen.

    A key that can be copied to another phone is refused outright (check 10), and so is everything when the
    trust data are older than a day: a doctor struck off yesterday must not prescribe today.
    """

    name: ClassVar[str] = "prescription"
    expects: ClassVar[CardKind] = CardKind.ECPS
    wishes: ClassVar[Binding] = Binding.HARDWARE_ATTESTED
    device_bound_only: ClassVar[bool] = True

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """Trust data of today, a key in certified hardware, a profession that prescribes."""
        return (
            *_trust_data(freshness, "trust_data_too_old_to_prescribe"),
            *_binding(facts, self.wishes),
            *_training(facts),
            *_prescriber(facts),
        )


@dataclass(frozen=True, slots=True)
class Complementaire:
    """Somebody who sends the complementary share to the insurer: does the contract cover it, today?

    A state nobody knows is told as such: it is neither open nor closed. `domaine` is the third-party-payment
    domain asked for, a pharmacy's unless told otherwise; None asks for none.
    """

    domaine: str | None = "PHAR"

    name: ClassVar[str] = "complementaire"
    expects: ClassVar[CardKind] = CardKind.AMC
    wishes: ClassVar[Binding] = Binding.SYNCED
    device_bound_only: ClassVar[bool] = False

    def judge(self, facts: CardFacts, freshness: Freshness) -> tuple[Reason, ...]:
        """Age of the trust data, strength of the phone's key, then state, days and domain of the contract."""
        return (
            *_trust_data(freshness),
            *_binding(facts, self.wishes),
            *_contract(facts),
            *_domain(facts, self.domaine),
        )


POLICIES: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            OfficineApcv(),
            CabinetApcv(),
            Identite(),
            Complementaire(),
            IdentitePro(),
            Prescription(),
        )
    }
)

BESIDE: Final[Mapping[str, Policy]] = MappingProxyType(
    {OfficineApcv.name: Complementaire(), CabinetApcv.name: Complementaire(domaine=None)}
)
"""Screens whose patient may show a contract beside their card, and what is asked of it. A practice bills in
many domains, of which its screen knows none."""

# Who prescribes, and who does so within a list of their own (Code de la santé publique).
_PRESCRIBERS: Final = frozenset({Profession.MEDECIN, Profession.CHIRURGIEN_DENTISTE, Profession.SAGE_FEMME})
_PRESCRIBERS_WITHIN_LIMITS: Final = frozenset(
    {
        Profession.PHARMACIEN,  # L5125-1-1 A
        Profession.INFIRMIER,  # L4311-1
        Profession.MASSEUR_KINESITHERAPEUTE,  # L4321-1
        Profession.PEDICURE_PODOLOGUE,  # L4322-1
        Profession.ORTHOPHONISTE,  # L4341-1
        Profession.ORTHOPTISTE,  # L4342-1
    }
)


def _trust_data(freshness: Freshness, code: str = "trust_data_old") -> Iterator[Reason]:
    age = freshness.trust_age_s
    if age is not None and age > TRUST_OLD_AFTER.total_seconds():
        yield Reason(code, {"age_s": age})


def _binding(facts: CardFacts, wished: Binding) -> Iterator[Reason]:
    if facts.binding < wished:
        yield Reason("binding_below_policy", {"binding": facts.binding.word, "wished": wished.word})


def _delegate(facts: CardFacts) -> Iterator[Reason]:
    if isinstance(facts.card, ApcvCard) and facts.card.delegate and facts.card.delegate.until < facts.day:
        yield Reason("delegate_expired", {"until": facts.card.delegate.until})


def _amo(facts: CardFacts) -> Iterator[Reason]:
    if not isinstance(facts.card, ApcvCard) or facts.card.amo is None:
        yield Reason("amo_unknown")
        return
    periode = facts.card.amo.periode
    if not periode.open_on(facts.day):
        yield Reason("amo_not_open", {"from": periode.debut, "until": periode.fin})


def _amc(facts: CardFacts) -> Iterator[Reason]:
    if isinstance(facts.card, ApcvCard) and facts.card.amc is not None:
        periode = facts.card.amc.periode
        if not periode.open_on(facts.day):
            yield Reason("amc_not_open", {"from": periode.debut, "until": periode.fin})


def _contract(facts: CardFacts) -> Iterator[Reason]:
    card = facts.card
    if not isinstance(card, AmcCard):
        return
    if card.etat is EtatContrat.INCONNU:
        yield Reason("amc_state_unknown")
    elif card.etat is EtatContrat.SUSPENDU:
        yield Reason("amc_suspended")
    elif not card.open_on(facts.day):
        yield Reason(
            "amc_not_open", {"from": card.periode.debut, "until": card.resilie_le or card.periode.fin}
        )


def _domain(facts: CardFacts, wished: str | None) -> Iterator[Reason]:
    if isinstance(facts.card, AmcCard) and wished is not None and wished not in facts.card.domaines:
        yield Reason("amc_domain_not_covered", {"domain": wished})


def _training(facts: CardFacts) -> Iterator[Reason]:
    if isinstance(facts.card, EcpsCard) and facts.card.category is CategorieProfessionnelle.ETUDIANT:
        yield Reason("in_training")


def _prescriber(facts: CardFacts) -> Iterator[Reason]:
    if not isinstance(facts.card, EcpsCard) or facts.card.profession in _PRESCRIBERS:
        return
    if facts.card.profession in _PRESCRIBERS_WITHIN_LIMITS:
        yield Reason("prescribes_within_limits")
    else:
        yield Reason("profession_does_not_prescribe")
