"""The one RSA key: made by the ceremony, known to the manifest, signing RS256 and nothing else."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from keys.ceremony import hold_ceremony
from keys.errors import KeyringUnusable, UnsupportedKeyUri
from keys.keyring import MANIFEST_NAME, Keyring, Purpose
from keys.rotating import rotate
from keys.signer import kid_of, signer_from_uri
from keys.software_rsa import parse_public_der
from tests.simulators.clock import MORNING


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("rs256") / "keys"
    purposes = (Purpose.OIDC, Purpose.OIDC_RS256)
    hold_ceremony(directory, MORNING, random=secrets.token_bytes, purposes=purposes)
    return directory


def test_it_signs_rs256_under_the_key_of_the_manifest(folder: Path) -> None:
    """What the manifest announces verifies what it signs, and its identifier is the key's."""
    keyring = Keyring.open(folder, acknowledged_development=True)
    signer, (record,) = keyring.signer(Purpose.OIDC_RS256, MORNING), keyring.public_keys(Purpose.OIDC_RS256)

    signature = signer.sign(b"message")

    parse_public_der(record.public_key).verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())
    assert signer.public_key == record.public_key
    assert signer.kid == kid_of(record.public_key)
    assert "PRIVATE" not in repr(signer)


def test_a_point_is_not_taken_for_it(folder: Path, tmp_path: Path) -> None:
    """A manifest that gives a P-256 key for RS256 does not open."""
    document = json.loads((folder / MANIFEST_NAME).read_bytes())
    point = next(key["public_key"] for key in document["keys"] if key["purpose"] == "oidc")
    for key in document["keys"]:
        if key["purpose"] == "oidc-rs256":
            key["public_key"] = point
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(document))

    with pytest.raises(KeyringUnusable):
        Keyring.open(tmp_path)


def test_a_keyring_made_before_it_still_opens(tmp_path: Path) -> None:
    """No such key: no RS256, and everything else as before."""
    hold_ceremony(tmp_path / "keys", MORNING, random=secrets.token_bytes, purposes=(Purpose.OIDC,))

    keyring = Keyring.open(tmp_path / "keys", acknowledged_development=True)

    assert keyring.public_keys(Purpose.OIDC_RS256) == ()
    assert keyring.signer(Purpose.OIDC, MORNING)


def test_the_next_one_is_rsa_too(tmp_path: Path) -> None:
    """A rotation makes a key of the same kind, which waits."""
    directory = tmp_path / "keys"
    hold_ceremony(directory, MORNING, random=secrets.token_bytes, purposes=(Purpose.OIDC_RS256,))

    rotate(directory, Purpose.OIDC_RS256, MORNING + timedelta(hours=1))

    _, waiting = Keyring.open(directory).public_keys(Purpose.OIDC_RS256)
    assert parse_public_der(waiting.public_key).key_size == 3072


def test_a_token_for_it_is_not_opened_yet(tmp_path: Path) -> None:
    """Refused by name, before anything is read."""
    with pytest.raises(UnsupportedKeyUri):
        signer_from_uri(
            "pkcs11:token=x;object=y?module-path=/z&pin-source=file:pin",
            Purpose.OIDC_RS256,
            directory=tmp_path,
            acknowledged_development=True,
        )
