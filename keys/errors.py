"""What the vault refuses, each with its word code; the French sentences are in `keys/sentences.py`.

No error of this tree carries key material: a path, a purpose or a name at most.
"""

from __future__ import annotations

from typing import ClassVar

from cartes.errors import CarteError


class KeyRefused(CarteError):
    """The root of what the vault refuses."""

    code: ClassVar[str] = "key_refused"


class BadKeyUri(KeyRefused):
    """A key reference that cannot be read. `what` says which part."""

    code = "key_uri_malformed"


class UnsupportedKeyUri(KeyRefused):
    """A well-formed reference of a kind this build does not open. `scheme` names it."""

    code = "key_uri_unsupported"


class Pkcs11NotAvailable(UnsupportedKeyUri):
    """A `pkcs11:` reference (RFC 7512), read and understood, but the driver for tokens is not installed."""

    code = "pkcs11_not_available"


class TokenUnusable(KeyRefused):
    """The token, its library, its PIN or the key in it cannot be used. `why` says which."""

    code = "token_unusable"


class KeyExtractable(KeyRefused):
    """A private key that its token would give out: it is refused, since a copy of it signs for ever."""

    code = "key_extractable"


class KeyFileUnusable(KeyRefused):
    """A key, secret or passphrase file is missing, is not a regular file, or does not hold what it should."""

    code = "key_file_unusable"


class KeyFileExposed(KeyRefused):
    """A file of the vault may be read by its group or by everyone; it is refused until its mode is 0600."""

    code = "key_file_exposed"


class KeyringUnusable(KeyRefused):
    """The manifest `keyring.json` is missing or does not say what a keyring must say."""

    code = "keyring_unusable"


class NoKeyForPurpose(KeyRefused):
    """No active key serves this purpose at this instant."""

    code = "no_key_for_purpose"


class NoSuchSecret(KeyRefused):
    """The keyring names no such secret."""

    code = "no_such_secret"


class CeremonyRefused(KeyRefused):
    """A key ceremony would not be safe here; nothing was written. `why` says which rule."""

    code = "ceremony_refused"


class CustodyUnusable(KeyRefused):
    """A folder that should hold one offline key does not, or its own account of itself is damaged."""

    code = "custody_unusable"


class SigningRefused(KeyRefused):
    """What is offered for an offline signature does not hold; nothing was signed. `why` says which rule."""

    code = "signing_refused"


class RotationRefused(KeyRefused):
    """A step of a key's life that is not safe, or names no key; nothing was written. `why` says which."""

    code = "rotation_refused"


class DevelopmentOnlyWarning(UserWarning):
    """A private key was opened in this process's memory by someone who did not say this is development."""
