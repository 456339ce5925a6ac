"""Asking for cards many times at once, and reading what each attempt came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from apcv_backend.issuance import openid4vci
from cartes.errors import CarteError
from tests.simulators.issuance_stage import IssuanceStage


def code_of(answer: Any) -> str:
    return str(answer.get_json().get("code", "done"))


def raced(how_many: int, attempt: Callable[[int], Any]) -> Counter[str]:
    """The codes of `how_many` attempts released together; `done` for one that was not refused."""
    barrier = Barrier(how_many)

    def run(number: int) -> str:
        barrier.wait(timeout=30)
        try:
            attempt(number)
        except CarteError as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(how_many) as threads:
        return Counter(threads.map(run, range(how_many)))


def issue(stage: IssuanceStage, body: dict[str, Any], key: str, dpop: str = "") -> Any:
    """Ask the service itself, as a worker of the server would."""
    return stage.services.issuance.issue(
        openid4vci.parse_credential_request(body),
        idempotency_key=key,
        unverified_dpop=dpop,
        at=stage.clock(),
    )
