"""What a WSGI server starts: the application on the settings of its environment.

A function, so that reading this module opens nothing: `granian --interface wsgi --factory
apcv_backend.wsgi:make_app`, which `python -m apcv_backend serve` is. `wsgi.py` at the root of the repository
is the same for servers that want a name.
"""

from __future__ import annotations

import os

from flask import Flask

from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.config import Config


def make_app() -> Flask:
    """The application. Raises what `Config.from_env` and `build` refuse."""
    return create_app(build(Config.from_env(os.environ)))
