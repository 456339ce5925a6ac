"""The words of issuance, after OpenID for Verifiable Credential Issuance 1.0.

Shaped so that a standard wallet can come by the same door later: a nonce endpoint (section 7), a credential
endpoint (section 8) with `proofs` and a batch of `credentials`, and its error words (section 8.3.1.2). One
format, `sq1`; one proof type of our own, `webauthn`, whose challenge binds the nonce and the whole request.

Nothing here knows a database. That a nonce serves once is decided by whoever records the issuance.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cartes import presentation
from cartes.cards import CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.wire import base64url, strict_json

FORMAT = "sq1"
PROOF_TYPE = "webauthn"
NONCE_LIFE = timedelta(minutes=5)

_EXPIRY_BYTES = 4
_RANDOM_BYTES = 12
_TAG_BYTES = 16
_NONCE_BYTES = _EXPIRY_BYTES + _RANDOM_BYTES + _TAG_BYTES
_NONCE_PURPOSE = b"c_nonce-v1|"
_MAX_EXERCICE = 40
_MAX_REFERENCE = 32
_MEMBERS = frozenset({"credential_configuration_id", "proofs", "nonce", "exercice", "for"})

# --- Errors ---------------------------------------------------------------------------------------------


class InvalidCredentialRequest(CarteError):
    """The request is malformed; `why` names what is wrong with it."""

    code = "invalid_credential_request"


class UnknownCredentialConfiguration(CarteError):
    """No card of this name is issued here."""

    code = "unknown_credential_configuration"


class InvalidProof(CarteError):
    """The proof is missing, malformed, of an unknown key, or not for this request; `why` says which."""

    code = "invalid_proof"


class InvalidNonce(CarteError):
    """The nonce is not one of ours, is too old, or has served; ask for another. `why` says which."""

    code = "invalid_nonce"


class RenewalTooOld(CarteError):
    """The last WebAuthn gesture is more than 90 days old: this renewal needs the owner's gesture."""

    code = "renewal_too_old"


class IdempotencyKeyMissing(CarteError):
    """A request that issues something carries an `Idempotency-Key` of 16 to 80 printable characters."""

    code = "idempotency_key_missing"


class IdempotencyKeyReused(CarteError):
    """This `Idempotency-Key` served for another request, or more than a day ago; use a new one."""

    code = "idempotency_key_reused"


class IdempotencyConflict(CarteError):
    """A request with this `Idempotency-Key` is being answered; ask again in a moment."""

    code = "idempotency_conflict"


# The `error` member of an answer (section 8.3.1.2) for each of our codes; any other refusal is a denial.
_ERRORS: Mapping[str, str] = {
    "invalid_credential_request": "invalid_credential_request",
    "bad_json": "invalid_credential_request",
    "request_invalid": "invalid_credential_request",
    "unsupported_media_type": "invalid_credential_request",
    "too_large": "invalid_credential_request",
    "idempotency_key_missing": "invalid_credential_request",
    "idempotency_key_reused": "invalid_credential_request",
    "unknown_credential_configuration": "unknown_credential_configuration",
    "invalid_proof": "invalid_proof",
    "dpop_refused": "invalid_proof",
    "sign_count_regressed": "invalid_proof",
    "invalid_nonce": "invalid_nonce",
}


def error_word(code: str) -> str:
    """The OpenID4VCI `error` word for one of our codes."""
    return _ERRORS.get(code, "credential_request_denied")


# --- Requests -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnverifiedRequest:
    """A credential request as it arrived, well-formed and not believed.

    `canonical` is what the phone signed: the canonical JSON of the body without its proofs. `digest` names
    the request for idempotency: the same, without the nonce either, so that a phone may ask again with a
    fresh one. `represents` is the reference of a representation: the card asked for is another person's.
    """

    kind: CardKind
    nonce: str
    exercice: str | None
    represents: str | None
    assertion: Mapping[str, object] | None = field(repr=False)
    canonical: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def credential_id(self) -> bytes:
        """The identifier of the key the assertion claims to be made with.

        Raises:
            InvalidProof: there is none that can be read.
        """
        claimed = None if self.assertion is None else self.assertion.get("id")
        try:
            return base64url.decode(claimed if isinstance(claimed, str) else "")
        except InvalidValue as wrong:
            raise InvalidProof(why="credential_id") from wrong

    def challenge(self, nonce: bytes) -> bytes:
        """The 32 bytes an assertion for this very request answers."""
        return presentation.issuance_challenge(nonce, self.canonical)

    @property
    def canonical_hash(self) -> str:
        """What a DPoP proof for this very request carries in `rqh`: base64url of SHA-256."""
        return base64url.encode(hashlib.sha256(self.canonical).digest())


def parse_credential_request(unverified_body: object) -> UnverifiedRequest:
    """Read the decoded body of `POST /v1/credential`.

    Raises:
        InvalidCredentialRequest, UnknownCredentialConfiguration, InvalidProof: with a word that says why.
    """
    if not isinstance(unverified_body, dict):
        raise InvalidCredentialRequest(why="not_an_object")
    if not set(unverified_body) <= _MEMBERS:
        raise InvalidCredentialRequest(why="unknown_member")
    wanted = unverified_body.get("credential_configuration_id")
    if not isinstance(wanted, str):
        raise InvalidCredentialRequest(why="credential_configuration_id")
    if wanted not in {kind.value for kind in CardKind}:
        raise UnknownCredentialConfiguration
    kind = CardKind(wanted)
    nonce = unverified_body.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise InvalidCredentialRequest(why="nonce")
    exercice = _word(unverified_body, "exercice", _MAX_EXERCICE)
    if exercice is not None and kind is not CardKind.ECPS:
        raise InvalidCredentialRequest(why="exercice_of_an_apcv")
    represents = _word(unverified_body, "for", _MAX_REFERENCE)
    if represents is not None and kind is CardKind.ECPS:
        raise InvalidCredentialRequest(why="for_another_and_an_ecps")
    signed = {name: value for name, value in unverified_body.items() if name != "proofs"}
    named = {name: value for name, value in signed.items() if name != "nonce"}
    return UnverifiedRequest(
        kind=kind,
        nonce=nonce,
        exercice=exercice,
        represents=represents,
        assertion=_assertion(unverified_body["proofs"]) if "proofs" in unverified_body else None,
        canonical=strict_json.canonical(signed),
        digest=hashlib.sha256(strict_json.canonical(named)).digest(),
    )


def _word(body: Mapping[str, object], member: str, most: int) -> str | None:
    """A member that may be left out, and is else a text of 1 to `most` characters."""
    value = body.get(member)
    if value is not None and (not isinstance(value, str) or not 1 <= len(value) <= most):
        raise InvalidCredentialRequest(why=member)
    return value


def _assertion(proofs: object) -> Mapping[str, object]:
    """The one assertion of `proofs`: exactly one proof type, exactly one proof (our batch shares one key)."""
    if not isinstance(proofs, dict) or set(proofs) != {PROOF_TYPE}:
        raise InvalidProof(why="proof_type")
    listed = proofs[PROOF_TYPE]
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise InvalidProof(why="not_one_proof")
    assertion: Mapping[str, object] = listed[0]
    return assertion


# --- Nonces ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nonce:
    """A nonce of ours: its bytes, and when it ends (aware UTC)."""

    value: bytes
    expires_at: datetime

    @property
    def text(self) -> str:
        """The nonce as it travels."""
        return base64url.encode(self.value)

    @property
    def use_key(self) -> bytes:
        """The 32 bytes under which its single use is recorded."""
        return hashlib.sha256(self.value).digest()


class Nonces:
    """Makes and recognises nonces that need no memory: expiry, randomness, and our tag over both.

    Making one writes nothing, so nobody can fill a table by asking for nonces. Using one is a row, inserted
    in the transaction it permits.
    """

    def __init__(self, mac: Callable[[bytes], bytes], random: Callable[[int], bytes]) -> None:
        self._mac = mac
        self._random = random

    def make(self, at: datetime) -> Nonce:
        """A fresh nonce, good for `NONCE_LIFE` from `at`."""
        expires_at = (at + NONCE_LIFE).replace(microsecond=0)
        body = int(expires_at.timestamp()).to_bytes(_EXPIRY_BYTES, "big") + self._random(_RANDOM_BYTES)
        return Nonce(body + self._tag(body), expires_at)

    def check(self, unverified: str, at: datetime, *, expired_too: bool = False) -> Nonce:
        """Recognise a nonce of ours, not expired at `at`; `expired_too` is for repeating an old answer.

        Raises:
            InvalidNonce: `why` is `not_ours` or `expired`.
        """
        try:
            value = base64url.decode(unverified)
        except InvalidValue as wrong:
            raise InvalidNonce(why="not_ours") from wrong
        body, tag = value[:-_TAG_BYTES], value[-_TAG_BYTES:]
        if len(value) != _NONCE_BYTES or not hmac.compare_digest(tag, self._tag(body)):
            raise InvalidNonce(why="not_ours")
        expires_at = datetime.fromtimestamp(int.from_bytes(body[:_EXPIRY_BYTES], "big"), UTC)
        if at >= expires_at and not expired_too:
            raise InvalidNonce(why="expired")
        return Nonce(value, expires_at)

    def _tag(self, body: bytes) -> bytes:
        return self._mac(_NONCE_PURPOSE + body)[:_TAG_BYTES]


# --- Answers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """One sealed card of a batch: `label` is its shape (apCV) or its exercice (e-CPS); dates in UTC."""

    label: str
    credential: bytes = field(repr=False)
    expires_at: datetime
    as_of: datetime


def credential_response(
    kind: CardKind, cards: tuple[IssuedCard, ...], renew_until: datetime
) -> dict[str, Any]:
    """The body of the answer: the batch, and until when silent renewal works."""
    named = {CardKind.APCV: "shape", CardKind.ECPS: "exercice", CardKind.AMC: "contract"}[kind]
    return {
        "credentials": [
            {
                "credential": base64url.encode(card.credential),
                "format": FORMAT,
                named: card.label,
                "expires_at": instant_text(card.expires_at),
                "as_of": instant_text(card.as_of),
            }
            for card in cards
        ],
        "renew_until": instant_text(renew_until),
    }


def instant_text(at: datetime) -> str:
    """An instant as this API writes it: RFC 3339, whole seconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
