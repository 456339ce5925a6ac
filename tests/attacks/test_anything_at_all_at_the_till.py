"""Arbitrary text, bytes, CBOR and proofs: always a verdict, always red, never an exception."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartes import presentation
from cartes.cards import CardKind
from cartes.wire import cose, qr, strict_cbor
from tests.simulators.cards import NOON, World, a_complete_apcv, an_apcv
from verifier.explain import explain
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.scanner import UnreadableInput, clean
from verifier.verdict import Verdict

WORLD = World()
TILL = WORLD.till()
CREDENTIAL = WORLD.issue(a_complete_apcv())
GOOD = WORLD.present(CREDENTIAL, CardKind.APCV, NOON)
OFFICINE = POLICIES["officine"]

PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=80) | st.text(max_size=30)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=8)
        | st.dictionaries(st.integers(-70_000, 70_000) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


def assert_red(verdict: Verdict) -> None:
    """Red, with one reason, naming nobody."""
    assert verdict.light is Light.RED
    assert len(verdict.reasons) == 1
    assert verdict.facts is None


@given(st.text(max_size=3000))
@example("\ud800")
@example("１２３")
@example("1" * 500 + "\n")
def test_any_text_is_red(text: str) -> None:
    """Whatever a reader types, cleaned or not."""
    assert_red(TILL.check(text, OFFICINE, NOON))
    try:
        cleaned = clean(text)
    except UnreadableInput:
        return
    assert_red(TILL.check(cleaned, OFFICINE, NOON))


@given(st.text(alphabet="0123456789", min_size=450, max_size=1600))
def test_any_digits_are_red(text: str) -> None:
    """Numbers of the right length are as good as any."""
    assert_red(TILL.check(text, OFFICINE, NOON))


@given(st.binary(max_size=qr.MAX_BYTES))
def test_any_bytes_are_red_and_explained(data: bytes) -> None:
    """Bytes behind a well-formed text; `inspect` survives them too."""
    text = qr.pack(data)

    assert_red(TILL.check(text, OFFICINE, NOON))
    if len(data) >= qr.MIN_BYTES:
        assert explain(text)


@given(VALUES)
@settings(max_examples=300)
def test_any_cbor_is_red_and_explained(value: Any) -> None:
    """Well-formed CBOR of any shape, padded to a believable size."""
    data = strict_cbor.dumps([value, bytes(200)])
    if len(data) > qr.MAX_BYTES:
        return

    assert_red(TILL.check(qr.pack(data), OFFICINE, NOON))
    assert explain(qr.pack(data))


@given(st.lists(PLAIN, min_size=5, max_size=5))
@settings(max_examples=300)
def test_any_proof_beside_a_good_card_is_red(proof: list[Any]) -> None:
    """A genuine credential with anything in the place of its proof."""
    data = strict_cbor.dumps([CREDENTIAL, proof])
    if len(data) > qr.MAX_BYTES:
        return

    assert_red(TILL.check(qr.pack(data), OFFICINE, NOON))
    assert explain(qr.pack(data))


@given(st.lists(VALUES, max_size=22), st.integers(0, 3))
@settings(max_examples=300)
def test_any_card_sealed_by_the_true_issuer_is_red(card: list[Any], kind: int) -> None:
    """An issuer that signs nonsense is refused by structure, not by a crash."""
    claims = {4: 2_000_000_000, 6: 1_999_999_999, 8: {}, -65537: [*card[:2], kind, *card[2:]]}
    payload = strict_cbor.dumps(claims)
    protected = cose.protected_header(cose.split(CREDENTIAL).kid)
    signature = WORLD.apcv_issuer.sign(cose.to_be_signed(protected, payload))
    proof = [1, 5, 0, 0, bytes(64)]
    data = strict_cbor.dumps([cose.join(protected, payload, signature), proof])
    if not qr.MIN_BYTES <= len(data) <= qr.MAX_BYTES:
        return

    assert_red(TILL.check(qr.pack(data), OFFICINE, NOON))
    assert explain(qr.pack(data))


@given(st.data())
def test_any_field_of_a_good_card_replaced_and_sealed_again(data: st.DataObject) -> None:
    """One field of the card becomes anything; the true issuer signs it; nothing raises."""
    claims = an_apcv().to_claims()
    position = data.draw(st.integers(0, len(claims) - 1))
    claims[position] = data.draw(VALUES)
    whole = strict_cbor.loads(cose.split(CREDENTIAL).payload)
    whole[-65537] = claims
    payload = strict_cbor.dumps(whole)
    protected = cose.protected_header(cose.split(CREDENTIAL).kid)
    signature = WORLD.apcv_issuer.sign(cose.to_be_signed(protected, payload))
    credential = cose.join(protected, payload, signature)
    proof = WORLD.patient_phone.prove(credential, NOON, WORLD.policies[CardKind.APCV])
    made = presentation.build(credential, proof)
    if len(made) > qr.MAX_BYTES:
        return

    verdict = WORLD.till().check(qr.pack(made), OFFICINE, NOON)

    assert verdict.light in Light
    assert verdict.to_json()
    assert explain(qr.pack(made))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=500)
def test_any_mutation_of_a_good_code_is_red(changes: list[tuple[int, int]]) -> None:
    """Several bytes changed at once; unchanged is the only way to be accepted."""
    mutated = bytearray(GOOD)
    for position, value in changes:
        mutated[position] = value
    if bytes(mutated) == GOOD:
        return

    assert_red(TILL.check(qr.pack(bytes(mutated)), OFFICINE, NOON))
