"""What a holder says and hears: an activation code, an enrolment, a phone of one's own, a notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mobile_mock.answer_members import text_of
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
            text_of(members, "device_id"),
            text_of(members, "reference"),
            text_of(members, "name"),
            text_of(members, "binding"),
            text_of(members, "enrolled_at"),
            is_this_one=members.get("this_device") is True,
        )


@dataclass(frozen=True, slots=True)
class Represented:
    """A delegation in force: whom one represents, or by whom one is."""

    reference: str
    type: str
    given: str
    use_name: str
    ends_on: str

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> Represented:
        """One member of `GET /v1/representations`. Raises BackendNonsense."""
        return cls(
            text_of(members, "reference"),
            text_of(members, "type"),
            text_of(members, "given"),
            text_of(members, "use_name"),
            text_of(members, "ends_on"),
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
        notice_id = text_of(members, "notice_id")
        return cls(
            notice_id,
            text_of(members, "kind"),
            text_of(members, "at"),
            text_of(members, "device_name"),
            is_new=notice_id not in seen,
        )
