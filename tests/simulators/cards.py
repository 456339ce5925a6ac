"""A small world of test cards: two issuers, two phones, a trust list, and stores that hold it.

    world = World()
    shown = world.show_apcv(at=NOON)              # the text of a QR, good at NOON
    verdict = world.till().check(shown, POLICIES["officine"], NOON)

Every key is made from its name and signs deterministically, so every run sees the same bytes.
Everybody is fictitious: communes 999, RPPS in 99700, FINESS in 999.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cartes import presentation, seal
from cartes.amc import AmcCard, EtatContrat, Lien
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind, DraftCard, Shape, Slot
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.identifiers.siret import Siret
from cartes.naissance import DateNaissance
from cartes.nomenclatures.gestion import ModeGestionAmc
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.professionnel import CategorieProfessionnelle, Civilite, ModeExercice, Profession, Structure
from cartes.status import StatusList, StatusPurpose
from cartes.trust import IssuerKey, KindPolicy, TrustList, standard_profiles
from cartes.wire import qr
from tests.simulators.issuing import WordKey
from verifier.seen import MemorySeen, Seen
from verifier.trust_store import TrustSnapshot
from verifier.verify import Verifier

NOON = datetime(2026, 11, 21, 11, 0, 0, tzinfo=UTC)
"""Saturday 21 November 2026, noon in Paris: the day of the personas."""
APCV_LIST, ECPS_LIST, AMC_LIST = 1, 2, 3
ORIGINS = {
    CardKind.APCV: "https://apcv.localhost",
    CardKind.ECPS: "https://ecps.localhost",
    CardKind.AMC: "https://apcv.localhost",
}


class Phone(WordKey):
    """A holder's phone: makes the assertion of a gesture and reduces it to a proof."""

    def prove(
        self,
        credential: bytes,
        at: datetime,
        policy: KindPolicy,
        *,
        ctx: bytes = b"",
        flags: int = 0x05,
        counter: int = 0,
        suffix: str | None = None,
    ) -> presentation.HolderProof:
        """The proof of a gesture at `at`; `suffix` is the client data after the challenge (profile 0)."""
        t = int(at.timestamp())
        challenge = presentation.challenge_for(credential, t, ctx)
        return self.answer(challenge, t, policy, flags=flags, counter=counter, suffix=suffix)

    def answer(
        self,
        challenge: bytes,
        t: int,
        policy: KindPolicy,
        *,
        flags: int = 0x05,
        counter: int = 0,
        suffix: str | None = None,
    ) -> presentation.HolderProof:
        """The assertion over any challenge at all, reduced to a proof: an attacker may ask for others."""
        tail = policy.profiles[0] if suffix is None else suffix
        challenge_text = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        client_data = f'{{"type":"webauthn.get","challenge":"{challenge_text}{tail}'.encode()
        authenticator_data = policy.rp_id_hash + bytes((flags,)) + counter.to_bytes(4, "big")
        signature = self.sign_der(authenticator_data + hashlib.sha256(client_data).digest())
        return presentation.proof_from_assertion(authenticator_data, client_data, signature, t, policy)


def an_apcv(**changes: Any) -> ApcvCard:
    """Ange ORSINI-TEST's card in the shape `soins`, rights without an end, no complementary cover."""
    card = ApcvCard(
        slot=Slot(APCV_LIST, 7),
        shape=Shape.SOINS,
        binding=Binding.HARDWARE_ATTESTED,
        as_of=NOON - timedelta(hours=3),
        nir=Nir.parse("158032A99904296"),
        od_nir=None,
        birth_name="ORSINI-TEST",
        use_name="ORSINI-TEST",
        given="ANGE",
        born=DateNaissance.parse("19580314"),
        rang_gemellaire=1,
        qualite=QualiteBeneficiaire.ASSURE,
        amo=DroitsAmo(Organisme("01", "999", "9999"), "10", PeriodeDroits(date(2026, 1, 1))),
        gp_declared=True,
    )
    return replace(card, **changes)


def an_identity_apcv(**changes: Any) -> ApcvCard:
    """The same person in the shape `identite`: no number, no right."""
    return an_apcv(**{"shape": Shape.IDENTITE, "nir": None, "amo": None, "gp_declared": False} | changes)


def a_complete_apcv(**changes: Any) -> ApcvCard:
    """The same person in the shape `complet`: ALD, C2S and a complementary contract."""
    year = PeriodeDroits(date(2026, 3, 1), date(2027, 2, 28))
    said: dict[str, Any] = {
        "shape": Shape.COMPLET,
        "ald": (Exoneration(CodeExoneration.SOINS_ALD, PeriodeDroits(date(2022, 7, 1), date(2027, 6, 30))),),
        "c2s": C2s(participation=False, periode=year),
        "amc": DroitsAmc("99999001", "F0000001", "ZZ", "TEST01", "R", year),
    }
    return an_apcv(**said | changes)


def a_contract(**changes: Any) -> AmcCard:
    """The contract of the same person, tied to their card's slot; open until the end of the year."""
    card = AmcCard(
        slot=Slot(AMC_LIST, 9),
        shape=Shape.SOINS,
        binding=Binding.HARDWARE_ATTESTED,
        as_of=NOON - timedelta(hours=5),
        link=Slot(APCV_LIST, 7),
        numero_amc="99999001",
        nom_amc="MUTUELLE FICTIVE",
        type_convention="ZZ",
        csr="TEST01",
        numero_adherent=None,
        lien=Lien.ADHERENT,
        periode=PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31)),
        responsable=True,
        gestion=ModeGestionAmc.SEPAREE,
        domaines=("PHAR", "MEDE"),
        services=("IDB",),
        etat=EtatContrat.OUVERT,
    )
    return replace(card, **changes)


def an_ecps(**changes: Any) -> EcpsCard:
    """Laure PAOLI-TEST, pharmacist, in her pharmacy."""
    card = EcpsCard(
        slot=Slot(ECPS_LIST, 4),
        binding=Binding.HARDWARE_ATTESTED,
        as_of=NOON - timedelta(hours=2),
        national_id=Idnps.parse("899700900154"),
        name="PAOLI-TEST",
        given="LAURE",
        title=Civilite.MADAME,
        profession=Profession.PHARMACIEN,
        category=CategorieProfessionnelle.CIVIL,
        skills=(),
        mode=ModeExercice.LIBERAL,
        structure=Structure(Finess.parse("999001506"), Siret.parse("00000915900013"), "PHARMACIE FICTIVE"),
        am="",
    )
    return replace(card, **changes)


def a_doctor(**changes: Any) -> EcpsCard:
    """Dr Karim HADDAD-TEST, cardiologist, in his practice."""
    said: dict[str, Any] = {
        "national_id": Idnps.parse("899700900147"),
        "name": "HADDAD-TEST",
        "given": "KARIM",
        "title": Civilite.DOCTEUR,
        "profession": Profession.MEDECIN,
        "skills": ("SM04",),
        "structure": Structure(Finess.parse("999001415"), Siret.parse("00000914200019"), "CABINET FICTIF"),
    }
    return an_ecps(**said | changes)


@dataclass
class HeldStore:
    """A trust store that needs no disk: what it holds is what it says, whoever asks."""

    snapshot: TrustSnapshot

    def load(self, at: datetime) -> TrustSnapshot:
        """What a till trusts."""
        return self.snapshot


@dataclass
class World:
    """Issuers, phones and what a till knows of them. `revoked` and `suspended` are slots by list."""

    signed_at: datetime = NOON - timedelta(hours=1)
    revoked: Mapping[int, frozenset[int]] = field(default_factory=dict)
    suspended: Mapping[int, frozenset[int]] = field(default_factory=dict)
    status_issued_at: datetime | None = None
    apcv_issuer: WordKey = field(default_factory=lambda: WordKey("issuer-apcv"))
    ecps_issuer: WordKey = field(default_factory=lambda: WordKey("issuer-ecps"))
    amc_issuer: WordKey = field(default_factory=lambda: WordKey("issuer-amc"))
    patient_phone: Phone = field(default_factory=lambda: Phone("phone-patient"))
    doctor_phone: Phone = field(default_factory=lambda: Phone("phone-professional"))

    @property
    def policies(self) -> dict[CardKind, KindPolicy]:
        """RP IDs, client-data profiles and longest lives, by kind."""
        lives = {CardKind.APCV: 72 * 3600, CardKind.ECPS: 24 * 3600, CardKind.AMC: 72 * 3600}
        return {
            kind: KindPolicy(origin.removeprefix("https://"), standard_profiles(origin), lives[kind])
            for kind, origin in ORIGINS.items()
        }

    def trust(self) -> TrustList:
        """One issuer a kind, valid around NOON."""
        return TrustList(
            version=1,
            issued_at=self.signed_at,
            env="test",
            issuers=(
                self.issuer_key(self.apcv_issuer, CardKind.APCV),
                self.issuer_key(self.ecps_issuer, CardKind.ECPS),
                self.issuer_key(self.amc_issuer, CardKind.AMC),
            ),
            kinds=self.policies,
            status_lists={APCV_LIST: CardKind.APCV, ECPS_LIST: CardKind.ECPS, AMC_LIST: CardKind.AMC},
        )

    def issuer_key(self, signer: WordKey, *kinds: CardKind) -> IssuerKey:
        """How the trust list names one issuer."""
        return IssuerKey(
            public_key=signer.public_key,
            kinds=frozenset(kinds),
            valid_from=NOON - timedelta(days=90),
            valid_until=NOON + timedelta(days=90),
            revoked_at=None,
            name=signer.word,
        )

    def snapshot(self, trust: TrustList | None = None) -> TrustSnapshot:
        """What a store loads."""
        return TrustSnapshot(
            trust=trust or self.trust(),
            revoked=self._lists(StatusPurpose.REVOKED, self.revoked),
            suspended=self._lists(StatusPurpose.SUSPENDED, self.suspended),
            signed_at=self.signed_at,
            expires_at=self.signed_at + timedelta(hours=24),
            floor=self.signed_at,
        )

    def till(self, seen: Seen | None = None, trust: TrustList | None = None) -> Verifier:
        """A verifier that trusts this world and has seen nothing yet."""
        return Verifier(HeldStore(self.snapshot(trust)), seen or MemorySeen())

    def issue(
        self,
        card: ApcvCard | EcpsCard | AmcCard,
        *,
        issued_at: datetime = NOON - timedelta(hours=1),
        life: timedelta | None = None,
        holder_key: bytes | None = None,
        signer: WordKey | None = None,
    ) -> bytes:
        """A credential, drafted, linted and sealed as an issuer does it."""
        policy = self.policies[card.kind]
        longest = (
            timedelta(hours=24) if card.binding is Binding.SYNCED else timedelta(seconds=policy.max_ttl_s)
        )
        draft = DraftCard(
            card, holder_key or self.phone_of(card.kind).public_key, issued_at, issued_at + (life or longest)
        )
        own = {
            CardKind.APCV: self.apcv_issuer,
            CardKind.ECPS: self.ecps_issuer,
            CardKind.AMC: self.amc_issuer,
        }
        return seal.seal(seal.lint(draft, policy), signer or own[card.kind])

    def phone_of(self, kind: CardKind) -> Phone:
        """Whose phone holds that kind of card."""
        return self.doctor_phone if kind is CardKind.ECPS else self.patient_phone

    def present(
        self, credential: bytes, kind: CardKind, at: datetime, *, phone: Phone | None = None, **proof: Any
    ) -> bytes:
        """SQ1 bytes: the credential with a proof made at `at`."""
        made = (phone or self.phone_of(kind)).prove(credential, at, self.policies[kind], **proof)
        return presentation.build(credential, made)

    def show(
        self,
        card: ApcvCard | EcpsCard | AmcCard,
        at: datetime = NOON,
        *,
        phone: Phone | None = None,
        **proof: Any,
    ) -> str:
        """The text of a QR: the card issued an hour before NOON to `phone` and shown by it at `at`."""
        credential = self.issue(card, holder_key=phone.public_key if phone else None)
        return qr.pack(self.present(credential, card.kind, at, phone=phone, **proof))

    def show_apcv(self, at: datetime = NOON, **changes: Any) -> str:
        """The text of a patient's QR."""
        return self.show(an_apcv(**changes), at)

    def show_ecps(self, at: datetime = NOON, **changes: Any) -> str:
        """The text of a professional's QR."""
        return self.show(an_ecps(**changes), at)

    def _lists(self, purpose: StatusPurpose, slots: Mapping[int, frozenset[int]]) -> dict[int, StatusList]:
        issued_at = self.status_issued_at or self.signed_at
        return {
            number: StatusList(number, purpose, 1000, issued_at, slots.get(number, frozenset()))
            for number in (APCV_LIST, ECPS_LIST, AMC_LIST)
        }
