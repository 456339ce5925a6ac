"""The vault: blind indexes, one-time secrets and envelopes that open only where they were sealed."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from apcv_backend.vault import EnvelopeRefused, Vault


@pytest.fixture
def vault() -> Vault:
    names = ("codes", "nonce", "nir_index", "nir_at_rest", "audit")
    keys: Any = {name: bytes([n]) * 32 for n, name in enumerate(names, 1)}
    return Vault(**keys, random=secrets.token_bytes)


def test_an_envelope_opens_where_it_was_sealed(vault: Vault) -> None:
    """What was sealed for a row is read back from that row."""
    envelope = vault.seal_bytes(b"158032A99904296", place="subjects|sealed_person|s1")

    assert vault.open_bytes(envelope, place="subjects|sealed_person|s1") == b"158032A99904296"
    assert b"158032A" not in envelope


def test_an_envelope_moved_to_another_row_does_not_open(vault: Vault) -> None:
    """Swapping two rows of the database gives nobody another person's number."""
    envelope = vault.seal_bytes(b"158032A99904296", place="subjects|sealed_person|s1")

    with pytest.raises(EnvelopeRefused):
        vault.open_bytes(envelope, place="subjects|sealed_person|s2")


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(vault: Vault, position: int) -> None:
    """Version, nonce, ciphertext and tag are all covered."""
    envelope = bytearray(vault.seal_bytes(b"secret", place="p"))
    envelope[position] ^= 1

    with pytest.raises(EnvelopeRefused):
        vault.open_bytes(bytes(envelope), place="p")


def test_an_envelope_cut_short_is_refused(vault: Vault) -> None:
    """A truncated row is an error of its own, never a traceback."""
    for length in (0, 1, 5, 13, 20):
        with pytest.raises(EnvelopeRefused):
            vault.open_bytes(vault.seal_bytes(b"secret", place="p")[:length], place="p")


def test_the_same_person_has_one_index_a_kind(vault: Vault) -> None:
    """A person is found again, and their patient and professional selves are not linked."""
    apcv = vault.person_index("apcv", "158032A99904296")

    assert apcv == vault.person_index("apcv", "158032A99904296")
    assert apcv != vault.person_index("ecps", "158032A99904296")


def test_the_vault_does_not_print_its_keys(vault: Vault) -> None:
    """A repr in a log shows no key."""
    assert "\\x01\\x01" not in repr(vault)
