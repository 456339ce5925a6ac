"""What one card kind asks of a WebAuthn exchange: data, built from configuration, never from a request.

The defaults are the strict ones: user verification required, Chromium's virtual authenticator denied, no
frame of another site, no attestation format and no root. A test profile says aloud what it loosens.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from apcv_backend.enrolment.attestation.mds import MetadataBlob
from apcv_backend.enrolment.attestation.roots import AttestationRoots
from cartes.errors import InvalidValue

# Chromium's virtual authenticator signs every attestation with one published key, the example of the FIDO U2F
# raw message formats (section 8.1). Whoever holds the DevTools protocol can make "attested" keys with it.
VIRTUAL_AUTHENTICATOR_AAGUID = uuid.UUID("01020304-0506-0708-0102-030405060708")
VIRTUAL_AUTHENTICATOR_KEY = "c98993ec4f77b4997a081a5e5990c7cf6b0ceeb7b27bc7312a3cc351921531a9"

FORMATS = frozenset({"none", "packed", "android-key", "apple", "tpm"})

_ANDROID_ORIGIN = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")
_WEB_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")


@dataclass(frozen=True, slots=True)
class AndroidApp:
    """A native application of ours: the origin Android gives it and its package name."""

    origin: str
    package: str

    @classmethod
    def parse(cls, text: str) -> AndroidApp:
        """Read `android:apk-key-hash:HASH;package.name`, as configuration writes it.

        Raises:
            InvalidValue: the hash is not 43 base64url characters, or the package is not a Java name.
        """
        origin, _, package = text.partition(";")
        if not _ANDROID_ORIGIN.fullmatch(origin) or not _PACKAGE.fullmatch(package):
            raise InvalidValue(what="android_app", text=text[:120])
        return cls(origin, package)


@dataclass(frozen=True, slots=True)
class CeremonyPolicy:
    """The rules of one card kind. `kind` is its word ("apcv", "ecps"); everything else is checked exactly.

    `origins` are whole web origins compared as strings; `formats` the attestation formats accepted;
    `roots` the certificates that may vouch, by format; `metadata` the FIDO metadata, when there is any;
    `revoked_serials` the lower-case hexadecimal serials of Google's attestation status list.
    """

    kind: str
    rp_id: str
    rp_name: str
    origins: frozenset[str]
    formats: frozenset[str]
    android_apps: tuple[AndroidApp, ...] = ()
    roots: AttestationRoots = field(default_factory=AttestationRoots)
    metadata: MetadataBlob | None = None
    refuse_stale_metadata: bool = False
    revoked_serials: frozenset[str] = frozenset()
    denied_aaguids: frozenset[uuid.UUID] = frozenset({VIRTUAL_AUTHENTICATOR_AAGUID})
    denied_attestation_keys: frozenset[str] = frozenset({VIRTUAL_AUTHENTICATOR_KEY})
    require_user_verification: bool = True
    allow_synced: bool = False
    allowed_top_origins: frozenset[str] = frozenset()
    attachment: str | None = "platform"
    timeout_ms: int = 120_000

    def __post_init__(self) -> None:
        """Refuse a policy that could not be meant: no origin, an origin with a path, an unknown format."""
        if not self.origins and not self.android_apps:
            raise InvalidValue(what="ceremony_policy", member="origins")
        for origin in self.origins | self.allowed_top_origins:
            if not _WEB_ORIGIN.fullmatch(origin):
                raise InvalidValue(what="ceremony_policy", member="origins", text=origin[:120])
        if not self.formats or not self.formats <= FORMATS:
            raise InvalidValue(what="ceremony_policy", member="formats")

    @property
    def package_of(self) -> Mapping[str, str]:
        """The package name that goes with each Android origin of ours."""
        return {app.origin: app.package for app in self.android_apps}


def parse_origins(texts: tuple[str, ...]) -> tuple[frozenset[str], tuple[AndroidApp, ...]]:
    """Split a configured list into web origins and Android applications.

    Raises:
        InvalidValue: an entry is neither `scheme://host[:port]` nor `android:apk-key-hash:HASH;package`.
    """
    web = frozenset(text for text in texts if not text.startswith("android:"))
    for origin in web:
        if not _WEB_ORIGIN.fullmatch(origin):
            raise InvalidValue(what="origin", text=origin[:120])
    return web, tuple(AndroidApp.parse(text) for text in texts if text.startswith("android:"))
