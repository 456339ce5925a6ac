"""What no text of ours may hold, refused at the doors: a NUL in a body, a control character in an address.

PostgreSQL keeps no NUL in a text, and says so with an error of the driver mid-transaction, where SQLite looks
for it and finds nothing. Anybody may write one (`%00` in an address, an escape in a JSON text), so it is
refused before a room sees it. RFC 3986 section 2.1; RFC 8259 section 7; PostgreSQL, "Character Types".
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from werkzeug.exceptions import NotFound

from cartes.errors import BadJson


def refuse_in_addresses(app: Flask) -> None:
    """An address with a control character leads nowhere: 404, whatever door it would have been."""

    @app.before_request
    def _check() -> None:
        if not request.path.isprintable():
            raise NotFound


def check_no_nul(value: Any) -> None:
    """Refuse a NUL in any text of a JSON value, its members' names too. Raises `BadJson`."""
    if isinstance(value, str):
        if "\x00" in value:
            raise BadJson(why="nul")
    elif isinstance(value, list):
        for item in value:
            check_no_nul(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            check_no_nul(name)
            check_no_nul(item)
