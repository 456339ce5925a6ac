"""What signs: the protocol every key answers to, and the references that name one.

A reference is a URI:

* `file:apcv-1.pem`, relative to the keyring's folder, or `file:/run/keys/apcv.pem`;
  an encrypted key adds `?passphrase-file=apcv.pass`;
* `pkcs11:token=cartes;object=apcv-1?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:token.pin`
  (RFC 7512), a key that its token keeps; the PIN is in a private file.

A PIN or a passphrase is never accepted inside a reference (`pin-value`): references are printed and logged.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, unquote_to_bytes

from keys.errors import BadKeyUri, UnsupportedKeyUri


class Purpose(enum.Enum):
    """What a key may sign. A key has exactly one purpose, so that none can speak for another."""

    APCV = "apcv"
    ECPS = "ecps"
    AMC = "amc"
    OIDC = "oidc"
    OIDC_RS256 = "oidc-rs256"
    STATUS = "status"
    LOG = "log"
    TUF_ROOT = "tuf-root"
    TUF_TARGETS = "tuf-targets"
    TUF_STATUS = "tuf-status"
    TUF_SNAPSHOT = "tuf-snapshot"
    TUF_TIMESTAMP = "tuf-timestamp"


RSA_PURPOSES = frozenset({Purpose.OIDC_RS256})
"""The purposes whose key is RSA and signs RS256; every other key is P-256 and signs ES256."""


class Signer(Protocol):
    """A key that signs with ES256 and does not show itself."""

    @property
    def purpose(self) -> Purpose:
        """What this key may sign."""
        ...

    @property
    def public_key(self) -> bytes:
        """The public point, compressed (SEC 1 section 2.3.3): 33 bytes."""
        ...

    @property
    def kid(self) -> str:
        """The key identifier, `kid_of(public_key)`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature over SHA-256(`message`) on P-256, r||s on 64 bytes (RFC 7518 section 3.4)."""
        ...


def kid_of(public_key: bytes) -> str:
    """The identifier of a key: the first 4 bytes of SHA-256(compressed key), as 8 hexadecimal digits.

    They are the bytes of the `kid` header of a card. Two keys may share them: whoever looks a key up by `kid`
    tries every key that has it.
    """
    return hashlib.sha256(public_key).digest()[:4].hex()


def fingerprint_of(public_key: bytes) -> str:
    """SHA-256 of the compressed key in hexadecimal, by groups of four: what two people read to each other."""
    digest = hashlib.sha256(public_key).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


@dataclass(frozen=True, slots=True)
class FileKeyUri:
    """A key in a PEM file. Paths are already resolved against the keyring's folder."""

    path: Path
    passphrase_file: Path | None


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """A key in a token: the attributes of RFC 7512, percent-decoded, by name."""

    path: Mapping[str, bytes]
    query: Mapping[str, str]


_PKCS11_PATH = frozenset(
    {"token", "manufacturer", "serial", "model", "library-manufacturer", "library-version"}
    | {"library-description", "object", "type", "id", "slot-description", "slot-manufacturer", "slot-id"}
)
_PKCS11_QUERY = frozenset({"pin-source", "module-name", "module-path"})
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")  # RFC 3986 section 2.1: always two digits
_PKCS11_TYPES = frozenset({b"public", b"private", b"cert", b"secret-key", b"data"})


def parse_key_uri(uri: str, directory: Path) -> FileKeyUri | Pkcs11Uri:
    """Read a reference. `directory` is the keyring's folder, which relative paths start from.

    Raises `BadKeyUri` or `UnsupportedKeyUri`; opens nothing.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon:
        raise BadKeyUri(what="scheme")
    if scheme == "file":
        return _parse_file(rest, directory)
    if scheme == "pkcs11":
        return _parse_pkcs11(rest)
    raise UnsupportedKeyUri(scheme=scheme)


def signer_from_uri(uri: str, purpose: Purpose, *, directory: Path, acknowledged_development: bool) -> Signer:
    """Open the key a reference names, for one purpose.

    Raises `BadKeyUri`, `UnsupportedKeyUri`, `KeyFileUnusable` or `KeyFileExposed`; for a token also
    `Pkcs11NotAvailable`, `TokenUnusable` or `KeyExtractable`. Warns with `DevelopmentOnlyWarning` for a key
    in a file, unless `acknowledged_development`.
    """
    from keys.pkcs11 import Pkcs11Signer
    from keys.software import SoftwareSigner
    from keys.software_rsa import RsaSoftwareSigner
    from keys.token import TokenPlace

    reference = parse_key_uri(uri, directory)
    if purpose in RSA_PURPOSES:
        if isinstance(reference, Pkcs11Uri):
            raise UnsupportedKeyUri(scheme="pkcs11")
        return RsaSoftwareSigner.open(
            reference.path,
            purpose,
            passphrase_file=reference.passphrase_file,
            acknowledged_development=acknowledged_development,
        )
    if isinstance(reference, Pkcs11Uri):
        return Pkcs11Signer.open(reference, TokenPlace.of(reference, directory), purpose)
    return SoftwareSigner.open(
        reference.path,
        purpose,
        passphrase_file=reference.passphrase_file,
        acknowledged_development=acknowledged_development,
    )


def _parse_file(rest: str, directory: Path) -> FileKeyUri:
    path_text, question, query = rest.partition("?")
    if path_text.startswith("//"):  # file:///run/x.pem has an empty authority (RFC 8089); a host is refused
        if not path_text.startswith("///"):
            raise BadKeyUri(what="authority")
        path_text = path_text[2:]
    path = _local_path(path_text, directory)
    if not question:
        return FileKeyUri(path, None)
    name, equals, value = query.partition("=")
    if name != "passphrase-file" or not equals or "&" in value:
        raise BadKeyUri(what="query")
    return FileKeyUri(path, _local_path(value, directory))


def _local_path(text: str, directory: Path) -> Path:
    if not text.isascii() or _STRAY_PERCENT.search(text):
        raise BadKeyUri(what="path")
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise BadKeyUri(what="path") from error
    if not decoded or "\0" in decoded:
        raise BadKeyUri(what="path")
    return directory / decoded


def _parse_pkcs11(rest: str) -> Pkcs11Uri:
    if not rest.isascii() or any(char.isspace() for char in rest):
        raise BadKeyUri(what="characters")
    path_text, question, query_text = rest.partition("?")
    path: dict[str, bytes] = {}
    for name, value in _attributes(path_text, ";"):
        if name not in _PKCS11_PATH or name in path:
            raise BadKeyUri(what="attribute", name=name)
        path[name] = _percent_decode(value)
    query: dict[str, str] = {}
    for name, value in _attributes(query_text, "&") if question else ():
        if name == "pin-value":
            raise BadKeyUri(what="pin_in_reference")
        if name not in _PKCS11_QUERY or name in query:
            raise BadKeyUri(what="attribute", name=name)
        query[name] = _percent_decode(value).decode("utf-8", "replace")
    if path.get("type", b"private") not in _PKCS11_TYPES:
        raise BadKeyUri(what="type")
    return Pkcs11Uri(path, query)


def _attributes(text: str, separator: str) -> list[tuple[str, str]]:
    if not text:
        return []
    pairs = []
    for part in text.split(separator):
        name, equals, value = part.partition("=")
        if not name or not equals:
            raise BadKeyUri(what="attribute")
        pairs.append((name, value))
    return pairs


def _percent_decode(text: str) -> bytes:
    if _STRAY_PERCENT.search(text):
        raise BadKeyUri(what="percent")
    return unquote_to_bytes(text)
