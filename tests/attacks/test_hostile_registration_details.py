"""The neighbours of the known attacks on a registration: every member, flag and format, wrong in turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cartes.wire import base64url, strict_cbor
from mobile_mock.authenticator import Tamper
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, BootState
from tests.simulators.ceremony_stage import (
    ANDROID_ORIGIN,
    CHALLENGE,
    ORIGIN,
    makers,
)
from tests.simulators.lies import (
    ANDROID,
    CERTIFIED,
    NOT_FALSE,
    VIRTUAL_AAGUID,
    Hostile,
    android,
    client_data,
    cose,
    cross_origin,
    flags,
    refusal_of,
    statement,
    without,
)

NEIGHBOURS = [
    # The envelope.
    Hostile(
        "another type of credential",
        "ceremony_response_malformed",
        tamper=Tamper(response=lambda r: {**r, "type": "password"}),
    ),
    Hostile(
        "no response", "ceremony_response_malformed", tamper=Tamper(response=lambda r: {**r, "response": 7})
    ),
    Hostile("no id", "ceremony_response_malformed", tamper=Tamper(response=lambda r: {**r, "id": None})),
    Hostile(
        "transports that are not words",
        "ceremony_response_malformed",
        tamper=Tamper(response=lambda r: {**r, "response": {**r["response"], "transports": [{"a": 1}]}}),
    ),
    Hostile(
        "padding in an identifier",
        "ceremony_response_malformed",
        tamper=Tamper(response=lambda r: {**r, "rawId": r["rawId"] + "=="}),
    ),
    Hostile(
        "two identifiers in one response",
        "credential_id_mismatch",
        tamper=Tamper(response=lambda r: {**r, "id": "AAAA"}),
    ),
    Hostile(
        "an identifier that is not the one in the signed bytes",
        "credential_id_mismatch",
        tamper=Tamper(response=lambda r: {**r, "id": "AAAA", "rawId": "AAAA"}),
    ),
    Hostile("an empty credential id", "credential_id_length", tamper=Tamper(credential_id=lambda _: b"")),
    Hostile(
        "1024 bytes of credential id",
        "credential_id_length",
        tamper=Tamper(credential_id=lambda _: bytes(1024)),
    ),
    Hostile(
        "an attestation object of a megabyte",
        "ceremony_response_too_large",
        tamper=Tamper(attestation_object=lambda honest: honest + bytes(1 << 20)),
    ),
    # The client data.
    Hostile("no challenge", "client_data_malformed", tamper=client_data(lambda said: said.pop("challenge"))),
    Hostile(
        "an origin that is a list",
        "client_data_malformed",
        tamper=client_data(lambda s: s.update(origin=[ORIGIN])),
    ),
    Hostile(
        "client data in UTF-16",
        "client_data_malformed",
        tamper=Tamper(client_data=lambda honest: honest.decode().encode("utf-16")),
    ),
    Hostile(
        "a byte order mark before the client data",
        "client_data_malformed",
        tamper=Tamper(client_data=lambda honest: b"\xef\xbb\xbf" + honest),
    ),
    Hostile(
        "an assertion's client data",
        "ceremony_type_mismatch",
        tamper=client_data(lambda said: said.update(type="webauthn.get")),
    ),
    Hostile(
        "a payment's client data",
        "ceremony_type_mismatch",
        tamper=client_data(lambda said: said.update(type="payment.get")),
    ),
    Hostile(
        "the answer to another challenge",
        "challenge_mismatch",
        tamper=client_data(lambda said: said.update(challenge=base64url.encode(bytes(32)))),
    ),
    Hostile(
        "the beginning of the challenge only",
        "challenge_mismatch",
        tamper=client_data(lambda said: said.update(challenge=base64url.encode(CHALLENGE[:16]))),
    ),
    Hostile(
        "padding on the challenge",
        "challenge_not_canonical",
        tamper=client_data(lambda said: said.update(challenge=said["challenge"] + "=")),
    ),
    Hostile(
        "the same page without TLS",
        "origin_not_allowed",
        tamper=client_data(lambda said: said.update(origin=ORIGIN.replace("https", "http"))),
    ),
    Hostile(
        "our origin with a slash",
        "origin_not_allowed",
        tamper=client_data(lambda said: said.update(origin=ORIGIN + "/")),
    ),
    Hostile(
        "an application signed by somebody else",
        "origin_not_allowed",
        client=Client(ClientShape.ANDROID_NATIVE, ANDROID_ORIGIN.replace("sNQ", "tNQ"), "fr.example.cartes"),
    ),
    Hostile(
        "our signing certificate in another application",
        "android_package_not_allowed",
        client=Client(ClientShape.ANDROID_NATIVE, ANDROID_ORIGIN, "fr.example.other"),
    ),
    Hostile(
        "our application that does not give its name",
        "android_package_not_allowed",
        client=Client(ClientShape.WEBKIT, ANDROID_ORIGIN),
    ),
    Hostile(
        "an outer page named without saying cross-origin",
        "top_origin_not_allowed",
        tamper=client_data(lambda said: said.update(topOrigin=ORIGIN)),
    ),
    *(
        Hostile(f"crossOrigin {value!r}", "cross_origin_not_allowed", tamper=cross_origin(value))
        for value in NOT_FALSE
    ),
    # The attestation object and the authenticator data.
    Hostile(
        "a byte after the attestation object",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda honest: honest + b"\x00"),
    ),
    Hostile(
        "an attestation object of indefinite length",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda honest: b"\xbf" + honest[1:] + b"\xff"),
    ),
    Hostile(
        "a length written longer than needed",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda honest: b"\xb8\x03" + honest[1:]),
    ),
    Hostile(
        "a tagged attestation object",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda honest: b"\xd9\xd9\xf7" + honest),
    ),
    Hostile(
        "an attestation object that says its format twice",
        "ceremony_cbor_duplicate_key",
        tamper=Tamper(
            attestation_object=lambda honest: b"\xa4" + honest[1:] + bytes.fromhex("63666d74646e6f6e65")
        ),
    ),
    Hostile(
        "an attestation object that is a list",
        "attestation_object_malformed",
        tamper=Tamper(attestation_object=lambda _: strict_cbor.dumps([1])),
    ),
    Hostile(
        "a statement that is a byte string",
        "attestation_object_malformed",
        tamper=Tamper(
            attestation_object=lambda _: strict_cbor.dumps({"fmt": "none", "attStmt": b"", "authData": b""})
        ),
    ),
    Hostile(
        "authenticator data cut short",
        "authenticator_data_malformed",
        tamper=Tamper(auth_data=lambda a: a[:36]),
    ),
    Hostile(
        "a byte after the authenticator data",
        "authenticator_data_malformed",
        tamper=Tamper(auth_data=lambda honest: honest + b"\x00"),
    ),
    Hostile("a reserved flag", "authenticator_data_malformed", tamper=flags(set_bits=0x02)),
    Hostile("extensions announced and not there", "ceremony_cbor_malformed", tamper=flags(set_bits=0x80)),
    Hostile(
        "extensions that are not a map",
        "authenticator_data_malformed",
        tamper=Tamper(auth_data=lambda a: a[:32] + bytes([a[32] | 0x80]) + a[33:] + b"\x01"),
    ),
    Hostile(
        "a credential announced as absent",
        "authenticator_data_malformed",
        tamper=Tamper(auth_data=lambda a: a[:32] + bytes([a[32] & 0xBF]) + a[33:37]),
    ),
    Hostile(
        "a key made for another relying party",
        "rp_id_mismatch",
        tamper=Tamper(auth_data=lambda honest: bytes(32) + honest[32:]),
    ),
    Hostile("nobody touched the phone", "user_presence_missing", tamper=flags(clear_bits=0x01)),
    Hostile(
        "Chromium's virtual authenticator",
        "authenticator_denied",
        model=replace(CERTIFIED, aaguid=VIRTUAL_AAGUID),
    ),
    # The key.
    Hostile("an RS256 key", "key_algorithm_not_allowed", tamper=cose("a4 0103 03390100 2041 01 2143 010001")),
    Hostile("an EdDSA key", "key_algorithm_not_allowed", tamper=cose("a4 0101 0327 2006 215820{x}")),
    Hostile(
        "an ES384 key", "key_algorithm_not_allowed", tamper=cose("a5 0102 033822 2002 215820{x} 225820{y}")
    ),
    Hostile(
        "a key without algorithm", "public_key_malformed", tamper=cose("a4 0102 2001 215820{x} 225820{y}")
    ),
    Hostile(
        "ES256 over another curve",
        "public_key_malformed",
        tamper=cose("a5 0102 0326 2008 215820{x} 225820{y}"),
    ),
    Hostile("the curve `true`", "public_key_malformed", tamper=cose("a5 0102 0326 20f5 215820{x} 225820{y}")),
    Hostile("a compressed key", "public_key_malformed", tamper=cose("a5 0102 0326 2001 215820{x} 22f5")),
    Hostile(
        "a private key",
        "public_key_malformed",
        tamper=cose("a6 0102 0326 2001 215820{x} 225820{y} 235820{x}"),
    ),
    Hostile(
        "coordinates with a leading zero",
        "public_key_malformed",
        tamper=cose("a5 0102 0326 2001 21582100{x} 225820{y}"),
    ),
    Hostile("a key that is a list", "public_key_malformed", tamper=cose("820102")),
    Hostile("a key with 1 and `true` as names", "ceremony_cbor_malformed", tamper=cose("a2 0102 f503")),
    # The statements.
    Hostile("`none` with a statement", "attestation_statement_malformed", tamper=statement(sig=b"")),
    Hostile(
        "a format nobody knows",
        "attestation_format_not_allowed",
        tamper=Tamper(fmt=lambda _: "compound"),
    ),
    Hostile(
        "SafetyNet, withdrawn",
        "attestation_format_not_allowed",
        tamper=Tamper(fmt=lambda _: "android-safetynet"),
    ),
    Hostile(
        "self attestation with another algorithm",
        "attestation_algorithm_not_allowed",
        model=MODELS["self"],
        tamper=statement(alg=-257),
    ),
    Hostile(
        "self attestation over other bytes",
        "attestation_signature_invalid",
        model=MODELS["self"],
        tamper=Tamper(sent_auth_data=lambda a: a[:33] + b"\x00\x00\x00\x63" + a[37:]),
    ),
    Hostile("no signature", "attestation_statement_malformed", model=CERTIFIED, tamper=without("sig")),
    Hostile(
        "a signature that is text",
        "attestation_signature_invalid",
        model=CERTIFIED,
        tamper=statement(sig="x"),
    ),
    Hostile("an empty chain", "attestation_statement_malformed", model=CERTIFIED, tamper=statement(x5c=[])),
    Hostile(
        "a chain that is a number",
        "attestation_statement_malformed",
        model=CERTIFIED,
        tamper=statement(x5c=1),
    ),
    Hostile(
        "a chain of eleven",
        "attestation_statement_malformed",
        model=CERTIFIED,
        tamper=Tamper(statement=lambda s: {**s, "x5c": [s["x5c"][0]] * 11}),  # type: ignore[index]  # a list
    ),
    Hostile(
        "a certificate that is not one",
        "attestation_certificate_malformed",
        model=CERTIFIED,
        tamper=statement(x5c=[b"\x30\x00"]),
    ),
    Hostile(
        "an algorithm of another key type",
        "attestation_algorithm_not_allowed",
        model=CERTIFIED,
        tamper=statement(alg=-257),
    ),
    Hostile(
        "an algorithm nobody knows",
        "attestation_algorithm_not_allowed",
        model=CERTIFIED,
        tamper=statement(alg=5),
    ),
    Hostile(
        "the algorithm `true`",
        "attestation_algorithm_not_allowed",
        model=CERTIFIED,
        tamper=statement(alg=True),
    ),
    Hostile(
        "attested bytes changed after the signature",
        "attestation_signature_invalid",
        model=CERTIFIED,
        tamper=Tamper(sent_auth_data=lambda a: a[:33] + b"\x00\x00\x00\x63" + a[37:]),
    ),
    Hostile(
        "client data changed after the signature",
        "attestation_signature_invalid",
        model=CERTIFIED,
        tamper=Tamper(sent_client_data=lambda honest: honest.replace(b"}", b" }")),
    ),
    Hostile(
        "the intermediate is left out",
        "attestation_chain_untrusted",
        model=CERTIFIED,
        tamper=Tamper(statement=lambda s: {**s, "x5c": s["x5c"][:1]}),  # type: ignore[index]  # a list
    ),
    # Android.
    Hostile(
        "a phone whose boot loader is open", "attestation_boot_not_verified", model=android(locked=False)
    ),
    *(
        Hostile(f"a system that is {state.name}", "attestation_boot_not_verified", model=android(boot=state))
        for state in BootState
        if state is not BootState.VERIFIED
    ),
    Hostile(
        "a key description for another exchange",
        "attestation_challenge_mismatch",
        model=android(challenge=bytes(32)),
    ),
    Hostile("an imported key", "attestation_key_use_not_allowed", model=android(origin=2)),
    Hostile("a key that also decrypts", "attestation_key_use_not_allowed", model=android(purposes=(1, 2))),
    Hostile(
        "a key for every application", "attestation_key_use_not_allowed", model=android(all_applications=True)
    ),
    Hostile("an Android chain of nobody", "attestation_chain_untrusted", model=ANDROID, ca=makers(666)),
    Hostile(
        "a chain that brings its own root",
        "attestation_chain_untrusted",
        model=android(root_in_chain=True),
        ca=makers(667),
    ),
    # Apple.
    Hostile(
        "Apple's certificate for other authenticator data",
        "attestation_challenge_mismatch",
        model=MODELS["apple"],
        tamper=Tamper(sent_auth_data=lambda a: a[:33] + b"\x00\x00\x00\x63" + a[37:]),
    ),
    Hostile("an Apple chain of nobody", "attestation_chain_untrusted", model=MODELS["apple"], ca=makers(666)),
    Hostile(
        "a packed statement under Apple's name",
        "attestation_statement_malformed",
        model=CERTIFIED,
        tamper=Tamper(fmt=lambda _: "apple"),
    ),
    Hostile(
        "an Apple statement under Android's name",
        "attestation_statement_malformed",
        model=MODELS["apple"],
        tamper=Tamper(fmt=lambda _: "android-key"),
    ),
    Hostile(
        "a packed statement under Android's name",
        "attestation_key_mismatch",
        model=CERTIFIED,
        tamper=Tamper(fmt=lambda _: "android-key"),
    ),
    Hostile(
        "a packed statement under the TPM's name",
        "attestation_statement_malformed",
        model=CERTIFIED,
        tamper=Tamper(fmt=lambda _: "tpm"),
    ),
]


@pytest.mark.parametrize("hostile", NEIGHBOURS, ids=str)
def test_a_wrong_detail_is_refused_by_its_own_name(hostile: Hostile) -> None:
    """Each check has its refusal, and each refusal its check."""
    assert refusal_of(hostile) == hostile.code
