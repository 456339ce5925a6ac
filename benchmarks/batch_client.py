"""The insurer's side of the benchmark `batch`, in a process of its own: the client of `examples/insurer`.

Reads one JSON object from its standard input (where, who, which file, from which line, after how many answers
to break off) and prints what it saw: how many answers, which errors, its last word, and its peak memory.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.process_memory import peak_memory
from examples.insurer.client import Insurer

_TIMEOUT_S = 300.0


def main() -> None:
    """Stream one file; leave without a word to the server when `break_after` answers were read."""
    told = json.loads(sys.stdin.read())
    key = serialization.load_pem_private_key(told["key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    insurer = Insurer(told["service"], told["client_id"], key)
    insurer.http = urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False)
    started = time.perf_counter()
    codes: Counter[str] = Counter()
    last: dict[str, Any] = {}
    expected = told["from_line"]
    for answer in insurer.stream_file(Path(told["file"]).read_bytes(), told["day"], told["name"], expected):
        last = answer
        if "line" not in answer:
            break
        if answer["line"] != expected:
            raise SystemExit(f"line {answer['line']} in place of {expected}")
        expected += 1
        codes[answer["error"]["code"] if "error" in answer else "answer"] += 1
        if expected - told["from_line"] == told["break_after"]:
            break
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "codes": codes,
                "next": expected,
                "last": last,
                "peak": peak_memory(os.getpid()),
            }
        ),
        flush=True,
    )
    os._exit(0)  # a connection that breaks: nothing is said to the server


if __name__ == "__main__":
    main()
