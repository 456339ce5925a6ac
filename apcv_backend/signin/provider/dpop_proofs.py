"""DPoP at the provider's doors (RFC 9449): a token bound to a key of the client, and shown with it.

The proof itself is judged by the house's one reader (`apcv_backend.dpop`); here its refusals get the words of
OAuth, and its identifier becomes something to spend in the caller's transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from apcv_backend.dpop import DpopRefused, check_dpop
from apcv_backend.signin.provider.oauth_errors import invalid_dpop
from apcv_backend.signin.provider.provider_ports import UsedOnce
from cartes.wire import base64url

_WORDS = {
    "htm": "htm is not the method of this request",
    "htu": "htu is not the address of this request, without query",
    "iat": "iat is more than a minute old or more than ten seconds ahead",
    "jti": "jti must be 8 to 128 printable characters",
    "typ": "typ must be dpop+jwt",
    "alg": "alg must be ES256",
    "signature": "the signature does not verify with the jwk of the header",
    "ath": "ath is not the hash of the access token",
    "key": "the proof is by another key than the token is bound to",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds for this request: its key's thumbprint, and its identifier to spend."""

    jkt: str
    once: UsedOnce = field(repr=False)


class DpopDoor:
    """Checks the DPoP header of a request."""

    @staticmethod
    def check(unverified_header: str, url: str, method: str, at: datetime, *, required: bool) -> Proof | None:
        """The proof of a request that asks for a token; None when there is none and none is required.

        Raises `OAuthRefused` (`invalid_dpop_proof`).
        """
        if not unverified_header:
            if required:
                raise invalid_dpop("this client must send a DPoP proof")
            return None
        try:
            proof = check_dpop(unverified_header, htm=method, htu=url, at=at)
        except DpopRefused as refused:
            raise invalid_dpop(_sentence(refused)) from refused
        return Proof(proof.jkt, UsedOnce("dpop", proof.replay_key, proof.forget_after))

    @staticmethod
    def check_bound(
        unverified_header: str, url: str, method: str, at: datetime, *, jkt: str, token: str
    ) -> Proof:
        """The proof that comes with an access token bound to `jkt` (section 7): same key, and its `ath`.

        Raises `OAuthRefused`, with status 401.
        """
        try:
            proof = check_dpop(unverified_header, htm=method, htu=url, at=at, expected_jkt=jkt)
        except DpopRefused as refused:
            raise invalid_dpop(_sentence(refused), status=401) from refused
        if proof.claims.get("ath") != base64url.encode(hashlib.sha256(token.encode()).digest()):
            raise invalid_dpop(_WORDS["ath"], status=401)
        return Proof(proof.jkt, UsedOnce("dpop", proof.replay_key, proof.forget_after))


def _sentence(refused: DpopRefused) -> str:
    why = str(refused.facts.get("why"))
    return _WORDS.get(why, "the DPoP proof is missing or malformed")
