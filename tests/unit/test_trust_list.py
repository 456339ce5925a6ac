"""The trust list: what it says, how it is written, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cartes.cards import CardKind
from cartes.errors import InvalidValue
from cartes.trust import KindPolicy, TrustList, standard_profiles
from cartes.wire import strict_json
from tests.simulators.issuing import ANDROID, RP_IDS, issuer, policy, trust

TWINS = ("issuer twin 5961", "issuer twin 28277")


def test_a_list_comes_back_from_its_bytes() -> None:
    """What is published is what is read."""
    listed = trust(issuer(revoked_at=datetime(2026, 11, 1, tzinfo=UTC)), issuer("second"))

    assert TrustList.parse(listed.encode()) == listed


def test_all_keys_of_one_identifier_are_given() -> None:
    """Four bytes may be shared; the signature decides."""
    listed = trust(*(issuer(word) for word in TWINS))

    found = listed.issuers_for(issuer(TWINS[0]).kid)

    assert {one.name for one in found} == set(TWINS)
    assert listed.issuers_for(b"none") == ()


Change = Callable[[dict[str, Any]], Any]
DAMAGE: dict[str, Change] = {
    "unknown member": lambda whole: whole.update(extra=1),
    "missing member": lambda whole: whole.pop("env"),
    "unknown environment": lambda whole: whole.update(env="prod"),
    "version zero": lambda whole: whole.update(version=0),
    "version as text": lambda whole: whole.update(version="1"),
    "version true": lambda whole: whole.update(version=True),
    "time with an offset": lambda whole: whole.update(issued_at="2026-11-21T10:00:00+01:00"),
    "unknown kind": lambda whole: whole["issuers"][0].update(kinds=["badge"]),
    "unknown issuer member": lambda whole: whole["issuers"][0].update(url="x"),
    "point off the curve": lambda whole: whole["issuers"][0].update(public_key="AgAA" + "A" * 39 + "E"),
    "point of 32 bytes": lambda whole: whole["issuers"][0].update(public_key="A" * 43),
    "name that is a number": lambda whole: whole["issuers"][0].update(name=5),
    "dates reversed": lambda whole: whole["issuers"][0].update(valid_until="2020-01-01T00:00:00Z"),
    "same key twice": lambda whole: whole["issuers"].append(whole["issuers"][0]),
    "amc held by no apcv key": lambda whole: whole["kinds"].update(amc=whole["kinds"]["ecps"]),
    "rp id shared": lambda whole: whole["kinds"]["ecps"].update(rp_id=RP_IDS[CardKind.APCV]),
    "rp id with a path": lambda whole: whole["kinds"]["ecps"].update(rp_id="a/b"),
    "life zero": lambda whole: whole["kinds"]["ecps"].update(max_ttl_s=0),
    "profile 32": lambda whole: whole["kinds"]["ecps"]["profiles"].update({"32": '","origin":"x:y"}'}),
    "profile 256": lambda whole: whole["kinds"]["ecps"]["profiles"].update({"256": '","origin":"x:y"}'}),
    "profile 00": lambda whole: whole["kinds"]["ecps"]["profiles"].update({"00": '","origin":"x:y"}'}),
    "profile not closed": lambda whole: whole["kinds"]["ecps"]["profiles"].update({"0": '","origin":"x'}),
    "profile cross-origin": lambda whole: whole["kinds"]["ecps"]["profiles"].update(
        {"0": '","origin":"https://a.test","crossOrigin":true}'}
    ),
    "profile with a type": lambda whole: whole["kinds"]["ecps"]["profiles"].update(
        {"0": '","origin":"https://a.test","type":"x"}'}
    ),
    "status list 65536": lambda whole: whole["status_lists"].update({"65536": "apcv"}),
    "status list word": lambda whole: whole["status_lists"].update({"one": "apcv"}),
    "issuers as a map": lambda whole: whole.update(issuers={}),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_an_odd_list_is_refused(name: str) -> None:
    """Nothing odd is ignored: an old till must not misread a new list."""
    whole = json.loads(trust().encode())
    DAMAGE[name](whole)

    with pytest.raises(InvalidValue):
        TrustList.parse(strict_json.canonical(whole))


def test_only_the_canonical_bytes_are_read() -> None:
    """One list, one writing: a blank more is another list."""
    with pytest.raises(InvalidValue):
        TrustList.parse(trust().encode() + b" ")
    with pytest.raises(InvalidValue):
        TrustList.parse(b"[]")


@pytest.mark.parametrize("origin", ['https://a.test","x":"', "https://a.test\\", "a.test", "https://é.test"])
def test_an_origin_cannot_break_out_of_its_text(origin: str) -> None:
    """The profile is text that will be hashed: nothing in it may need an escape."""
    with pytest.raises(InvalidValue):
        standard_profiles(origin)
    with pytest.raises(InvalidValue):
        standard_profiles("https://a.test", (ANDROID[0], 'fr.x"'))


def test_a_policy_cannot_be_changed_afterwards() -> None:
    """Profiles are read-only, and the RP ID is hashed once."""
    told = policy()

    with pytest.raises(TypeError):
        told.profiles[9] = "x"  # type: ignore[index]  # that it cannot be done is what is tested
    assert len(told.rp_id_hash) == 32


def test_policy_refuses_an_endless_life() -> None:
    """A life must fit 32 bits."""
    with pytest.raises(InvalidValue):
        KindPolicy("a.test", {}, 1 << 40)
