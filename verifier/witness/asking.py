"""The log over HTTP: two questions, with deadlines; an answer that is not what is meant is no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import urllib3

from cartes.errors import BadJson
from cartes.wire import strict_json
from verifier.witness.watching import LogDenies, LogUnreachable

_TIMEOUT = urllib3.Timeout(connect=5, read=10)
_LARGEST = 65_536
_OK = 200
_DENIALS = frozenset({"log_has_no_head", "not_in_the_log", "log_broken"})


class HttpLog:
    """See `watching.AskedLog`."""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, ca_certs=ca_file)

    def head(self) -> str:
        """See `AskedLog.head`."""
        note = self._get("/v1/log/head", {}).get("note")
        if not isinstance(note, str):
            raise LogUnreachable(why="answer")
        return note

    def consistency(self, first: int, second: int) -> Sequence[str]:
        """See `AskedLog.consistency`."""
        told = self._get("/v1/log/proofs/consistency", {"first": str(first), "second": str(second)})
        path = told.get("path")
        if not isinstance(path, list) or not all(isinstance(one, str) for one in path):
            raise LogUnreachable(why="answer")
        return path

    def _get(self, path: str, query: dict[str, str]) -> Mapping[str, Any]:
        try:
            answer = self._pool.request("GET", self._url + path, fields=query, preload_content=False)
            data = answer.read(_LARGEST + 1)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise LogUnreachable(why=type(error).__name__) from error
        try:
            told = strict_json.loads(data, max_size=_LARGEST)
        except BadJson as error:
            raise LogUnreachable(why="answer", status=answer.status) from error
        if answer.status != _OK:
            code = told.get("code") if isinstance(told, dict) else None
            if code in _DENIALS:
                raise LogDenies(told=code)
            raise LogUnreachable(why="status", status=answer.status)
        if not isinstance(told, dict):
            raise LogUnreachable(why="answer")
        return told
