"""What a holder says and hears: an activation code, an enrolment, a phone of one's own, a notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mobile_mock.errors import BackendNonsense
from mobile_mock.pocket_records import Device


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """The code the caisse or the ordre sent: a reference, and one secret or two (by phone and by e-mail)."""

    reference: str
    secrets: tuple[str, ...] = field(repr=False)

    def members(self) -> dict[str, object]:
        """The identity proof as the API takes it."""
        said = {"secret": self.secrets[0]} if len(self.secrets) == 1 else {"secrets": list(self.secrets)}
        return {"method": "activation_code", "reference": self.reference, **said}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An enrolment that succeeded. `loss_code` is shown once; None when its answer was lost."""

    device: Device
    attestation_format: str
    loss_code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnPhone:
    """One of the person's phones, as the backend tells it."""

    device_id: str
    reference: str
    name: str
    binding: str
    enrolled_at: str
    is_this_one: bool

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> OwnPhone:
        """One member of `GET /v1/devices`. Raises BackendNonsense."""
        return cls(
            _text(members, "device_id"),
            _text(members, "reference"),
            _text(members, "name"),
            _text(members, "binding"),
            _text(members, "enrolled_at"),
            is_this_one=members.get("this_device") is True,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know, a new phone for instance. `is_new`: never shown by this phone."""

    notice_id: str
    kind: str
    at: str
    device_name: str
    is_new: bool

    @classmethod
    def parse(cls, members: Mapping[str, Any], seen: Collection[str]) -> Notice:
        """One member of `GET /v1/notices`; `seen` are the notices already shown. Raises BackendNonsense."""
        notice_id = _text(members, "notice_id")
        return cls(
            notice_id,
            _text(members, "kind"),
            _text(members, "at"),
            _text(members, "device_name"),
            is_new=notice_id not in seen,
        )


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise BackendNonsense(what=name)
    return value
