"""Every page of the backend, in a table: what its headers and its markup keep out, whoever looks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.staff_callers import COOKIE
from tests.simulators.clock import SteerableClock
from tests.simulators.portal import open_provider_stage
from tests.simulators.staff_stage import STRUCTURE, Colleague, StaffStage
from tests.testdata import ROOT

HTML = {"Accept": "text/html"}
PAGES: Mapping[str, tuple[str, ...]] = {
    "anyone": ("/staff/sign-in", "/staff/registration"),
    "administrator": ("/staff/approvals", "/staff/colleagues", "/staff/sessions"),
    "desk_agent": ("/desk", "/desk/phones", "/desk/delegations", "/staff/sessions"),
    "insurer_clerk": ("/console", "/console/file", "/console/contracts", "/console/figures"),
    "operator": ("/operations", "/staff/sessions"),
}
"""Who opens which page of staff."""

OTHERS = ("/docs", "/app/", "/verifier/")
"""Pages that are the same for everybody."""

KNOWN = {*(path for paths in PAGES.values() for path in paths), *OTHERS, "/", "/staff", "/s"}
"""Every address without a name in it that may answer with a page; `/`, `/staff` lead elsewhere."""


@pytest.fixture
def services_apart(services: Services) -> Services:
    """Counters of its own, and the apps' folders, so that their pages are served."""
    folders = replace(
        services.config,
        pwa_dir=ROOT / "mobile_mock" / "pwa",
        verifier_page_dir=ROOT / "verifier" / "page",
    )
    return replace(services, ephemeral=MemoryEphemeral(), config=folders)


@pytest.fixture
def town_hall(services_apart: Services) -> Flask:
    return create_app(services_apart)


@pytest.fixture
def stage(services_apart: Services, town_hall: Flask, attestation_dir: Path) -> StaffStage:
    return StaffStage(services_apart, town_hall, attestation_dir)


def of_role(stage: StaffStage, role: str) -> Colleague:
    """Somebody signed in, or a newcomer for the pages of anyone."""
    if role == "anyone":
        return stage.newcomer()
    if role == "administrator":
        return stage.administrators()[0]
    return stage.colleague(role, structure="99999001" if role == "insurer_clerk" else STRUCTURE)


def look(colleague: Colleague, path: str, query: str = "") -> TestResponse:
    """Open a page as a browser does; the two that use a key, on the host where keys answer."""
    host = colleague.origin if path in PAGES["anyone"] else None
    return colleague.client.get(f"{path}{query}", headers=HTML, base_url=host)


def policy_of(answer: TestResponse) -> dict[str, str]:
    """The directives of a content security policy."""
    parts = (one.strip().partition(" ") for one in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def check_page(answer: TestResponse, name: str) -> None:
    """What holds for every page, in one place."""
    assert answer.status_code in {200, 401, 403, 404}, (name, answer.status_code)
    assert answer.mimetype == "text/html", name
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'", name
    assert policy["frame-ancestors"] == "'none'", name
    sources = " ".join(policy.values())
    assert "unsafe-inline" not in sources, name
    assert not re.search(r"\*|https?:|'unsafe-eval'", sources), (name, sources)
    assert answer.headers["X-Content-Type-Options"] == "nosniff", name
    assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}, name
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", name
    html = answer.get_data(as_text=True)
    assert not re.search(r"<[^>]+\s(?:on\w+|style)\s*=", html), f"{name}: what the policy would stop"
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", html), f"{name}: a script of its own text"
    assert not re.search(r"<style\b", html), name
    foreign = re.findall(r"(?:src|href|action)=\"(https?://[^\"]+)\"", html)
    assert [one for one in foreign if "localhost" not in one and "cartes.example" not in one] == [], name
    assert re.search(r'<html lang="(fr|en)">', html), name


def check_personal(answer: TestResponse, name: str) -> None:
    """A page of somebody: kept by no cache, framed by nobody, whichever way a browser knows."""
    assert "no-store" in answer.headers["Cache-Control"], name
    assert answer.headers["X-Frame-Options"] == "DENY", name
    assert policy_of(answer)["form-action"] == "'self'", name
    assert policy_of(answer)["base-uri"] == "'none'", name
    assert "Set-Cookie" not in answer.headers, f"{name}: a page gives no session"


def test_no_page_is_missing_from_the_table(town_hall: Flask) -> None:
    """A page added tomorrow is named here, or this fails."""
    blueprints = {"office", "operations", "docs", "phone_app", "verifier_page", "signin_pages"}
    plain = {
        rule.rule
        for rule in town_hall.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in blueprints
        and "GET" in (rule.methods or set())
        and "<" not in rule.rule
    }

    assert plain - KNOWN == set()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("role", list(PAGES))
def test_a_page_of_staff_keeps_others_out(stage: StaffStage, role: str, language: str) -> None:
    """Its owner, a stranger and another role: three answers, the same headers."""
    owner, stranger = of_role(stage, role), stage.newcomer()
    other = stage.administrators()[1] if role == "operator" else stage.colleague("operator", name="O. Autre")

    for path in PAGES[role]:
        for who, colleague in (("owner", owner), ("stranger", stranger), ("other", other)):
            answer = look(colleague, path, f"?lang={language}")
            name = f"{path} to {who}"
            check_page(answer, name)
            check_personal(answer, name)
            assert answer.headers["Content-Language"] == language, name
        assert look(owner, path).status_code == 200, path
        if role != "anyone":
            assert look(stranger, path).status_code == 401, path


@pytest.mark.parametrize("path", OTHERS)
def test_a_page_for_everybody_runs_its_own_scripts_alone(town_hall: Flask, path: str) -> None:
    """The documents, the phone's app, the page that verifies."""
    check_page(town_hall.test_client().get(path, headers=HTML), path)


def test_the_pages_of_a_sign_in_keep_others_out(
    services_apart: Services, town_hall: Flask, clock: SteerableClock, attestation_dir: Path
) -> None:
    """Waiting, another browser, no such attempt, and where a camera leads."""
    stage = open_provider_stage(services_apart, town_hall, clock, attestation_dir)
    portal = stage.portal()
    begun = portal.begin()
    stranger = town_hall.test_client()

    for name, answer in {
        "waiting": portal.browser.get(begun.location, headers=HTML),
        "another browser": stranger.get(begun.location, headers=HTML),
        "no attempt": stranger.get("/signin/abcdefgh12345678", headers=HTML),
        "a camera": stranger.get("/s", headers=HTML),
    }.items():
        check_page(answer, name)
        check_personal(answer, name)
    cookie = begun.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_a_session_given_beforehand_is_nobodys(stage: StaffStage) -> None:
    """Somebody plants a cookie in a browser: whoever signs in there gets another; the planted one dies."""
    first, second = stage.administrators()
    planted = first.client.get_cookie(COOKIE)
    assert planted is not None
    second.client.set_cookie(COOKIE, planted.value, secure=True)

    assert second.sign_in().status_code == 201

    given = second.client.get_cookie(COOKIE)
    assert given is not None
    assert given.value != planted.value
    assert second.get("/v1/staff/session").get_json()["name"] == second.name
    assert first.get("/v1/staff/session").status_code == 401


def test_leaving_takes_the_cookie_away_and_its_session_with_it(stage: StaffStage) -> None:
    """The browser is told to forget it, with the attributes it was given; kept by hand, it opens nothing."""
    first, _ = stage.administrators()
    kept = first.client.get_cookie(COOKIE)
    assert kept is not None

    left = first.send("DELETE", "/v1/staff/session")

    written = left.headers["Set-Cookie"]
    assert (left.status_code, written.startswith(f"{COOKIE}=;")) == (204, True)
    for attribute in ("Max-Age=0", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in written
    first.client.set_cookie(COOKIE, kept.value, secure=True)
    assert look(first, "/staff/approvals").status_code == 401


def test_looking_at_a_page_keeps_a_session_and_nothing_else_does(
    stage: StaffStage, clock: SteerableClock
) -> None:
    """Fourteen minutes and a page, fourteen more: alive; fifteen without one: over, and said in words."""
    first, _ = stage.administrators()

    clock.advance(14 * 60)
    assert look(first, "/staff/approvals").status_code == 200
    clock.advance(14 * 60)
    assert look(first, "/staff/approvals").status_code == 200
    clock.advance(15 * 60)
    over = look(first, "/staff/approvals")

    assert over.status_code == 401
    assert "Votre session est terminée" in over.get_data(as_text=True)
