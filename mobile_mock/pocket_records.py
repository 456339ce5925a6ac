"""What lies in a pocket, one record a kind of thing, and how each is written down.

Every record has its two functions: members that go to the file, a value that comes back or is refused
(`KeyError`, `TypeError`, `ValueError` or `InvalidValue`; the pocket turns them into `PocketDamaged`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cartes.cards import CardKind
from cartes.wire import base64url
from mobile_mock import p256
from mobile_mock.app_key import AppKey
from mobile_mock.authenticator import HeldKey
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS, PhoneModel


@dataclass(frozen=True, slots=True)
class Phone:
    """Which phone this is, and which client it uses.

    Attributes:
        model: from the catalogue of `phone_model.py`.
        shape: the client in front of the authenticator.
        native_origin, package: the origin and package of the Android app, when the client is one.
    """

    model: PhoneModel
    shape: ClientShape
    native_origin: str | None = None
    package: str | None = None

    def client(self, web_origin: str) -> Client:
        """The client in front of a page at `web_origin`, or the native app whatever the page."""
        if self.shape is ClientShape.ANDROID_NATIVE and self.native_origin is not None:
            return Client(self.shape, self.native_origin, self.package)
        return Client(self.shape, web_origin)


@dataclass(frozen=True, slots=True)
class Device:
    """This phone as the backend knows it, for one kind of card.

    `device_id` is empty while the last answer of an enrolment was lost: the phone knows its key, and asks
    later.
    """

    kind: CardKind
    device_id: str
    reference: str
    binding: str
    credential_id: bytes
    app_key: AppKey = field(repr=False)
    enrolled_at: datetime
    renew_until: datetime | None


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A sealed card.

    `name` is its shape (`soins`) for an apCV, its exercice's identifier for an e-CPS, its contract's
    identifier, a dot and its shape for an insurer's.
    `represents` is the reference of a delegation when the card is another person's, and else empty.
    """

    kind: CardKind
    name: str
    credential: bytes = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    as_of: datetime
    represents: str = ""


# --- one function a direction: members that travel to the file, values that come back from it ---------


def phone(members: Any) -> Phone:
    """The phone of `phone.json`."""
    return Phone(
        MODELS[members["model"]], ClientShape(members["client"]), members["native_origin"], members["package"]
    )


def phone_members(kept: Phone) -> dict[str, object]:
    """What `phone.json` says."""
    return {
        "model": kept.model.name,
        "client": kept.shape.value,
        "native_origin": kept.native_origin,
        "package": kept.package,
    }


def key(members: Any) -> HeldKey:
    """One passkey of `keys.json`."""
    return HeldKey(
        base64url.decode(members["id"]),
        str(members["rp_id"]),
        base64url.decode(members["user_handle"]),
        p256.from_pem(members["private_key"]),
        int(members["counter"]),
    )


def key_members(kept: HeldKey) -> dict[str, object]:
    """What `keys.json` says of one passkey."""
    return {
        "id": base64url.encode(kept.credential_id),
        "rp_id": kept.rp_id,
        "user_handle": base64url.encode(kept.user_handle),
        "private_key": p256.to_pem(kept.private_key),
        "counter": kept.counter,
    }


def device(members: Any) -> Device:
    """One enrolment of `devices.json`."""
    until = members["renew_until"]
    return Device(
        CardKind(members["kind"]),
        str(members["device_id"]),
        str(members["reference"]),
        str(members["binding"]),
        base64url.decode(members["credential_id"]),
        AppKey(p256.from_pem(members["app_key"])),
        _moment(members["enrolled_at"]),
        None if until is None else _moment(until),
    )


def device_members(kept: Device) -> dict[str, object]:
    """What `devices.json` says of one enrolment."""
    return {
        "kind": kept.kind.value,
        "device_id": kept.device_id,
        "reference": kept.reference,
        "binding": kept.binding,
        "credential_id": base64url.encode(kept.credential_id),
        "app_key": p256.to_pem(kept.app_key.private_key),
        "enrolled_at": int(kept.enrolled_at.timestamp()),
        "renew_until": None if kept.renew_until is None else int(kept.renew_until.timestamp()),
    }


def card(members: Any) -> KeptCard:
    """One card of `cards.json`."""
    return KeptCard(
        CardKind(members["kind"]),
        str(members["name"]),
        base64url.decode(members["credential"]),
        _moment(members["issued_at"]),
        _moment(members["expires_at"]),
        _moment(members["as_of"]),
        str(members.get("for", "")),
    )


def card_members(kept: KeptCard) -> dict[str, object]:
    """What `cards.json` says of one card."""
    return {
        "kind": kept.kind.value,
        "name": kept.name,
        "credential": base64url.encode(kept.credential),
        "issued_at": int(kept.issued_at.timestamp()),
        "expires_at": int(kept.expires_at.timestamp()),
        "as_of": int(kept.as_of.timestamp()),
        "for": kept.represents,
    }


def answered(members: Any) -> tuple[bytes, datetime]:
    """One request of `answered.json`: its context, and until when it is remembered."""
    return base64url.decode(members["ctx"]), _moment(members["until"])


def answered_members(ctx: bytes, until: datetime) -> dict[str, object]:
    """What `answered.json` says of one request."""
    return {"ctx": base64url.encode(ctx), "until": int(until.timestamp())}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
