"""Private files, written whole or not at all.

A file of the pocket is JSON, mode 0600. It is written beside itself, flushed to the disk, then renamed over
the old one: whoever stops the program at any moment finds the old file or the new one. A file that others
may read is refused, because the keys in it may no longer be this phone's alone.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from cartes.errors import CarteError
from cartes.wire import strict_json
from mobile_mock.errors import PocketDamaged, PocketError, PocketExposed

_OTHERS = 0o077
_LARGEST = 4 * 1024 * 1024


def read(path: Path) -> Any:
    """The JSON of `path`, or None when there is no such file.

    Raises:
        PocketExposed: others than its owner may read it.
        PocketDamaged: it is not JSON.
    """
    try:
        if path.stat().st_mode & _OTHERS:
            raise PocketExposed(file=path.name)
        return strict_json.loads(path.read_bytes(), max_size=_LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, CarteError) as error:
        if isinstance(error, PocketError):
            raise
        raise PocketDamaged(file=path.name) from error


def write(path: Path, value: object) -> None:
    """Put `value` in `path`, durably and in one step.

    Raises:
        PocketError: the disk refused; the old file is untouched.
    """
    data = strict_json.canonical(value)
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made 0600
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if name:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        raise PocketError(file=path.name, why=error.strerror or "write_failed") from error
