"""A town hall reduced to the room `enrolment`, and people with phones in front of its door.

Everything inside is the real thing (database, vault, journal, WebAuthn, HTTP) but one: the registers that
know people, which here answer what a test tells them.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend import problems
from apcv_backend.api import build_api
from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.code_service import CodeDesk, OpenedCode
from apcv_backend.enrolment.device_service import DeviceDesk
from apcv_backend.enrolment.routes import make_blueprint
from apcv_backend.enrolment.rules import (
    DevicePolicy,
    Dossier,
    DossierAssure,
    DossierProfessionnel,
    PersonKey,
    PersonUnknown,
)
from apcv_backend.enrolment.service import CardTerms, EnrolmentRoom, Registration
from apcv_backend.enrolment.store.ceremonies import SqlCeremonies
from apcv_backend.enrolment.store.codes import SqlActivationCodes
from apcv_backend.enrolment.store.register import SqlRegisters
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.status_slots import StatusSlots
from apcv_backend.vault import Vault
from cartes.assure import Beneficiaire, QualiteBeneficiaire, StatutIdentite, TraitsIdentite
from cartes.cards import ENROLLED_KINDS, Binding, CardKind
from cartes.droits import PeriodeDroits
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.genre_activite import GenreActivite
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.secteur_activite import SecteurActivite
from cartes.professionnel import Exercice, Professionnel, Structure
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, PhoneModel
from tests.simulators.clock import SteerableClock

PUBLIC_URL = "http://cartes.localhost:8000"
ANGE = PersonKey.parse(CardKind.APCV, "158032A99904296")
SARAH = PersonKey.parse(CardKind.APCV, "204023599921039")
PAOLI = PersonKey.parse(CardKind.ECPS, "899700900154")
ORIGINS = {CardKind.APCV: "https://apcv.localhost", CardKind.ECPS: "https://ecps.localhost"}


def insured(nir: str, born: str, **changes: Any) -> DossierAssure:
    """What the rights say of an insured person in good standing, but for `changes`."""
    traits = TraitsIdentite(
        nom_naissance="ESSAI-TEST",
        prenoms_naissance="CAMILLE",
        premier_prenom="CAMILLE",
        nom_utilise="ESSAI-TEST",
        prenom_utilise="CAMILLE",
        sexe="F",
        naissance=DateNaissance.parse(born),
        lieu="35999",
    )
    person = Beneficiaire(
        nir=Nir.parse(nir),
        od_nir=None,
        traits=traits,
        rang_gemellaire=1,
        qualite=QualiteBeneficiaire.ASSURE,
        statut_identite=changes.pop("statut_identite", StatutIdentite.QUAL),
        attributs=changes.pop("attributs", frozenset()),
    )
    return replace(DossierAssure(person, ame=False, tutelle=False, deceased_on=None), **changes)


def exercice(**changes: Any) -> Exercice:
    """A self-employed pharmacist's practice."""
    usual = Exercice(
        exercice_id="E1",
        profession=Profession.PHARMACIEN,
        categorie=CategorieProfessionnelle.CIVIL,
        nom_exercice="PAOLI-TEST",
        prenom_exercice="LAURE",
        civilite=Civilite.MADAME,
        savoir_faire=(),
        mode=ModeExercice.LIBERAL,
        secteur=SecteurActivite("SA33"),
        genre=GenreActivite("GENR01"),
        section=None,
        structure=Structure(None, None, "PHARMACIE D'ESSAI"),
        numero_am="",
        periode=PeriodeDroits(date(2020, 1, 1), None),
    )
    return replace(usual, **changes)


def professional(**changes: Any) -> Professionnel:
    """A pharmacist in good standing."""
    usual = Professionnel(Idnps.parse(PAOLI.text), "PAOLI-TEST", "LAURE", (exercice(),))
    return replace(usual, **changes)


@dataclass
class KnownPeople:
    """The registers, as a test tells them; `asked` counts the questions."""

    dossiers: dict[str, Dossier]
    asked: int = 0

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """See `ports.People`."""
        del at
        self.asked += 1
        known = self.dossiers.get(person.text)
        for dossier in self.dossiers.values() if known is None else (known,):
            if known is not None or dossier.key_of(person) == person:
                return dossier
        raise PersonUnknown


@cache
def makers() -> AttestationCa:
    """The makers of the phones, trusted by the town hall."""
    return AttestationCa.make(secrets.token_bytes, datetime(2026, 11, 20, tzinfo=UTC))


@cache
def _roots() -> AttestationRoots:
    with tempfile.TemporaryDirectory() as folder:
        makers().export_roots(Path(folder))
        return AttestationRoots.load(Path(folder))


class EnrolmentStage:
    """The room on a database, its clock in the test's hands, and its door as a test client."""

    def __init__(self, database_url: str, *, limit: int = 5) -> None:
        self.clock = SteerableClock()
        self.rings: list[str] = []
        self.database = Database(database_url)
        self.vault = Vault(
            codes=secrets.token_bytes(32),
            nonce=secrets.token_bytes(32),
            nir_index=secrets.token_bytes(32),
            nir_at_rest=secrets.token_bytes(32),
            audit=secrets.token_bytes(32),
            random=secrets.token_bytes,
        )
        self.people = KnownPeople(
            {
                ANGE.text: insured(ANGE.text, "19580314"),
                SARAH.text: insured(SARAH.text, "20040200"),
                PAOLI.text: DossierProfessionnel(professional()),
            }
        )
        journal = Journal(self.vault)
        codes = SqlActivationCodes(self.database, self.vault, journal)
        slots = StatusSlots(4096, secrets.token_bytes, is_sqlite=self.database.is_sqlite)
        registers = SqlRegisters(self.database, self.vault, journal, slots)
        self.room = EnrolmentRoom(
            registration=Registration(
                identities=codes,
                people=self.people,
                ceremonies=SqlCeremonies(self.database),
                registers=registers,
                macs=self.vault,
                terms={kind: _terms(kind, limit) for kind in ENROLLED_KINDS},
                public_url=PUBLIC_URL,
                random=secrets.token_bytes,
            ),
            devices=DeviceDesk(
                registers=registers,
                macs=self.vault,
                public_url=PUBLIC_URL,
                random=secrets.token_bytes,
                ring_publication=lambda: self.rings.append("publication"),
            ),
            codes=CodeDesk(codes=codes, people=self.people, random=secrets.token_bytes),
            people=self.people,
        )
        self.app = Flask("enrolment-stage")
        self.app.config.update(PUBLIC_URL=PUBLIC_URL)
        problems.mount(self.app)
        self.api = build_api(self.app)
        self.api.register_blueprint(make_blueprint(self.room, clock=self.clock, counters=MemoryEphemeral()))
        self.client: FlaskClient = self.app.test_client()

    def open_code(self, person: PersonKey = ANGE, agent: DeskAgent | None = None) -> OpenedCode:
        """A code, as the operator's command line opens it."""
        return self.room.codes.open(person, self.clock(), agent=agent)

    def phone(self, model: str | PhoneModel = "android") -> Phone:
        """A new phone, with nothing in it."""
        return Phone(self, MODELS[model] if isinstance(model, str) else model)

    def enrolled(self, person: PersonKey = ANGE, model: str = "android", name: str = "Téléphone") -> Phone:
        """A phone already enrolled for `person`."""
        phone = self.phone(model)
        answer = phone.enrol(self.open_code(person), name=name)
        assert answer.status_code == 201, answer.get_json()
        return phone

    def close(self) -> None:
        self.database.close()


@dataclass
class Phone:
    """A person's phone: an authenticator, an app key, and the answers it got."""

    stage: EnrolmentStage
    model: PhoneModel
    key: AppKey = field(default_factory=lambda: AppKey.make(secrets.token_bytes))
    enrolment: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.authenticator = Authenticator(self.model, secrets.token_bytes, ca=makers())

    def begin(self, code: OpenedCode, *, name: str = "Téléphone", **proof: Any) -> TestResponse:
        """Step A.1: say who one is; `proof` changes what is said."""
        said: dict[str, Any] = {"method": "activation_code", "reference": code.reference}
        if code.card is CardKind.APCV:
            said["secret"] = code.secrets[0]
        else:
            said["secrets"] = list(code.secrets)
        body = {
            "card": code.card.value,
            "proof": {**said, **proof},
            "device_name": name,
            "app_key": self.key.jwk,
        }
        return self.stage.client.post("/v1/enrolments", json=body)

    def creation(self, begun: Mapping[str, Any], origin: str | None = None) -> dict[str, Any]:
        """Step A.5: make the key. `origin` is the page that asks, the right one by default."""
        rp_id = begun["public_key"]["rp"]["id"]
        page = Client(ClientShape.CHROMIUM, origin or f"https://{rp_id}")
        return self.authenticator.create(begun["public_key"], page)

    def finish(self, begun: Mapping[str, Any], creation: Mapping[str, Any], **changes: Any) -> TestResponse:
        """Step A.6: hand the key over, signed by the app key; `changes` on what is proven."""
        path = f"/v1/enrolments/{begun['ceremony_id']}"
        proof = changes.get("dpop") or self.proof(
            "POST", path, nonce=changes.get("nonce", begun["public_key"]["challenge"])
        )
        return self.stage.client.post(path, json={"credential": creation}, headers={"DPoP": proof})

    def enrol(self, code: OpenedCode, *, name: str = "Téléphone") -> TestResponse:
        """The whole of steps 1 to 9; the last answer, or the first refusal."""
        begun = self.begin(code, name=name)
        if begun.status_code != 201:
            return begun
        answer = self.finish(begun.get_json(), self.creation(begun.get_json()))
        if answer.status_code == 201:
            self.enrolment = answer.get_json()
        return answer

    def proof(self, method: str, path: str, nonce: str | None = None) -> str:
        """A DPoP proof by this phone's app key."""
        return self.key.proof(
            method, PUBLIC_URL + path, self.stage.clock(), random=secrets.token_bytes, nonce=nonce
        )

    def call(self, method: str, path: str, **body: Any) -> TestResponse:
        """A signed request."""
        return self.stage.client.open(
            path, method=method, headers={"DPoP": self.proof(method, path)}, json=body or None
        )


def _terms(kind: CardKind, limit: int) -> CardTerms:
    return CardTerms(
        CeremonyPolicy(
            kind=kind.value,
            rp_id=f"{kind.value}.localhost",
            rp_name="Carte",
            origins=frozenset({ORIGINS[kind]}),
            formats=frozenset({"none", "packed", "android-key", "apple"}),
            roots=_roots(),
            allow_synced=kind is CardKind.APCV,
        ),
        DevicePolicy(Binding.SYNCED if kind is CardKind.APCV else Binding.HARDWARE_ATTESTED, limit),
    )
