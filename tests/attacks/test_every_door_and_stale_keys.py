"""Every door with keys that were good once, or look it: expired, revoked, forged, of another kind.

Tokens are the provider's own, obtained by a phone's approval and shown to work first; then they are aged,
altered or carried elsewhere, and every door that asks who calls must say no. The same for staff's sessions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.staff.rules import IDLE, LONGEST_SESSION
from apcv_backend.staff_callers import COOKIE, LOOKS_ONLY
from cartes.wire import base64url
from tests.simulators.clock import SteerableClock
from tests.simulators.doors import Door, address_of, doors_of, knock, let_in, wrong_in
from tests.simulators.portal import DpopKey, Portal, open_provider_stage
from tests.simulators.staff_stage import STRUCTURE, Colleague, StaffStage

Headers = Callable[[Door], Mapping[str, str]]


@pytest.fixture
def town_hall(services: Services) -> tuple[Services, Flask]:
    # Counters of its own: the limits of one walk are not the next one's.
    own = replace(services, ephemeral=MemoryEphemeral())
    return own, create_app(own)


def walk(app: Flask, headers: Headers) -> list[str]:
    """Every door, in a browser without cookies, with these headers; what is wrong, one line each."""
    doors, _ = doors_of(app)
    found = (
        wrong_in(door, "stale", None, knock(app.test_client(use_cookies=False), door, headers(door)))
        for door in doors
    )
    return [told for told in found if told]


def _always(**headers: str) -> Headers:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _door: told


def _forged(token: str) -> dict[str, str]:
    """The same claims without a signature, under another key, and with a bent one."""
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    parts = [base64url.encode(json.dumps(part).encode()) for part in ({**header, "alg": "none"}, claims)]
    other = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers=header)
    body, _, signature = token.rpartition(".")
    bent = ("A" if signature[0] != "A" else "B") + signature[1:]
    return {
        "no algorithm": ".".join(parts) + ".",
        "another key": other,
        "a bent signature": f"{body}.{bent}",
    }


def _bound(key: DpopKey, token: str, url: str) -> Headers:
    return lambda door: {
        "Authorization": f"DPoP {token}",
        "DPoP": key.proof(door.method, url + address_of(door.path), token),
    }


@pytest.fixture
def portal(
    town_hall: tuple[Services, Flask], clock: SteerableClock, attestation_dir: Path
) -> tuple[Portal, dict[str, Any], DpopKey]:
    """A portal, a doctor's tokens bound to the portal's key, and that key: proven to work at userinfo."""
    services, app = town_hall
    stage = open_provider_stage(services, app, clock, attestation_dir)
    portal, key = stage.portal(), DpopKey(clock)
    url = f"{portal.issuer}/protocol/openid-connect"
    answer = portal.exchange(portal.code(stage.phone()), dpop=key.proof("POST", f"{url}/token"))
    assert answer.status_code == 200, answer.get_json()
    tokens: dict[str, Any] = answer.get_json()
    token = tokens["access_token"]
    seen = portal.userinfo(token, "DPoP", DPoP=key.proof("GET", f"{url}/userinfo", token))
    assert seen.status_code == 200, seen.get_json()
    return portal, tokens, key


def test_tokens_of_another_kind_or_forged_open_nothing(
    town_hall: tuple[Services, Flask], portal: tuple[Portal, dict[str, Any], DpopKey], clock: SteerableClock
) -> None:
    """An ID token, a refresh token, forgeries, a bound token without its key: at every door."""
    _, app = town_hall
    at, tokens, key = portal
    access = tokens["access_token"]
    shown: dict[str, Headers] = {
        "an ID token": _always(Authorization=f"Bearer {tokens['id_token']}"),
        "a bound token as a bearer's": _always(Authorization=f"Bearer {access}"),
        "a bound token without a proof": _always(Authorization=f"DPoP {access}"),
        "a bound token, another key": _bound(DpopKey(clock), access, at.issuer),
        "an access token in staff's cookie": _always(Cookie=f"{COOKIE}={access[:100]}", X_Staff_Csrf="x"),
        **{name: _bound(key, token, at.issuer) for name, token in _forged(access).items()},
    }
    if "refresh_token" in tokens:
        shown["a refresh token"] = _always(Authorization=f"Bearer {tokens['refresh_token']}")

    wrong = {name: found for name, headers in shown.items() if (found := walk(app, headers))}

    assert wrong == {}


def test_an_expired_token_opens_nothing(
    town_hall: tuple[Services, Flask], portal: tuple[Portal, dict[str, Any], DpopKey], clock: SteerableClock
) -> None:
    """With its own key and a fresh proof, a second after its end."""
    _, app = town_hall
    at, tokens, key = portal

    clock.advance(tokens["expires_in"] + 1)

    assert walk(app, _bound(key, tokens["access_token"], at.issuer)) == []


def test_a_revoked_token_opens_nothing(
    town_hall: tuple[Services, Flask], portal: tuple[Portal, dict[str, Any], DpopKey]
) -> None:
    """Its client gave it back; it has minutes left."""
    _, app = town_hall
    at, tokens, key = portal

    assert at.post("revoke", {"token": tokens["access_token"]}).status_code == 200

    assert walk(app, _bound(key, tokens["access_token"], at.issuer)) == []


# --- staff's sessions


@pytest.fixture
def staff(town_hall: tuple[Services, Flask], attestation_dir: Path) -> StaffStage:
    services, app = town_hall
    return StaffStage(services, app, attestation_dir)


def _cookie_of(colleague: Colleague) -> str:
    kept = colleague.client.get_cookie(COOKIE)
    assert kept is not None
    return kept.value


def _as(cookie: str, csrf: str) -> Headers:
    return _always(Cookie=f"{COOKIE}={cookie}", X_Staff_Csrf=csrf)


@pytest.mark.parametrize("after", [IDLE, LONGEST_SESSION])
def test_a_session_that_ran_out_opens_nothing(
    staff: StaffStage, clock: SteerableClock, after: timedelta
) -> None:
    """Fifteen idle minutes, or ten hours."""
    first, _ = staff.administrators()
    headers = _as(_cookie_of(first), first.csrf)

    clock.advance(after.total_seconds())

    assert walk(staff.app, headers) == []


@pytest.mark.parametrize("ended", ["signed out", "signed in again", "account closed", "bent", "as a token"])
def test_a_session_that_ended_or_never_was_opens_nothing(staff: StaffStage, ended: str) -> None:
    """Its cookie, copied beforehand, with the word that went with it."""
    first, second = staff.administrators()
    cookie = _cookie_of(second)
    headers = _as(cookie, second.csrf)
    assert second.get("/v1/staff/session").status_code == 200

    if ended == "signed out":
        assert second.send("DELETE", "/v1/staff/session").status_code == 204
    elif ended == "signed in again":
        assert second.sign_in().status_code == 201
        assert second.get("/v1/staff/session").status_code == 200
    elif ended == "account closed":
        assert first.send("DELETE", f"/v1/staff/members/{second.member_id}").status_code == 204
    elif ended == "bent":
        headers = _as(("A" if cookie[0] != "A" else "B") + cookie[1:], second.csrf)
    else:
        headers = _always(Authorization=f"Bearer {cookie}", X_Staff_Csrf=second.csrf)

    assert walk(staff.app, headers) == []


@pytest.mark.parametrize("role", ["administrator", "desk_agent", "operator", "insurer_clerk"])
def test_no_change_without_the_sessions_own_second_word(staff: StaffStage, role: str) -> None:
    """A page elsewhere makes a browser send the cookie; it cannot send the word, nor another's."""
    first, second = staff.administrators()
    structure = "99999001" if role == "insurer_clerk" else STRUCTURE
    colleague = second if role == "administrator" else staff.colleague(role, structure=structure)
    cookie = _cookie_of(colleague)
    doors = [
        door
        for door in doors_of(staff.app)[0]
        if CallerKind.STAFF in door.kinds and door.method not in LOOKS_ONLY
    ]

    opened = [
        f"{door.name} with {word!r}"
        for door in doors
        for word in ("", first.csrf, cookie, colleague.csrf[:-1])
        if let_in(knock(staff.app.test_client(use_cookies=False), door, _as(cookie, word)(door)))
    ]

    assert len(doors) > 15
    assert opened == []
