"""Everything hostile a phone or its browser can send, each refused by its own name.

The first table is the one of the threat notes (what popular WebAuthn libraries let through, measured); the
second adds the neighbours of each row. A refusal with another name than the row's would mean that another
check stopped the attack, by luck.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import RegisteredKey, check_assertion, check_creation
from cartes.wire import base64url, strict_cbor
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Tamper
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, AndroidFacts, BootState, PackedFacts, PhoneModel, SecurityLevel
from tests.simulators.ceremony_stage import (
    ANDROID_ORIGIN,
    AT,
    CHALLENGE,
    ORIGIN,
    Stage,
    makers,
    policy_of,
    registered,
)

CERTIFIED = MODELS["certified"]
ANDROID = MODELS["android"]
OTHER_AAGUID = bytes.fromhex("00112233445566778899aabbccddeeff")
VIRTUAL_AAGUID = bytes.fromhex("01020304050607080102030405060708")


@dataclass(frozen=True)
class Hostile:
    """One lie: who tells it, to which policy, and the name under which it must be refused."""

    says: str
    code: str
    model: PhoneModel = MODELS["plain"]
    tamper: Tamper = field(default_factory=Tamper)
    policy: CeremonyPolicy = field(default_factory=policy_of)
    client: Client = field(default_factory=lambda: Client(ClientShape.CHROMIUM_PLAIN, ORIGIN))
    ca: AttestationCa = field(default_factory=makers)

    def __str__(self) -> str:
        return self.says


def client_data(change: Callable[[dict[str, Any]], object]) -> Tamper:
    """Client data rewritten before it is hashed and signed: a hostile page, not a broken line."""

    def rewrite(honest: bytes) -> bytes:
        members = json.loads(honest)
        change(members)
        return json.dumps(members, separators=(",", ":")).encode()

    return Tamper(client_data=rewrite)


def raw_client_data(old: str, new: str) -> Tamper:
    def rewrite(honest: bytes) -> bytes:
        assert old.encode() in honest
        return honest.replace(old.encode(), new.encode(), 1)

    return Tamper(client_data=rewrite)


def cross_origin(value: object) -> Tamper:
    return client_data(lambda said: said.update(crossOrigin=value))


def flags(set_bits: int = 0, clear_bits: int = 0) -> Tamper:
    def rewrite(honest: bytes) -> bytes:
        return honest[:32] + bytes([(honest[32] | set_bits) & ~clear_bits & 0xFF]) + honest[33:]

    return Tamper(auth_data=rewrite)


def statement(**changes: object) -> Tamper:
    return Tamper(statement=lambda honest: {**honest, **changes})


def without(member: str) -> Tamper:
    return Tamper(statement=lambda honest: {name: value for name, value in honest.items() if name != member})


def android(**facts: Any) -> PhoneModel:
    return replace(ANDROID, android=AndroidFacts(**facts))


def cose(text: str) -> Tamper:
    """Another COSE key in the place of the honest one; `{x}` and `{y}` stand for the honest coordinates."""

    def rewrite(honest: bytes) -> bytes:
        return bytes.fromhex(text.format(x=honest[10:42].hex(), y=honest[45:77].hex()).replace(" ", ""))

    return Tamper(cose_key=rewrite)


ZERO = "00" * 32
NOT_FALSE: tuple[object, ...] = ("false", 0, None, 1, {}, [])
TABLE = [
    Hostile(
        "a cheap model poses as the certified one of its vendor",
        "attestation_aaguid_mismatch",
        model=replace(CERTIFIED, packed=PackedFacts(aaguid=OTHER_AAGUID)),
    ),
    Hostile(
        "the attestation certificate has another organisational unit",
        "attestation_certificate_subject",
        model=replace(CERTIFIED, packed=PackedFacts(unit="Marketing")),
    ),
    Hostile(
        "the attestation certificate may sign certificates",
        "attestation_certificate_is_ca",
        model=replace(CERTIFIED, packed=PackedFacts(is_ca=True)),
    ),
    Hostile(
        "the chain leads to a root that is not ours",
        "attestation_chain_untrusted",
        model=CERTIFIED,
        ca=makers(666),
    ),
    Hostile(
        "a chain where we know no root at all",
        "attestation_roots_missing",
        model=CERTIFIED,
        policy=policy_of(roots=AttestationRoots()),
    ),
    Hostile(
        "the attestation is left out where one is asked for",
        "attestation_format_not_allowed",
        policy=policy_of(formats=frozenset({"packed", "android-key"})),
    ),
    Hostile(
        "the page runs in a frame of another site",
        "cross_origin_not_allowed",
        tamper=client_data(lambda said: said.update(crossOrigin=True)),
    ),
    Hostile(
        "the page runs in a frame and the outer page is named",
        "top_origin_not_allowed",
        tamper=client_data(lambda said: said.update(crossOrigin=True, topOrigin="https://evil.example")),
    ),
    Hostile(
        "a credential id of five thousand bytes",
        "credential_id_length",
        tamper=Tamper(credential_id=lambda _: b"\x05" * 5000),
    ),
    Hostile(
        "backed up, but not able to be",
        "backup_state_without_eligibility",
        tamper=flags(set_bits=0x10),
    ),
    Hostile(
        "a synced key where it must stay in its phone",
        "synced_key_not_allowed",
        model=MODELS["synced"],
        policy=policy_of(allow_synced=False),
    ),
    Hostile(
        "a COSE key that gives one coordinate twice",
        "ceremony_cbor_duplicate_key",
        tamper=cose("a6 0102 0326 2001 215820{x} 215820{y} 225820{y}"),
    ),
    Hostile(
        "a public key that is not on the curve",
        "public_key_not_on_curve",
        tamper=cose(f"a5 0102 0326 2001 215820{{x}} 225820{ZERO}"),
    ),
    Hostile(
        "the public key (0, 0)",
        "public_key_not_on_curve",
        tamper=cose(f"a5 0102 0326 2001 215820{ZERO} 225820{ZERO}"),
    ),
    Hostile(
        "client data that names two origins",
        "client_data_duplicate_member",
        tamper=raw_client_data('"origin":', '"origin":"https://evil.example","origin":'),
    ),
    Hostile(
        "client data that names two types",
        "client_data_duplicate_member",
        tamper=raw_client_data('"type":', '"type":"webauthn.get","type":'),
    ),
    Hostile(
        "junk inside the challenge",
        "challenge_not_canonical",
        tamper=raw_client_data('"challenge":"AA', '"challenge":"A\\nA!'),
    ),
    Hostile(
        "a page under the same domain",
        "origin_not_allowed",
        tamper=client_data(lambda said: said.update(origin="https://evil.apcv.localhost:8443")),
    ),
    Hostile(
        "the owner was not verified",
        "user_verification_missing",
        tamper=flags(clear_bits=0x04),
    ),
    Hostile(
        "CBOR a hundred thousand deep",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda _: b"\x81" * 40_000 + b"\x00"),
    ),
    Hostile(
        "a byte string of 2^63 bytes",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda _: bytes.fromhex("a1635f5f5f5b8000000000000000")),
    ),
    Hostile(
        "JSON thousands deep",
        "client_data_malformed",
        tamper=Tamper(sent_client_data=lambda _: b"[" * 8_000),
    ),
    Hostile(
        "an Android key that lives in software",
        "attestation_security_level_too_low",
        model=android(level=SecurityLevel.SOFTWARE),
    ),
]

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


@pytest.mark.parametrize("hostile", [*TABLE, *NEIGHBOURS], ids=str)
def test_a_hostile_registration_is_refused_by_its_own_name(hostile: Hostile) -> None:
    """No lie at registration passes, and the journal will say which one it was."""
    stage = Stage(hostile.model, hostile.tamper, hostile.client, hostile.policy, hostile.ca)
    unverified = stage.unverified_creation()

    with pytest.raises(CeremonyRefused) as refused:
        check_creation(unverified, challenge=CHALLENGE, policy=stage.policy, at=AT)

    assert refused.value.code == hostile.code


@pytest.mark.parametrize(
    "hostile", [row for row in TABLE if row.code != "attestation_roots_missing"], ids=str
)
def test_the_same_phone_without_the_lie_is_taken(hostile: Hostile) -> None:
    """The refusals above come from the lie: the honest twin of each phone registers."""
    model = next(each for each in MODELS.values() if each.name == hostile.model.name)

    assert Stage(model).register().algorithm == -7


@dataclass(frozen=True)
class Answer:
    """One lie at the use of a key: the phone registered honestly."""

    says: str
    code: str
    tamper: Tamper = field(default_factory=Tamper)
    remembered: Callable[[RegisteredKey], RegisteredKey] = lambda device: device
    policy: CeremonyPolicy = field(default_factory=policy_of)
    model: PhoneModel = MODELS["certified"]

    def __str__(self) -> str:
        return self.says


ANSWERS = [
    Answer(
        "the key can suddenly leave its phone",
        "backup_eligibility_changed",
        tamper=flags(set_bits=0x08),
    ),
    Answer(
        "the answer is for another person",
        "user_handle_mismatch",
        tamper=Tamper(user_handle=lambda _: b"somebody else"),
    ),
    Answer(
        "another credential, same key",
        "credential_id_mismatch",
        tamper=Tamper(response=lambda r: {**r, "id": "AAAA", "rawId": "AAAA"}),
    ),
    Answer(
        "a cloned phone: the counter goes back",
        "sign_count_regressed",
        remembered=lambda device: replace(device, sign_count=10),
    ),
    Answer(
        "a cloned phone: the counter stands still",
        "sign_count_regressed",
        remembered=lambda device: replace(device, sign_count=2),
    ),
    Answer(
        "a phone that forgot its counter",
        "sign_count_regressed",
        remembered=lambda device: replace(device, sign_count=1),
        tamper=Tamper(auth_data=lambda a: a[:33] + bytes(4)),
    ),
    Answer("the owner was not verified", "user_verification_missing", tamper=flags(clear_bits=0x04)),
    Answer("nobody touched the phone", "user_presence_missing", tamper=flags(clear_bits=0x01)),
    Answer("backed up, but not able to be", "backup_state_without_eligibility", tamper=flags(set_bits=0x10)),
    Answer(
        "the page runs in a frame",
        "cross_origin_not_allowed",
        tamper=client_data(lambda s: s.update(crossOrigin=True)),
    ),
    Answer(
        "an outer page is named",
        "top_origin_not_allowed",
        tamper=client_data(lambda s: s.update(crossOrigin=True, topOrigin="https://evil.example")),
    ),
    Answer(
        "a page under the same domain",
        "origin_not_allowed",
        tamper=client_data(lambda s: s.update(origin="https://a.apcv.localhost:8443")),
    ),
    Answer(
        "junk inside the challenge",
        "challenge_not_canonical",
        tamper=raw_client_data('"challenge":"AA', '"challenge":"A A'),
    ),
    Answer(
        "two origins",
        "client_data_duplicate_member",
        tamper=raw_client_data('"origin":', '"origin":"x","origin":'),
    ),
    Answer(
        "a registration's client data",
        "ceremony_type_mismatch",
        tamper=client_data(lambda s: s.update(type="webauthn.create")),
    ),
    Answer(
        "an answer for a login elsewhere",
        "rp_id_mismatch",
        tamper=Tamper(auth_data=lambda a: bytes(32) + a[32:]),
    ),
    Answer(
        "a credential in an assertion",
        "ceremony_cbor_malformed",
        tamper=Tamper(
            auth_data=lambda a: a[:32] + bytes([a[32] | 0x40]) + a[33:] + bytes(16) + b"\x00\x01\x00"
        ),
    ),
    Answer(
        "a whole credential in an assertion",
        "authenticator_data_malformed",
        tamper=Tamper(
            auth_data=lambda a: a[:32] + bytes([a[32] | 0x40]) + a[33:] + bytes(16) + b"\x00\x01\x00\xa0"
        ),
    ),
    Answer(
        "a signature of another message",
        "assertion_signature_invalid",
        tamper=Tamper(sent_auth_data=lambda a: a[:33] + b"\x00\x00\x00\x63"),
    ),
    Answer(
        "a signature that is not DER",
        "assertion_signature_invalid",
        tamper=Tamper(signature=lambda _: bytes(64)),
    ),
    Answer("an empty signature", "assertion_signature_invalid", tamper=Tamper(signature=lambda _: b"")),
    Answer(
        "a signature of a kilobyte",
        "ceremony_response_too_large",
        tamper=Tamper(signature=lambda s: s + bytes(1024)),
    ),
    Answer(
        "a user handle of a kilobyte",
        "ceremony_response_too_large",
        tamper=Tamper(user_handle=lambda _: bytes(1024)),
    ),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_a_hostile_assertion_is_refused_by_its_own_name(answer: Answer) -> None:
    """No lie at the use of a key passes, and the journal will say which one it was."""
    honest = Stage(answer.model, policy=answer.policy)
    device = answer.remembered(registered(honest.register()))
    liar = Stage(answer.model, answer.tamper, policy=answer.policy)
    liar.phone._keys = {key.credential_id: key for key in honest.phone.keys}

    with pytest.raises(CeremonyRefused) as refused:
        liar.assert_with(device)

    assert refused.value.code == answer.code


def test_a_signature_by_another_phone_is_refused() -> None:
    """Knowing a credential id is not holding its key."""
    mine, theirs = Stage(), Stage(MODELS["self"], seed=8)
    device = replace(registered(mine.register()), public_key=theirs.register().public_key)

    with pytest.raises(CeremonyRefused) as refused:
        check_assertion(
            mine.unverified_assertion(), challenge=CHALLENGE, device=device, policy=policy_of(), at=AT
        )

    assert refused.value.code == "assertion_signature_invalid"


def test_every_refusal_has_a_name_of_its_own() -> None:
    """Two leaves never share a code, and no leaf goes unnamed."""

    def leaves(kind: type[CeremonyRefused]) -> list[type[CeremonyRefused]]:
        below = kind.__subclasses__()
        return [leaf for each in below for leaf in leaves(each)] or [kind]

    codes = [leaf.code for leaf in leaves(CeremonyRefused)]

    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code == code.lower() for code in codes)
