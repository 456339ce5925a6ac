"""The person's phones, seen from one of them: listed, named, withdrawn; the notices about them.

Every request but the last is signed by this phone's app key (DPoP), a fresh proof each time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cartes.cards import CardKind
from mobile_mock.answers import Notice, OwnPhone, Represented
from mobile_mock.backend_client import BackendClient
from mobile_mock.errors import BackendNonsense
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Device


class OwnPhones:
    """The phones of the person who holds this one, for one kind of card at a time."""

    def __init__(self, pocket: Pocket, backend: BackendClient, *, random: Callable[[int], bytes]) -> None:
        self._pocket = pocket
        self._backend = backend
        self._random = random

    def list(self, kind: CardKind, at: datetime) -> tuple[OwnPhone, ...]:
        """The person's phones, oldest first. Raises NotEnrolled, BackendRefused, BackendUnreachable."""
        return self.known_to(self._pocket.device(kind), at)

    def known_to(self, device: Device, at: datetime) -> tuple[OwnPhone, ...]:
        """The same, asked with the app key of `device`, which the pocket may not hold yet."""
        path = "/v1/devices"
        told = self._backend.read_list(path, lambda: self._proof(device, "GET", path, at))
        return tuple(OwnPhone.parse(one) for one in told)

    def rename(self, kind: CardKind, device_id: str, name: str, at: datetime) -> None:
        """Give one of the phones another name."""
        path = self._backend.device_path(device_id)
        proof = self._proof(self._pocket.device(kind), "PATCH", path, at)
        self._backend.rename_device(device_id, name, proof)

    def withdraw(self, kind: CardKind, device_id: str, at: datetime) -> None:
        """Withdraw one of the phones. Withdrawing this one empties its pocket of that kind of card."""
        path = self._backend.device_path(device_id)
        device = self._pocket.device(kind)
        self._backend.withdraw_device(device_id, self._proof(device, "DELETE", path, at))
        if device.device_id == device_id:
            self._pocket.forget_kind(kind)
            kept = [key for key in self._pocket.keys if key.credential_id != device.credential_id]
            self._pocket.keep_keys(kept)

    def notices(self, kind: CardKind, at: datetime) -> tuple[Notice, ...]:
        """What the person should know, newest first; marked new once, then remembered as shown."""
        path = "/v1/notices"
        device = self._pocket.device(kind)
        told = self._backend.read_list(path, lambda: self._proof(device, "GET", path, at))
        seen = self._pocket.notices_seen
        notices = tuple(Notice.parse(one, seen) for one in told)
        self._pocket.keep_notices_seen(seen | {notice.notice_id for notice in notices})
        return notices

    def representations(
        self, kind: CardKind, at: datetime
    ) -> tuple[tuple[Represented, ...], tuple[Represented, ...]]:
        """Whom this person represents today, and by whom they are represented."""
        path = "/v1/representations"
        device = self._pocket.device(kind)
        told = self._backend.read_object(path, lambda: self._proof(device, "GET", path, at))
        sides = []
        for side in ("held", "given"):
            listed = told.get(side)
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                raise BackendNonsense(what=path)
            sides.append(tuple(Represented.parse(one) for one in listed))
        return sides[0], sides[1]

    def _proof(self, device: Device, method: str, path: str, at: datetime) -> str:
        return device.app_key.proof(method, self._backend.url(path), at, random=self._random)


def report_loss(backend: BackendClient, reference: str, loss_code: str) -> None:
    """Withdraw a phone that is not there any more, with the slip given at its enrolment; needs no phone.

    Raises:
        BackendRefused: unknown, wrong or locked, all alike. BackendUnreachable.
    """
    backend.report_loss(reference, loss_code)
