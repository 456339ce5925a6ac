"""Every address with every method and with bodies that are not what they say: each gets a clean refusal.

The addresses are those of the application's own map: a route added tomorrow is tried tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.ephemeral import MemoryEphemeral
from tests.simulators.doors import address_of, doors_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")
BODIES = {
    "no media type": (None, b"x"),
    "text": ("text/plain", b"{}"),
    "a form that is none": ("application/x-www-form-urlencoded", b"a=%ff&a=1"),
    "several parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
    ),
    "half an object": ("application/json", b"{"),
    "a list": ("application/json", b"[]"),
    "another encoding": ("application/json; charset=utf-16", "{}".encode("utf-16")),
    "a media type that is none": ("\xff;;", b"{}"),
}
REFUSALS = {"application/problem+json": "code", "application/json": "error"}
NOT_READY = "/readyz"  # nothing was published: it says 503, and is right


@pytest.fixture
def app(services: Services) -> Flask:
    """As the network sees it: an error of ours is an answer. Its limits are those of one walk."""
    opened = create_app(replace(services, ephemeral=MemoryEphemeral()))
    opened.config["PROPAGATE_EXCEPTIONS"] = False
    return opened


def addresses(app: Flask) -> Iterator[tuple[str, frozenset[str]]]:
    """Every address, with the methods it takes (two routes may meet in one address)."""
    known = app.url_map.bind("")
    for address in sorted({address_of(rule.rule) for rule in app.url_map.iter_rules()}):
        yield address, frozenset(known.allowed_methods(address))


def wrong_in(answer: TestResponse, address: str, method: str) -> str | None:
    """What is not clean in an answer, in a line; None when nothing is."""
    with answer:
        body = answer.get_data()
    seen = f"{method} {address}: {answer.status_code} {answer.content_type} {body[:100]!r}"
    if address == NOT_READY and answer.status_code == 503:
        return None
    if answer.status_code >= 500:
        return seen
    if method == "HEAD":
        return seen if body else None
    if answer.status_code < 400 or answer.mimetype == "text/html":
        return None
    said = answer.get_json(silent=True)
    word = REFUSALS.get(answer.mimetype or "", "")
    return None if isinstance(said, dict) and said.get(word) else seen


def test_another_method_is_refused_and_told_which_there_are(app: Flask, client: FlaskClient) -> None:
    """405 with `Allow` wherever a method is not taken; HEAD is GET without its body; nothing is a 500."""
    wrong = []
    for address, methods in addresses(app):
        for method in METHODS:
            answer = client.open(address, method=method)
            if method not in methods:
                told = frozenset(answer.headers.get("Allow", "").split(", "))
                if (answer.status_code, told) != (405, methods):
                    wrong.append(f"{method} {address}: {answer.status_code}, Allow: {sorted(told)}")
            if (seen := wrong_in(answer, address, method)) is not None:
                wrong.append(seen)

    assert not wrong, "\n".join(wrong)


def test_a_body_that_is_not_what_it_says_is_refused(app: Flask, client: FlaskClient) -> None:
    """Whatever is sent under whatever name: a clean refusal, and no door that reads JSON takes another."""
    doors, _ = doors_of(app)
    read_json = {(door.method, address_of(door.path)) for door in doors if door.body is not None}
    wrong = []
    for address, methods in addresses(app):
        for method in sorted(methods & {"POST", "PUT", "PATCH", "DELETE"}):
            for name, (media_type, body) in BODIES.items():
                answer = client.open(address, method=method, data=body, content_type=media_type)
                seen = wrong_in(answer, address, method)
                if (method, address) in read_json and answer.status_code < 400:
                    seen = f"{method} {address} took it: {answer.status_code}"
                if seen is not None:
                    wrong.append(f"{name}: {seen}")

    assert read_json
    assert not wrong, "\n".join(wrong)
