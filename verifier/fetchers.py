"""How a refresh reads a publication: over http(s) with deadlines, or from a folder such as a USB stick.

Both count requests and bytes. python-tuf bounds each file's size; here each file also has a time, because a
source may send one byte at a time for ever. No redirect is followed and nothing is tried again: the till asks
again at its next refresh.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

_CHUNK: Final = 65_536
_OK: Final = 200
_NOT_FOUND: Final = 404

Progress = Callable[[str, int, int], None]
"""Told after each file, and during a long one: its name, how many requests and bytes so far."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a refresh waits, in seconds: to connect, for the next bytes, for one whole file."""

    connect_s: float = 2.0
    read_s: float = 5.0
    file_s: float = 60.0


class CountingFetcher(FetcherInterface):
    """What both fetchers share: the counts, and the word to whoever shows progress."""

    def __init__(self, progress: Progress) -> None:
        self.requests = 0
        self.received = 0
        self._progress = progress

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.requests += 1
        name, told = unquote(url.rsplit("/", 1)[-1]), self.received
        for chunk in self._read(url):
            self.received += len(chunk)
            if self.received - told > _CHUNK:  # a long file moves while it comes
                told = self.received
                self._progress(name, self.requests, self.received)
            yield chunk
        self._progress(name, self.requests, self.received)

    @abstractmethod
    def _read(self, url: str) -> Iterator[bytes]:
        """The bytes of one file, as they come."""


class HttpFetcher(CountingFetcher):
    """Over http(s), one connection kept between files."""

    def __init__(self, progress: Progress, deadlines: Deadlines) -> None:
        super().__init__(progress)
        self._file_s = deadlines.file_s
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=deadlines.connect_s, read=deadlines.read_s),
            retries=False,
            headers={"User-Agent": "cartes-verifier", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _read(self, url: str) -> Iterator[bytes]:
        ends_at = time.monotonic() + self._file_s
        try:
            response = self._pool.request("GET", url, preload_content=False, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(type(error).__name__) from error
        try:
            if response.status != _OK:
                self._finish(response, ends_at)
                raise DownloadHTTPError("not found", response.status)
            yield from self._body(response, ends_at)
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(type(error).__name__) from error
        finally:
            # A body read to its end leaves the connection for the next file; any other is cut here.
            response.close()

    def _finish(self, response: urllib3.BaseHTTPResponse, ends_at: float) -> None:
        """Read a short error page to its end, so that the connection serves again."""
        received = 0
        for chunk in self._body(response, ends_at):
            received += len(chunk)
            if received > _CHUNK:
                return

    def _body(self, response: urllib3.BaseHTTPResponse, ends_at: float) -> Iterator[bytes]:
        # What has arrived, not a whole buffer: a body that drips must meet its deadline.
        while chunk := response.read1(_CHUNK, decode_content=False):
            if time.monotonic() > ends_at:
                raise SlowRetrievalError("too slow")
            yield chunk


class FolderFetcher(CountingFetcher):
    """From a folder, named by `file:` addresses."""

    def _read(self, url: str) -> Iterator[bytes]:
        path = Path(unquote(urlsplit(url).path))
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except FileNotFoundError as error:
            raise DownloadHTTPError("not found", _NOT_FOUND) from error
        except OSError as error:
            raise DownloadError(type(error).__name__) from error
