"""FIDO metadata: believed when signed, never going back, degraded when late, heeded when it warns."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from apcv_backend.enrolment.attestation.mds import (
    COMPROMISED,
    SIGNER_NAME,
    MetadataBlob,
    MetadataRefused,
    open_blob,
)
from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony import errors
from cartes.cards import Binding
from cartes.wire import base64url
from mobile_mock.phone_model import MODELS
from tests.simulators.ceremony_stage import AT, Stage, makers, policy_of
from tests.simulators.paper_authority import Holder, certify

ROOT = certify("Metadata root")
SIGNER = certify(SIGNER_NAME, ROOT, ca=False)
MODEL = uuid.UUID(bytes=MODELS["certified"].aaguid)


def entry(*statuses: str, **statement: object) -> dict[str, Any]:
    root = (
        makers().root_pem("packed").decode().split("-----")[2]
    )  # published with its line ends, as real blobs are
    return {
        "aaguid": str(MODEL),
        "metadataStatement": {
            "description": "Development phone",
            "attestationRootCertificates": [root],
            "keyProtection": ["hardware", "tee"],
            **statement,
        },
        "statusReports": [{"status": status, "effectiveDate": "2026-01-05"} for status in statuses],
        "timeOfLastStatusChange": "2026-01-05",
    }


def payload(*entries: dict[str, Any], no: int = 12, next_update: str = "2026-04-01") -> dict[str, Any]:
    return {"legalHeader": "Test data.", "no": no, "nextUpdate": next_update, "entries": list(entries)}


def write(
    content: object,
    *,
    signer: Holder = SIGNER,
    chain: tuple[Holder, ...] = (SIGNER,),
    header: Callable[[dict[str, Any]], dict[str, Any]] = lambda honest: honest,
) -> bytes:
    """A blob as the metadata service publishes it: one JWT, its chain in `x5c`."""
    head = header(
        {"alg": "ES256", "typ": "JWT", "x5c": [base64.b64encode(each.der).decode() for each in chain]},
    )
    text = ".".join(base64url.encode(json.dumps(part).encode()) for part in (head, content))
    r, s = decode_dss_signature(signer.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{base64url.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}".encode()


def opened(blob: bytes, **changes: Any) -> MetadataBlob:
    return open_blob(blob, **{"roots": (ROOT.read,), "at": AT, **changes})


def test_a_signed_blob_is_read() -> None:
    """Number, next update, models and their roots come out."""
    blob = opened(write(payload(entry("FIDO_CERTIFIED_L1"))))

    assert (blob.no, blob.next_update) == (12, date(2026, 4, 1))
    found = blob.get_entry(MODEL)
    assert found is not None
    assert found.hardware
    assert found.compromised is None
    assert len(found.roots) == 1
    assert blob.get_entry(uuid.UUID(int=1)) is None


def test_white_space_around_the_file_is_nothing() -> None:
    """Files end with a line end."""
    assert opened(write(payload()) + b"\n").no == 12


STRANGER = certify(SIGNER_NAME, certify("Metadata root"), ca=False)
NAMESAKE = certify("mds.example", ROOT, ca=False)
LAPSED = certify(SIGNER_NAME, ROOT, ca=False, until=AT - timedelta(seconds=1))
GOOD = payload(entry())
BAD = {
    "signed by nobody we know": (write(GOOD, signer=STRANGER, chain=(STRANGER,)), "chain"),
    "signed by another name of the same root": (write(GOOD, signer=NAMESAKE, chain=(NAMESAKE,)), "signer"),
    "signed with a lapsed certificate": (write(GOOD, signer=LAPSED, chain=(LAPSED,)), "chain"),
    "signed by another key than the chain's": (write(GOOD, signer=STRANGER), "signature"),
    "changed after the signature": (
        b".".join(
            [*write(GOOD).split(b".")[:1], *write(payload()).split(b".")[1:2], *write(GOOD).split(b".")[2:]]
        ),
        "signature",
    ),
    "another algorithm": (write(GOOD, header=lambda honest: {**honest, "alg": "RS256"}), "signature"),
    "no algorithm": (write(GOOD, header=lambda honest: {**honest, "alg": "none"}), "signature"),
    "another type": (write(GOOD, header=lambda honest: {**honest, "typ": "dpop+jwt"}), "form"),
    "no chain": (write(GOOD, chain=()), "form"),
    "a chain that is not base64": (write(GOOD, header=lambda honest: {**honest, "x5c": ["?"]}), "form"),
    "not a token": (b"{}", "form"),
    "a payload without entries": (write({"no": 1, "nextUpdate": "2026-04-01"}), "payload"),
    "a number that is text": (write({**GOOD, "no": "12"}), "payload"),
    "a date that is not one": (write({**GOOD, "nextUpdate": "soon"}), "payload"),
    "an entry that is text": (write({**GOOD, "entries": ["aaguid"]}), "payload"),
    "a model that is not one": (write(payload({**entry(), "aaguid": "?"})), "payload"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_blob_that_is_not_the_service_s_is_refused(case: str) -> None:
    """The blob in use stays in use."""
    blob, why = BAD[case]

    with pytest.raises(MetadataRefused) as refused:
        opened(blob)

    assert refused.value.facts["why"] == why


def test_the_number_never_goes_back() -> None:
    """An old blob, genuine once, would bring broken models back."""
    older = write(payload(no=11))

    with pytest.raises(MetadataRefused) as refused:
        opened(older, last_no=12)

    assert refused.value.facts["why"] == "number"
    assert opened(older, last_no=11).no == 11


@pytest.mark.parametrize("status", sorted(COMPROMISED))
def test_a_broken_model_is_refused_at_enrolment(status: str) -> None:
    """Each of the five compromise reports closes the door."""
    policy = policy_of(
        metadata=opened(write(payload(entry("FIDO_CERTIFIED_L1", status, "UPDATE_AVAILABLE"))))
    )

    with pytest.raises(errors.AuthenticatorCompromised) as refused:
        Stage(MODELS["certified"], policy=policy).register()

    assert refused.value.facts["status"] == status
    assert policy.metadata is not None
    assert policy.metadata.compromised_models() == {MODEL}


def test_a_report_that_takes_effect_later_waits() -> None:
    """Reports may be published ahead of their date."""
    report = {"status": "REVOKED", "effectiveDate": "2026-03-03"}
    blob = write(payload({**entry(), "statusReports": [report]}))

    found = opened(blob).get_entry(MODEL)
    later = opened(blob, at=AT + timedelta(hours=16)).get_entry(MODEL)

    assert found is not None
    assert found.compromised is None
    assert later is not None
    assert later.compromised == "REVOKED"


def test_the_roots_of_the_metadata_vouch_for_their_own_model() -> None:
    """An operator with metadata needs no PEM file for the models it lists."""
    policy = policy_of(roots=AttestationRoots(), metadata=opened(write(payload(entry()))))

    made = Stage(MODELS["certified"], policy=policy).register()

    assert made.binding is Binding.HARDWARE_ATTESTED
    assert made.verdict.as_record()["metadata_no"] == 12


def test_the_roots_of_the_metadata_do_not_vouch_for_another_model() -> None:
    """The root of one vendor's model says nothing of a model that is not listed."""
    listed = {**entry(), "aaguid": str(uuid.UUID(int=5))}
    policy = policy_of(roots=AttestationRoots(), metadata=opened(write(payload(listed))))

    with pytest.raises(errors.AttestationRootsMissing):
        Stage(MODELS["certified"], policy=policy).register()


def test_a_model_whose_keys_live_in_software_is_not_hardware() -> None:
    """A certified program is still a program: its keys are only claimed to stay."""
    policy = policy_of(metadata=opened(write(payload(entry(keyProtection=["software"])))))

    assert Stage(MODELS["certified"], policy=policy).register().binding is Binding.DEVICE_BOUND_CLAIMED


def test_late_metadata_is_degraded_and_said_so() -> None:
    """Past the day of its next update, metadata is used with a warning, or not at all if policy says so."""
    late = opened(write(payload(entry(), next_update="2026-03-01")))

    made = Stage(MODELS["certified"], policy=policy_of(metadata=late)).register()

    assert made.verdict.metadata_degraded
    with pytest.raises(errors.MetadataStale):
        Stage(MODELS["certified"], policy=policy_of(metadata=late, refuse_stale_metadata=True)).register()


def test_metadata_is_fresh_all_the_day_of_its_next_update() -> None:
    """The date names a day, in UTC."""
    blob = opened(write(payload(next_update="2026-03-02")))

    assert not blob.is_stale(datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC))
    assert blob.is_stale(datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["AAAA", "?", ""])
def test_a_root_that_cannot_be_read_vouches_for_nothing(text: str) -> None:
    """The published blob holds a few: they cost their own model its trust, not the whole metadata."""
    metadata = opened(write(payload(entry(attestationRootCertificates=[text]))))

    with pytest.raises(errors.AttestationRootsMissing):
        Stage(MODELS["certified"], policy=policy_of(roots=AttestationRoots(), metadata=metadata)).register()
