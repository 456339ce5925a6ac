"""What can go wrong on the phone, as a small tree with stable word codes.

The command line turns these codes into a French or English sentence (`sentences.py`); nothing here speaks to
people, and no fact ever holds a NIR, an activation code or a key.
"""

from __future__ import annotations

from typing import ClassVar

from cartes.errors import CarteError


class PhoneError(CarteError):
    """The root of everything the phone refuses or cannot do."""

    code: ClassVar[str] = "phone_error"


# --- The authenticator: names follow the exceptions of `navigator.credentials` (WebAuthn Level 3, 5.1)
# -------


class CeremonyRefused(PhoneError):
    """The authenticator, or the client in front of it, will not do this ceremony."""

    code = "ceremony_refused"


class BadOptions(CeremonyRefused):
    """The options sent by the relying party are not what the specification asks. `member` names the part."""

    code = "bad_options"


class WrongOrigin(CeremonyRefused):
    """The RP id does not belong to the page that asks (`SecurityError`)."""

    code = "wrong_origin"


class NoSupportedAlgorithm(CeremonyRefused):
    """The relying party does not want ES256, the only algorithm of this phone (`NotSupportedError`)."""

    code = "no_supported_algorithm"


class AlreadyRegistered(CeremonyRefused):
    """This phone already holds one of the excluded keys (`InvalidStateError`)."""

    code = "already_registered"


class NoSuchKey(CeremonyRefused):
    """This phone holds no key that the relying party would accept (`NotAllowedError`)."""

    code = "no_such_key"


class SigninCodeUnreadable(PhoneError):
    """The code scanned is no sign-in of the server this phone is enrolled at; nothing was asked of it."""

    code = "signin_code_unreadable"


class UserVerificationUnavailable(CeremonyRefused):
    """Verification was required and this phone has no lock (`NotAllowedError`)."""

    code = "user_verification_unavailable"


class AttestationUnavailable(CeremonyRefused):
    """The model attests with certificates and was given no attestation CA to stand for its maker."""

    code = "attestation_unavailable"


# --- What the phone keeps ----------------------------------------------------------------------------------


class PocketError(PhoneError):
    """The phone's own memory cannot be used."""

    code = "pocket_error"


class PocketMissing(PocketError):
    """There is no pocket in that folder: this phone was never enrolled. `folder` says where."""

    code = "pocket_missing"


class PocketDamaged(PocketError):
    """A file of the pocket cannot be read as what it should be. `file` names it."""

    code = "pocket_damaged"


class PocketExposed(PocketError):
    """A private file of the pocket can be read by others on this machine. `file` names it."""

    code = "pocket_exposed"


class PocketBusy(PocketError):
    """Another command is using this pocket."""

    code = "pocket_busy"


class NotEnrolled(PocketError):
    """This phone holds no device for that kind of card. `kind` names it."""

    code = "not_enrolled"


class NoCard(PocketError):
    """This phone holds no card of that kind and shape. `kind` and `name` say which was wanted."""

    code = "no_card"


class ContractUnclear(PocketError):
    """Several insurers' cards are meant; say which. `contracts` names them."""

    code = "contract_unclear"


class CardOutdated(PocketError):
    """The card asked for has expired; renew it before showing it. `expired_at` says when."""

    code = "card_outdated"


# --- What the backend sent ---------------------------------------------------------------------------------


class BackendError(PhoneError):
    """Something went wrong between the phone and the backend."""

    code = "backend_error"


class BackendUnreachable(BackendError):
    """Nobody answered in time. Whether the request was done is not known. `url` says which server."""

    code = "backend_unreachable"


class BackendNonsense(BackendError):
    """The answer is not what the API promises. `what` names the part."""

    code = "backend_nonsense"


class BackendRefused(BackendError):
    """The backend said no, in a problem document (RFC 9457).

    Attributes:
        code: the stable code of the backend's refusal, `person_unknown` for instance; `refusal` is the same.
        status: the HTTP status.
        detail: the backend's own sentence, for people.
        retry_after_s: how long it asks to wait, or None.
    """

    code = "backend_refused"

    def __init__(self, code: str, status: int, detail: str, retry_after_s: int | None = None) -> None:
        # A leaf's code is usually its class's; here the backend has many, and callers compare with its own.
        object.__setattr__(self, "code", code)
        self.refusal = code
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(status=status)


class CardNotMine(BackendError):
    """The backend sent a card that this phone cannot use. `why` says what does not fit."""

    code = "card_not_mine"


# --- Drawing -----------------------------------------------------------------------------------------------


class CannotDraw(PhoneError):
    """The text is not decimal, or too long for the symbols this format allows. `digits` counts them."""

    code = "cannot_draw"
