"""The seal on an answer: RFC 9180 as its appendix A.3.1 says, through two implementations."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cartes.errors import AnswerUnreadable, InvalidValue
from cartes.sealed_answer import OVERHEAD, answer_text, open_answer, read_answer, seal_answer
from tests.simulators import hpke_by_hand
from verifier.own_key import OwnKey

# RFC 9180, appendix A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
INFO = b"Ode on a Grecian Urn"
SK_EM = 0x4995788EF4B9D6132B249CE59A77281493EB39AF373D236A1FE415CB0C2D7BEB
SK_RM = 0xF3CE7FDAE57E1A310D87F1EBBDE6F328BE0A99CDBCADF4D6589CF29DE4B8FFD2
PLAINTEXT = b"Beauty is truth, truth beauty"
AAD = b"Count-0"
ENC = bytes.fromhex(
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
    "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
)
CIPHERTEXT = bytes.fromhex(
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"
)
CTX = bytes(range(32))


def key(number: int) -> ec.EllipticCurvePrivateKey:
    """A private key from its number."""
    return ec.derive_private_key(number, ec.SECP256R1())


def test_the_second_implementation_makes_the_vector_of_the_rfc() -> None:
    """Byte for byte, with the RFC's own ephemeral key and additional data."""
    sealed = hpke_by_hand.seal(key(SK_RM).public_key(), key(SK_EM), INFO, PLAINTEXT, AAD)

    assert sealed == ENC + CIPHERTEXT
    assert hpke_by_hand.open_sealed(sealed, key(SK_RM), INFO, AAD) == PLAINTEXT


@pytest.mark.parametrize("size", [200, 376, 398, 610])
def test_ours_and_the_second_open_each_other(size: int) -> None:
    """What either seals the other opens, without additional data, as answers are."""
    receiver, plaintext = OwnKey(key(SK_RM)), bytes(size)
    ours = seal_answer(plaintext, receiver.public_key, CTX)
    theirs = hpke_by_hand.seal(key(SK_RM).public_key(), key(SK_EM), CTX, plaintext)

    assert hpke_by_hand.open_sealed(ours, receiver.private_key, CTX) == plaintext
    assert open_answer(theirs, receiver.private_key, CTX) == plaintext
    assert len(ours) == len(theirs) == size + OVERHEAD
    assert read_answer(answer_text(ours)) == ours


def test_every_answer_has_its_own_key() -> None:
    """The same card sealed twice gives two texts: nobody sees that it is the same."""
    receiver = OwnKey(key(SK_RM))

    assert seal_answer(bytes(300), receiver.public_key, CTX) != seal_answer(
        bytes(300), receiver.public_key, CTX
    )


def test_an_answer_opens_for_its_request_and_its_key_alone() -> None:
    """Another `info`, another key: the same refusal."""
    receiver, other = OwnKey(key(SK_RM)), OwnKey(key(SK_EM))
    sealed = seal_answer(bytes(300), receiver.public_key, CTX)

    for private, ctx in ((receiver.private_key, bytes(32)), (other.private_key, CTX)):
        with pytest.raises(AnswerUnreadable):
            open_answer(sealed, private, ctx)


@pytest.mark.parametrize(
    "enc", [bytes(65), b"\x04" + bytes(64), b"\x02" + ENC[1:], b"\x04" + b"\xff" * 64], ids=range(4)
)
def test_a_point_off_the_curve_opens_nothing(enc: bytes) -> None:
    """The sender's point is checked before anything is made with our key."""
    with pytest.raises(AnswerUnreadable):
        open_answer(enc + bytes(300), key(SK_RM), CTX)


def test_an_answer_is_never_sealed_to_a_point_off_the_curve() -> None:
    """A request says the key; a wrong one is refused here too."""
    with pytest.raises(InvalidValue):
        seal_answer(bytes(300), b"\x02" + b"\xff" * 32, CTX)
