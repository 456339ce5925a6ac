"""The vault: references that are read or refused, files nobody else may read, one purpose a key."""

from __future__ import annotations

import json
import pickle
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keys.ceremony import hold_ceremony
from keys.errors import (
    BadKeyUri,
    DevelopmentOnlyWarning,
    KeyFileExposed,
    KeyFileUnusable,
    KeyRefused,
    KeyringUnusable,
    NoKeyForPurpose,
    NoSuchSecret,
    UnsupportedKeyUri,
)
from keys.keyring import Keyring, KeyState, Purpose, SecretName
from keys.manifest import Manifest
from keys.signer import RSA_PURPOSES, FileKeyUri, Pkcs11Uri, kid_of, parse_key_uri, signer_from_uri
from keys.software import SoftwareSigner
from tests.simulators.clock import MORNING

HERE = Path("/var/keys")


@pytest.fixture(scope="module")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keyring, fresh from its ceremony; nobody touches this one."""
    made = tmp_path_factory.mktemp("ceremony") / "keys"
    return hold_ceremony(made, MORNING, random=lambda size: b"s" * size).directory


@pytest.fixture
def folder(ceremony: Path, tmp_path: Path) -> Path:
    """The keyring of the ceremony, for one test to open or to spoil."""
    return shutil.copytree(ceremony, tmp_path / "keys")


def opened(folder: Path) -> Keyring:
    return Keyring.open(folder, acknowledged_development=True)


def rewrite(folder: Path, manifest: Manifest) -> None:
    (folder / "keyring.json").write_bytes(manifest.encode())


def manifest_of(folder: Path) -> Manifest:
    return Manifest.parse((folder / "keyring.json").read_bytes())


# --- Signing ------------------------------------------------------------------------------------------


def test_a_signature_is_that_of_the_standard() -> None:
    """RFC 6979 A.2.5, P-256 with SHA-256, message "sample": deterministic, r||s on 64 bytes."""
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = ec.derive_private_key(scalar, ec.SECP256R1())

    signature = SoftwareSigner(key, Purpose.APCV, acknowledged_development=True).sign(b"sample")

    assert signature.hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )


@pytest.mark.parametrize("purpose", [one for one in Purpose if one not in RSA_PURPOSES])
def test_each_purpose_has_its_own_key(folder: Path, purpose: Purpose) -> None:
    """The key of the manifest signs, and verifies, under that purpose alone."""
    keyring = opened(folder)
    signer = keyring.signer(purpose, MORNING)
    (record,) = keyring.public_keys(purpose)

    signature = signer.sign(b"message")

    assert (signer.public_key, signer.kid, signer.purpose) == (record.public_key, record.kid, purpose)
    assert sum(other.public_key == record.public_key for other in keyring.public_keys()) == 1
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signer.public_key)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point.verify(encode_dss_signature(r, s), b"message", ec.ECDSA(hashes.SHA256()))


def test_a_signer_never_shows_itself(folder: Path) -> None:
    """Its `repr` is public, and it does not leave its process in a pickle."""
    signer = opened(folder).signer(Purpose.APCV, MORNING)

    assert repr(signer) == f"SoftwareSigner(apcv, {signer.kid})"
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_a_key_in_memory_warns_outside_development(folder: Path) -> None:
    """Whoever does not say that this is development is told."""
    with pytest.warns(DevelopmentOnlyWarning, match="apcv"):
        Keyring.open(folder).signer(Purpose.APCV, MORNING)


# --- States and dates ---------------------------------------------------------------------------------


def test_a_key_signs_inside_its_dates_only(folder: Path) -> None:
    """From its first second to the one before its end."""
    keyring = opened(folder)
    (record,) = keyring.public_keys(Purpose.APCV)

    assert keyring.signer(Purpose.APCV, record.not_before)
    assert keyring.signer(Purpose.APCV, record.not_after - timedelta(seconds=1))
    for at in (record.not_before - timedelta(seconds=1), record.not_after):
        with pytest.raises(NoKeyForPurpose):
            keyring.signer(Purpose.APCV, at)


@pytest.mark.parametrize("state", [state for state in KeyState if state is not KeyState.ACTIVE])
def test_only_an_active_key_signs(folder: Path, state: KeyState) -> None:
    """Published too early, on its way out, forgotten or withdrawn: none of them signs."""
    manifest = manifest_of(folder)
    revoked_at = MORNING if state is KeyState.REVOKED else None
    records = tuple(
        replace(record, state=state, revoked_at=revoked_at) if record.purpose is Purpose.APCV else record
        for record in manifest.keys
    )
    rewrite(folder, replace(manifest, keys=records))

    with pytest.raises(NoKeyForPurpose):
        opened(folder).signer(Purpose.APCV, MORNING)
    assert opened(folder).public_keys(Purpose.APCV)[0].state is state


def test_of_two_active_keys_the_later_signs(folder: Path, tmp_path: Path) -> None:
    """A planned rotation: both are trusted, the new one signs from its first instant on."""
    hold_ceremony(tmp_path / "next", MORNING + timedelta(days=30), random=lambda size: b"t" * size)
    (tmp_path / "next" / "apcv-1.pem").rename(folder / "apcv-2.pem")
    manifest = manifest_of(folder)
    coming = replace(manifest_of(tmp_path / "next").keys[0], uri="file:apcv-2.pem")
    rewrite(folder, replace(manifest, keys=(*manifest.keys, coming)))
    keyring = opened(folder)

    before = keyring.signer(Purpose.APCV, coming.not_before - timedelta(seconds=1))
    after = keyring.signer(Purpose.APCV, coming.not_before)

    assert before.public_key == manifest.keys[0].public_key
    assert after.public_key == coming.public_key


def test_a_file_that_holds_another_key_is_refused(folder: Path) -> None:
    """What the trust list announces is what signs."""
    (folder / "apcv-1.pem").write_bytes((folder / "ecps-1.pem").read_bytes())

    with pytest.raises(KeyFileUnusable, match="not_the_key_of_the_manifest"):
        opened(folder).signer(Purpose.APCV, MORNING)


# --- Secrets ------------------------------------------------------------------------------------------


def test_secrets_are_32_bytes_each(folder: Path) -> None:
    """By name; one of another length is refused."""
    keyring = opened(folder)
    assert all(len(keyring.secret(name)) == 32 for name in SecretName)

    (folder / "codes.key").write_bytes(b"short")
    with pytest.raises(KeyFileUnusable, match="not_32_bytes"):
        opened(folder).secret(SecretName.CODES)


def test_a_secret_the_keyring_does_not_name_is_refused(folder: Path) -> None:
    """By its name, and with no secret in the error."""
    manifest = manifest_of(folder)
    rewrite(folder, replace(manifest, secrets={}))

    with pytest.raises(NoSuchSecret, match="codes"):
        opened(folder).secret(SecretName.CODES)


# --- Files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
@pytest.mark.parametrize("file", ["apcv-1.pem", "codes.key"])
def test_a_file_others_may_read_is_refused(folder: Path, file: str, mode: int) -> None:
    """Group or everyone, to read or to write: refused until its mode is 0600."""
    (folder / file).chmod(mode)

    with pytest.raises(KeyFileExposed, match=file):
        _ = opened(folder).signer(Purpose.APCV, MORNING), opened(folder).secret(SecretName.CODES)


def test_a_file_only_its_owner_may_read_is_opened(folder: Path) -> None:
    """0400 is as good as 0600."""
    (folder / "apcv-1.pem").chmod(0o400)

    assert opened(folder).signer(Purpose.APCV, MORNING)


def _pem(folder: Path, key: object, encryption: serialization.KeySerializationEncryption) -> Path:
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    path = folder / "one.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    return path


def test_an_encrypted_key_opens_with_its_passphrase_file(tmp_path: Path) -> None:
    """The passphrase is in a file of its own, private too; a final newline is an editor's, not a secret's."""
    key = ec.generate_private_key(ec.SECP256R1())
    _pem(tmp_path, key, serialization.BestAvailableEncryption(b"correct horse"))
    passphrase = tmp_path / "one.pass"
    passphrase.touch(mode=0o600)
    passphrase.write_bytes(b"correct horse\n")

    signer = signer_from_uri(
        "file:one.pem?passphrase-file=one.pass",
        Purpose.OIDC,
        directory=tmp_path,
        acknowledged_development=True,
    )
    assert signer.kid == kid_of(signer.public_key)

    passphrase.write_bytes(b"wrong")
    for uri, why in (
        ("file:one.pem?passphrase-file=one.pass", "cannot_be_opened"),
        ("file:one.pem", "passphrase_mismatch"),
        ("file:one.pem?passphrase-file=nowhere.pass", "FileNotFoundError"),
    ):
        with pytest.raises(KeyFileUnusable, match=why):
            signer_from_uri(uri, Purpose.OIDC, directory=tmp_path, acknowledged_development=True)
    passphrase.chmod(0o644)
    with pytest.raises(KeyFileExposed):
        signer_from_uri(
            "file:one.pem?passphrase-file=one.pass",
            Purpose.OIDC,
            directory=tmp_path,
            acknowledged_development=True,
        )


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)],
    ids=["P-384", "RSA"],
)
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: object) -> None:
    """Exactly one algorithm: ES256 on P-256."""
    _pem(tmp_path, key, serialization.NoEncryption())

    with pytest.raises(KeyFileUnusable, match="not_a_p256_key"):
        signer_from_uri("file:one.pem", Purpose.APCV, directory=tmp_path, acknowledged_development=True)


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """With its path, and nothing of its content."""
    (tmp_path / "one.pem").touch(mode=0o600)
    (tmp_path / "one.pem").write_bytes(content)

    with pytest.raises(KeyFileUnusable, match=r"one\.pem"):
        signer_from_uri("file:one.pem", Purpose.APCV, directory=tmp_path, acknowledged_development=True)


def test_a_folder_in_place_of_a_key_is_refused(tmp_path: Path) -> None:
    """Or anything else that is not a regular file."""
    (tmp_path / "one.pem").mkdir(mode=0o700)

    with pytest.raises(KeyFileUnusable):
        signer_from_uri("file:one.pem", Purpose.APCV, directory=tmp_path, acknowledged_development=True)


# --- References ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "path", "passphrase"),
    [
        ("file:apcv.pem", "/var/keys/apcv.pem", None),
        ("file:sub/apcv.pem", "/var/keys/sub/apcv.pem", None),
        ("file:/run/secrets/apcv.pem", "/run/secrets/apcv.pem", None),
        ("file:///run/secrets/apcv.pem", "/run/secrets/apcv.pem", None),
        ("file:cl%C3%A9.pem", "/var/keys/clé.pem", None),
        ("file:a.pem?passphrase-file=a.pass", "/var/keys/a.pem", "/var/keys/a.pass"),
    ],
)
def test_file_references_start_from_the_keyring(uri: str, path: str, passphrase: str | None) -> None:
    """Relative to the keyring's folder, or absolute (RFC 8089)."""
    expected = FileKeyUri(Path(path), None if passphrase is None else Path(passphrase))

    assert parse_key_uri(uri, HERE) == expected


def test_a_token_reference_is_read(tmp_path: Path) -> None:
    """RFC 7512: attributes are understood; one that names no library is refused before anything is opened."""
    uri = "pkcs11:token=IGC%20Sant%C3%A9;object=apcv;id=%01%02;type=private?pin-source=file:/run/pin"

    parsed = parse_key_uri(uri, HERE)

    assert isinstance(parsed, Pkcs11Uri)
    assert parsed.path == {
        "token": "IGC Santé".encode(),
        "object": b"apcv",
        "id": b"\x01\x02",
        "type": b"private",
    }
    assert parsed.query == {"pin-source": "file:/run/pin"}
    with pytest.raises(BadKeyUri, match="module-path"):
        signer_from_uri(uri, Purpose.APCV, directory=tmp_path, acknowledged_development=True)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "apcv.pem", "file:", "file:a%2", "file:a%00.pem", "file:%FF.pem", "file:clé.pem"),
        *("file://host/a.pem", "file:a.pem?", "file:a.pem?pass=x", "file:a.pem?passphrase-file="),
        *("file:a.pem?passphrase-file=a&b=c", "pkcs11:token", "pkcs11:nonsense=1", "pkcs11:token=a;token=b"),
        *("pkcs11:token=%zz", "pkcs11:token=a?pin-value=1234", "pkcs11:type=secret", "pkcs11:token=a b"),
    ],
)
def test_a_malformed_reference_is_refused(uri: str) -> None:
    """And a PIN inside a reference is, too: references are printed."""
    with pytest.raises(BadKeyUri) as refused:
        parse_key_uri(uri, HERE)
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize("uri", ["https://example.fr/key.pem", "awskms:1", "FILE:a.pem"])
def test_another_kind_of_reference_is_refused(uri: str) -> None:
    """A key is never fetched from an address."""
    with pytest.raises(UnsupportedKeyUri):
        parse_key_uri(uri, HERE)


# --- Manifest -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("environment",), ""),
        (("keys",), {}),
        (("extra",), 1),
        (("keys", 0, "purpose"), "everything"),
        (("keys", 0, "kid"), "00000000"),
        (("keys", 0, "public_key"), "02" + "ff" * 32),
        (("keys", 0, "public_key"), "zz"),
        (("keys", 0, "not_after"), "2020-01-01T00:00:00Z"),
        (("keys", 0, "not_before"), "yesterday"),
        (("keys", 0, "state"), "revoked"),
        (("keys", 0, "state"), "sleeping"),
        (("keys", 0, "revoked_at"), "2026-01-01T00:00:00Z"),
        (("keys", 0, "uri"), None),
        (("secrets", 0, "name"), "other"),
        (("secrets", 1, "name"), "codes"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    folder: Path, path: tuple[str | int, ...], value: object
) -> None:
    """Whole or not at all: one wrong member and nothing is opened."""
    document = json.loads((folder / "keyring.json").read_bytes())
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    (folder / "keyring.json").write_text(json.dumps(document))

    with pytest.raises(KeyringUnusable):
        Keyring.open(folder)


def test_one_key_under_two_purposes_is_refused(folder: Path) -> None:
    """A key that signs cards never signs anything else."""
    manifest = manifest_of(folder)
    twin = replace(manifest.keys[0], purpose=Purpose.OIDC)
    rewrite(folder, replace(manifest, keys=(*manifest.keys, twin)))

    with pytest.raises(KeyringUnusable, match="key_used_twice"):
        Keyring.open(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"format":1,"format":1}'])
def test_a_manifest_that_is_no_json_object_is_refused(folder: Path, data: bytes) -> None:
    """Duplicate members included."""
    (folder / "keyring.json").write_bytes(data)

    with pytest.raises(KeyringUnusable):
        Keyring.open(folder)


def test_a_folder_without_a_manifest_is_no_keyring(tmp_path: Path) -> None:
    """Missing, and named."""
    with pytest.raises(KeyRefused, match="FileNotFoundError"):
        Keyring.open(tmp_path)
