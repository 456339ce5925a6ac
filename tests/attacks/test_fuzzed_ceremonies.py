"""Whatever bytes come in, what comes out is a key, or a refusal with a name: never another exception."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apcv_backend.enrolment.attestation import der
from apcv_backend.enrolment.attestation.ctap_cbor import read_whole
from apcv_backend.enrolment.attestation.key_description import KeyDescription
from apcv_backend.enrolment.ceremony.errors import CborDuplicateKey, CborMalformed, CeremonyRefused
from apcv_backend.enrolment.webauthn_ceremony import check_assertion, check_creation
from cartes.wire import base64url, strict_cbor
from mobile_mock.attestation import key_description
from mobile_mock.phone_model import MODELS, AndroidFacts
from tests.simulators.ceremony_stage import AT, CHALLENGE, Stage, policy_of, registered
from tests.unit.test_webauthn_l3_vectors import policy as vector_policy
from tests.unit.test_webauthn_l3_vectors import response as vector_response
from tests.unit.test_webauthn_l3_vectors import vectors

FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
CBOR = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=40) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers(-9, 9), inner, max_size=4)
    ),
    max_leaves=12,
)


@functools.cache
def honest_creation(name: str) -> dict[str, Any]:
    return Stage(MODELS[name]).unverified_creation()


@functools.cache
def honest_assertion() -> tuple[dict[str, Any], Any]:
    stage = Stage(MODELS["certified"])
    device = registered(stage.register())
    return stage.unverified_assertion(), device


def refused_or_taken(unverified: Any) -> None:
    """Anything but a refusal that escapes here fails the test."""
    with contextlib.suppress(CeremonyRefused):
        check_creation(unverified, challenge=CHALLENGE, policy=policy_of(), at=AT)


def mutated(text: str, position: int, byte: int, cut: int) -> str:
    data = bytearray(base64url.decode(text))
    if data:
        data[position % len(data)] ^= byte
        del data[len(data) - cut % len(data) :]
    return base64url.encode(bytes(data))


@FUZZ
@given(unverified=JSON)
def test_any_json_is_a_refusal_at_registration(unverified: Any) -> None:
    """A body that is not a response at all gets a name too."""
    with pytest.raises(CeremonyRefused):
        check_creation(unverified, challenge=CHALLENGE, policy=policy_of(), at=AT)


@FUZZ
@given(members=st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), JSON), inner=JSON)
def test_any_member_is_a_refusal(members: dict[str, Any], inner: Any) -> None:
    """One member replaced by anything."""
    honest = honest_creation("certified")

    refused_or_taken({**honest, **members})
    refused_or_taken({**honest, "response": {**honest["response"], "attestationObject": inner}})
    refused_or_taken({**honest, "response": {**honest["response"], "clientDataJSON": inner}})
    refused_or_taken({**honest, "response": {**honest["response"], "transports": inner}})


@FUZZ
@given(
    name=st.sampled_from(sorted(MODELS)),
    member=st.sampled_from(["attestationObject", "clientDataJSON"]),
    position=st.integers(0, 4095),
    byte=st.integers(0, 255),
    cut=st.integers(0, 3),
)
def test_a_damaged_registration_is_a_refusal_or_still_true(
    name: str, member: str, position: int, byte: int, cut: int
) -> None:
    """One byte changed, some bytes lost, for every model of phone."""
    honest = honest_creation(name)
    damaged = mutated(honest["response"][member], position, byte, cut)

    refused_or_taken({**honest, "response": {**honest["response"], member: damaged}})


@FUZZ
@given(form=st.sampled_from(["none", "packed", "android-key", "apple", "tpm", "x"]), statement=CBOR)
def test_any_statement_is_a_refusal(form: str, statement: Any) -> None:
    """Whatever stands where the statement should."""
    honest = honest_creation("plain")
    data = base64url.decode(honest["response"]["authenticatorData"])
    claimed = {
        "fmt": form,
        "attStmt": statement if isinstance(statement, dict) else {"x5c": statement},
        "authData": data,
    }
    whole = base64url.encode(strict_cbor.dumps(claimed))

    refused_or_taken({**honest, "response": {**honest["response"], "attestationObject": whole}})


@FUZZ
@given(
    pub_area=st.binary(max_size=150),
    cert_info=st.binary(max_size=150),
    part=st.sampled_from(["pubArea", "certInfo", "both", "cut"]),
    position=st.integers(0, 200),
)
def test_any_tpm_structure_is_a_refusal(pub_area: bytes, cert_info: bytes, part: str, position: int) -> None:
    """Truncated and invented TPM structures get no further than a name."""
    vector = vectors()["tpm-es256"]
    unverified = vector_response(vector, "reg")
    claimed = read_whole(base64url.decode(unverified["response"]["attestationObject"]))
    assert isinstance(claimed, dict)
    statement = claimed["attStmt"]
    assert isinstance(statement, dict)
    if part in {"pubArea", "both"}:
        statement["pubArea"] = pub_area
    if part in {"certInfo", "both"}:
        statement["certInfo"] = cert_info
    if part == "cut":
        original = statement["pubArea"]
        assert isinstance(original, bytes)
        statement["pubArea"] = original[:position]
    unverified["response"]["attestationObject"] = base64url.encode(strict_cbor.dumps(claimed))

    with pytest.raises(CeremonyRefused):
        check_creation(
            unverified, challenge=bytes.fromhex(vector["reg"]["challenge"]), policy=vector_policy(), at=AT
        )


@FUZZ
@given(
    member=st.sampled_from(["authenticatorData", "clientDataJSON", "signature", "userHandle"]),
    position=st.integers(0, 1023),
    byte=st.integers(1, 255),
    cut=st.integers(0, 3),
)
def test_a_damaged_assertion_is_refused(member: str, position: int, byte: int, cut: int) -> None:
    """One byte changed anywhere under the signature, or in it, and nothing is proven."""
    honest, device = honest_assertion()
    damaged = mutated(honest["response"][member], position, byte, cut)

    with pytest.raises(CeremonyRefused):
        check_assertion(
            {**honest, "response": {**honest["response"], member: damaged}},
            challenge=CHALLENGE,
            device=device,
            policy=policy_of(),
            at=AT,
        )


@FUZZ
@given(unverified=JSON, key=st.binary(max_size=90))
def test_any_json_is_a_refusal_at_an_assertion(unverified: Any, key: bytes) -> None:
    """A body that is not a response, or a register that was damaged, gets a name too."""
    honest, device = honest_assertion()

    with pytest.raises(CeremonyRefused):
        check_assertion(unverified, challenge=CHALLENGE, device=device, policy=policy_of(), at=AT)
    with pytest.raises(CeremonyRefused):
        check_assertion(
            honest, challenge=CHALLENGE, device=replace(device, public_key=key), policy=policy_of(), at=AT
        )


@FUZZ
@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_item_or_a_refusal(data: bytes) -> None:
    """The CBOR reader."""
    with contextlib.suppress(CborMalformed, CborDuplicateKey):
        read_whole(data)


@FUZZ
@given(value=CBOR.filter(lambda each: not isinstance(each, int) or abs(each) < 2**63))
def test_what_is_written_deterministically_is_read_back(value: Any) -> None:
    """The CBOR reader agrees with the writer of the house."""
    assert read_whole(strict_cbor.dumps(value)) == value


@FUZZ
@given(
    position=st.integers(0, 400),
    byte=st.integers(0, 255),
    cut=st.integers(0, 30),
    junk=st.binary(max_size=80),
)
def test_any_key_description_is_read_or_refused(position: int, byte: int, cut: int, junk: bytes) -> None:
    """The DER reader, on damaged descriptions and on junk."""
    honest = bytearray(key_description(AndroidFacts(), bytes(32)))
    honest[position % len(honest)] ^= byte

    for data in (bytes(honest[: len(honest) - cut]), junk):
        with contextlib.suppress(der.BadDer):
            KeyDescription.parse(data)
