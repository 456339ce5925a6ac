"""The JavaScript SQ1, held to the golden vectors and crossed with the Python one.

`node --test` runs `javascript/vectors.test.mjs` over the same files as the tests beside this one. Then each
side makes what the other reads: Node answers small questions, one JSON line each (`javascript/speak.mjs`).
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
from datetime import UTC, datetime

import pytest

from apcv_backend.dpop import check_dpop
from cartes import presentation, seal
from cartes.sealed_answer import open_answer, read_answer
from cartes.status import StatusList, StatusPurpose
from cartes.trust import TrustList
from cartes.wire import base64url, qr, strict_cbor, strict_json
from tests.simulators.javascript import JAVASCRIPT, ask
from tests.vectors.test_vectors import VECTORS
from verifier.own_key import OwnKey

GOOD = VECTORS["good_apcv_soins"]


def test_every_vector_gives_its_reason_in_javascript(node: str) -> None:
    """Both folders, refusals included, with the same words."""
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(JAVASCRIPT / "vectors.test.mjs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )

    failed = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    assert (done.returncode, failed) == (0, [])
    assert (
        f"# pass {len(VECTORS) + len(list((JAVASCRIPT.parent / 'two_way_mode').glob('*.json'))) + 1}"
        in done.stdout
    )


def test_a_presentation_built_in_javascript_is_the_same_bytes(node: str) -> None:
    """From the same card, moment and assertion both sides write the same code."""
    data = qr.unpack(GOOD["text"])
    parsed = presentation.parse(data)
    told = ask(
        node,
        "build",
        credential=base64url.encode(parsed.credential),
        t=parsed.proof.t,
        flags=parsed.proof.flags,
        counter=parsed.proof.counter,
        profile=parsed.proof.profile,
        signature=base64url.encode(parsed.proof.signature),
    )

    assert told["text"] == GOOD["text"]
    challenge = presentation.challenge_for(parsed.credential, parsed.proof.t)
    assert told["challenge"] == base64url.encode(challenge)


def test_an_answer_sealed_in_javascript_opens_in_python(node: str) -> None:
    """HPKE written from the RFC, opened by the `cryptography` package."""
    key = OwnKey.make(secrets.token_bytes)
    data, ctx = qr.unpack(GOOD["text"]), hashlib.sha256(b"a request").digest()

    told = ask(
        node,
        "seal",
        data=base64url.encode(data),
        epk=base64url.encode(key.public_key),
        ctx=base64url.encode(ctx),
    )

    assert open_answer(read_answer(told["text"]), key.private_key, ctx) == data


def test_a_proof_by_a_javascript_app_key_is_believed(node: str) -> None:
    """DPoP: the backend's own check takes it, nonce and further claims included."""
    at = datetime.now(UTC)

    told = ask(
        node, "prove", method="POST", url="http://cartes.localhost:8000/v1/credential?x=1", at=at.timestamp()
    )

    proof = check_dpop(
        told["proof"], htm="POST", htu="http://cartes.localhost:8000/v1/credential", at=at, nonce="a nonce"
    )
    assert proof.claims["rqh"] == "digest"


@pytest.mark.parametrize(
    "value",
    [
        {"b": [1, True, None], "a": "é€😀", "\ue000": 0, "😀": -1},
        {"quote": 'a"b\\c', "control": "\x00\x1f\u2028", "empty": {}, "list": []},
        [9007199254740991, -9007199254740991, 0],
    ],
    ids=["order", "escapes", "numbers"],
)
def test_canonical_json_is_the_same_text(node: str, value: object) -> None:
    """RFC 8785, down to the order of members outside the first plane."""
    told = ask(node, "canonical", value=value)

    assert base64url.decode(told["bytes"]) == strict_json.canonical(value)


@pytest.mark.parametrize(
    ("size", "indices"),
    [
        (4096, []),
        (4096, [0, 4095]),
        (2_000_000, [1, 5, 999_999, 1_048_576, 1_999_999]),
        (1, [0]),
        (3_000_000, range(0, 3_000_000, 97)),
    ],
    ids=["none", "ends", "two shards", "one slot", "dense"],
)
def test_a_status_list_written_in_python_is_read_in_javascript(
    node: str, size: int, indices: list[int]
) -> None:
    """Every set slot and no other."""
    at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    written = StatusList(1, StatusPurpose.REVOKED, size, at, frozenset(indices)).encode()

    told = ask(node, "status", bytes=base64url.encode(written))

    assert told["indices"] == sorted(indices)


def test_bytes_changed_anywhere_are_refused_by_both(node: str) -> None:
    """Three hundred codes with one byte changed: never accepted, and for the same reason on both sides."""
    data = qr.unpack(GOOD["text"])
    at = datetime.fromisoformat(GOOD["at"])
    changed = []
    for place in range(0, len(data), max(1, len(data) // 300)):
        altered = bytearray(data)
        altered[place] ^= 1 << (place % 8)
        changed.append(qr.pack(bytes(altered)))

    said = ask(node, "judge", texts=changed, store=GOOD["store"], at=GOOD["at"])["codes"]

    assert said == [_python_says(text, at) for text in changed]
    assert "ok" not in said


def _python_says(text: str, at: datetime) -> str:
    trust = TrustList.parse(strict_json.canonical(GOOD["store"]["trust"]))
    try:
        unverified = presentation.parse(qr.unpack(text))
        opened = seal.open_seal(unverified.credential, trust, at)
        presentation.check_holder_proof(unverified, opened, trust.kinds[opened.card.kind], at)
    except Exception as refused:  # noqa: BLE001 - whatever it is, its code is compared
        return str(getattr(refused, "code", type(refused).__name__))
    return "ok"


@pytest.mark.parametrize(
    "encoded",
    ["f4", "20", "1903e8", "3863", "830182020304", "a201020304", "62c3a9", "1b001fffffffffffff", "f6"],
)
def test_cbor_read_and_written_again_is_the_same(node: str, encoded: str) -> None:
    """Deterministic CBOR goes through unchanged on both sides."""
    data = bytes.fromhex(encoded)
    assert strict_cbor.dumps(strict_cbor.loads(data)) == data

    assert ask(node, "cbor", bytes=base64url.encode(data)) == {"bytes": base64url.encode(data)}
