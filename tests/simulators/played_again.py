"""Tests that failed and were played once more: how they are marked, and what a run says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

PLAYED_AGAIN = "played_again"


def played_again(stats: Mapping[str, Iterable[object]]) -> Mapping[str, str]:
    """Of the reports of a run, by outcome: each test that was played twice, and how its first go ended."""
    return {
        report.nodeid: str(why)
        for reports in stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, why in report.user_properties
        if name == PLAYED_AGAIN
    }
