"""Token Status Lists: the draft's own vectors, the two signed forms, and a reader that is not flooded."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from apcv_backend.publication.token_status_list import (
    BITS,
    INVALID,
    SUSPENDED,
    VALID,
    StatusClaims,
    TokenStatuses,
    sign_cwt,
    sign_jwt,
)
from cartes.errors import InvalidValue
from cartes.wire import base64url, cose, strict_json
from tests.simulators.issuing import WordKey
from tests.testdata import corpus

MIB = 1 << 20
# Array of bytes, as the examples of the draft give it, by width.
SHORT = {1: ("encoding", b"\xb9\xa3"), 2: ("encoding2", b"\xc9\x44\xf9")}
LONG = {1: "encoding1_long", 2: "encoding2_long", 4: "encoding4", 8: "encoding8"}
SUB = "https://example.com/statuslists/1"


def example(name: str) -> str:
    """An example of the draft, its line breaks taken away."""
    text = (corpus("token-status-list") / f"status_list_{name}.md").read_text(encoding="utf-8")
    return re.sub(r"\s", "", text.partition("encoded:")[2] or text)


def written(name: str) -> Mapping[str, Any]:
    """The JSON form of an example."""
    told: dict[str, Any] = strict_json.loads(example(f"{name}_json").encode())
    return told


def written_cbor(name: str) -> Mapping[str, Any]:
    """The CBOR form of an example."""
    told: dict[str, Any] = cbor2.loads(bytes.fromhex(example(f"{name}_cbor")))
    return told


def vectors(bits: int) -> dict[int, int]:
    """The statuses that the section of test vectors sets for a width, by slot."""
    text = (corpus("token-status-list") / "test-vectors-section.md").read_text(encoding="utf-8")
    section = text.partition(f"## {bits}-bit Status List")[2].partition("\n## ")[0]
    found = re.findall(r"status\[(\d+)\] ?= 0b([01]+)", section)
    return {int(slot): int(status, 2) for slot, status in found}


def packed(bits: int, size: int, statuses: Mapping[int, int]) -> TokenStatuses:
    """The array in which slots have these statuses, all others 0."""
    return TokenStatuses.of(bits, size, [(status, [slot]) for slot, status in statuses.items()])


@pytest.mark.parametrize(("bits", "name", "array"), [(bits, *told) for bits, told in SHORT.items()])
def test_the_short_examples_are_written_and_read(bits: int, name: str, array: bytes) -> None:
    """The draft's byte arrays give its `lst`, byte for byte, and come back from both forms."""
    statuses = TokenStatuses(bits, array)

    assert {"bits": bits, "lst": base64url.encode(statuses.compressed())} == written(name)
    assert {"bits": bits, "lst": statuses.compressed()} == written_cbor(name)
    assert TokenStatuses.read(written(name), 3) == TokenStatuses.read(written_cbor(name), 3) == statuses


@pytest.mark.parametrize(("bits", "name"), LONG.items())
def test_the_vectors_of_a_million_slots_are_written_and_read(bits: int, name: str) -> None:
    """2^20 slots, 1 to 8 bits each: the statuses named give the draft's `lst`, and are read from it."""
    named = vectors(bits)
    statuses = packed(bits, MIB, named)

    assert len(named) >= 11
    assert TokenStatuses.read(written(name), MIB) == TokenStatuses.read(written_cbor(name), MIB) == statuses
    assert {slot: statuses.status(slot) for slot in named} == named
    assert {"bits": bits, "lst": base64url.encode(statuses.compressed())} == written(name)
    assert {"bits": bits, "lst": statuses.compressed()} == written_cbor(name)


def claims_of_the_examples() -> StatusClaims:
    """What the draft's JWT and CWT say."""
    return StatusClaims(
        sub=SUB,
        issued_at=datetime.fromtimestamp(1686920170, UTC),
        expires_at=datetime.fromtimestamp(2291720170, UTC),
        ttl_s=43200,
        bits=1,
        lst=TokenStatuses(1, b"\xb9\xa3").compressed(),
    )


def test_the_jwt_example_says_what_ours_says() -> None:
    """Same header to the byte, same claims; on the wire the example also names an issuer."""
    header, payload, signature = (
        sign_jwt(claims_of_the_examples(), WordKey("status"), "12").decode().split(".")
    )
    drawn_header, _, drawn_payload = example("jwt").partition("}.{")
    wire_header, wire_payload, _ = example("jwt_raw").split(".")

    assert strict_json.loads(base64url.decode(header)) == strict_json.loads(f"{drawn_header}}}")
    assert strict_json.loads(base64url.decode(payload)) == strict_json.loads(f"{{{drawn_payload}")
    assert header == wire_header
    told = strict_json.loads(base64url.decode(wire_payload))
    assert told.pop("iss") == "https://example.com"
    assert told == strict_json.loads(base64url.decode(payload))
    assert len(base64url.decode(signature)) == 64


def test_the_cwt_example_says_what_ours_says() -> None:
    """Same tag, same claims, same algorithm and type; our key identifier stands in the protected header."""
    ours = cbor2.loads(sign_cwt(claims_of_the_examples(), WordKey("status"), b"12"))
    theirs = cbor2.loads(bytes.fromhex(example("cwt")))

    assert ours.tag == theirs.tag == 18
    assert cbor2.loads(ours.value[2]) == cbor2.loads(theirs.value[2])
    assert cbor2.loads(ours.value[0]) == {**cbor2.loads(theirs.value[0]), **theirs.value[1]}
    assert ours.value[1] == {}
    assert len(ours.value[3]) == len(theirs.value[3]) == 64


def test_both_forms_are_signed_by_the_key_given() -> None:
    """ES256 over the JWS signing input, and over the Sig_structure of COSE."""
    signer = WordKey("status")

    signed, _, signature = sign_jwt(claims_of_the_examples(), signer, "k").rpartition(b".")
    protected, _, payload, cose_signature = cbor2.loads(
        sign_cwt(claims_of_the_examples(), signer, b"k")
    ).value

    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signer.public_key)
    es256 = jwt.get_algorithm_by_name("ES256")
    assert es256.verify(signed, key, base64url.decode(signature.decode()))
    assert es256.verify(cose.to_be_signed(protected, payload), key, cose_signature)


def test_a_bomb_is_not_inflated() -> None:
    """64 MiB in a stream of 64 kB are refused at the size told; so is one byte more than that size."""
    bomb = zlib.compress(bytes(64 * MIB), 9)

    for lst in (bomb, zlib.compress(bytes(1025))):
        with pytest.raises(InvalidValue, match="too_long"):
            TokenStatuses.read({"bits": 2, "lst": lst}, 1024)
    assert len(TokenStatuses.read({"bits": 2, "lst": zlib.compress(bytes(1024))}, 1024).packed) == 1024


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"bits": 3, "lst": zlib.compress(b"")}, "bits"),
        ({"bits": True, "lst": zlib.compress(b"")}, "bits"),
        ({"bits": "1", "lst": zlib.compress(b"")}, "bits"),
        ({"bits": 1, "lst": 5}, "lst"),
        ({"bits": 1}, "members"),
        ({"bits": 1, "lst": b"", "more": 1}, "members"),
        ({"bits": 1, "lst": b""}, "not_one_stream"),
        ({"bits": 1, "lst": zlib.compress(b"abc")[:-1]}, "not_one_stream"),
        ({"bits": 1, "lst": zlib.compress(b"abc") + b"x"}, "not_one_stream"),
        ({"bits": 1, "lst": b"PK\x03\x04"}, "not_zlib"),
        ({"bits": 1, "lst": "eNrbuRgAAhcBXQ="}, "not_canonical"),
    ],
)
def test_what_is_no_status_list_is_refused(told: Mapping[str, object], why: str) -> None:
    """Wrong members, widths and streams, cut or followed by something: each refused with its reason."""
    with pytest.raises(InvalidValue, match=why):
        TokenStatuses.read(told, 1024)


@pytest.mark.parametrize(
    ("bits", "mark", "why"),
    [(2, (4, [0]), "status"), (2, (-1, [0]), "status"), (2, (1, [8]), "slot"), (2, (1, [-1]), "slot")],
)
def test_what_an_array_cannot_hold_is_refused(bits: int, mark: tuple[int, list[int]], why: str) -> None:
    """A status of more bits, a slot beyond the end or before the beginning; so for a width of 3."""
    with pytest.raises(InvalidValue, match=why):
        TokenStatuses.of(bits, 8, [mark])
    with pytest.raises(InvalidValue, match="bits"):
        TokenStatuses.of(3, 8, [])
    with pytest.raises(InvalidValue, match="slot"):
        TokenStatuses.of(2, 8, []).status(8)


def test_the_last_mark_of_a_slot_holds() -> None:
    """A slot read suspended, then revoked, is revoked and nothing else; its neighbours stay valid."""
    statuses = TokenStatuses.of(BITS, 8, [(SUSPENDED, [4, 5]), (INVALID, [5, 5])])

    assert [statuses.status(slot) for slot in range(3, 7)] == [VALID, SUSPENDED, INVALID, VALID]


@given(st.data(), st.sampled_from([1, 2, 4, 8]), st.integers(1, 300))
def test_what_is_written_is_read_back(data: st.DataObject, bits: int, size: int) -> None:
    """Any statuses in any number of slots, through either form."""
    known = data.draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1)))
    statuses = packed(bits, size, known)

    lst = statuses.compressed()
    for form in (lst, base64url.encode(lst)):
        read = TokenStatuses.read({"bits": bits, "lst": form}, size)
        assert [read.status(slot) for slot in range(size)] == [known.get(slot, 0) for slot in range(size)]
