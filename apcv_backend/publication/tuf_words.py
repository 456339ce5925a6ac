"""The words of python-tuf this room uses, imported in one place.

`tuf.api.metadata` and `securesystemslib.signer` document them all; their types declare only some as exported.
"""

from __future__ import annotations

from typing import TypeVar

from securesystemslib.signer import (  # type: ignore[attr-defined]  # documented, not declared in its types
    Key,
    Signature,
    SSlibKey,
)
from securesystemslib.signer import (  # type: ignore[attr-defined]  # same
    Signer as TufSignerBase,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # documented there, not declared in its types
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

__all__ = [
    "DelegatedRole",
    "Delegations",
    "Key",
    "MetaFile",
    "Metadata",
    "Root",
    "SSlibKey",
    "Said",
    "Signature",
    "Snapshot",
    "TargetFile",
    "Targets",
    "Timestamp",
    "TufSignerBase",
]

Said = TypeVar("Said", Root, Timestamp, Snapshot, Targets)
"""What a role signs."""
