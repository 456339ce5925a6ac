"""Why a phone's answer to a sign-in request is not taken. A leaf for each thing its owner can do."""

from __future__ import annotations

from cartes.errors import CarteError


class SigninRefused(CarteError):
    """The phone's request about a sign-in was not taken; nothing was approved."""

    code = "signin_refused"


class AttemptNotFound(SigninRefused):
    """No such request for this person: never was, another's, or forgotten. The same answer for all."""

    code = "signin_request_not_found"


class AttemptOver(SigninRefused):
    """The request ended before this answer. Fact: `state`."""

    code = "signin_request_over"


class WrongDigits(SigninRefused):
    """The digits typed are not those of the page. Fact: `left`, how many tries remain."""

    code = "signin_digits_wrong"


class MomentRefused(SigninRefused):
    """The phone's clock is too far from ours, or the approval was made beforehand."""

    code = "signin_moment_refused"


class ExerciceRequired(SigninRefused):
    """This professional has several exercices: one must be chosen."""

    code = "signin_exercice_required"


class ExerciceRefused(SigninRefused):
    """This exercice is not one this person practises today."""

    code = "signin_exercice_refused"


class RepresentationRefused(SigninRefused):
    """This person does not represent whom they say, or not for this."""

    code = "signin_representation_refused"


class AnotherBrowser(SigninRefused):
    """This sign-in was opened in another browser."""

    code = "signin_another_browser"


class PhoneUnknown(SigninRefused):
    """The key that signed belongs to no phone."""

    code = "device_unknown"


class CounterRegressed(SigninRefused):
    """The phone's signature counter did not move forward: its key may exist twice (WA-10)."""

    code = "sign_count_regressed"
