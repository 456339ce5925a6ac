"""The keyring: a folder with a manifest, private files, and one door a purpose.

    keyring = Keyring.open(Path("var/keys"), acknowledged_development=True)
    keyring.signer(Purpose.APCV, at).sign(message)
    keyring.secret(SecretName.CODES)      # 32 bytes

Nothing private is read before it is asked for. A signer whose file does not hold the key the manifest
announces is refused: what the trust list publishes is what signs.

A keyring that is in use notices that its manifest was replaced, at most a second later: a key revoked on the
command line stops signing in every server, without a signal or a restart. A manifest that cannot be read
leaves the last good one in force for `MANIFEST_PATIENCE_S`, then nothing signs: the key might be revoked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from keys.errors import KeyFileUnusable, KeyringUnusable, NoKeyForPurpose, NoSuchSecret, UnsupportedKeyUri
from keys.files import read_private
from keys.manifest import KeyRecord, KeyState, Manifest, SecretName, signing_record
from keys.manifest_file import MANIFEST_NAME, ManifestStamp, read_manifest, stamp_of
from keys.signer import FileKeyUri, Purpose, Signer, parse_key_uri, signer_from_uri

__all__ = ["MANIFEST_NAME", "KeyRecord", "KeyState", "Keyring", "Purpose", "SecretName"]

SECRET_BYTES = 32
LOOKED_AT_EVERY_S = 1.0
MANIFEST_PATIENCE_S = 300.0
"""Shorter than the settling time of a rotation (`RotationPolicy.settle`): no server is later than that."""


class Keyring:
    """Keys by purpose and secrets by name. Threads may share it."""

    def __init__(
        self,
        directory: Path,
        stamp: ManifestStamp,
        manifest: Manifest,
        *,
        acknowledged_development: bool,
        ticks: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._stamp = stamp
        self._manifest = manifest
        self._acknowledged_development = acknowledged_development
        self._ticks = ticks
        self._looked_at = self._good_at = ticks()
        self._looking = threading.Lock()
        self._signers: dict[tuple[str, bytes], Signer] = {}
        self._secrets: dict[SecretName, bytes] = {}

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        acknowledged_development: bool = False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> Keyring:
        """Open the keyring of a folder. Reads the manifest only. Raises `KeyringUnusable`.

        Say `acknowledged_development=True` in development and tests; without it, each key opened from a file
        warns with `DevelopmentOnlyWarning`. `ticks` gives seconds that only go forward.
        """
        # The stamp first: a manifest replaced between the two is read again, never missed.
        stamp = stamp_of(directory)
        manifest = read_manifest(directory)
        return cls(directory, stamp, manifest, acknowledged_development=acknowledged_development, ticks=ticks)

    def reload(self) -> bool:
        """Read the manifest again if it was replaced; whether it was. Secrets and unchanged keys stay open.

        Raises `KeyringUnusable` when it cannot be read or is of another environment; the last good one stays.
        """
        with self._looking:
            self._looked_at = self._ticks()
            stamp = stamp_of(self._directory)
            if stamp == self._stamp:
                self._good_at = self._looked_at
                return False
            manifest = read_manifest(self._directory)
            if manifest.environment != self._manifest.environment:
                raise KeyringUnusable(why="environment_changed", environment=manifest.environment)
            known = {(record.uri, record.public_key) for record in manifest.keys}
            self._signers = {name: signer for name, signer in self._signers.items() if name in known}
            self._manifest, self._stamp, self._good_at = manifest, stamp, self._looked_at
            return True

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
        return tuple(record for record in self._latest().keys if purpose is None or record.purpose is purpose)

    def signer(self, purpose: Purpose, at: datetime) -> Signer:
        """The key that signs for a purpose at an instant: of the active ones, the one that began last.

        Raises `NoKeyForPurpose`, or what opening its reference raises.
        """
        record = signing_record(self.public_keys(purpose), at)
        if record is None:
            raise NoKeyForPurpose(purpose=purpose.value, at=at.isoformat())
        return self.signer_of(record)

    def signer_of(self, record: KeyRecord) -> Signer:
        """Open one key of the manifest, and check that it is the key the manifest announces."""
        signers = self._signers
        signer = signers.get((record.uri, record.public_key))
        if signer is None:
            signer = signer_from_uri(
                record.uri,
                record.purpose,
                directory=self._directory,
                acknowledged_development=self._acknowledged_development,
            )
            if signer.public_key != record.public_key:
                raise KeyFileUnusable(kid=record.kid, why="not_the_key_of_the_manifest")
            signers[record.uri, record.public_key] = signer
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

    def _latest(self) -> Manifest:
        """The manifest in force; looked at again when the last look is a second old."""
        if self._ticks() - self._looked_at >= LOOKED_AT_EVERY_S:
            try:
                self.reload()
            except KeyringUnusable:
                if self._ticks() - self._good_at >= MANIFEST_PATIENCE_S:
                    raise
        return self._manifest

    def __repr__(self) -> str:
        return f"Keyring({self._manifest.environment}, {len(self._manifest.keys)} keys)"
