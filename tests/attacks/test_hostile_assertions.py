"""Everything hostile at the use of a registered key, each refused by its own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import RegisteredKey, check_assertion
from mobile_mock.authenticator import Tamper
from mobile_mock.phone_model import MODELS, PhoneModel
from tests.simulators.ceremony_stage import (
    AT,
    CHALLENGE,
    Stage,
    policy_of,
    registered,
)
from tests.simulators.lies import (
    client_data,
    flags,
    raw_client_data,
)


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
