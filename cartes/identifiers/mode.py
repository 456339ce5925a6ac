"""How strictly a number is read: strictly, as a test number, or leniently.

Public fixtures of the sector hold wrong keys, impossible months and FINESS with letters, so one rule for
all occasions would either refuse a test card on a bench or let a damaged number onto a card. Three modes:

- `STRICT`: the shape, the structure and the key all hold. The only mode an issuer may draft from.
- `TEST`: for people under a test OID only (`…4.10`, `…4.11`). The key must hold; an odd structure is
  carried as a warning, and a FINESS may have letters.
- `LENIENT`: to read and report. Whatever has the outer shape is built, with every warning it deserves.

A value remembers its warnings, and `is_strict` says whether it has none, so an issuer can refuse it. They
are no part of equality: two readings of one number are the same number.
"""

from __future__ import annotations

import enum


class Mode(enum.Enum):
    """What a reading tolerates. See the module's story."""

    STRICT = "strict"
    TEST = "test"
    LENIENT = "lenient"
