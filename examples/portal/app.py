"""A portal: who signs in, asked of the provider with Authlib's client, and kept in this portal's own session.

Three rules of Pro Santé Connect's charter hold here: the professional is recognised by the national number
(`SubjectNameID`), the portal asks which exercice and structure one works for, and the provider's tokens never
serve as the portal's session. Signing out is an explicit click, and signs out of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template, request, session, url_for
from flask import Response as FlaskResponse
from requests import RequestException
from werkzeug.wrappers import Response

from examples.portal.words import language, words_in


def create_portal(
    issuer: str, client: Mapping[str, str], secret_key: str, *, patience_s: float = 5.0
) -> Flask:
    """The portal's pages. `client` has the `client_id` and `client_secret` the provider gave it.

    A provider that says nothing for `patience_s` seconds is one that is not there.
    """
    portal = Flask(__name__)
    portal.config.update(SECRET_KEY=secret_key, SESSION_COOKIE_NAME="portail", SESSION_COOKIE_SAMESITE="Lax")
    portal.after_request(_guard)
    ecps = OAuth(portal).register(
        "ecps",
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        client_kwargs={
            "scope": "openid scope_all",
            "code_challenge_method": "S256",
            "default_timeout": patience_s,
        },
        authorize_params={"acr_values": "eidas1"},
    )

    @portal.get("/")
    def home() -> str:
        return _page(person=session.get("person"), practice=session.get("practice"))

    @portal.get("/connexion")
    def sign_in() -> Response:
        back = url_for("signed_in", _external=True)
        answer: Response = ecps.authorize_redirect(back, ui_locales=language())
        return answer

    @portal.get("/retour")
    def signed_in() -> Response | tuple[str, int]:
        try:
            tokens = ecps.authorize_access_token()
        except AuthlibBaseError as refused:  # the provider's no, or an answer that is not for this browser
            return _page(refused=refused.error), 403
        spoken = language()
        session.clear()
        session.update(lang=spoken, person=_person(ecps.userinfo(token=tokens)), hint=tokens["id_token"])
        return redirect(url_for("home"))

    @portal.post("/exercice")
    def choose() -> Response:
        chosen = request.form.get("practice", type=int)
        if "person" in session and chosen in range(len(session["person"]["practices"])):
            session["practice"] = session["person"]["practices"][chosen]
        return redirect(url_for("home"))

    @portal.post("/deconnexion")
    def sign_out() -> Response:
        told = {"id_token_hint": session.get("hint", ""), "post_logout_redirect_uri": _home()}
        session.clear()
        return redirect(f"{ecps.load_server_metadata()['end_session_endpoint']}?{urlencode(told)}")

    @portal.errorhandler(RequestException)
    def absent(_: RequestException) -> tuple[str, int]:
        return _page(refused="temporarily_unavailable"), 503

    def _home() -> str:
        return url_for("home", _external=True)

    return portal


def _page(**told: Any) -> str:
    spoken = language()
    return render_template("portal.html", lang=spoken, t=words_in(spoken), **told)


def _guard(answer: FlaskResponse) -> FlaskResponse:
    answer.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"  # what is shown is of whoever is signed in now
    return answer


def _person(userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """What the portal keeps: the national number, the name, and where this person works."""
    exercices = userinfo["SubjectRefPro"]["exercices"]
    practices = [
        activity["raisonSocialeSite"] or exercice["codeProfession"]
        for exercice in exercices
        for activity in exercice["activities"]
    ]
    name = f"{exercices[0]['prenomDexercice']} {exercices[0]['nomDexercice']}" if exercices else ""
    return {"number": userinfo["SubjectNameID"], "name": name, "practices": practices}
