"""Pushed authorization requests (RFC 9126): the client says what it wants before the browser carries it.

What was pushed is checked at once and again at `/auth`, lives one minute and opens one sign-in. The browser
carries a reference nobody can guess; other parameters beside it count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from apcv_backend.signin.provider import authorization_request as requests
from apcv_backend.signin.provider.client_authentication import ProvenClient
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.oauth_errors import invalid_client, invalid_request
from apcv_backend.signin.provider.provider_ports import Macs, ProviderRegister, ProviderRegisters
from apcv_backend.signin.provider.session_rules import PUSHED_REQUEST_LIFE
from cartes.wire import base64url, strict_json

REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_REFERENCE_BYTES = 32
_NOT_OF_THE_REQUEST = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
_NAMES_SOMEBODY = frozenset({"login_hint", "id_token_hint", "login_hint_token"})
"""Read by nobody at `/auth`, where whoever scans the code signs in: what is not kept need not be erased."""


class PushedRequests:
    """Keeps pushed requests, sealed, and gives each back once."""

    def __init__(self, registers: ProviderRegisters, macs: Macs, random: Callable[[int], bytes]) -> None:
        self._registers = registers
        self._macs = macs
        self._random = random

    def push(
        self, proven: ProvenClient, form: Mapping[str, str], dpop_jkt: str, at: datetime
    ) -> Mapping[str, str | int]:
        """The answer of the PAR endpoint. `dpop_jkt` is the key of a proof that came along, or empty.

        Raises `OAuthRefused`: the request itself is wrong, and would be refused at `/auth` too.
        """
        client = proven.client
        if "request_uri" in form:
            raise invalid_request("request_uri must not be pushed (RFC 9126 section 2.1)")
        args = {
            name: value for name, value in form.items() if name not in _NOT_OF_THE_REQUEST | _NAMES_SOMEBODY
        }
        if dpop_jkt:
            if args.get("dpop_jkt", dpop_jkt) != dpop_jkt:
                raise invalid_request("dpop_jkt is not the key of the DPoP proof")
            args["dpop_jkt"] = dpop_jkt
        args["client_id"] = client.client_id
        requests.check_request(client, requests.proven_address(client, args), args)
        reference = base64url.encode(self._random(_REFERENCE_BYTES))

        def work(register: ProviderRegister) -> bool:
            if not register.use_once(proven.once):
                return False
            register.push_request(
                self._mac(reference), client.client_id, strict_json.canonical(args), at + PUSHED_REQUEST_LIFE
            )
            return True

        if not self._registers.run(work):
            raise invalid_client("this client assertion or proof has been used already (jti)")
        return {
            "request_uri": REQUEST_URI + reference,
            "expires_in": int(PUSHED_REQUEST_LIFE.total_seconds()),
        }

    def take(self, client: Client, request_uri: str, at: datetime) -> Mapping[str, str]:
        """What was pushed under this reference, once. Raises `OAuthRefused`, to be shown."""
        mac = self._mac(request_uri.removeprefix(REQUEST_URI))
        request = self._registers.run(lambda register: register.take_request(mac, client.client_id, at))
        if request is None:
            raise invalid_request("request_uri is unknown, was used, or is older than a minute")
        args = strict_json.loads(request)
        assert isinstance(args, dict)  # written by `push`
        return args

    def _mac(self, reference: str) -> bytes:
        return self._macs.code_mac("par", reference, "pushed-request")
