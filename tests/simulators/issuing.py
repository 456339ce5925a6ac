"""An issuer and a phone in memory, with keys derived from words: same words, same bytes, always."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cartes import es256, presentation, seal
from cartes.amc import AmcCard, EtatContrat, Lien
from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import ENROLLED_KINDS, Binding, CardKind, DraftCard, Shape, Slot
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.identifiers.siret import Siret
from cartes.naissance import DateNaissance
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.gestion import ModeGestionAmc
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.presentation import HolderProof
from cartes.professionnel import Structure
from cartes.trust import IssuerKey, KindPolicy, TrustList, standard_profiles
from cartes.wire import base64url

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
ORIGINS = {
    CardKind.APCV: "https://apcv.localhost",
    CardKind.ECPS: "https://ecps.localhost",
    CardKind.AMC: "https://apcv.localhost",
}
RP_IDS = {
    CardKind.APCV: "apcv.localhost",
    CardKind.ECPS: "ecps.localhost",
    CardKind.AMC: "apcv.localhost",
}
LIVES = {
    CardKind.APCV: timedelta(hours=72),
    CardKind.ECPS: timedelta(hours=24),
    CardKind.AMC: timedelta(hours=72),
}
ANDROID = ("n2eJ5z7Zb0c8jA1y1mH3lq5fH7sQx0cW3mVh4s3nD2k", "fr.example.carte")


class WordKey:
    """A P-256 key derived from a word, signing deterministically (RFC 6979). For tests only, as it says."""

    def __init__(self, word: str) -> None:
        self.word = word
        scalar = int.from_bytes(hashlib.sha256(word.encode()).digest(), "big") % (es256.ORDER - 1) + 1
        self.private = ec.derive_private_key(scalar, ec.SECP256R1())

    @property
    def public_key(self) -> bytes:
        """33 bytes, compressed."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign_der(self, message: bytes) -> bytes:
        """DER, as WebAuthn gives it."""
        return self.private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def sign(self, message: bytes) -> bytes:
        """R || s, 64 bytes, as an issuer signs (`seal.Signer`)."""
        r, s = decode_dss_signature(self.sign_der(message))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def policy(kind: CardKind = CardKind.APCV, **changes: Any) -> KindPolicy:
    told: dict[str, Any] = {
        "rp_id": RP_IDS[kind],
        "profiles": standard_profiles(ORIGINS[kind], ANDROID),
        "max_ttl_s": int(LIVES[kind].total_seconds()),
    }
    return KindPolicy(**(told | changes))


def issuer(word: str = "issuer apcv", kind: CardKind = CardKind.APCV, **changes: Any) -> IssuerKey:
    told: dict[str, Any] = {
        "public_key": WordKey(word).public_key,
        "kinds": frozenset((kind,)),
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_until": datetime(2027, 1, 1, tzinfo=UTC),
        "revoked_at": None,
        "name": word,
    }
    return IssuerKey(**(told | changes))


def trust(*issuers: IssuerKey, **changes: Any) -> TrustList:
    told: dict[str, Any] = {
        "version": 1,
        "issued_at": NOW - timedelta(hours=1),
        "env": "test",
        "issuers": issuers or (issuer(), issuer("issuer ecps", CardKind.ECPS)),
        "kinds": {kind: policy(kind) for kind in ENROLLED_KINDS},
        "status_lists": {1: CardKind.APCV, 2: CardKind.ECPS},
    }
    return TrustList(**(told | changes))


def apcv(shape: Shape = Shape.SOINS, **changes: Any) -> ApcvCard:
    """The largest persona of a shape, except for its delegation: an 18-letter birth name."""
    has_rights, has_all = shape is not Shape.IDENTITE, shape is Shape.COMPLET
    year = PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31))
    told: dict[str, Any] = {
        "slot": Slot(1, 1_048_576),
        "shape": shape,
        "binding": Binding.SYNCED,
        "as_of": NOW - timedelta(hours=2),
        "nir": Nir.parse("158032A99904296") if has_rights else None,
        "od_nir": None,
        "birth_name": "ORSINI-CASABLANCAS",
        "use_name": "ORSINI-TEST",
        "given": "ANGE",
        "born": DateNaissance.parse("19580314"),
        "rang_gemellaire": 1,
        "qualite": QualiteBeneficiaire.ASSURE,
        "amo": DroitsAmo(Organisme("01", "999", "9999"), "10", PeriodeDroits(date(2020, 1, 1)))
        if has_rights
        else None,
        "ald": (Exoneration(CodeExoneration.SOINS_ALD, PeriodeDroits(date(2024, 7, 1), date(2027, 6, 30))),)
        if has_all
        else (),
        "c2s": C2s(participation=False, periode=year) if has_all else None,
        "amc": DroitsAmc("99999001", "F0000001", "ZZ", "TEST01", "PHAR", year) if has_rights else None,
        "gp_declared": has_rights,
    }
    return ApcvCard(**(told | changes))


def delegate() -> Delegate:
    return Delegate("ORSINI-TEST PAUL", DelegationType.MESURE_PROTECTION, date(2027, 6, 30))


def ecps(**changes: Any) -> EcpsCard:
    """The largest professional of the personas: two names, a skill, FINESS and SIRET."""
    told: dict[str, Any] = {
        "slot": Slot(2, 65_536),
        "binding": Binding.HARDWARE_ATTESTED,
        "as_of": NOW - timedelta(hours=2),
        "national_id": Idnps.parse("899700900147"),
        "name": "HADDAD-TEST",
        "given": "KARIM",
        "title": Civilite.DOCTEUR,
        "profession": Profession.MEDECIN,
        "category": CategorieProfessionnelle.CIVIL,
        "skills": ("SM04",),
        "mode": ModeExercice.LIBERAL,
        "structure": Structure(
            Finess.parse("999001415"), Siret.parse("00000914200019"), "CABINET HADDAD-TEST"
        ),
        "am": "991014150",
    }
    return EcpsCard(**(told | changes))


def amc(shape: Shape = Shape.SOINS, **changes: Any) -> AmcCard:
    """The same patient's contract, tied to their apCV."""
    told: dict[str, Any] = {
        "slot": Slot(3, 1_048_577),
        "shape": shape,
        "binding": Binding.SYNCED,
        "as_of": NOW - timedelta(hours=2),
        "link": Slot(1, 1_048_576),
        "numero_amc": "99999001",
        "nom_amc": "MUTUELLE FICTIVE",
        "type_convention": "ZZ",
        "csr": "TEST01",
        "numero_adherent": "F0000001" if shape is Shape.COMPLET else None,
        "lien": Lien.ADHERENT,
        "periode": PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31)),
        "responsable": True,
        "gestion": ModeGestionAmc.SEPAREE,
        "domaines": ("PHAR", "MEDE"),
        "services": ("IDB",),
        "etat": EtatContrat.OUVERT,
    }
    return AmcCard(**(told | changes))


@dataclass(frozen=True)
class Phone:
    """A phone with one key for one kind of card, making WebAuthn assertions as platforms do."""

    word: str = "phone"
    kind: CardKind = CardKind.APCV
    flags: int = 0x1D
    counter: int = 0
    key: WordKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", WordKey(self.word))

    def assertion(
        self, challenge: bytes, suffix: str, rp_id: str | None = None
    ) -> tuple[bytes, bytes, bytes]:
        """AuthenticatorData, clientDataJSON and a DER signature."""
        rp_id_hash = hashlib.sha256((rp_id or RP_IDS[self.kind]).encode()).digest()
        authenticator_data = rp_id_hash + bytes((self.flags,)) + self.counter.to_bytes(4, "big")
        client_data = f'{{"type":"webauthn.get","challenge":"{base64url.encode(challenge)}{suffix}'.encode()
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        return authenticator_data, client_data, self.key.sign_der(signed)

    def show(
        self, credential: bytes, at: datetime, *, profile: int = 0, ctx: bytes = b"", tail: str | None = None
    ) -> bytes:
        """SQ1 bytes for a credential, as of `at`."""
        return presentation.build(credential, self.prove(credential, at, profile=profile, ctx=ctx, tail=tail))

    def prove(
        self, credential: bytes, at: datetime, *, profile: int = 0, ctx: bytes = b"", tail: str | None = None
    ) -> HolderProof:
        t = int(at.timestamp())
        suffix = policy(self.kind).profiles[profile]
        if tail is not None:
            suffix = suffix[:-1] + tail
        challenge = presentation.challenge_for(credential, t, ctx)
        _, _, der = self.assertion(challenge, suffix)
        named: int | bytes = profile if tail is None else tail.encode()
        return HolderProof(t, self.flags, self.counter, named, es256.from_der(der))


def draft(card: ApcvCard | EcpsCard | AmcCard, phone: Phone | None = None, **changes: Any) -> DraftCard:
    holder = phone or Phone(kind=card.kind)
    issued_at = NOW - timedelta(hours=1)
    life = timedelta(hours=24) if card.binding is Binding.SYNCED else LIVES[card.kind]
    told: dict[str, Any] = {
        "card": card,
        "holder_key": holder.key.public_key,
        "issued_at": issued_at,
        "expires_at": issued_at + life,
    }
    return DraftCard(**(told | changes))


def credential(card: ApcvCard | EcpsCard | AmcCard, phone: Phone | None = None, **changes: Any) -> bytes:
    """A card linted and sealed by the issuer of its kind."""
    linted = seal.lint(draft(card, phone, **changes), policy(card.kind))
    return seal.seal(linted, WordKey(f"issuer {card.kind.value}"))
