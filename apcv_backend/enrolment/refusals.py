"""How the room says no, apart from eligibility and phones (`rules.py`) and WebAuthn (`ceremony/errors.py`).

Two of these are deliberately poor in words. `ActivationCodeRefused` and `LossReportRefused` cover every way a
code can fail, so that an answer never tells which references exist, which are used, and how many errors are
left.
"""

from __future__ import annotations

from cartes.errors import CarteError


class ActivationCodeRefused(CarteError):
    """The identity was not proven: code unknown, wrong, expired, locked or used. Which one is not said."""

    code = "activation_code_refused"


class LossReportRefused(CarteError):
    """The loss was not recorded: reference or loss code unknown, wrong or locked. Which one is not said."""

    code = "loss_report_refused"


class CeremonyGone(CarteError):
    """No such registration is under way: its two minutes are over, or it was finished. Begin again."""

    code = "ceremony_gone"


class DeviceUnknown(CarteError):
    """No phone is registered with the key that signed this request."""

    code = "device_unknown"


class DeviceNotFound(CarteError):
    """The person has no such phone; a phone of somebody else is no different from none."""

    code = "device_not_found"
