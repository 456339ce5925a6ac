"""The example portal's pages without a provider: two languages, and headers that keep it to itself."""

from __future__ import annotations

import socket

import pytest
from flask.testing import FlaskClient

from examples.portal.app import create_portal
from examples.portal.words import _WORDS


@pytest.fixture
def portal() -> FlaskClient:
    """The portal in a browser; nothing of the provider is asked before somebody signs in."""
    client = {"client_id": "portail-exemple", "client_secret": "s"}
    return create_portal("http://localhost:1", client, "k" * 32).test_client()


@pytest.mark.parametrize(
    ("query", "accepts", "language", "words"),
    [
        ("", "", "fr", "Se connecter avec"),
        ("", "en-GB,en;q=0.8", "en", "Sign in with the e‑CPS"),
        ("", "de", "fr", "Se connecter avec"),
        ("?lang=en", "fr", "en", "Sign in with the e‑CPS"),
        ("?lang=fr", "en", "fr", "Se connecter avec"),
        ("?lang=xx", "en", "en", "Sign in with the e‑CPS"),
    ],
)
def test_a_page_speaks_the_language_chosen_or_preferred(
    portal: FlaskClient, query: str, accepts: str, language: str, words: str
) -> None:
    """French unless the browser or the person asks for English."""
    page = portal.get(f"/{query}", headers={"Accept-Language": accepts}).get_data(as_text=True)

    assert f'<html lang="{language}">' in page
    assert words in page


def test_a_language_chosen_is_kept(portal: FlaskClient) -> None:
    """The next page speaks it too, whatever the browser prefers."""
    portal.get("/?lang=en", headers={"Accept-Language": "fr"})

    page = portal.get("/", headers={"Accept-Language": "fr"}).get_data(as_text=True)

    assert "Sign in with the e‑CPS" in page
    assert 'lang="fr" hreflang="fr">Français' in page


def test_every_word_is_said_in_both_languages() -> None:
    """No sentence is missing; the two differ."""
    same = [name for name, (french, english) in _WORDS.items() if not french or french == english]

    assert same == []


def test_nobody_frames_the_portal_or_keeps_its_pages(portal: FlaskClient) -> None:
    """What an integrator copies is safe to copy."""
    headers = portal.get("/").headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    cookie = portal.get("/?lang=en").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_provider_that_is_not_there_is_a_page_with_a_way_out(portal: FlaskClient) -> None:
    """Nobody listens: the person reads that nothing was opened, and may try again."""
    answer = portal.get("/connexion")

    assert answer.status_code == 503
    assert "La connexion n’a pas abouti" in answer.text
    assert "/connexion" in answer.text


def test_a_provider_that_says_nothing_is_not_waited_for() -> None:
    """It takes the connection and is silent: the same page, after the portal's patience."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        waiting = create_portal(issuer, {"client_id": "c", "client_secret": "s"}, "k" * 32, patience_s=0.2)

        assert waiting.test_client().get("/connexion").status_code == 503


def test_a_way_back_that_nobody_began_is_refused(portal: FlaskClient) -> None:
    """Somebody else's answer, pasted into this browser, opens nothing."""
    assert portal.get("/retour?error=access_denied").status_code == 403
