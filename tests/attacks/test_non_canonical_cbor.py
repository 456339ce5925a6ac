"""The same card in other bytes: long heads, trailing bytes, tags, duplicate keys, other orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cartes.cards import CardKind
from cartes.wire import qr, strict_cbor
from tests.simulators.cards import NOON, World, an_apcv
from verifier.lights import Light
from verifier.policy import POLICIES

OFFICINE = POLICIES["officine"]


def _long_outer_head(data: bytes) -> bytes:
    return b"\x98\x02" + data[1:]


def _indefinite(data: bytes) -> bytes:
    return b"\x9f" + data[1:] + b"\xff"


def _tagged(data: bytes) -> bytes:
    return b"\xd2" + data  # COSE_Sign1's own tag, 18


def _long_credential_head(data: bytes) -> bytes:
    assert data[1] == 0x58
    return data[:1] + b"\x59\x00" + data[2:]


def _chunked_credential(data: bytes) -> bytes:
    credential = strict_cbor.loads(data)[0]
    whole = strict_cbor.dumps(credential)
    return data[:1] + b"\x5f" + whole + b"\xff" + data[1 + len(whole) :]


def _proof_as_map(data: bytes) -> bytes:
    credential, proof = strict_cbor.loads(data)
    return strict_cbor.dumps([credential, dict(enumerate(proof))])


TRICKS: list[Callable[[bytes], bytes]] = [
    _long_outer_head,
    _indefinite,
    _tagged,
    _long_credential_head,
    _chunked_credential,
    _proof_as_map,
    lambda data: data + b"\x00",
    lambda data: data + data,
    lambda data: data[:-1],
    lambda data: b"\x81" + data,
]


@pytest.mark.parametrize("trick", TRICKS)
def test_another_writing_of_a_good_card_is_refused(trick: Callable[[bytes], bytes]) -> None:
    """One card has one encoding: two different pictures never carry the same proof."""
    world = World()
    good = world.present(world.issue(an_apcv()), CardKind.APCV, NOON)
    till = world.till()

    verdict = till.check(qr.pack(trick(good)), OFFICINE, NOON)

    assert verdict.light is Light.RED
    assert verdict.codes[0] in {"bad_cbor", "bad_structure"}
    assert till.check(qr.pack(good), OFFICINE, NOON).light is Light.GREEN


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x9f" * 400,
        b"\x81" * 400,
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + b"\x00" * 300,
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff" + b"\x00" * 300,
        b"\xc2\x59\x01\x80" + b"\xff" * 384,
        b"\xbf" + b"\x00\x00" * 200 + b"\xff",
        b"\xd8\x1c\x81" * 120,
        b"\xc4\x82\x1a\x3b\x9a\xca\x00\x01" + b"\x00" * 250,
    ],
)
def test_a_bomb_is_one_red_light(bomb: bytes) -> None:
    """Depth, announced lengths, big numbers and references end as a verdict, at once."""
    verdict = World().till().check(qr.pack(bomb), OFFICINE, NOON)

    assert verdict.light is Light.RED
    assert verdict.codes[0] in {"bad_cbor", "bad_structure"}
