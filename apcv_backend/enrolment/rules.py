"""Who may hold a card in a phone, and which phone may hold it: decisions on plain values.

Nothing here reads a clock, a register or a request. The refusals have a fixed order, so that the same person
gets the same answer at enrolment and at issuance (the room `issuance` asks these same rules again: a person
may be struck off between the two).

Law: CSS R161-33-1 and following for the apCV (sixteen years, no tutelle, and never for the AME, whose holders
have no carte Vitale: CASF L251-1); RNIV rule EXI ID 29 for "only a qualified identity carries its number";
CSS R161-53 and R161-55 for the cards of professionals.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cartes.assure import AttributIdentite, Beneficiaire, StatutIdentite
from cartes.cards import Binding, CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.identifiers.rpps import Rpps
from cartes.naissance import DateNaissance
from cartes.professionnel import Professionnel

APCV_AGE = 16
"""The age from which one holds one's own apCV."""

SILENT_RENEWAL = timedelta(days=90)
"""How long after the last WebAuthn gesture a card is renewed without one."""

_LONGEST_NAME = 60
_MOST_DIGITS = 8
_RPPS = re.compile(r"[0-9]{11}")
_FRANCE = ZoneInfo("Europe/Paris")


def day_in_france(at: datetime) -> date:
    """The day it is in France at `at` (aware): rights, ages and deaths are counted in days there."""
    return at.astimezone(_FRANCE).date()


# --- A person, by the key that finds them ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The key under which a person is known for one kind of card.

    apCV: the person's own NIR, or the ouvrant droit's NIR, the birth date and the rang gémellaire, joined by
    `/` (the identity key of a carte Vitale). e-CPS: the IDNPS
    (an RPPS number alone is read as one). It holds a NIR: it never prints itself.

    `formerly` is what the same insured person may have been entered under before: a newborn has a number of
    their own one day. It is no part of what a key is equal to.
    """

    card: CardKind
    text: str = field(repr=False)
    formerly: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def parse(cls, card: CardKind, text: str, mode: Mode = Mode.STRICT) -> PersonKey:
        """Refuse what is not such a key, with `InvalidValue`; the identifiers are checked in `mode`."""
        if card is CardKind.ECPS:
            if _RPPS.fullmatch(text):
                return cls(card, Idnps.from_rpps(Rpps.parse(text, mode)).text)
            return cls(card, Idnps.parse(text, mode).text)
        nir, *rest = text.split("/")
        if not rest:
            return cls(card, Nir.parse(nir, mode).digits)
        if len(rest) != 2 or rest[1] not in {"1", "2", "3", "4", "5", "6"}:  # noqa: PLR2004 - date and rang
            raise InvalidValue(what="person_key", why="shape")
        return cls(card, f"{Nir.parse(nir, mode).digits}/{DateNaissance.parse(rest[0]).text}/{rest[1]}")

    @property
    def nir(self) -> Nir | None:
        """The NIR that begins an apCV key (the person's own, or the ouvrant droit's); none for an e-CPS."""
        if self.card is CardKind.ECPS:
            return None
        return Nir.parse(self.text.split("/", 1)[0], Mode.TEST)


# --- Eligibility ----------------------------------------------------------------------------------------


class EnrolmentRefused(CarteError):
    """This person may not hold this card, or this phone may not hold it for them."""

    code = "enrolment_refused"


class PersonUnknown(EnrolmentRefused):
    """No insured person or professional is known under the key that was proven."""

    code = "person_unknown"


class Deceased(EnrolmentRefused):
    """The person has died."""

    code = "deceased"


class AmeNotEligible(EnrolmentRefused):
    """Aide médicale de l'État: its holders have no carte Vitale, so no apCV (CASF L251-1)."""

    code = "ame_not_eligible"


class Under16(EnrolmentRefused):
    """Below sixteen one's card is held by a parent; also when the birth date cannot show sixteen years."""

    code = "under_16"


class TutelleRequiresDelegation(EnrolmentRefused):
    """A person under tutelle is represented: the card goes by delegation to the tutor."""

    code = "tutelle_requires_delegation"


class IdentityNotQualified(EnrolmentRefused):
    """The identity is not QUAL, or is marked douteux or fictif: its number stays here (EXI ID 29)."""

    code = "identity_not_qualified"


class StruckOff(EnrolmentRefused):
    """The professional was struck off the ordre's register."""

    code = "struck_off"


class Retired(EnrolmentRefused):
    """The professional has no active exercice: the number stays, the right to act is gone."""

    code = "retired"


class CardOpposed(EnrolmentRefused):
    """The professional's card was opposed (dateOpposition)."""

    code = "card_opposed"


@dataclass(frozen=True, slots=True)
class DossierAssure:
    """What the rights source says about an insured person, as far as holding a card depends on it."""

    beneficiaire: Beneficiaire
    ame: bool
    tutelle: bool
    deceased_on: date | None

    def key_of(self, person: PersonKey) -> PersonKey:
        """The key this person is entered under, whichever of their numbers found them.

        Their own number when it may be used, else the identity key of a carte Vitale. What somebody said
        under one number must hold under the others: blocks, journals and limits are kept by this key alone.
        """
        own = self.beneficiaire
        born, rank = own.traits.naissance.text, own.rang_gemellaire
        on_a_vitale = f"{own.opening_nir.digits}/{born}/{rank}"
        if own.may_exchange_matricule and own.nir is not None:
            return PersonKey(person.card, own.nir.digits, formerly=(on_a_vitale,))
        # Not the other way round: a number that may not be exchanged may be somebody else's.
        return PersonKey(person.card, on_a_vitale)


@dataclass(frozen=True, slots=True)
class DossierProfessionnel:
    """What the directory says about a professional."""

    professionnel: Professionnel

    def key_of(self, person: PersonKey) -> PersonKey:
        """The key this person is entered under: their current number, also when found by a former one."""
        # No `formerly`: a register may say of somebody a number that is another's today.
        return PersonKey(person.card, self.professionnel.id_national.text)


Dossier = DossierAssure | DossierProfessionnel


def check_may_hold(dossier: Dossier, day: date) -> None:
    """Return when the person may hold a card on `day`, in France; raise the first refusal that applies.

    Order for an insured person: deceased, AME, under sixteen, tutelle, identity. For a professional: struck
    off, deceased, retired, card opposed.
    """
    if isinstance(dossier, DossierAssure):
        _check_assure(dossier, day)
    else:
        _check_professionnel(dossier.professionnel, day)


def _check_assure(dossier: DossierAssure, day: date) -> None:
    person = dossier.beneficiaire
    if _reached(dossier.deceased_on, day):
        raise Deceased
    if dossier.ame:
        raise AmeNotEligible
    age = person.traits.naissance.age_on(day)
    if age is None or age < APCV_AGE:
        raise Under16
    if dossier.tutelle:
        raise TutelleRequiresDelegation
    # Douteux and fictif come with PROV alone (INS guide v3.0, EXI ID 24), so QUAL excludes both; said again
    # here because it is the rule that matters, not the way the value happens to be built.
    cautions = {AttributIdentite.DOUTEUX, AttributIdentite.FICTIF} & person.attributs
    if person.statut_identite is not StatutIdentite.QUAL or cautions:
        raise IdentityNotQualified


def _check_professionnel(person: Professionnel, day: date) -> None:
    if _reached(person.struck_off_on, day):
        raise StruckOff
    if _reached(person.deceased_on, day):
        raise Deceased
    if not person.active or not any(exercice.active for exercice in person.exercices):
        raise Retired
    if _reached(person.card_opposed_on, day):
        raise CardOpposed


def _reached(since: date | None, day: date) -> bool:
    return since is not None and since <= day


# --- Phones ---------------------------------------------------------------------------------------------


class AttestationTooWeak(EnrolmentRefused):
    """The phone's key is attested less firmly than this card asks; facts: `binding`, `required`."""

    code = "attestation_too_weak"


class KeyCanBeCopied(EnrolmentRefused):
    """The phone's key is synced (a passkey in a cloud): it can be in two phones, and this card may not."""

    code = "key_can_be_copied"


class TooManyDevices(EnrolmentRefused):
    """The person already has as many phones as one may have; withdraw one first. Fact: `limit`."""

    code = "too_many_devices"


class CredentialAlreadyRegistered(EnrolmentRefused):
    """This phone key or app key is already registered, to this person or to anyone (WA-8)."""

    code = "credential_already_registered"


class DeviceWithdrawn(EnrolmentRefused):
    """This phone was withdrawn by its owner, or reported lost: it gets nothing more."""

    code = "device_withdrawn"


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """What a card asks of the phones that hold it."""

    required: Binding
    limit: int


@dataclass(frozen=True, slots=True)
class Device:
    """A phone registered by a person. Live until `withdrawn_at`.

    `app_jkt` is the RFC 7638 thumbprint of the second key, which renews silently and manages the phones.
    """

    device_id: str
    reference: str
    subject_id: str
    card: CardKind
    name: str
    binding: Binding
    credential_id: bytes = field(repr=False)
    transports: tuple[str, ...]
    app_jkt: str = field(repr=False)
    enrolled_at: datetime
    last_used_at: datetime
    withdrawn_at: datetime | None


def user_handle(subject_id: str) -> bytes:
    """The WebAuthn user handle of a person: 16 opaque bytes, their pseudonym in the register."""
    return uuid.UUID(subject_id).bytes


def parse_device_name(text: str) -> str:
    """The name a person gives a phone: one printable line of 1 to 60 characters.

    Nothing that reorders or breaks a line: it is shown beside other people's words. No long number either:
    the name is kept in clear, and somebody will type their NIR. Raises `InvalidValue`.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if sum(character.isdigit() for character in name) > _MOST_DIGITS:
        raise InvalidValue(what="device_name", why="too_many_digits")
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidValue(what="device_name", why="not_one_short_line")
    return name


class KeyFacts(Protocol):
    """What is decided on in a freshly registered key."""

    @property
    def binding(self) -> Binding:
        """How firmly the key is tied to one phone."""
        ...


def check_room_for_device(live_devices: Sequence[Device], policy: DevicePolicy) -> None:
    """Raise `TooManyDevices` when one more phone would be too many."""
    if len(live_devices) >= policy.limit:
        raise TooManyDevices(limit=policy.limit)


def accept_device(new_key: KeyFacts, live_devices: Sequence[Device], policy: DevicePolicy) -> Binding:
    """The binding under which the phone is accepted, written into every card it will get.

    Raises `KeyCanBeCopied`, `AttestationTooWeak` or `TooManyDevices`, in that order. That the credential is
    new to everybody is not decided here: two phones may ask at once, so the register's UNIQUE constraint
    decides.
    """
    if new_key.binding < policy.required:
        if new_key.binding is Binding.SYNCED:
            raise KeyCanBeCopied(required=policy.required.word)
        raise AttestationTooWeak(binding=new_key.binding.word, required=policy.required.word)
    check_room_for_device(live_devices, policy)
    return new_key.binding


def renew_until(last_assertion_at: datetime) -> datetime:
    """Until when silent renewal works after a gesture made at `last_assertion_at` (aware UTC)."""
    return last_assertion_at + SILENT_RENEWAL
