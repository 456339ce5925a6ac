"""The OpenID Foundation's test plans for providers, module by module: run here, or not and why.

The modules that apply are tests of this folder under their own names (`oidcc-scope-profile` is
`test_oidcc_scope_profile`); the others stand below with their reason. `test_plans.py` holds the two together
equal to the plans. They are our reading of what each module checks, on the whole application without a
network, and no certification: that one is run by the Foundation's own software against a public server.

Two habits of this provider show in every module. PKCE is required, so every request has it. There is no
browser session, so every sign-in asks the phone again, and nothing is ever answered without it.
"""

from __future__ import annotations

BASIC = (
    "oidcc-server",
    "oidcc-response-type-missing",
    "oidcc-idtoken-signature",
    "oidcc-idtoken-unsigned",
    "oidcc-userinfo-get",
    "oidcc-userinfo-post-header",
    "oidcc-userinfo-post-body",
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
    "oidcc-scope-profile",
    "oidcc-scope-email",
    "oidcc-scope-address",
    "oidcc-scope-phone",
    "oidcc-scope-all",
    "oidcc-ensure-other-scope-order-succeeds",
    "oidcc-display-page",
    "oidcc-display-popup",
    "oidcc-prompt-login",
    "oidcc-prompt-none-not-logged-in",
    "oidcc-prompt-none-logged-in",
    "oidcc-max-age-1",
    "oidcc-max-age-10000",
    "oidcc-ensure-request-with-unknown-parameter-succeeds",
    "oidcc-id-token-hint",
    "oidcc-login-hint",
    "oidcc-ui-locales",
    "oidcc-claims-locales",
    "oidcc-ensure-request-with-acr-values-succeeds",
    "oidcc-codereuse",
    "oidcc-codereuse-30seconds",
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-server-client-secret-post",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "oidcc-claims-essential",
    "oidcc-ensure-request-object-with-redirect-uri",
    "oidcc-refresh-token",
    "oidcc-ensure-request-with-valid-pkce-succeeds",
)
CONFIG = ("oidcc-discovery-endpoint-verification",)
RP_INITIATED_LOGOUT = (
    "oidcc-rp-initiated-logout-discovery-endpoint-verification",
    "oidcc-rp-initiated-logout",
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-bad-id-token-hint",
    "oidcc-rp-initiated-logout-modified-id-token-hint",
    "oidcc-rp-initiated-logout-no-id-token-hint",
    "oidcc-rp-initiated-logout-no-params",
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-no-state",
    "oidcc-rp-initiated-logout-only-state",
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
)
BACKCHANNEL_LOGOUT = (
    "oidcc-backchannel-logout-discovery-endpoint-verification",
    "oidcc-backchannel-rp-initiated-logout",
)
_REQUEST_OBJECTS = tuple(
    f"fapi-ciba-id1-ensure-request-object-{fault}-fails"
    for fault in (
        "missing-aud",
        "bad-aud",
        "missing-iss",
        "bad-iss",
        "missing-exp",
        "expired-exp",
        "exp-is-70-minutes-in-future",
        "missing-iat",
        "missing-nbf",
        "nbf-is-10-minutes-in-future",
        "nbf-is-70-minutes-in-past",
        "missing-jti",
        "signature-algorithm-is-none",
        "signature-algorithm-is-bad",
        "signature-algorithm-is-RS256",
        "signed-by-other-client",
    )
)
_MUTUAL_TLS = (
    "fapi-ciba-id1-ensure-different-client-id-and-issuer-in-backchannel-authorization-request",
    "fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request",
    "fapi-ciba-id1-ensure-wrong-client-id-in-backchannel-authorization-request",
    "fapi-ciba-id1-ensure-mtls-holder-of-key-required",
)
CIBA = (
    "fapi-ciba-id1-discovery-end-point-verification",
    "fapi-ciba-id1",
    "fapi-ciba-id1-user-rejects-authentication",
    "fapi-ciba-id1-multiple-call-to-token-endpoint",
    "fapi-ciba-id1-auth-req-id-expired",
    "fapi-ciba-id1-ensure-authorization-request-with-binding-message-succeeds",
    "fapi-ciba-id1-ensure-other-scope-order-succeeds",
    "fapi-ciba-id1-ensure-requested-expiry-as-string-succeeds",
    "fapi-ciba-id1-ensure-authorization-request-with-potentially-bad-binding-message",
    *_REQUEST_OBJECTS,
    "fapi-ciba-id1-ensure-authorization-request-with-multiple-hints-fails",
    "fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request",
    *_MUTUAL_TLS,
    "fapi-ciba-id1-ensure-without-client-assertion-in-token-endpoint-request",
    "fapi-ciba-id1-ensure-without-client-assertion-in-backchannel-authorization-request",
    "fapi-ciba-id1-ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails",
    "fapi-ciba-id1-ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails",
    "fapi-ciba-id1-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds",
    "fapi-ciba-id1-ping-backchannel-notification-endpoint-response-has-body",
    "fapi-ciba-id1-ping-backchannel-notification-endpoint-response-401",
    "fapi-ciba-id1-ping-backchannel-notification-endpoint-response-403",
    "fapi-ciba-id1-ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry",
    "fapi-ciba-id1-ping-backchannel-notification-endpoint-return-redirect-request",
    "fapi-ciba-id1-ensure-unsigned-backchannel-authorization-request-fails",
    "fapi-ciba-id1-refresh-token",
)
"""The profile `plain_fapi` with `private_key_jwt`, by poll and by ping; those of one country are left out."""

PLANS = {
    "oidcc-basic-certification-test-plan": BASIC,
    "oidcc-config-certification-test-plan": CONFIG,
    "oidcc-rp-initiated-logout-certification-test-plan": RP_INITIATED_LOGOUT,
    "oidcc-backchannel-rp-initiated-logout-certification-test-plan": BACKCHANNEL_LOGOUT,
    "fapi-ciba-id1-test-plan": CIBA,
}

_NO_SCOPE = "this scope is not offered: the directory is not an address book"
_NO_SESSION = "there is no browser session to answer from: every sign-in is a gesture on the phone"
_NO_OBJECT = (
    "request objects are refused, signed or not: authentication requests are pushed (RFC 9126), or CIBA's"
)
_NOT_BY_CERTIFICATE = (
    "of the plan played with certificates, where every token is bound to one; clients that prove themselves"
    " by theirs, and bound tokens, are tried in tests/attacks/test_signin_certificates.py"
)
NOT_APPLICABLE = {
    "oidcc-idtoken-unsigned": "no ID token is ever unsigned: a client cannot be registered for `none`",
    "oidcc-scope-email": _NO_SCOPE,
    "oidcc-scope-address": _NO_SCOPE,
    "oidcc-scope-phone": _NO_SCOPE,
    "oidcc-scope-all": _NO_SCOPE,
    "oidcc-prompt-none-logged-in": _NO_SESSION,
    "oidcc-max-age-10000": _NO_SESSION,
    "oidcc-id-token-hint": _NO_SESSION,
    "oidcc-claims-essential": "the `claims` parameter is not offered: scopes say everything",
    "oidcc-ensure-request-object-with-redirect-uri": _NO_OBJECT,
    "fapi-ciba-id1-ensure-unsigned-backchannel-authorization-request-fails": (
        "authentication requests are not signed apart: the client proves itself by its assertion"
    ),
    **dict.fromkeys(_REQUEST_OBJECTS, _NO_OBJECT),
    **dict.fromkeys(_MUTUAL_TLS, _NOT_BY_CERTIFICATE),
}
"""Modules of those plans that do not apply to this provider, each with its reason."""


def name_of(module: str) -> str:
    """The name of the test that a module became."""
    return "test_" + module.replace("-", "_").lower()
