"""Someone with access to the till's disk edits what it trusts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartes.errors import TrustStoreUnusable
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

FILES = [
    *("1.root.json", "timestamp.json", "snapshot.json", "targets.json", "status.json"),
    *("targets/trust.json", "targets/status%2F1-revoked", "targets/status%2F2-suspended"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publisher = Publisher(tmp_path / "publication")
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish()
    refresh(publisher.new_till(tmp_path / "store"), str(publisher.directory), MORNING)
    return tmp_path / "store"


def generation(folder: Path) -> Path:
    return folder / "generations" / (folder / "current").read_text()


@pytest.mark.parametrize("file", FILES)
def test_an_edited_file_is_named(folder: Path, file: str) -> None:
    """One bit, in the middle of any file: the till judges nothing and says which file."""
    path = generation(folder) / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(TrustStoreUnusable) as refused:
        TrustStore(folder).load(MORNING)
    assert Path(str(refused.value.facts["file"])).name == path.name.replace("status%2F", "")


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    """Taking a revocation list away does not empty it."""
    (generation(folder) / file).unlink()

    with pytest.raises(TrustStoreUnusable) as refused:
        TrustStore(folder).load(MORNING)
    assert refused.value.facts["why"] == "missing"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_single_bit_anywhere_changes_what_is_believed(folder: Path, data: st.DataObject) -> None:
    """Any bit of any file flipped: refused, or the very same facts (a signature has several spellings)."""
    store = TrustStore(folder)
    before = store.load(MORNING)
    path = generation(folder) / data.draw(st.sampled_from(FILES))
    whole = path.read_bytes()
    position = data.draw(st.integers(0, len(whole) * 8 - 1))
    edited = bytearray(whole)
    edited[position // 8] ^= 1 << position % 8
    path.write_bytes(bytes(edited))
    try:
        assert store.load(MORNING) == before
    except TrustStoreUnusable:
        pass
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["", "..", "../generations", "/etc", ".hidden", "nowhere", "a/b", "\0"])
def test_a_pointer_to_elsewhere_is_refused(folder: Path, name: str) -> None:
    """The pointer names a generation of this store, and nothing else of the disk."""
    (folder / "current").write_text(name)

    with pytest.raises(TrustStoreUnusable):
        TrustStore(folder).load(MORNING)


def test_a_stranger_root_in_the_store_is_refused(folder: Path, tmp_path: Path) -> None:
    """Replacing the root alone breaks everything under it."""
    other = Publisher(tmp_path / "other")
    other.keys = {role: type(key)(f"other {role.value}") for role, key in other.keys.items()}
    other.publish()
    (generation(folder) / "1.root.json").write_bytes(other.root)

    with pytest.raises(TrustStoreUnusable, match=r"timestamp\.json"):
        TrustStore(folder).load(MORNING)
