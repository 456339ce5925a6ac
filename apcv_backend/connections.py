"""How one room's need meets another room's service: the small adapters that `bootstrap` plugs in.

A room asks in its own words (`ports.py`); what answers lives next door. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from apcv_backend.config import Config
from apcv_backend.enrolment.rules import Dossier, PersonKey, PersonUnknown, user_handle
from apcv_backend.enrolment.service import CardTerms
from apcv_backend.enrolment.webauthn_ceremony import ProvenAssertion, RegisteredKey, check_assertion
from apcv_backend.issuance.ports import Gesture, Phone
from apcv_backend.professionals.ports import Directory
from apcv_backend.publication.rules import IssuerKeyRecord, build_trust_list
from apcv_backend.rights.ports import RightsSource
from cartes.cards import CardKind
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.trust import TrustList

_TRUST_KEPT_FOR = timedelta(minutes=1)


class PeopleOfBothKinds:
    """Enrolment's `People`: insured persons from the rights source, professionals from the directory."""

    def __init__(self, rights: RightsSource, directory: Directory) -> None:
        self._rights = rights
        self._directory = directory

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """See `enrolment.ports.People.find`."""
        if person.card is CardKind.APCV:
            return self._rights.droits_of(person, at).dossier()
        return self._directory.professionnel(Idnps.parse(person.text, Mode.LENIENT), at).dossier()


class EnteredAs:
    """The one key a person is entered under, whichever of their numbers was named; that one if unknown."""

    def __init__(self, people: PeopleOfBothKinds) -> None:
        self._people = people

    def __call__(self, person: PersonKey, at: datetime) -> PersonKey:
        """See `record_access.ports.OneKey`."""
        try:
            return self._people.find(person, at).key_of(person)
        except PersonUnknown:
            return person


class KnownPhone(Protocol):
    """A registered phone, as far as judging its gesture depends on it; each room has its own."""

    @property
    def kind(self) -> CardKind:
        """Of which card."""
        ...

    @property
    def subject_id(self) -> str:
        """Its owner's pseudonym."""
        ...

    @property
    def credential_id(self) -> bytes:
        """Its WebAuthn credential."""
        ...

    @property
    def cose_key(self) -> bytes:
        """The public key of it."""
        ...

    @property
    def sign_count(self) -> int:
        """The counter it showed last."""
        ...

    @property
    def backup_eligible(self) -> bool:
        """Whether the key may be copied (BE)."""
        ...

    @property
    def backed_up(self) -> bool:
        """Whether it was, when last seen (BS)."""
        ...


class ProvenGestures:
    """The one wrapper around WebAuthn, under the terms of the phone's card."""

    def __init__(self, terms: Mapping[CardKind, CardTerms]) -> None:
        self._policies = {kind: term.ceremony for kind, term in terms.items()}

    def prove(
        self, phone: KnownPhone, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> ProvenAssertion:
        """Prove that `phone` and its owner answered `challenge`. Raises a CeremonyRefused leaf."""
        return check_assertion(
            unverified,
            challenge=challenge,
            device=RegisteredKey(
                credential_id=phone.credential_id,
                public_key=phone.cose_key,
                sign_count=phone.sign_count,
                backup_eligible=phone.backup_eligible,
                backed_up=phone.backed_up,
                user_handle=user_handle(phone.subject_id),
            ),
            policy=self._policies[phone.kind],
            at=at,
        )


class GesturesOfPhones(ProvenGestures):
    """Issuance's `CheckAssertion`."""

    def __call__(
        self, phone: Phone, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> Gesture:
        """See `issuance.ports.CheckAssertion`."""
        proven = self.prove(phone, unverified, challenge=challenge, at=at)
        return Gesture(proven.sign_count, proven.backed_up, proven.backup_state_changed)


class OwnTrustList:
    """Issuance's `OwnTrust`: the list publication would publish now.

    Built again every minute, and as soon as a key was made, switched or revoked: cards are opened under the
    keys that sign them.
    """

    def __init__(self, issuer_keys: Callable[[], Iterable[IssuerKeyRecord]], config: Config) -> None:
        self._issuer_keys = issuer_keys
        self._config = config
        self._built: tuple[datetime, tuple[IssuerKeyRecord, ...], TrustList] | None = None

    def __call__(self, at: datetime) -> TrustList:
        """See `issuance.ports.OwnTrust`."""
        built, keys = self._built, tuple(self._issuer_keys())
        if built is None or not built[0] <= at < built[0] + _TRUST_KEPT_FOR or built[1] != keys:
            # Built twice by two threads at once, it is the same list.
            built = self._built = (at, keys, build_trust_list(keys, self._config, 1, at))
        return built[2]
