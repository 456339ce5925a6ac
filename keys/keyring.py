"""The keyring: a folder with a manifest, private files, and one door a purpose.

    keyring = Keyring.open(Path("var/keys"), acknowledged_development=True)
    keyring.signer(Purpose.APCV, at).sign(message)
    keyring.secret(SecretName.CODES)      # 32 bytes

Nothing private is read before it is asked for. A signer whose file does not hold the key the manifest
announces is refused: what the trust list publishes is what signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from keys.errors import KeyFileUnusable, KeyringUnusable, NoKeyForPurpose, NoSuchSecret, UnsupportedKeyUri
from keys.files import read_private
from keys.manifest import KeyRecord, KeyState, Manifest, SecretName
from keys.signer import FileKeyUri, Purpose, Signer, parse_key_uri, signer_from_uri

__all__ = ["MANIFEST_NAME", "KeyRecord", "KeyState", "Keyring", "Purpose", "SecretName"]

MANIFEST_NAME = "keyring.json"
SECRET_BYTES = 32


class Keyring:
    """Keys by purpose and secrets by name. Threads may share it."""

    def __init__(self, directory: Path, manifest: Manifest, *, acknowledged_development: bool) -> None:
        self._directory = directory
        self._manifest = manifest
        self._acknowledged_development = acknowledged_development
        self._signers: dict[str, Signer] = {}
        self._secrets: dict[SecretName, bytes] = {}

    @classmethod
    def open(cls, directory: Path, *, acknowledged_development: bool = False) -> Keyring:
        """Open the keyring of a folder. Reads the manifest only. Raises `KeyringUnusable`.

        Say `acknowledged_development=True` in development and tests; without it, each key opened from a file
        warns with `DevelopmentOnlyWarning`.
        """
        path = directory / MANIFEST_NAME
        try:
            data = path.read_bytes()
        except OSError as error:
            raise KeyringUnusable(path=str(path), why=type(error).__name__) from error
        return cls(directory, Manifest.parse(data), acknowledged_development=acknowledged_development)

    @property
    def environment(self) -> str:
        """What the ceremony said these keys are for, such as `development`."""
        return self._manifest.environment

    @property
    def secrets(self) -> Mapping[SecretName, str]:
        """The references of the secrets, by name."""
        return self._manifest.secrets

    def public_keys(self, purpose: Purpose | None = None) -> tuple[KeyRecord, ...]:
        """The keys of a purpose (all of them without one), in the manifest's order, whatever their state."""
        return tuple(record for record in self._manifest.keys if purpose in {None, record.purpose})

    def signer(self, purpose: Purpose, at: datetime) -> Signer:
        """The key that signs for a purpose at an instant: of the active ones, the one that began last.

        Raises `NoKeyForPurpose`, or what opening its reference raises.
        """
        candidates = [record for record in self.public_keys(purpose) if record.signs_at(at)]
        if not candidates:
            raise NoKeyForPurpose(purpose=purpose.value, at=at.isoformat())
        return self.signer_of(max(candidates, key=lambda record: record.not_before))

    def signer_of(self, record: KeyRecord) -> Signer:
        """Open one key of the manifest, and check that it is the key the manifest announces."""
        signer = self._signers.get(record.uri)
        if signer is None:
            signer = signer_from_uri(
                record.uri,
                record.purpose,
                directory=self._directory,
                acknowledged_development=self._acknowledged_development,
            )
            if signer.public_key != record.public_key:
                raise KeyFileUnusable(kid=record.kid, why="not_the_key_of_the_manifest")
            self._signers[record.uri] = signer
        return signer

    def secret(self, name: SecretName) -> bytes:
        """A secret of 32 bytes. Raises `NoSuchSecret`, `KeyFileUnusable` or `KeyFileExposed`."""
        known = self._secrets.get(name)
        if known is not None:
            return known
        uri = self._manifest.secrets.get(name)
        if uri is None:
            raise NoSuchSecret(name=name.value)
        reference = parse_key_uri(uri, self._directory)
        if not isinstance(reference, FileKeyUri):
            raise UnsupportedKeyUri(scheme="pkcs11")
        secret = read_private(reference.path)
        if len(secret) != SECRET_BYTES:
            raise KeyFileUnusable(path=str(reference.path), why="not_32_bytes")
        self._secrets[name] = secret
        return secret

    def __repr__(self) -> str:
        return f"Keyring({self._manifest.environment}, {len(self._manifest.keys)} keys)"
