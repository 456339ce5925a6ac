"""The WSGI entry, for servers that want a name: `wsgi:app`."""

from apcv_backend.wsgi import make_app

app = make_app()
