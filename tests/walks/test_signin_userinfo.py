"""The userinfo of a professional in the exact shape of Pro Santé Connect, typo and empty strings included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from apcv_backend.bootstrap import Services
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM
from tests.simulators.portal import Portal, ProviderStage, open_provider_stage
from tests.testdata import ROOT

MEMBERS = [
    "Secteur_Activite", "sub", "email_verified", "SubjectOrganization", "SubjectOrganizationID",
    "Mode_Acces_Raison", "preferred_username", "given_name", "family_name", "Acces_Regulation_Medicale",
    "UITVersion", "Palier_Authentification", "SubjectRole", "PSI_Locale", "SubjectNameID", "otherIds",
    "SubjectRefPro",
]  # fmt: skip
EXERCICE = [
    "codeProfession", "codeCategorieProfessionnelle", "codeCiviliteDexercice", "nomDexercice",
    "prenomDexercice", "codeTypeSavoirFaire", "codeSavoirFaire", "activities",
]  # fmt: skip
ACTIVITY = [
    "codeModeExercice", "codeSecteurDactivite", "codeSectionPharmacien", "codeRole", "codeGenreActivite",
    "numeroSiretSite", "numeroSirenSite", "numeroFinessSite", "numeroFinessetablissementJuridique",
    "identifiantTechniqueDeLaStructure", "raisonSocialeSite", "enseigneCommercialeSite",
    "complementDestinataire", "complementPointGeographique", "numeroVoie", "indiceRepetitionVoie",
    "codeTypeDeVoie", "libelleVoie", "mentionDistribution", "bureauCedex", "codePostal", "codeCommune",
    "codePays", "telephone", "telephone2", "telecopie", "adresseEMail", "codeDepartement",
    "ancienIdentifiantDeLaStructure", "autoriteDenregistrement",
]  # fmt: skip
VECTORS = ROOT / "tests" / "vectors" / "userinfo"


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.fixture
def portal(stage: ProviderStage) -> Portal:
    return stage.portal()


def test_the_members_are_those_of_pro_sante_connect(stage: ProviderStage, portal: Portal) -> None:
    """No member more, none less, at each level; and never a null."""
    answer = portal.userinfo(portal.tokens(stage.phone())["access_token"])
    who = answer.get_json()
    exercices = who["SubjectRefPro"]["exercices"]
    activities = [one for exercice in exercices for one in exercice["activities"]]

    assert sorted(who) == sorted(MEMBERS)
    assert sorted(who["SubjectRefPro"]) == ["codeCivilite", "exercices"]
    assert [sorted(one) for one in exercices] == [sorted(EXERCICE)] * len(exercices)
    assert [sorted(one) for one in activities] == [sorted(ACTIVITY)] * 2
    assert "null" not in answer.get_data(as_text=True)


def test_the_values_follow_its_habits(stage: ProviderStage, portal: Portal) -> None:
    """Codes with their OID, FAUX as a word, empty text, the number in four places."""
    who = portal.userinfo(portal.tokens(stage.phone())["access_token"]).get_json()

    assert who["sub"].startswith("f:")
    assert who["sub"].endswith(":899700900147")
    assert who["SubjectNameID"] == who["preferred_username"] == "899700900147"
    assert who["otherIds"] == [{"identifiant": "899700900147", "origine": "RPPS", "qualite": 1}]
    assert who["SubjectRole"] == ["10^1.2.250.1.213.1.1.5.5"]
    assert who["Palier_Authentification"] == "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
    assert who["PSI_Locale"] == "1.2.250.1.213.1.3.1.1"
    assert who["Secteur_Activite"].endswith("^1.2.250.1.71.4.2.4")
    assert (who["Acces_Regulation_Medicale"], who["UITVersion"], who["Mode_Acces_Raison"]) == (
        "FAUX",
        "1.0",
        "",
    )
    assert who["email_verified"] is False


def test_a_client_alone_gets_a_token_about_nobody(stage: ProviderStage) -> None:
    """Client credentials: no ID token, no refresh token, no scope of a person, no userinfo."""
    machine = stage.portal(
        "machine", scopes=["rights"], grant_types=["client_credentials"], redirect_uris=[], kinds=[],
        post_logout_redirect_uris=[],
    )  # fmt: skip

    told = machine.post("token", {"grant_type": "client_credentials"}).get_json()
    wider = machine.post("token", {"grant_type": "client_credentials", "scope": "openid"}).get_json()

    assert set(told) == {"access_token", "token_type", "expires_in", "scope"}
    assert told["scope"] == "rights"
    assert machine.is_active(told["access_token"])
    assert machine.userinfo(told["access_token"]).status_code == 403
    assert wider["error"] == "invalid_scope"


def _vector(name: str) -> dict[str, Any]:
    vector = strict_json.loads((VECTORS / f"{name}.json").read_bytes())
    assert isinstance(vector, dict)
    return vector


def test_the_whole_document_of_pro_sante_connects_shape_is_frozen(
    stage: ProviderStage, portal: Portal
) -> None:
    """Dr Haddad, who works at two places and chose the first: every member, every value, every type.

    `tests/vectors/userinfo/psc.json`. Clients are programs: a value that changes its form breaks them.
    """
    answer = portal.userinfo(portal.tokens(stage.phone())["access_token"])

    assert strict_json.canonical(answer.get_json()) == strict_json.canonical(_vector("psc"))


def test_the_whole_document_of_the_standard_shape_is_frozen(stage: ProviderStage) -> None:
    """The same professional, for a client that is not French; `sub` is the ID token's, this client's own."""
    portal = stage.portal(mode="standard", scopes=["openid", "profile", "professional"])
    told = portal.tokens(stage.phone(), scope="openid profile professional")
    expected = _vector("standard") | {"sub": portal.claims(told["id_token"])["sub"]}

    answer = portal.userinfo(told["access_token"])

    assert strict_json.canonical(answer.get_json()) == strict_json.canonical(expected)
    assert KARIM.text not in expected["sub"]


def test_in_standard_mode_each_scope_gives_its_own_members(stage: ProviderStage) -> None:
    """`professional` alone: no name; `profile` alone: no number; `openid` alone: nothing but `sub`."""
    portal = stage.portal(mode="standard", scopes=["openid", "profile", "professional"])
    phone = stage.phone()

    def members(scope: str) -> set[str]:
        return set(portal.userinfo(portal.tokens(phone, scope=scope)["access_token"]).get_json())

    assert members("openid professional") == {"sub", "professional"}
    assert members("openid profile") == {"sub", "name", "given_name", "family_name"}
    assert members("openid") == {"sub"}


def test_in_standard_mode_the_exercice_is_the_one_chosen(stage: ProviderStage) -> None:
    """Signed in from the hospital: its structure, its sector, and both exercices by their identifiers."""
    portal = stage.portal(mode="standard", scopes=["openid", "professional"])
    begun = portal.begin(scope="openid professional")
    chosen = "9991000148"
    landed = portal.landed(portal.finish(portal.approve(begun, stage.phone(), exercice=chosen)))
    token = portal.exchange(landed["code"]).get_json()["access_token"]

    told = portal.userinfo(token).get_json()["professional"]

    assert told["id"] == KARIM.text
    assert told["exercice"]["id"] == chosen
    assert told["exercice"]["organization"]["name"] == "HOPITAL FICTIF"
    assert (told["exercice"]["mode"], told["exercice"]["sector"]) == ("S", "SA01")
    assert told["exercices"] == ["9991000147", "9991000148"]


def test_two_clients_of_two_sectors_know_a_professional_under_two_names(stage: ProviderStage) -> None:
    """Standard mode is pairwise; the number is given by the scope that says so, and by nothing else."""
    scopes, phone = ["openid", "professional"], stage.phone()
    one = stage.portal(mode="standard", scopes=scopes)
    other = stage.portal("ailleurs", mode="standard", scopes=scopes, sector="ailleurs.example")

    told = [
        portal.userinfo(portal.tokens(phone, scope="openid professional")["access_token"]).get_json()
        for portal in (one, other)
    ]

    assert told[0]["sub"] != told[1]["sub"]
    assert told[0]["professional"] == told[1]["professional"]
