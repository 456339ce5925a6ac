"""What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414), and where its doors are.

The paths are Pro Santé Connect's, so that a client changes one address and nothing else; the document stands
at the standard place and at Pro Santé Connect's own. It announces what is, and nothing that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apcv_backend.signin.provider.authorization_request import ACR, PAGE_LANGUAGES
from apcv_backend.signin.provider.client_rules import AuthMethod, Grant
from apcv_backend.signin.provider.key_sets import ASSERTION_ALGS

DISCOVERY_PATHS = ("/.well-known/openid-configuration", "/.well-known/wallet-openid-configuration")
AUTHORIZATION_PATH = "/auth"
_BASE = "/protocol/openid-connect"
TOKEN_PATH = f"{_BASE}/token"
USERINFO_PATH = f"{_BASE}/userinfo"
LOGOUT_PATH = f"{_BASE}/logout"
INTROSPECTION_PATH = f"{_BASE}/token/introspect"
CERTS_PATH = f"{_BASE}/certs"
REVOCATION_PATH = f"{_BASE}/revoke"
PAR_PATH = f"{_BASE}/par"
CIBA_PATH = f"{_BASE}/ext/ciba/auth"


_OF_CLIENTS = {
    "token_endpoint": TOKEN_PATH,
    "userinfo_endpoint": USERINFO_PATH,
    "introspection_endpoint": INTROSPECTION_PATH,
    "revocation_endpoint": REVOCATION_PATH,
    "pushed_authorization_request_endpoint": PAR_PATH,
    "backchannel_authentication_endpoint": CIBA_PATH,
}
"""The doors where a client may show a certificate; browsers are never asked for theirs."""


def metadata(issuer: str, algorithms: Sequence[str], *, mtls_url: str | None = None) -> dict[str, Any]:
    """The metadata of the provider at `issuer`, which signs ID tokens with `algorithms` now.

    `mtls_url` is where a proxy asks clients for certificates, perhaps `issuer` itself; None: nowhere, and
    nothing is announced that nobody could use (RFC 8705 sections 3.3 and 5).
    """
    methods = [method.value for method in AuthMethod if mtls_url is not None or method is not AuthMethod.TLS]
    told = _metadata(issuer, algorithms, methods)
    if mtls_url is None:
        return told
    told["tls_client_certificate_bound_access_tokens"] = True
    if mtls_url != issuer:
        told["mtls_endpoint_aliases"] = {name: mtls_url + path for name, path in _OF_CLIENTS.items()}
    return told


def _metadata(issuer: str, algorithms: Sequence[str], methods: Sequence[str]) -> dict[str, Any]:
    assertions = list(ASSERTION_ALGS)
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZATION_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "end_session_endpoint": issuer + LOGOUT_PATH,
        "introspection_endpoint": issuer + INTROSPECTION_PATH,
        "revocation_endpoint": issuer + REVOCATION_PATH,
        "jwks_uri": issuer + CERTS_PATH,
        "pushed_authorization_request_endpoint": issuer + PAR_PATH,
        "backchannel_authentication_endpoint": issuer + CIBA_PATH,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_user_code_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": False,
        "require_pushed_authorization_requests": False,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant.value for grant in Grant],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": list(methods),
        "token_endpoint_auth_signing_alg_values_supported": assertions,
        "introspection_endpoint_auth_methods_supported": list(methods),
        "introspection_endpoint_auth_signing_alg_values_supported": assertions,
        "revocation_endpoint_auth_methods_supported": list(methods),
        "revocation_endpoint_auth_signing_alg_values_supported": assertions,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "scope_all", "profile", "professional", "ins", "offline_access"],
        "acr_values_supported": [ACR],
        "claims_supported": _CLAIMS,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["login"],
        "ui_locales_supported": list(PAGE_LANGUAGES),
        "service_documentation": issuer + "/docs",
    }


_CLAIMS = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "act",
    "at_hash",
    "name",
    "given_name",
    "family_name",
    "birthdate",
    "gender",
    "preferred_username",
    "SubjectNameID",
    "SubjectRole",
    "SubjectOrganization",
    "SubjectOrganizationID",
    "SubjectRefPro",
    "Secteur_Activite",
    "professional",
    "ins",
    "identity_status",
]
