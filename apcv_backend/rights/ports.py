"""What the town hall asks of whoever knows rights, in its own words.

The real service is ADRi, which answers a professional with a CPS; here a demonstration source reads files
(`demo_source.py`). Both answer the same question under the same contract (`tests/contracts/`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.rights.rules import ReponseDroits


class RightsSource(Protocol):
    """Whoever knows the rights of insured persons."""

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """What is known of the rights of `person` at `at` (aware UTC); `as_of` is never later than `at`.

        Raises:
            PersonUnknown: nobody is known under this key.
        """
        ...
