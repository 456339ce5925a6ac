"""How the room says no, beside what two people decide (`rules.py`) and WebAuthn's own refusals."""

from __future__ import annotations

from cartes.errors import CarteError


class InvitationRefused(CarteError):
    """The invitation is unknown, spent or too old. Which one is not said."""

    code = "staff_invitation_refused"


class StaffCeremonyGone(CarteError):
    """No such exchange is under way: its two minutes are over, or it was answered. Begin again."""

    code = "staff_ceremony_gone"


class SignInRefused(CarteError):
    """Nobody signs in with this key: unknown, withdrawn, or of an account that was closed."""

    code = "staff_sign_in_refused"


class KeyAlreadyKnown(CarteError):
    """This key is registered already, to anybody."""

    code = "staff_key_known"


class MemberNotFound(CarteError):
    """No such colleague, or not any more."""

    code = "staff_member_not_found"


class SessionNotFound(CarteError):
    """The colleague has no such session."""

    code = "staff_session_not_found"


class ProposalGone(CarteError):
    """No such proposal is open: unknown, decided, or too old."""

    code = "staff_proposal_gone"


class DailyCapReached(CarteError):
    """The agent did as many of these as one may in a day; nothing was done. Fact: `limit`."""

    code = "staff_daily_cap"


class EnoughAdministrators(CarteError):
    """Two administrators can sign in: they add colleagues, not the command line. Fact: `missing`."""

    code = "staff_enough_administrators"
