"""Reading the test client's answers."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse


def json_of(answer: TestResponse) -> dict[str, Any]:
    """The JSON object of an answer; the test fails when it is anything else."""
    body = answer.get_json()
    assert isinstance(body, dict), answer.text[:200]
    return body
