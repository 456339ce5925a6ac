"""`fapi-ciba-id1-test-plan`, profile `plain_fapi`, `private_key_jwt`, by poll and by ping.

The hint is a professional's national number and the binding message the two digits of `docs/signin.md`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from tests.simulators.issuance_stage import KARIM
from tests.simulators.keyed_portal import ASSERTION_TYPE, KeyedPortal, keyed_portal
from tests.simulators.portal import CIBA, Portal, ProviderStage
from tests.simulators.signin_stage import SigninPhone

NOTIFICATION_TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture
def portal(stage: ProviderStage) -> KeyedPortal:
    """The plan's client."""
    return keyed_portal(stage, grant_types=[CIBA, "refresh_token"], redirect_uris=[])


def begun(portal: Portal, **changes: str | None) -> str:
    """A request that is accepted; its name."""
    answer = portal.ask_ciba(**changes)
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["auth_req_id"])


def error(answer: TestResponse) -> str:
    """The word of a refusal, whose description has no control character."""
    told = answer.get_json()
    assert answer.mimetype == "application/json"
    assert told["error_description"].isprintable()
    return str(told["error"])


def signed_in(portal: Portal, phone: SigninPhone, **changes: str | None) -> dict[str, Any]:
    """A whole sign-in; the tokens."""
    auth_req_id = begun(portal, **changes)
    phone.approve(phone.requests()[0], "42")
    answer = portal.poll_ciba(auth_req_id)
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    return told


def test_fapi_ciba_id1_discovery_end_point_verification(portal: KeyedPortal) -> None:
    """The backchannel endpoint, its delivery modes, the grant, no user code."""
    told = portal.browser.get("/.well-known/openid-configuration").get_json()

    assert told["backchannel_authentication_endpoint"].startswith(portal.issuer)
    assert set(told["backchannel_token_delivery_modes_supported"]) == {"poll", "ping"}
    assert told["backchannel_user_code_parameter_supported"] is False
    assert CIBA in told["grant_types_supported"]
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]


def test_fapi_ciba_id1(stage: ProviderStage, portal: KeyedPortal, phone: SigninPhone) -> None:
    """Two clients, each its tokens; the `acr` asked; a request used once gives nothing more."""
    first = signed_in(portal, phone)
    other = keyed_portal(stage, "portail-deux", grant_types=[CIBA], redirect_uris=[])
    stage.clock.advance(1)
    auth_req_id = begun(other)
    phone.approve(phone.requests()[0], "42")
    second = other.poll_ciba(auth_req_id).get_json()

    claims = other.claims(second["id_token"])
    assert (claims["acr"], claims["aud"]) == ("eidas1", "portail-deux")
    assert portal.userinfo(first["access_token"]).get_json()["SubjectNameID"] == KARIM.text
    again = other.poll_ciba(auth_req_id)
    assert (again.status_code, error(again)) == (400, "invalid_grant")


def test_fapi_ciba_id1_user_rejects_authentication(portal: KeyedPortal, phone: SigninPhone) -> None:
    """No on the phone: access_denied."""
    auth_req_id = begun(portal)
    phone.refuse(phone.requests()[0])

    answer = portal.poll_ciba(auth_req_id)

    assert (answer.status_code, error(answer)) == (400, "access_denied")


def test_fapi_ciba_id1_multiple_call_to_token_endpoint(portal: KeyedPortal, phone: SigninPhone) -> None:
    """Asked many times at once: pending or slow down; and it can still be approved."""
    auth_req_id = begun(portal)

    words = {error(portal.poll_ciba(auth_req_id)) for _ in range(10)}

    assert words == {"authorization_pending", "slow_down"}
    phone.approve(phone.requests()[0], "42")
    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_auth_req_id_expired(stage: ProviderStage, portal: KeyedPortal) -> None:
    """Nobody answered in the time that was asked: expired_token."""
    auth_req_id = begun(portal, requested_expiry="30")
    stage.clock.advance(31)

    assert error(portal.poll_ciba(auth_req_id)) == "expired_token"


def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(
    portal: KeyedPortal, phone: SigninPhone
) -> None:
    """Two digits are the binding message we can show: they approve."""
    assert signed_in(portal, phone)["id_token"]


def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(portal: KeyedPortal, phone: SigninPhone) -> None:
    """`openid` need not come first."""
    assert signed_in(portal, phone, scope="scope_all openid")["scope"] == "scope_all openid"


def test_fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds(portal: KeyedPortal) -> None:
    """A number written in a form is a text: it counts, and never beyond our own limit."""
    assert portal.ask_ciba(requested_expiry="30").get_json()["expires_in"] == 30


def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    portal: KeyedPortal,
) -> None:
    """Long, with emoji and other scripts: invalid_binding_message."""
    answer = portal.ask_ciba(binding_message="1234 \U0001f44d\U0001f3ff \u751f\u5b58\u8005 " * 3)

    assert (answer.status_code, error(answer)) == (400, "invalid_binding_message")


def test_signed_authentication_requests_are_refused_by_name(portal: KeyedPortal) -> None:
    """The modules about request objects do not apply: this is why."""
    assert error(portal.ask_ciba(request=portal.assertion())) == "invalid_request"


def test_fapi_ciba_id1_ensure_authorization_request_with_multiple_hints_fails(portal: KeyedPortal) -> None:
    """Two hints: invalid_request."""
    assert error(portal.ask_ciba(id_token_hint="x.y.z")) == "invalid_request"


def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(
    stage: ProviderStage, portal: KeyedPortal, phone: SigninPhone
) -> None:
    """Another client's request, though it was approved: invalid_grant; its own client still gets tokens."""
    other = keyed_portal(stage, "portail-deux", grant_types=[CIBA], redirect_uris=[])
    auth_req_id = begun(portal)
    phone.approve(phone.requests()[0], "42")

    stolen = other.poll_ciba(auth_req_id)

    assert (stolen.status_code, error(stolen)) == (400, "invalid_grant")
    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_ensure_without_client_assertion_in_token_endpoint_request(
    portal: KeyedPortal, phone: SigninPhone
) -> None:
    """The name of the client is no proof of it."""
    auth_req_id = begun(portal)
    phone.approve(phone.requests()[0], "42")
    form = {"grant_type": CIBA, "auth_req_id": auth_req_id, "client_id": portal.client_id}

    answer = portal.bare(form, "token")

    assert (answer.status_code, error(answer)) == (401, "invalid_client")
    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_ensure_without_client_assertion_in_backchannel_authorization_request(
    portal: KeyedPortal, phone: SigninPhone
) -> None:
    """Nobody's phone is asked for a client that proved nothing."""
    form = {
        "scope": "openid scope_all",
        "login_hint": KARIM.text,
        "binding_message": "42",
        "client_id": portal.client_id,
    }

    answer = portal.bare(form, "ext/ciba/auth")

    assert (answer.status_code, error(answer)) == (401, "invalid_client")
    assert phone.requests() == []


def by_rs256(portal: KeyedPortal, door: str, form: dict[str, str]) -> TestResponse:
    """The same key, another algorithm than the one it was registered for."""
    told = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": portal.assertion("RS256")}
    return portal.bare({**form, **told}, door)


def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_rs256_fails(  # noqa: E501 - the module's name
    stage: ProviderStage, phone: SigninPhone
) -> None:
    """A key registered for PS256 proves nothing under RS256."""
    portal = keyed_portal(stage, "portail-ps", "PS256", grant_types=[CIBA], redirect_uris=[])
    form = {"scope": "openid scope_all", "login_hint": KARIM.text, "binding_message": "42"}

    answer = by_rs256(portal, "ext/ciba/auth", form)

    assert (answer.status_code, error(answer)) == (401, "invalid_client")
    assert phone.requests() == []


def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_rs256_fails(
    stage: ProviderStage, phone: SigninPhone
) -> None:
    """Nor at the token endpoint, where PS256 still works."""
    portal = keyed_portal(stage, "portail-ps", "PS256", grant_types=[CIBA], redirect_uris=[])
    auth_req_id = begun(portal)
    phone.approve(phone.requests()[0], "42")

    answer = by_rs256(portal, "token", {"grant_type": CIBA, "auth_req_id": auth_req_id})

    assert (answer.status_code, error(answer)) == (401, "invalid_client")
    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(
    portal: KeyedPortal, phone: SigninPhone
) -> None:
    """The issuer is an audience at every door; so is the door itself."""
    auth_req_id = begun(portal)
    phone.approve(phone.requests()[0], "42")
    portal.audience = portal.issuer

    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_refresh_token(stage: ProviderStage, portal: KeyedPortal, phone: SigninPhone) -> None:
    """It gives tokens about the same person, and nothing to another client."""
    first = signed_in(portal, phone)
    other = keyed_portal(stage, "portail-deux", grant_types=[CIBA, "refresh_token"], redirect_uris=[])

    stolen = other.refresh(first["refresh_token"])
    second = portal.refresh(first["refresh_token"])

    assert (stolen.status_code, error(stolen)) == (400, "invalid_grant")
    assert second.status_code == 200
    assert first["refresh_token"].isascii()
    subjects = {portal.claims(one["id_token"])["sub"] for one in (first, second.get_json())}
    assert len(subjects) == 1


# --- ping


class Listener:
    """A notification endpoint on loopback; what it answers is the test's."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, Any]] = []
        self.status, self.body, self.location = 204, b"", ""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((self.path, self.headers["Authorization"], json.loads(body)))
                self.send_response(listener.status)
                if listener.location:
                    self.send_header("Location", listener.location)
                self.end_headers()
                self.wfile.write(listener.body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """The client's endpoint."""
    listening = Listener()
    yield listening
    listening.stop()


def pinged(stage: ProviderStage, phone: SigninPhone, listener: Listener) -> TestResponse:
    """A request in ping mode, approved and told for ten minutes; then what the token endpoint answers."""
    portal = keyed_portal(
        stage,
        "portail-ping",
        grant_types=[CIBA],
        redirect_uris=[],
        ciba_delivery="ping",
        ciba_notification_endpoint=f"{listener.origin}/ciba",
    )
    auth_req_id = begun(portal, client_notification_token=NOTIFICATION_TOKEN)
    phone.approve(phone.requests()[0], "42")
    pings = stage.services.signin_approval.pings
    pings.deliver(stage.clock())
    pings.deliver(stage.clock.advance(10))
    assert listener.heard[0] == ("/ciba", f"Bearer {NOTIFICATION_TOKEN}", {"auth_req_id": auth_req_id})
    return portal.poll_ciba(auth_req_id)


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_has_body(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """A 200 with a body was heard."""
    listener.status, listener.body = 200, b"heard"

    assert pinged(stage, phone, listener).status_code == 200
    assert len(listener.heard) == 1


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_401(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """A client that refuses the ping may still poll."""
    listener.status = 401

    assert pinged(stage, phone, listener).status_code == 200


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_403(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """The same for 403."""
    listener.status = 403

    assert pinged(stage, phone, listener).status_code == 200


def test_fapi_ciba_id1_ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry(  # noqa: E501 - the module's name
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """A refusal is not asked again."""
    listener.status = 401

    pinged(stage, phone, listener)

    assert len(listener.heard) == 1


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_return_redirect_request(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """A redirect is not followed."""
    listener.status, listener.location = 301, f"{listener.origin}/ailleurs"

    assert pinged(stage, phone, listener).status_code == 200
    assert [path for path, _, _ in listener.heard] == ["/ciba"]


def test_an_assertion_of_another_key_under_this_clients_name_is_refused(
    stage: ProviderStage, portal: KeyedPortal
) -> None:
    """The name in an assertion chooses the keys, and nothing else."""
    other = keyed_portal(stage, "portail-deux", grant_types=[CIBA], redirect_uris=[])
    forged = other.assertion(iss=portal.client_id, sub=portal.client_id)
    assert jwt.decode(forged, options={"verify_signature": False})["sub"] == portal.client_id

    answer = portal.post("ext/ciba/auth", {"client_assertion": forged})

    assert (answer.status_code, error(answer)) == (401, "invalid_client")
