r"""The client data that browsers and native apps put under a WebAuthn signature, byte for byte.

The relying party only ever sees what the client wrote, and clients do not write the same thing:

- Chromium writes type, challenge, origin, crossOrigin, and one time in five adds a member that tells
  developers not to compare the text against a template (its "grease");
- WebKit leaves crossOrigin out when the page is not in a foreign frame;
- a native Android app has an origin made from the hash of its signing certificate and adds its package.

>>> page = Client(ClientShape.WEBKIT, "https://example.org")
>>> page.client_data("webauthn.get", b"\x00\x01", random=bytes)
b'{"type":"webauthn.get","challenge":"AAE","origin":"https://example.org"}'
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cartes.wire import base64url
from mobile_mock.errors import WrongOrigin

GREASE = (
    ',"other_keys_can_be_added_here":'
    '"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"'
)
_GREASE_ONE_IN = 5
_ANDROID_ORIGIN = "android:apk-key-hash:"


class ClientShape(enum.Enum):
    """Who writes the client data."""

    CHROMIUM = "chromium"  # the extra member once in five, as the browser draws it
    CHROMIUM_PLAIN = "chromium_plain"  # Chromium on a day it never draws
    CHROMIUM_GREASE = "chromium_grease"  # Chromium on a day it always draws
    WEBKIT = "webkit"
    ANDROID_NATIVE = "android"


@dataclass(frozen=True, slots=True)
class Client:
    """The page or the app in front of the authenticator.

    Attributes:
        shape: whose habits it has.
        origin: `https://host[:port]`, or `android:apk-key-hash:…` for a native app.
        package: the Android package name, for a native app only.
    """

    shape: ClientShape
    origin: str
    package: str | None = None

    def client_data(self, ceremony: str, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
        """The bytes of clientDataJSON.

        Args:
            ceremony: `webauthn.create` or `webauthn.get`.
            challenge: the relying party's challenge, decoded.
            random: where Chromium's draw comes from (WebAuthn says nothing of it; Chromium's source does).

        Returns:
            UTF-8 JSON with the members in the order of WebAuthn Level 3, 5.8.1.2.
        """
        encoded = base64url.encode(challenge)
        return (
            f'{{"type":{_text(ceremony)},"challenge":"{encoded}","origin":{_text(self.origin)}'
            f"{self._tail(random)}}}"
        ).encode()

    def _tail(self, random: Callable[[int], bytes]) -> str:
        match self.shape:
            case ClientShape.WEBKIT:
                return ""
            case ClientShape.ANDROID_NATIVE:
                return f',"androidPackageName":{_text(self.package or "")}'
            case ClientShape.CHROMIUM_PLAIN:
                drawn = False
            case ClientShape.CHROMIUM_GREASE:
                drawn = True
            case ClientShape.CHROMIUM:
                drawn = int.from_bytes(random(4), "big") % _GREASE_ONE_IN == 0
        return ',"crossOrigin":false' + (GREASE if drawn else "")

    def check_may_use(self, rp_id: str) -> None:
        """Refuse an RP id that is not this page's own (WebAuthn Level 3, 5.1.3 step 8).

        A native app is tied to the RP id by a file on the site (`assetlinks.json`), which a program that
        plays the phone cannot fetch offline: it is believed.

        Raises:
            WrongOrigin: the host of the origin is neither the RP id nor one of its subdomains.
        """
        if self.origin.startswith(_ANDROID_ORIGIN):
            return
        host = urlsplit(self.origin).hostname or ""
        if host != rp_id and not host.endswith(f".{rp_id}"):
            raise WrongOrigin(origin=self.origin, rp_id=rp_id)


def android_origin(signing_certificate: bytes) -> str:
    """The origin of a native Android app, from the DER bytes of the certificate that signs it."""
    digest = hashlib.sha256(signing_certificate).digest()
    return _ANDROID_ORIGIN + base64url.encode(digest)


def _text(value: str) -> str:
    """JSON text of a string as CCDToString writes it: quotes, backslashes, controls escaped, the rest raw."""
    return json.dumps(value, ensure_ascii=False)


DEVELOPMENT_PACKAGE = "fr.example.cartes"
DEVELOPMENT_ORIGIN = android_origin(b"the development application is signed by nobody")
"""The native application of the demo: a relying party has to name this origin and package to accept it."""
