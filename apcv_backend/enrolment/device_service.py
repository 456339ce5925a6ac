"""A person's phones: seen, named, withdrawn one by one, and reported lost without the phone.

Every request comes from a live phone of the same person and is signed by its app key (`dpop.py`). The proof
is remembered in the same transaction as what it permits, so that a copy of the request permits nothing. A
loss is reported without any phone, with the code given at enrolment: anyone who holds the slip may do it, and
the worst they can do is make a lost phone useless.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from apcv_backend.dpop import DpopProof, DpopRefused, check_dpop
from apcv_backend.enrolment import activation_codes, rules
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.ports import Macs, Notice, Register, Registers
from apcv_backend.enrolment.refusals import DeviceNotFound, DeviceUnknown, LossReportRefused
from apcv_backend.enrolment.rules import Device, DeviceWithdrawn, PersonKey

T = TypeVar("T")

MOST_NOTICES = 50
_NEVER_A_REFERENCE = "-" * activation_codes.REFERENCE_LENGTH


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived: its method, its path (from the root, without query), and its `DPoP` header."""

    method: str
    path: str
    unverified_dpop: str


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """One of the person's phones, and whether it is the one asking."""

    device: Device
    is_this_one: bool


class DeviceDesk:
    """Answers a live phone about the person's phones, and takes loss reports from anyone with the slip."""

    def __init__(
        self,
        *,
        registers: Registers,
        macs: Macs,
        public_url: str,
        random: Callable[[int], bytes],
        ring_publication: Callable[[], None],
    ) -> None:
        """`ring_publication` tells the publisher that slots were revoked; it may be lost without harm."""
        self._registers = registers
        self._macs = macs
        self._public_url = public_url
        self._random = random
        self._ring_publication = ring_publication

    def list(self, request: SignedRequest, at: datetime) -> Sequence[OwnDevice]:
        """The person's live phones, oldest first."""
        return self._as_holder(
            request,
            at,
            lambda register, asking: [
                OwnDevice(device, device.device_id == asking.device_id)
                for device in register.live_devices(asking.subject_id)
            ],
        )

    def notices(self, request: SignedRequest, at: datetime) -> Sequence[Notice]:
        """What the person should know, newest first."""
        return self._as_holder(
            request, at, lambda register, asking: register.notices_of(asking.subject_id, MOST_NOTICES)
        )

    def rename(self, request: SignedRequest, device_id: str, name: str, at: datetime) -> OwnDevice:
        """Give one of the person's live phones another name.

        Raises:
            InvalidValue: the name. DeviceNotFound: no such live phone of this person.
        """
        new_name = rules.parse_device_name(name)

        def work(register: Register, asking: Device) -> OwnDevice:
            self._own(register, asking, device_id)
            register.rename(device_id, new_name)
            register.note(
                "device.renamed",
                actor=f"device:{asking.device_id}",
                subject=asking.subject_id,
                facts={"device_id": device_id},
                at=at,
            )
            return OwnDevice(self._own(register, asking, device_id), device_id == asking.device_id)

        return self._as_holder(request, at, work)

    def withdraw(self, request: SignedRequest, device_id: str, at: datetime) -> None:
        """Withdraw one of the person's live phones, perhaps the one asking: its cards are revoked at once.

        Raises:
            DeviceNotFound: no such live phone of this person.
        """
        notice_id = self._new_id()

        def work(register: Register, asking: Device) -> None:
            device = self._own(register, asking, device_id)
            actor = f"device:{asking.device_id}"
            withdraw_one(register, device, why="withdrawn", actor=actor, notice_id=notice_id, at=at)

        self._as_holder(request, at, work)
        self._ring_publication()

    def report_loss(self, typed_reference: str, typed_loss_code: str, at: datetime) -> None:
        """Withdraw a phone nobody holds any more, by reference and loss code; reporting twice is no error.

        Five wrong codes lock the slip. Every failure is the same answer, at the same cost: one conditional
        update and one line of the journal.

        Raises:
            LossReportRefused: unknown, wrong or locked.
        """
        try:
            reference = activation_codes.parse_typed(typed_reference, activation_codes.REFERENCE_LENGTH)
            loss_code = activation_codes.parse_typed(typed_loss_code, activation_codes.LOSS_CODE_LENGTH)
        except activation_codes.BadCode:
            reference, loss_code = _NEVER_A_REFERENCE, ""
        mac = self._macs.code_mac(reference, loss_code, activation_codes.LOSS_PURPOSE)
        notice_id = self._new_id()

        def work(register: Register) -> bool:
            device = register.device_to_report(reference, mac)
            if device is None:
                register.note("loss_report.refused", actor="anyone", subject="unknown", facts={}, at=at)
                return False
            withdraw_one(register, device, why="lost", actor="loss_slip", notice_id=notice_id, at=at)
            return True

        # Refused after the commit: the error that was counted stays counted.
        if not self._registers.run(work):
            raise LossReportRefused
        self._ring_publication()

    # --- at a help desk, for somebody who has neither the phone nor the slip

    def list_for(self, person: PersonKey) -> Sequence[Device]:
        """The person's live phones, oldest first; none when none was ever enrolled."""

        def work(register: Register) -> Sequence[Device]:
            subject_id = register.get_subject(person)
            return [] if subject_id is None else register.live_devices(subject_id)

        return self._registers.run(work)

    def of_models(self, aaguids: Collection[str]) -> Sequence[Device]:
        """Every person's live phones of these models, for when a model turns out to be compromised."""
        return self._registers.run(lambda register: register.live_devices_of_models(aaguids))

    def withdraw_for(self, person: PersonKey, typed_reference: str, agent: DeskAgent, at: datetime) -> None:
        """Withdraw one of the person's live phones on an agent's word, whose name is kept.

        Raises:
            DeviceNotFound: no such live phone of this person.
        """
        try:
            reference = activation_codes.parse_typed(typed_reference, activation_codes.REFERENCE_LENGTH)
        except activation_codes.BadCode as error:
            raise DeviceNotFound from error
        notice_id = self._new_id()

        def work(register: Register) -> None:
            subject_id = register.get_subject(person)
            for device in [] if subject_id is None else register.live_devices(subject_id):
                if device.reference == reference:
                    actor = f"desk:{agent.name}@{agent.place}"[:120]
                    withdraw_one(register, device, why="lost", actor=actor, notice_id=notice_id, at=at)
                    return
            raise DeviceNotFound

        self._registers.run(work)
        self._ring_publication()

    def identify(self, request: SignedRequest, at: datetime) -> Device:
        """The live phone that signed `request`, once, for another room that serves it. Raises as any of ours.

        Raises:
            DpopRefused, DeviceUnknown, DeviceWithdrawn.
        """
        return self._as_holder(request, at, lambda _register, asking: asking)

    def _as_holder(self, request: SignedRequest, at: datetime, work: Callable[[Register, Device], T]) -> T:
        """Run `work` for the live phone whose app key signed `request`.

        Raises:
            DpopRefused: not signed, not for this request, too old, or used before.
            DeviceUnknown: the key belongs to no phone. DeviceWithdrawn: to a withdrawn one.
        """
        proof = check_dpop(
            request.unverified_dpop, htm=request.method, htu=self._public_url + request.path, at=at
        )

        def proven(register: Register) -> T:
            return work(register, _prove(register, proof, at))

        return self._registers.run(proven)

    @staticmethod
    def _own(register: Register, asking: Device, device_id: str) -> Device:
        for device in register.live_devices(asking.subject_id):
            if device.device_id == device_id:
                return device
        raise DeviceNotFound

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def _prove(register: Register, proof: DpopProof, at: datetime) -> Device:
    device = register.device_of_app_key(proof.jkt)
    if device is None:
        raise DeviceUnknown
    if device.withdrawn_at is not None:
        raise DeviceWithdrawn
    if not register.use_once(proof.replay_key, proof.forget_after):
        raise DpopRefused(why="replayed")
    register.touch(device.device_id, at)
    return device


def withdraw_one(
    register: Register, device: Device, *, why: str, actor: str, notice_id: str, at: datetime
) -> None:
    """Withdraw one phone inside the transaction of `register`, once; tell its holder and the journal."""
    register.lock_subject(device.subject_id)
    if not register.withdraw(device.device_id, why, at):
        return
    kind = "device_lost" if why == "lost" else "device_withdrawn"
    register.add_notice(device.subject_id, Notice(notice_id, kind, at, device.name))
    register.note(
        f"device.{why}",
        actor=actor,
        subject=device.subject_id,
        facts={"device_id": device.device_id, "card": device.card.value},
        at=at,
    )
