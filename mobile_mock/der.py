"""The few lines of DER that an Android key description and two certificate extensions need.

Only writing, only what is used: ITU-T X.690 definite lengths, tag numbers above 30 in the high form.

>>> integer(300).hex()
'0202012c'
>>> context(704, null()).hex()
'bf8540020500'
"""

from __future__ import annotations

_SHORT_LENGTH = 0x80
_HIGH_TAG = 31


def _length(size: int) -> bytes:
    if size < _SHORT_LENGTH:
        return bytes([size])
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_SHORT_LENGTH | len(body)]) + body


def _tlv(tag: bytes, body: bytes) -> bytes:
    return tag + _length(len(body)) + body


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return _tlv(b"\x02", value.to_bytes(value.bit_length() // 8 + 1, "big"))


def enumerated(value: int) -> bytes:
    """A non-negative ENUMERATED."""
    return _tlv(b"\x0a", value.to_bytes(value.bit_length() // 8 + 1, "big"))


def boolean(value: bool) -> bytes:
    """A BOOLEAN, true as FF (DER)."""
    return _tlv(b"\x01", b"\xff" if value else b"\x00")


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return _tlv(b"\x04", value)


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of already encoded parts."""
    return _tlv(b"\x30", b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF already encoded parts, sorted as DER asks."""
    return _tlv(b"\x31", b"".join(sorted(parts)))


def context(number: int, body: bytes) -> bytes:
    """An explicit context tag [number] around one encoded value."""
    if number < _HIGH_TAG:
        return _tlv(bytes([0xA0 | number]), body)
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return _tlv(bytes([0xBF, *reversed(groups)]), body)
