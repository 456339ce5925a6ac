"""Staff at a door of Flask: reads the cookie and the header of a request, and nothing else of it."""

from __future__ import annotations

from flask import request

from apcv_backend.staff_callers import COOKIE, CSRF_HEADER, UnverifiedStaffCall

_LONGEST = 128


def unverified_staff_call() -> UnverifiedStaffCall:
    """What this request shows of a colleague's session; texts too long to be ours are dropped here."""
    token, csrf = request.cookies.get(COOKIE, ""), request.headers.get(CSRF_HEADER, "")
    return UnverifiedStaffCall(
        request.method, token if len(token) <= _LONGEST else "", csrf if len(csrf) <= _LONGEST else ""
    )
