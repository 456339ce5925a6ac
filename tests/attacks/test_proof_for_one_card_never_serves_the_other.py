"""A proof made for one thing, offered for another: the other card, the other moment, the other door.

One person may well be both: a doctor has a carte Vitale too, on the same phone. Each card has its own RP
identifier, each moment its own challenge, each token its own type; every cell off the diagonal is refused.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from apcv_backend.enrolment.rules import PersonKey
from cartes import es256, presentation
from cartes.cards import CardKind
from cartes.errors import ClientProfileUnknown, HolderSignatureInvalid
from cartes.presentation import HolderProof
from cartes.wire import base64url, strict_json
from mobile_mock.app_key import AppKey
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS
from tests.simulators.issuance_stage import ANGE, KARIM, SARAH, CardPhone, IssuanceStage

OTHER = {CardKind.APCV: CardKind.ECPS, CardKind.ECPS: CardKind.APCV}
BOTH = pytest.mark.parametrize("person", [ANGE, KARIM], ids=["apcv", "ecps"])


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, str((answer.get_json() or {}).get("code", "done"))


def signed_for(phone: CardPhone, challenge: bytes, kind: CardKind) -> dict[str, Any]:
    """The phone's own key answering `challenge` on the page of `kind`, as a lying browser would let it."""
    keys = tuple(replace(key, rp_id=f"{kind.value}.localhost") for key in phone.authenticator.keys)
    liar = Authenticator(MODELS["android"], secrets.token_bytes, ca=phone.stage.makers, keys=keys)
    options = {
        "challenge": base64url.encode(challenge),
        "rpId": f"{kind.value}.localhost",
        "allowCredentials": [],
        "userVerification": "required",
    }
    return liar.get(options, Client(ClientShape.CHROMIUM_PLAIN, f"https://{kind.value}.localhost"))


def challenge_of(request: dict[str, Any]) -> bytes:
    return presentation.issuance_challenge(base64url.decode(request["nonce"]), strict_json.canonical(request))


# --- the other card


@BOTH
def test_a_key_of_one_card_asks_in_vain_for_the_other(stage: IssuanceStage, person: PersonKey) -> None:
    """By a gesture or silently: the key is registered for one kind, and the request names the other."""
    phone = stage.enrolled(person)
    wanted = OTHER[person.card].value

    by_gesture = phone.fetch(credential_configuration_id=wanted)
    silently = phone.renew(credential_configuration_id=wanted)

    assert refusal(by_gesture) == refusal(silently) == (400, "invalid_proof")
    assert stage.intents() == []


@BOTH
def test_an_assertion_under_the_other_cards_name_is_refused(stage: IssuanceStage, person: PersonKey) -> None:
    """The right key, the right challenge, a genuine signature: on the other card's page and RP identifier."""
    phone = stage.enrolled(person)
    request = phone.request()
    lie = signed_for(phone, challenge_of(request), OTHER[person.card])

    answer = phone.post({**request, "proofs": {"webauthn": [lie]}})

    assert answer.status_code == 403
    assert refusal(answer)[1] in {"origin_not_allowed", "rp_id_mismatch"}
    assert stage.intents() == []


@BOTH
def test_a_right_page_with_the_other_cards_rp_identifier_is_refused(
    stage: IssuanceStage, person: PersonKey
) -> None:
    """The two are judged apart: the hash of the RP identifier is the authenticator's word, not the page's."""
    phone = stage.enrolled(person)
    request = phone.request()
    right, lie = phone.assertion(request), signed_for(phone, challenge_of(request), OTHER[person.card])
    mixed = {
        **right,
        "response": {**right["response"], "authenticatorData": lie["response"]["authenticatorData"]},
    }

    assert refusal(phone.post({**request, "proofs": {"webauthn": [mixed]}}))[0] == 403
    assert stage.intents() == []


def test_a_key_made_for_one_card_does_not_enrol_for_the_other(stage: IssuanceStage) -> None:
    """A creation answered on the apCV's page does not finish the enrolment of an e-CPS."""
    code = stage.services.enrolment.codes.open(KARIM, stage.clock(), agent=None)
    key = AppKey.make(secrets.token_bytes)
    begun = stage.client.post(
        "/v1/enrolments",
        json={
            "card": "ecps",
            "proof": {
                "method": "activation_code",
                "reference": code.reference,
                "secrets": list(code.secrets),
            },
            "device_name": "Téléphone",
            "app_key": key.jwk,
        },
    ).get_json()
    options = begun["public_key"]
    lured = {**options, "rp": {**options["rp"], "id": "apcv.localhost"}}
    phone = Authenticator(MODELS["android"], secrets.token_bytes, ca=stage.makers)
    creation = phone.create(lured, Client(ClientShape.CHROMIUM_PLAIN, "https://apcv.localhost"))
    path = f"/v1/enrolments/{begun['ceremony_id']}"
    proof = key.proof(
        "POST",
        stage.services.config.public_url + path,
        stage.clock(),
        random=secrets.token_bytes,
        nonce=options["challenge"],
    )

    answer = stage.client.post(path, json={"credential": creation}, headers={"DPoP": proof})

    assert answer.status_code == 403
    assert refusal(answer)[1] in {"origin_not_allowed", "rp_id_mismatch"}


def test_a_code_for_one_card_does_not_open_the_other(stage: IssuanceStage) -> None:
    """A code opens the card it was drawn for, whatever shape the proof has; the answer tells nothing."""
    for person in (SARAH, KARIM):
        code = stage.services.enrolment.codes.open(person, stage.clock(), agent=None)
        first = code.secrets[0]
        shape = {"secrets": [first, first]} if person.card is CardKind.APCV else {"secret": first}
        answer = stage.client.post(
            "/v1/enrolments",
            json={
                "card": OTHER[person.card].value,
                "proof": {"method": "activation_code", "reference": code.reference, **shape},
                "device_name": "Téléphone",
                "app_key": AppKey.make(secrets.token_bytes).jwk,
            },
        )

        assert refusal(answer) == (403, "activation_code_refused")


# --- the other moment


def test_a_registration_is_no_assertion_and_an_assertion_no_registration(stage: IssuanceStage) -> None:
    """The two exchanges are typed inside what is signed; neither passes where the other is asked."""
    phone = stage.enrolled(ANGE)
    request = phone.request()
    assertion = phone.assertion(request)
    creation = {
        **assertion,
        "response": {
            "clientDataJSON": assertion["response"]["clientDataJSON"],
            "attestationObject": assertion["response"]["authenticatorData"],
        },
    }
    typed_create = base64url.decode(assertion["response"]["clientDataJSON"]).replace(b".get", b".create")
    retyped = {
        **assertion,
        "response": {**assertion["response"], "clientDataJSON": base64url.encode(typed_create)},
    }

    for wrong in (creation, retyped):
        answer = phone.post({**request, "proofs": {"webauthn": [wrong]}})

        assert 400 <= answer.status_code < 500, answer.get_json()
    assert stage.intents() == []


def test_a_proof_shown_at_a_till_does_not_ask_for_cards(stage: IssuanceStage) -> None:
    """A pharmacist who copies a presentation holds a genuine assertion: over another challenge."""
    phone = stage.enrolled(ANGE)
    issued = phone.fetch().get_json()["credentials"][0]
    credential = base64url.decode(issued["credential"])
    t = int(stage.clock().timestamp())
    shown = signed_for(phone, presentation.challenge_for(credential, t), CardKind.APCV)
    request = phone.request()

    answer = phone.post({**request, "proofs": {"webauthn": [shown]}})

    assert refusal(answer) == (403, "challenge_mismatch")
    assert len(stage.intents()) == 1


def test_a_gesture_for_issuance_is_no_proof_at_a_till(stage: IssuanceStage) -> None:
    """What the backend saw at issuance cannot be shown at a counter: the till rebuilds another challenge."""
    phone = stage.enrolled(ANGE)
    request = phone.request()
    gesture = phone.assertion(request)
    body = {**request, "proofs": {"webauthn": [gesture]}}
    credential = base64url.decode(phone.post(body).get_json()["credentials"][0]["credential"])
    trust = stage.services.issuance.trust(stage.clock())
    opened = stage.opened(base64url.encode(credential))
    policy = trust.kinds[CardKind.APCV]
    told = gesture["response"]
    authenticator_data = base64url.decode(told["authenticatorData"])

    def proof(profile: int) -> HolderProof:
        return HolderProof(
            int(stage.clock().timestamp()),
            authenticator_data[32],
            int.from_bytes(authenticator_data[33:37], "big"),
            profile,
            es256.from_der(base64url.decode(told["signature"])),
        )

    for profile in policy.profiles:
        stolen = presentation.parse(presentation.build(credential, proof(profile)))
        with pytest.raises(HolderSignatureInvalid):
            presentation.check_holder_proof(stolen, opened, policy, stage.clock())


def test_a_till_accepts_no_words_that_would_carry_another_challenge(stage: IssuanceStage) -> None:
    """An inline tail may add members of a platform's own; one that repeats a standard one is refused."""
    phone = stage.enrolled(ANGE)
    credential = base64url.decode(phone.fetch().get_json()["credentials"][0]["credential"])
    opened = stage.opened(base64url.encode(credential))
    policy = stage.services.issuance.trust(stage.clock()).kinds[CardKind.APCV]

    for tail in (b',"challenge":"x"}', b',"type":"webauthn.get"}', b',"origin":"https://evil.example"}'):
        proof = HolderProof(
            int(stage.clock().timestamp()), 0x05, 0, tail, bytes(31) + b"\x01" + bytes(31) + b"\x01"
        )
        shown = presentation.parse(presentation.build(credential, proof))
        with pytest.raises(ClientProfileUnknown):
            presentation.check_holder_proof(shown, opened, policy, stage.clock())


# --- the other door, with the other token


def jws(key: AppKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token signed by the app key, with a header of the attacker's choice."""
    first = base64url.encode(strict_json.canonical(header))
    second = base64url.encode(strict_json.canonical(claims))
    signed = f"{first}.{second}"
    signature = key.private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{signed}.{base64url.encode(es256.from_der(signature))}"


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "openid4vci-proof+jwt", "DPOP+JWT", "dpop+jwt ", "", None])
def test_a_token_of_another_kind_is_no_dpop_proof(stage: IssuanceStage, typ: str | None) -> None:
    """Right key, right claims, genuine signature: of another type, it opens neither door."""
    phone = stage.enrolled(ANGE)
    request = phone.request()
    address = stage.services.config.public_url
    claims = {
        "htm": "POST",
        "htu": f"{address}/v1/credential",
        "iat": int(stage.clock().timestamp()),
        "jti": secrets.token_hex(16),
        "nonce": request["nonce"],
        "rqh": base64url.encode(hashlib.sha256(strict_json.canonical(request)).digest()),
    }
    header: dict[str, Any] = {"alg": "ES256", "jwk": dict(phone.app_key.jwk)}
    genuine = jws(phone.app_key, {**header, "typ": "dpop+jwt"}, claims)
    other = jws(phone.app_key, header if typ is None else {**header, "typ": typ}, claims)

    assert refusal(phone.post(request, dpop=other)) == (401, "dpop_refused")
    listed = {**claims, "htm": "GET", "htu": f"{address}/v1/devices"}
    elsewhere = jws(phone.app_key, header if typ is None else {**header, "typ": typ}, listed)
    assert stage.client.get("/v1/devices", headers={"DPoP": elsewhere}).status_code == 401
    assert phone.post(request, dpop=genuine).status_code == 200, (
        "the test's own token is good but for its type"
    )


def test_a_proof_for_one_door_opens_no_other(stage: IssuanceStage) -> None:
    """The method and the address are signed: a proof to list phones does not withdraw one, nor renew."""
    phone = stage.enrolled(ANGE)
    doors = {
        ("GET", "/v1/devices"): None,
        ("GET", "/v1/notices"): None,
        ("DELETE", f"/v1/devices/{phone.device_id}"): None,
        ("PATCH", f"/v1/devices/{phone.device_id}"): {"name": "Autre"},
    }
    for made_for in doors:
        for (method, path), body in doors.items():
            if (method, path) == made_for:
                continue
            proof = phone._dpop(made_for[1], None, method=made_for[0])
            answer = stage.client.open(path, method=method, json=body, headers={"DPoP": proof})

            assert refusal(answer) == (401, "dpop_refused"), (made_for, method, path)
    request = phone.request()
    for proof in (
        phone._dpop("/v1/credential", request["nonce"]),  # of no request
        phone._dpop("/v1/devices", request["nonce"], rqh="x"),
        phone._dpop("/v1/credential", None, rqh="x"),
    ):
        assert phone.post(request, dpop=proof).status_code in {400, 401}
    assert stage.intents() == []


def test_an_app_key_of_one_card_does_not_see_the_phones_of_the_other(stage: IssuanceStage) -> None:
    """The same human, two cards: the phones of each are listed to its own, and withdrawn by its own."""
    patient, doctor = stage.enrolled(ANGE), stage.enrolled(KARIM)

    seen = stage.client.get("/v1/devices", headers={"DPoP": patient._dpop("/v1/devices", None, method="GET")})
    path = f"/v1/devices/{doctor.device_id}"
    withdrawn = stage.client.delete(path, headers={"DPoP": patient._dpop(path, None, method="DELETE")})

    assert [one["device_id"] for one in seen.get_json()] == [patient.device_id]
    assert refusal(withdrawn) == (404, "device_not_found")
