"""The till's own reading of TUF metadata: same canonical form, same key identifiers, no lenience."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical

from cartes.signed_metadata import BadMetadata, canonical_json, parse_role, role_keys
from tests.simulators.issuing import WordKey

_text = st.text(st.characters(exclude_categories=["Cs"]))
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


@given(_json)
def test_canonical_form_is_that_of_the_publisher(value: object) -> None:
    """The till signs nothing, but what it hashes must be what python-tuf's library signed."""
    encoded = encode_canonical(value)  # type: ignore[arg-type]  # the library's type is narrower than its word

    assert canonical_json(value) == (encoded or "").encode()


def test_the_canonical_form_has_no_fractions() -> None:
    """A float has several spellings: it is refused rather than guessed."""
    with pytest.raises(TypeError):
        canonical_json({"version": 1.5})


def pem(word: str) -> str:
    key = WordKey(word).private.public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_of(word: str, **changes: str) -> dict[str, Any]:
    told = {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256"} | changes
    return {**told, "keyval": {"public": pem(word)}}


def signed(body: dict[str, Any], **by: str) -> bytes:
    message = canonical_json(body)
    signatures = [
        {"keyid": keyid, "sig": WordKey(word).sign_der(message).hex()} for keyid, word in by.items()
    ]
    return json.dumps({"signed": body, "signatures": signatures}).encode()


BODY: dict[str, Any] = {
    "_type": "timestamp",
    "spec_version": "1.0.33",
    "version": 3,
    "expires": "2026-11-22T10:00:00Z",
}


def test_two_different_keys_meet_a_threshold_of_two() -> None:
    """Two people, two keys, two signatures."""
    keys = role_keys(
        "root.json", {"a": key_of("a"), "b": key_of("b")}, {"keyids": ["a", "b"], "threshold": 2}
    )

    role = parse_role(signed(BODY, a="a", b="b"), "timestamp", "timestamp.json").check(keys)

    assert role.version == 3


@pytest.mark.parametrize(
    ("table", "by"),
    [
        ({"a": "a", "b": "b"}, {"a": "a"}),
        ({"a": "a", "b": "b"}, {"a": "a", "b": "a"}),
        ({"a": "a", "b": "b"}, {"a": "a", "c": "c"}),
        ({"a": "a", "b": "a"}, {"a": "a", "b": "a"}),
        ({"a": "a", "b": "b"}, {}),
    ],
    ids=["one of two", "one key signs twice", "a stranger", "one key under two names", "nobody"],
)
def test_fewer_keys_than_the_threshold_are_refused(table: dict[str, str], by: dict[str, str]) -> None:
    """Signatures are counted by key, never by line."""
    keys = role_keys(
        "root.json",
        {keyid: key_of(word) for keyid, word in table.items()},
        {"keyids": list(table), "threshold": 2},
    )

    with pytest.raises(BadMetadata, match="why=signature"):
        parse_role(signed(BODY, **by), "timestamp", "timestamp.json").check(keys)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"_type": "snapshot"}, "type"),
        ({"spec_version": "2.0"}, "spec_version"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"version": "3"}, "version"),
    ],
)
def test_metadata_of_another_shape_is_refused(changes: dict[str, Any], why: str) -> None:
    """Before any signature is looked at."""
    with pytest.raises(BadMetadata, match=f"why={why}"):
        parse_role(signed({**BODY, **changes}), "timestamp", "timestamp.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"signed":{},"signatures":[]}',
        b"\xff",
        b'{"signed":1,"signed":2,"signatures":[]}',
    ],
)
def test_anything_else_is_refused_by_the_same_error(data: bytes) -> None:
    """Damaged bytes never raise anything but `BadMetadata`."""
    with pytest.raises(BadMetadata):
        parse_role(data, "timestamp", "timestamp.json")


@given(st.binary(max_size=200))
def test_no_bytes_escape_the_error(data: bytes) -> None:
    """Whatever is on disk, the refusal is typed."""
    with pytest.raises(BadMetadata):
        parse_role(data, "timestamp", "timestamp.json")


@pytest.mark.parametrize(
    ("key", "role"),
    [
        (key_of("a", scheme="rsassa-pss-sha256"), {"keyids": ["a"], "threshold": 1}),
        ({**key_of("a"), "keyval": {"public": "not a key"}}, {"keyids": ["a"], "threshold": 1}),
        (key_of("a"), {"keyids": ["a"], "threshold": 0}),
        (key_of("a"), {"keyids": ["a"], "threshold": True}),
        (key_of("a"), {"keyids": ["b"], "threshold": 1}),
        (key_of("a"), None),
    ],
)
def test_an_authority_that_is_not_ours_is_refused(key: dict[str, Any], role: object) -> None:
    """Only P-256 keys, only a threshold of at least one, only keys that are described."""
    with pytest.raises(BadMetadata):
        role_keys("root.json", {"a": key}, role)


def test_a_key_of_another_curve_is_refused() -> None:
    """P-384 under the name of P-256 is a lie."""
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = {**key_of("a"), "keyval": {"public": text}}

    with pytest.raises(BadMetadata, match="why=key"):
        role_keys("root.json", {"a": key}, {"keyids": ["a"], "threshold": 1})
