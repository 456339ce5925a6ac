"""Where the phone reads from: a picture of a code, a folder or an address of the publication."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import urllib3

from mobile_mock.backend_client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from mobile_mock.errors import BackendUnreachable, PhoneError
from mobile_mock.trust_publication import Fetch

_LARGEST_FILE: Final = 1 << 24
_OK, _NOT_FOUND = 200, 404


class NoCodeRead(PhoneError):
    """The picture cannot be opened, or holds no QR code."""

    code = "no_code_read"


def read_picture(path: Path) -> str:
    """The text of the QR code in a picture. Raises `NoCodeRead`."""
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            found = zxingcpp.read_barcode(
                image.convert("L"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise NoCodeRead(why=type(error).__name__) from error
    if found is None or not found.valid:
        raise NoCodeRead
    return found.text


def publication_at(source: str) -> Fetch:
    """How to get the files of the publication at `source`: an http(s) address or a folder."""
    if "://" not in source:
        return lambda path: _file(Path(source) / path)
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S), retries=False
    )
    return lambda path: _page(pool, f"{source.rstrip('/')}/{path}")


def _file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BackendUnreachable(url=str(path)) from error


def _page(pool: urllib3.PoolManager, url: str) -> bytes | None:
    try:
        answer = pool.request("GET", url, preload_content=False, redirect=False)
        data = answer.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            answer.close()  # an answer not read to its end would spoil the next request on this connection
        answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise BackendUnreachable(url=url) from error
    if answer.status == _NOT_FOUND:
        return None
    if answer.status != _OK or len(data) > _LARGEST_FILE:
        raise BackendUnreachable(url=url)
    return bytes(data)
