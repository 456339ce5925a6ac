"""Where the time of a request goes: the application in one process, under `cProfile`, library by library.

The profile counts CPU, not waiting, and slows Python code more than C code: read the shares, not the times.
PostgreSQL's and Redis's own work is in other processes and not in it.
"""

from __future__ import annotations

import cProfile
import pstats
import re
import time
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

_SITE = re.compile(r"site-packages/([A-Za-z0-9_]+)")
_OURS = re.compile(r"/(cartes|apcv_backend|keys)/")
_SIGNING = re.compile(r"'(verify|sign|from_encoded_point)'|_EllipticCurve")
_SMALLEST = 0.015
_WARMING = 5


def where_time_goes(settings: Mapping[str, str], requests: Sequence[bytes], *, status: int = 200) -> str:
    """One line: the share of each library in the CPU of `requests`, largest first.

    `settings` are the environment of the backend that made the requests possible; each must be answered with
    `status`. The first ones warm up and are not counted.
    """
    shares = profiled(settings, requests, status=status)
    return "of the application's CPU: " + ", ".join(
        f"{name} {100 * share:.0f} %" for name, share in shares.items() if share >= _SMALLEST
    )


def profiled(
    settings: Mapping[str, str], requests: Sequence[bytes], *, status: int = 200
) -> dict[str, float]:
    """The share of each library in the CPU of `requests`, largest first. See `where_time_goes`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # development keys, said at each opening
        from apcv_backend.app import create_app
        from apcv_backend.bootstrap import build
        from apcv_backend.config import Config

        services = build(Config.from_env(settings))
        app = create_app(services)
    try:
        calls = [_environ(request) for request in requests]
        for environ in calls[:_WARMING]:
            _call(app, environ, status)
        profile = cProfile.Profile(time.thread_time)
        profile.enable()
        for environ in calls[_WARMING:]:
            _call(app, environ, status)
        profile.disable()
    finally:
        services.close()
    return _by_library(pstats.Stats(profile))


def _environ(request: bytes) -> dict[str, Any]:
    """One whole HTTP request as WSGI gives it."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    method, path, _ = first.split(" ")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(body),
    }
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT") else f"HTTP_{key}"] = value
    setup_testing_defaults(environ)
    return environ


def _call(app: Any, environ: dict[str, Any], status: int) -> None:
    statuses: list[str] = []
    answer = app(environ, lambda told, *_: statuses.append(told))
    b"".join(answer)
    if not statuses[0].startswith(str(status)):
        raise RuntimeError(statuses[0])


def _by_library(stats: pstats.Stats) -> dict[str, float]:
    """CPU of each function given to its library; a builtin's to the library that called it."""
    spent: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]  # undocumented, stable
        file, _, name = function
        if file != "~":
            spent[_library(file)] += own
        elif _SIGNING.search(name):
            spent["P-256 (cryptography)"] += own
        else:
            for caller, (_, _, share, _) in callers.items():
                spent[_library(caller[0])] += share
    total = sum(spent.values())
    return {name: share / total for name, share in spent.most_common()}


def _library(file: str) -> str:
    site = _SITE.search(file)
    if site:
        return site[1]
    ours = _OURS.search(file)
    return ours[1] if ours else "python"
