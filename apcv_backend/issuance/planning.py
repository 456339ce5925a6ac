"""Step 13 of walk A: what the person's source says now, whether a card may be issued, and on which slots.

A plan is made outside any transaction and changes nothing; what it rests on and could change meanwhile (the
directory's entry, a representation, a contract) is named in it, and looked at again by the transaction that
records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from apcv_backend.complementary.rules import ContractUnknown, KnownContract
from apcv_backend.enrolment.rules import PersonKey, check_may_hold, day_in_france
from apcv_backend.issuance.amc_draft import SHAPES, draft_amc
from apcv_backend.issuance.ports import Contracts, CurrentRights, Directory, Phone, Represented
from apcv_backend.issuance.proving import Proven
from apcv_backend.issuance.rules import (
    Delegated,
    Draft,
    HeldBy,
    delegated_expiry,
    draft_apcv,
    draft_ecps,
    ecps_expiry,
    exercices_for,
    life_of,
)
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.representation.rules import (
    Portee,
    Representation,
    RepresentationOver,
    check_may_be_represented,
    slot_name,
)
from apcv_backend.rights.rules import ReponseDroits
from cartes.cards import CardKind, Shape, Slot
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.trust import KindPolicy


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be issued, before slots are known: until when each is taken, and how to draft on them.

    `fiche`, `represented` and `contracts` are what it rests on, when they may change before it is recorded.
    `linked` are the apCV's own slots, taken too for a card that names one.
    """

    until: Mapping[str, datetime]
    draft: Callable[[Mapping[str, Slot]], Sequence[Draft]]
    linked: Mapping[str, datetime] = field(default_factory=dict)
    fiche: FicheProfessionnel | None = None
    represented: Representation | None = None
    contracts: Sequence[KnownContract] = ()

    @property
    def stands_alone(self) -> bool:
        """Whether nothing is to be looked at again between the phone's acceptance and its slots."""
        return self.fiche is None and self.represented is None and not self.linked


@dataclass(frozen=True, slots=True)
class _Shown:
    """Somebody whose card another person may hold today, and what it says of that other person."""

    representation: Representation
    answer: ReponseDroits
    delegated: Delegated
    day: date


class Planner:
    """Asks the sources, and the rules of who may hold what."""

    def __init__(
        self,
        *,
        rights: CurrentRights,
        directory: Directory,
        represented: Represented,
        contracts: Contracts,
    ) -> None:
        self._rights = rights
        self._contracts = contracts
        self._directory = directory
        self._represented = represented

    def plan(self, proven: Proven, policy: KindPolicy, at: datetime) -> Plan:
        """The plan for one proven request at `at` (aware UTC).

        Raises:
            PersonUnknown, an EnrolmentRefused or IssuanceRefused leaf: this person may not.
            ContractUnknown: no insurer told of a contract of theirs.
            RepresentationUnknown, RepresentationOver: the person the card is asked for is not theirs to show.
        """
        if proven.phone.kind is CardKind.ECPS:
            return self._ecps(proven, policy, at)
        if proven.request.represents is not None:
            wanted = self._delegated_amc if proven.request.kind is CardKind.AMC else self._delegated
            return wanted(proven.phone, proven.request.represents, policy, at)
        if proven.request.kind is CardKind.AMC:
            return self._amc(proven.phone, policy, at)
        return self._apcv(proven.phone, policy, at)

    def _apcv(self, phone: Phone, policy: KindPolicy, at: datetime) -> Plan:
        answer, day = self._rights.droits_of(phone.person, at), day_in_france(at)
        check_may_hold(answer.dossier(), day)
        held = HeldBy(phone.holder_key, phone.binding)
        return Plan(
            until={"": at + life_of(CardKind.APCV, phone.binding)},
            draft=lambda slots: draft_apcv(answer, held, slots[""], policy, day=day, at=at),
        )

    def _amc(self, phone: Phone, policy: KindPolicy, at: datetime) -> Plan:
        """One card a contract, beside the apCV: whoever may hold the one may hold the other."""
        answer, day = self._rights.droits_of(phone.person, at), day_in_france(at)
        check_may_hold(answer.dossier(), day)
        known, held = self._contracts_of(phone.person, answer), HeldBy(phone.holder_key, phone.binding)
        until = at + life_of(CardKind.AMC, phone.binding)
        return Plan(
            until={one.contract_id: until for one in known},
            draft=lambda slots: [
                draft
                for one in known
                for draft in draft_amc(
                    one, held, slots[one.contract_id], slots[""], policy, at=at, expires_at=until
                )
            ],
            linked={"": until},
            contracts=known,
        )

    def _contracts_of(self, person: PersonKey, answer: ReponseDroits) -> Sequence[KnownContract]:
        """What insurers told of one person, under either of their keys."""
        own = answer.beneficiaire
        vitale = f"{own.opening_nir.digits}/{own.traits.naissance.text}/{own.rang_gemellaire}"
        known = self._contracts([person, PersonKey(CardKind.APCV, vitale)])
        if not known:
            raise ContractUnknown
        return known

    def _delegated(self, phone: Phone, reference: str, policy: KindPolicy, at: datetime) -> Plan:
        """The beneficiary's apCV for the representative's phone, on a slot of its own."""
        shown = self._shown(phone, reference, at)
        expires_at = _delegated_expiry(shown, phone, CardKind.APCV, at)
        held, name = HeldBy(phone.holder_key, phone.binding), slot_name(reference)
        return Plan(
            until={name: expires_at},
            draft=lambda slots: draft_apcv(
                shown.answer, held, slots[name], policy, day=shown.day, at=at, delegated=shown.delegated
            ),
            represented=shown.representation,
        )

    def _delegated_amc(self, phone: Phone, reference: str, policy: KindPolicy, at: datetime) -> Plan:
        """The beneficiary's insurers' cards, beside their delegated apCV on the same phone."""
        shown = self._shown(phone, reference, at)
        expires_at = _delegated_expiry(shown, phone, CardKind.AMC, at)
        known = self._contracts_of(shown.representation.beneficiary, shown.answer)
        held, apcv = HeldBy(phone.holder_key, phone.binding), slot_name(reference)
        shapes = SHAPES if shown.delegated.confidential else (Shape.SOINS,)
        names = {one.contract_id: slot_name(reference, one.contract_id) for one in known}
        return Plan(
            until=dict.fromkeys(names.values(), expires_at),
            draft=lambda slots: [
                draft
                for one in known
                for draft in draft_amc(
                    one,
                    held,
                    slots[names[one.contract_id]],
                    slots[apcv],
                    policy,
                    at=at,
                    expires_at=expires_at,
                    shapes=shapes,
                )
            ],
            linked={apcv: expires_at},
            represented=shown.representation,
            contracts=known,
        )

    def _shown(self, phone: Phone, reference: str, at: datetime) -> _Shown:
        """Whose card this phone may show under `reference`, and as whose representative."""
        representation = self._represented(reference, phone.subject_id, at)
        if not representation.allows(Portee.PRESENTER_DROITS, at):
            raise RepresentationOver
        day = day_in_france(at)
        # Both are asked about: a tutor may have died, or be under tutelle themselves by now.
        delegate = self._rights.droits_of(phone.person, at)
        check_may_hold(delegate.dossier(), day)
        answer = self._rights.droits_of(representation.beneficiary, at)
        check_may_be_represented(answer.dossier(), day)
        traits = delegate.beneficiaire.traits
        # A card tells until it dies: what it tells on its last day is what may be told.
        dies_at = delegated_expiry(representation.ends_on, phone.binding, at)
        delegated = Delegated(
            name=f"{traits.prenom_utilise} {traits.nom_utilise}",
            type=representation.type,
            until=representation.ends_on,
            confidential=not representation.excludes_confidential(day_in_france(dies_at)),
        )
        return _Shown(representation, answer, delegated, day)

    def _ecps(self, proven: Proven, policy: KindPolicy, at: datetime) -> Plan:
        phone, day = proven.phone, day_in_france(at)
        held = HeldBy(phone.holder_key, phone.binding)
        fiche = self._directory.professionnel(Idnps.parse(phone.person.text, Mode.LENIENT), at)
        check_may_hold(fiche.dossier(), day)
        exercices = exercices_for(fiche, proven.request.exercice, day)
        return Plan(
            until={one.exercice_id: ecps_expiry(one, phone.binding, at) for one in exercices},
            draft=lambda slots: draft_ecps(fiche, exercices, held, slots, policy, at=at),
            fiche=fiche,
        )


def _delegated_expiry(shown: _Shown, phone: Phone, kind: CardKind, at: datetime) -> datetime:
    """When a card issued now ends. Raises `RepresentationOver` on the evening of the last day."""
    expires_at = delegated_expiry(shown.representation.ends_on, phone.binding, at, kind)
    if expires_at <= at:
        raise RepresentationOver
    return expires_at
