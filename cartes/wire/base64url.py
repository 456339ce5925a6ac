r"""Base64url without padding, one text for one byte string (RFC 4648 section 5, RFC 7515 appendix C).

Python's decoder skips characters it does not know and ignores unused bits, so the same bytes could be written
in many ways. Here there is one way, or `InvalidValue`.

>>> encode(b"\xff\xfe"), decode("__4")
('__4', b'\xff\xfe')
"""

from __future__ import annotations

import base64
import binascii

from cartes.errors import InvalidValue


def encode(data: bytes) -> str:
    """Write bytes as base64url, unpadded."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read unpadded base64url; padding, foreign characters and non-zero unused bits are refused."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as refused:
        raise InvalidValue(what="base64url", why="not_decodable") from refused
    if encode(data) != text:
        raise InvalidValue(what="base64url", why="not_canonical")
    return data
