"""Take old editions out of the publication folder, long after the last till could be reading them.

Roots stay for ever: a till that slept a year follows them one by one. Of the other roles the last versions
stay, with every file they list: a till or a cache that read an older timestamp still finds all it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cartes.errors import BadJson
from cartes.wire import strict_json

KEPT_VERSIONS: Final = 200
_VERSIONED: Final = re.compile(r"([1-9][0-9]*)\.(snapshot|targets|status)\.json")
_MAX_METADATA: Final = 1 << 22


def prune(directory: Path, kept_versions: int = KEPT_VERSIONS) -> None:
    """Remove the versions beyond the last `kept_versions` of each role, and the files that only they list."""
    metadata = directory / "metadata"
    versions: dict[str, list[int]] = {}
    for path in metadata.iterdir():
        found = _VERSIONED.fullmatch(path.name)
        if found:
            versions.setdefault(found[2], []).append(int(found[1]))
    old = [
        metadata / f"{version}.{role}.json"
        for role, known in versions.items()
        for version in known
        if version <= max(known) - kept_versions
    ]
    if not old:
        return
    listed_by_old = {target for path in old for target in _listed(path)}
    kept = (path for path in metadata.iterdir() if _VERSIONED.fullmatch(path.name) and path not in old)
    listed_by_kept = {target for path in kept for target in _listed(path)}
    for relative in listed_by_old - listed_by_kept:
        (directory / "targets" / relative).unlink(missing_ok=True)
    for path in old:
        path.unlink(missing_ok=True)


def _listed(path: Path) -> Iterator[str]:
    """The files, named by their hash, that a piece of metadata lists. Damaged metadata lists nothing."""
    with suppress(BadJson, KeyError, TypeError, AttributeError):
        signed = strict_json.loads(path.read_bytes(), _MAX_METADATA)["signed"]
        for name, described in signed.get("targets", {}).items():
            folder, slash, base = name.rpartition("/")
            yield f"{folder}{slash}{described['hashes']['sha256']}.{base}"
