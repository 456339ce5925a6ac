"""What the provider refuses, in the words of the specification that names the refusal.

`error` is the word a program acts on (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750, RFC 9449, OpenID Connect
Core 3.1.2.6, CIBA Core 13); `description` is a sentence for the developer who reads the answer: plain ASCII,
never a value somebody sent, never a number of a person.
"""

from __future__ import annotations

from http import HTTPStatus

from cartes.errors import CarteError

_UNAUTHORIZED = HTTPStatus.UNAUTHORIZED.value


class OAuthRefused(CarteError):
    """A request the provider does not grant; nothing was half-granted. `status` is the HTTP status."""

    code = "oauth_refused"

    def __init__(self, error: str, description: str, *, status: int = 400, challenge: str = "") -> None:
        self.error = error
        self.description = description
        self.status = status
        self.challenge = challenge  # the scheme of WWW-Authenticate: Basic, Bearer or DPoP
        super().__init__(error=error)

    def document(self) -> dict[str, str]:
        """The JSON object of RFC 6749 section 5.2."""
        return {"error": self.error, "error_description": self.description}


def invalid_request(description: str) -> OAuthRefused:
    """A parameter is missing, repeated, malformed, or contradicts another."""
    return OAuthRefused("invalid_request", description)


def invalid_client(description: str, *, challenge: str = "") -> OAuthRefused:
    """The client is unknown, closed, or did not prove itself; which of the three is not told."""
    return OAuthRefused("invalid_client", description, status=401, challenge=challenge)


def invalid_grant(description: str) -> OAuthRefused:
    """The code, the refresh token or the request is unknown, expired, used, or another client's."""
    return OAuthRefused("invalid_grant", description)


def invalid_scope(description: str) -> OAuthRefused:
    """A scope is unknown, or not among those this client was registered for."""
    return OAuthRefused("invalid_scope", description)


def unauthorized_client(description: str) -> OAuthRefused:
    """The client may not do this, whoever it is for."""
    return OAuthRefused("unauthorized_client", description)


def invalid_dpop(description: str, *, status: int = 400) -> OAuthRefused:
    """The DPoP proof is missing or does not hold for this request (RFC 9449 sections 5 and 7.1)."""
    challenge = "DPoP" if status == _UNAUTHORIZED else ""
    return OAuthRefused("invalid_dpop_proof", description, status=status, challenge=challenge)


def invalid_token(description: str, scheme: str = "Bearer") -> OAuthRefused:
    """The access token is unknown, expired, revoked, or shown in the wrong way (RFC 6750 section 3.1)."""
    return OAuthRefused("invalid_token", description, status=401, challenge=scheme)
