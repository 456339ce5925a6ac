"""The WSGI entry: settings from the environment, services, application."""

import os

from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.config import Config

app = create_app(build(Config.from_env(os.environ)))
