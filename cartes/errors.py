"""The errors of the ground floor: a small tree, a stable word code on every leaf, and the facts.

A leaf says what was refused; it never says it to a person. Sentences live where people read them
(`verifier/sentences.py`, `apcv_backend/problem_rows/`), so that a code can be tested and a sentence can be
improved without one disturbing the other.

Facts are safe to log: nobody puts a NIR, a secret or a name in them.

>>> str(ProofStale(age_s=75))
'proof_stale (age_s=75)'
"""

from __future__ import annotations

from typing import ClassVar


class CarteError(Exception):
    """The root. `code` is a stable word in lower snake case; `facts` are values that are safe to log."""

    code: ClassVar[str] = "carte_error"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.code)

    def __str__(self) -> str:
        if not self.facts:
            return self.code
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})"


# --- Values that cannot be built ------------------------------------------------------------------


class InvalidValue(CarteError):
    """A value is not what its name says; it was not built. `what` names the kind of value."""

    code = "invalid_value"


class BadJson(InvalidValue):
    """Text from outside is not the strict JSON this house reads (RFC 8259, no duplicate member)."""

    code = "bad_json"


# --- What an issuer may not sign ------------------------------------------------------------------


class LintRefused(CarteError):
    """A draft breaks one of the issuer's own rules; nothing was signed. `rule` names it."""

    code = "lint_refused"


# --- The checks of a scan, in the order of `docs/formats/qr.md`, one leaf a reason -------------------


class CardRefused(CarteError):
    """One of the checks 0 to 14 failed. The leaf is the reason; nothing on the card may be believed."""

    code = "card_refused"


class VerifierClockBehind(CardRefused):
    """Check 0: this workstation's clock is behind a time somebody trusted has signed."""

    code = "verifier_clock_behind"


class TrustStoreStale(CardRefused):
    """Check 0: what this workstation knows of issuers and revocations is too old to judge with."""

    code = "trust_store_stale"


class TrustStoreUnusable(CardRefused):
    """Check 0: the local trust store is missing, damaged, or was edited: its signatures do not hold."""

    code = "trust_store_unusable"


class NotSq1(CardRefused):
    """Check 1: what was scanned is not a card of ours."""

    code = "not_sq1"


class BadTransport(CardRefused):
    """Check 1: it looks like one of ours, but the text is damaged or out of bounds."""

    code = "bad_transport"


class BadCbor(CardRefused):
    """Check 2: the bytes are not deterministic CBOR (RFC 8949 section 4.2.1)."""

    code = "bad_cbor"


class BadStructure(CardRefused):
    """Check 2: well-formed CBOR, but not the shapes and sizes of SQ1."""

    code = "bad_structure"


class AlgNotAllowed(CardRefused):
    """Check 3: the protected header does not say ES256 (COSE algorithm -7), exactly and only."""

    code = "alg_not_allowed"


class IssuerUnknown(CardRefused):
    """Check 4: no issuer of the trust list has this key identifier."""

    code = "issuer_unknown"


class IssuerSignatureInvalid(CardRefused):
    """Check 4: the issuer's signature does not hold."""

    code = "issuer_signature_invalid"


class IssuerKeyRevoked(CardRefused):
    """Check 5: the issuer's key was withdrawn."""

    code = "issuer_key_revoked"


class IssuerNotAuthorisedForType(CardRefused):
    """Check 5: this issuer may not issue this kind of card."""

    code = "issuer_not_authorised_for_type"


class IssuerKeyOutOfValidity(CardRefused):
    """Check 5: the card was issued outside the issuer key's own dates."""

    code = "issuer_key_out_of_validity"


class TtlTooLong(CardRefused):
    """Check 6: the card claims a longer life than its kind may have."""

    code = "ttl_too_long"


class NotYetValid(CardRefused):
    """Check 6: the card was issued in the future, as this clock sees it."""

    code = "not_yet_valid"


class CredentialExpired(CardRefused):
    """Check 6: the card was genuine but its time has passed."""

    code = "credential_expired"


class WrongCardType(CardRefused):
    """Check 6: a genuine card, but not of the kind this screen asked for."""

    code = "wrong_card_type"


class StatusListUnknown(CardRefused):
    """Check 7: this workstation does not hold the status list the card names."""

    code = "status_list_unknown"


class StatusStale(CardRefused):
    """Check 7: the status list is too old to say that a card is not revoked."""

    code = "status_stale"


class StatusIndexOutOfRange(CardRefused):
    """Check 7: the card names a slot its status list does not have."""

    code = "status_index_out_of_range"


class Revoked(CardRefused):
    """Check 7: the card was revoked: phone lost, person struck off or deceased, card withdrawn."""

    code = "revoked"


class Suspended(CardRefused):
    """Check 7: the card is suspended and may come back."""

    code = "suspended"


class HolderKeyInvalid(CardRefused):
    """Check 8: the phone key in the card is not a point of the curve P-256."""

    code = "holder_key_invalid"


class ContextMismatch(CardRefused):
    """Check 9: a request was shown to the phone, and the answer is not for it."""

    code = "context_mismatch"


class ContextUnexpected(CardRefused):
    """Check 9: the answer is for a request nobody made here."""

    code = "context_unexpected"


class UserNotPresent(CardRefused):
    """Check 10: the phone did not see its owner's gesture (flag UP)."""

    code = "user_not_present"


class UserNotVerified(CardRefused):
    """Check 10: the phone did not verify its owner (flag UV)."""

    code = "user_not_verified"


class AuthdataFlagsUnexpected(CardRefused):
    """Check 10: flags that no proof may carry (AT, ED, reserved, or BS without BE)."""

    code = "authdata_flags_unexpected"


class KeyNotDeviceBound(CardRefused):
    """Check 10: a synced key where the policy asks for one that cannot leave its phone."""

    code = "key_not_device_bound"


class ClientProfileUnknown(CardRefused):
    """Check 11: the client-data profile is not in the trust list, or its inline tail breaks the rules."""

    code = "client_profile_unknown"


class HolderSignatureInvalid(CardRefused):
    """Check 12: the phone's signature does not hold for this card, this moment and this context."""

    code = "holder_signature_invalid"


class ProofStale(CardRefused):
    """Check 13: the gesture is older than a minute: a screenshot, or a slow scan."""

    code = "proof_stale"


class ProofFromFuture(CardRefused):
    """Check 13: the gesture is ahead of this clock."""

    code = "proof_from_future"


class ProofBeforeCredential(CardRefused):
    """Check 13: the gesture is older than the card itself."""

    code = "proof_before_credential"


class Replayed(CardRefused):
    """Check 14: this very presentation was already shown at this till."""

    code = "replayed"


# --- Two-way mode: why a phone answers no request, in the order of `docs/formats/two-way.md` -----------


class RequestRefused(CarteError):
    """A phone will not answer what a till shows. Nothing about its owner has left the phone."""

    code = "request_refused"


class RequestUnreadable(RequestRefused):
    """The code is not a till's request, or its digits are damaged."""

    code = "request_unreadable"


class RequestInvalid(RequestRefused):
    """A request whose bytes are not deterministic CBOR of the right shapes, or whose keys are no keys."""

    code = "request_invalid"


class RequestSignatureInvalid(RequestRefused):
    """The key named in the request did not sign it."""

    code = "request_signature_invalid"


class RequestStale(RequestRefused):
    """The request was made more than a minute ago: a picture of it, or one made beforehand."""

    code = "request_stale"


class RequestFromFuture(RequestRefused):
    """The request says a moment ahead of the phone's clock."""

    code = "request_from_future"


class TillKeyPastHours(RequestRefused):
    """The session the professional authorised this till's key for has ended."""

    code = "till_key_past_hours"


class TillHoursTooLong(RequestRefused):
    """The till's key was authorised for longer than twelve hours after the professional's gesture."""

    code = "till_hours_too_long"


class RequesterNotProven(RequestRefused):
    """The e-CPS in the request does not prove who asks. `reason` is the check that failed on it."""

    code = "requester_not_proven"


class RequestAlreadyAnswered(RequestRefused):
    """This phone already answered this very request."""

    code = "request_already_answered"


class RequestDeclined(RequestRefused):
    """The owner of the phone saw who asks, and said no."""

    code = "request_declined"


# --- Two-way mode: why a till takes no answer ----------------------------------------------------------


class AnswerUnreadable(CardRefused):
    """Check 1: a sealed answer that no request waiting here opens: another till's, too late, or altered."""

    code = "answer_unreadable"
