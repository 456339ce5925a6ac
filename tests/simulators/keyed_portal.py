"""A client that proves itself by a key (`private_key_jwt`), honest or not: RFC 7523, byte by byte."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from werkzeug.test import TestResponse

from tests.simulators.portal import BASE, Portal, ProviderStage, document

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class ClientKey:
    """A private key and the one algorithm it is registered for."""

    alg: str
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def make(cls, alg: str = "ES256") -> ClientKey:
        """A fresh key for `alg`."""
        if alg == "ES256":
            return cls(alg, ec.generate_private_key(ec.SECP256R1()))
        return cls(alg, rsa.generate_private_key(65_537, 2_048))

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as registered."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            told = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        else:
            told = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
        return {**told, "kid": "client-1", "alg": self.alg, "use": "sig"}


@dataclass
class KeyedPortal(Portal):
    """A registered client whose every form carries an assertion."""

    key: ClientKey = field(default_factory=ClientKey.make, repr=False)
    audience: str = ""  # the issuer, unless told otherwise

    def assertion(self, alg: str = "", headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """A fresh assertion; `changes` on its claims, None takes one away."""
        now = int(self.signin.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.audience or self.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(12),
        }
        told = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        header = {"kid": "client-1", **(headers or {})}
        return jwt.encode(told, self.key.private, alg or self.key.alg, headers=header)

    def post(self, door: str, form: dict[str, str], **headers: str) -> TestResponse:
        """A form to one of the provider's doors, with an assertion unless `form` has one."""
        proven = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        return self.bare({**proven, **form}, door, **headers)

    def bare(self, form: dict[str, str], door: str, **headers: str) -> TestResponse:
        """A form as it is."""
        return self.browser.post(
            f"{BASE}/{door}",
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )


def keyed_portal(
    stage: ProviderStage, client_id: str = "portail-cle", alg: str = "ES256", **changes: Any
) -> KeyedPortal:
    """A client registered now with a key of `alg`."""
    key = ClientKey.make(alg)
    asked = document(client_id, auth_method="private_key_jwt", jwks={"keys": [key.jwk]}, **changes)
    stage.services.signin.clients.register(asked, "agent:test", stage.clock())
    return KeyedPortal(stage.signin, stage.app, client_id, "", key)
