"""The register of people and their phones, inside one transaction.

People are found by a blind index and kept in a sealed envelope (`vault.py`); the rows of phones hold a
pseudonym only. On PostgreSQL a person's row is locked while their phones change; on SQLite the write
transaction already is the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Row, Select, case, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.activation_codes import MAX_ERRORS, DeskAgent, IdentityMethod
from apcv_backend.enrolment.ports import Fact, NewDevice, Notice, Register
from apcv_backend.enrolment.rules import Device, PersonKey
from apcv_backend.enrolment.store.codes import agent_of
from apcv_backend.subjects import Subjects
from apcv_backend.tables import activation_codes, devices, notices, subjects, used_once
from apcv_backend.vault import Vault
from cartes.cards import Binding, CardKind

T = TypeVar("T")

_DPOP = "dpop"
_ONE_DEVICE = (
    devices.c.device_id,
    devices.c.reference,
    devices.c.subject_id,
    devices.c.kind,
    devices.c.name,
    devices.c.binding,
    devices.c.credential_id,
    devices.c.transports,
    devices.c.app_jkt,
    devices.c.enrolled_at,
    devices.c.last_used_at,
    devices.c.withdrawn_at,
)


class StatusSlots(Protocol):
    """The slots of the status lists: revoking a phone's is how a till learns of its loss."""

    def revoke_device(self, tx: Connection, device_id: str, at: datetime) -> int:
        """Revoke, in the transaction `tx`, every slot the phone's cards stand on; how many were not yet."""
        ...

    def revoke_exercice(
        self, tx: Connection, device_ids: Collection[str], exercice: str, at: datetime
    ) -> int:
        """Revoke the slots of one exercice on these phones; how many were not yet."""
        ...

    def suspend(self, tx: Connection, device_ids: Collection[str], at: datetime) -> int:
        """Suspend the valid slots of these phones; how many there were."""
        ...

    def resume(self, tx: Connection, device_ids: Collection[str], at: datetime) -> int:
        """Lift the suspension of these phones' slots; how many there were."""
        ...


class SqlRegisters:
    """See `ports.Registers`."""

    def __init__(self, database: Database, vault: Vault, journal: Journal, slots: StatusSlots) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._slots = slots

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(
            lambda tx: work(
                SqlRegister(tx, self._vault, self._journal, self._slots, is_sqlite=self._database.is_sqlite)
            )
        )


class SqlRegister:
    """See `ports.Register`; lives as long as the transaction it was opened in."""

    def __init__(
        self, tx: Connection, vault: Vault, journal: Journal, slots: StatusSlots, *, is_sqlite: bool
    ) -> None:
        self._tx = tx
        self._subjects = Subjects(vault, vault.random)
        self._journal = journal
        self._slots = slots
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    # --- people

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """See `Register.subject_of`."""
        return self._subjects.ensure(self._tx, person, at)

    def get_subject(self, person: PersonKey) -> str | None:
        """See `Register.get_subject`."""
        return self._subjects.find(self._tx, person)

    def lock_subject(self, subject_id: str) -> None:
        """See `Register.lock_subject`."""
        locked = select(subjects.c.subject_id).where(subjects.c.subject_id == subject_id)
        self._tx.execute(
            locked.with_for_update()
        )  # SQLite writes no FOR UPDATE: BEGIN IMMEDIATE holds already

    def spend_code(self, reference: str, at: datetime) -> tuple[IdentityMethod, DeskAgent | None] | None:
        """See `Register.spend_code`."""
        # Judge of "a code enrols one phone": of two UPDATEs one finds it unused.
        spent = (
            update(activation_codes)
            .where(activation_codes.c.reference == reference, activation_codes.c.used_at.is_(None))
            .values(used_at=at)
            .returning(activation_codes.c.method, activation_codes.c.agent, activation_codes.c.place)
        )
        row = self._tx.execute(spent).one_or_none()
        return None if row is None else (IdentityMethod(row.method), agent_of(row.agent, row.place))

    # --- phones

    def live_devices(self, subject_id: str) -> Sequence[Device]:
        """See `Register.live_devices`."""
        return self._devices(
            select(*_ONE_DEVICE)
            .where(devices.c.subject_id == subject_id, devices.c.withdrawn_at.is_(None))
            .order_by(devices.c.enrolled_at, devices.c.device_id)
        )

    def live_devices_of_models(self, aaguids: Collection[str]) -> Sequence[Device]:
        """See `Register.live_devices_of_models`."""
        return self._devices(
            select(*_ONE_DEVICE)
            .where(devices.c.aaguid.in_(aaguids), devices.c.withdrawn_at.is_(None))
            .order_by(devices.c.device_id)
        )

    def device_of_app_key(self, jkt: str) -> Device | None:
        """See `Register.device_of_app_key`."""
        found = self._devices(select(*_ONE_DEVICE).where(devices.c.app_jkt == jkt))
        return found[0] if found else None

    def add_device(
        self, device: NewDevice, method: IdentityMethod, agent: DeskAgent | None, at: datetime
    ) -> bool:
        """See `Register.add_device`."""
        # Judge of "a credential is registered once, over all people": UNIQUE on credential_id and on app_jkt.
        added = self._tx.execute(
            self._insert(devices)
            .values(
                device_id=device.device_id,
                reference=device.reference,
                subject_id=device.subject_id,
                kind=device.card.value,
                name=device.name,
                credential_id=device.credential_id,
                public_key=device.public_key,
                cose_key=device.cose_key,
                sign_count=device.sign_count,
                backup_eligible=device.backup_eligible,
                backed_up=device.backed_up,
                transports=list(device.transports),
                aaguid=device.aaguid,
                attestation_format=device.attestation_format,
                binding=int(device.binding),
                attestation_object=device.attestation_object,
                client_data_json=device.client_data_json,
                attestation_verdict=dict(device.attestation_verdict),
                app_jkt=device.app_jkt,
                app_jwk=dict(device.app_jwk),
                enrolment_method=method.value,
                agent=agent.name if agent else None,
                place=agent.place if agent else None,
                loss_mac=device.loss_mac,
                loss_errors=0,
                enrolled_at=at,
                last_assertion_at=at,
                last_used_at=at,
            )
            .on_conflict_do_nothing()
            .returning(devices.c.device_id)
        )
        return added.one_or_none() is not None

    def touch(self, device_id: str, at: datetime) -> None:
        """See `Register.touch`."""
        self._tx.execute(update(devices).where(devices.c.device_id == device_id).values(last_used_at=at))

    def rename(self, device_id: str, name: str) -> None:
        """See `Register.rename`."""
        self._tx.execute(update(devices).where(devices.c.device_id == device_id).values(name=name))

    def withdraw(self, device_id: str, why: str, at: datetime) -> bool:
        """See `Register.withdraw`."""
        # Judge of "a phone is withdrawn once", so that it is announced once.
        withdrawn = self._tx.execute(
            update(devices)
            .where(devices.c.device_id == device_id, devices.c.withdrawn_at.is_(None))
            .values(withdrawn_at=at, withdrawn_why=why)
            .returning(devices.c.device_id)
        )
        if withdrawn.one_or_none() is None:
            return False
        self._slots.revoke_device(self._tx, device_id, at)
        return True

    def find_device(self, named: str) -> Device | None:
        """See `Register.find_device`."""
        is_named = or_(devices.c.reference == named, devices.c.device_id == named)
        found = self._devices(select(*_ONE_DEVICE).where(is_named, devices.c.withdrawn_at.is_(None)))
        return found[0] if found else None

    def revoke_exercice(self, device_ids: Collection[str], exercice: str, at: datetime) -> int:
        """See `Register.revoke_exercice`."""
        return self._slots.revoke_exercice(self._tx, device_ids, exercice, at)

    def suspend(self, device_ids: Collection[str], at: datetime) -> int:
        """See `Register.suspend`."""
        return self._slots.suspend(self._tx, device_ids, at)

    def resume(self, device_ids: Collection[str], at: datetime) -> int:
        """See `Register.resume`."""
        return self._slots.resume(self._tx, device_ids, at)

    def device_to_report(self, reference: str, loss_mac: bytes) -> Device | None:
        """See `Register.device_to_report`."""
        # Judge of "five errors lock the slip": counting and comparing are one statement.
        right = devices.c.loss_mac == loss_mac
        row = self._tx.execute(
            update(devices)
            .where(devices.c.reference == reference, devices.c.loss_errors < MAX_ERRORS)
            .values(loss_errors=devices.c.loss_errors + case((right, 0), else_=1))
            .returning(
                *_ONE_DEVICE, case((right, literal_column("1")), else_=literal_column("0")).label("is_right")
            )
        ).one_or_none()
        return None if row is None or row.is_right != 1 else _device(row)

    def use_once(self, replay_key: bytes, forget_after: datetime) -> bool:
        """See `Register.use_once`."""
        # Judge of "a proof permits one request": the primary key.
        remembered = self._tx.execute(
            self._insert(used_once)
            .values(kind=_DPOP, key=replay_key, expires_at=forget_after)
            .on_conflict_do_nothing()
            .returning(used_once.c.kind)
        )
        return remembered.one_or_none() is not None

    # --- what is told

    def add_notice(self, subject_id: str, notice: Notice) -> None:
        """See `Register.add_notice`."""
        self._tx.execute(
            self._insert(notices).values(
                notice_id=notice.notice_id,
                subject_id=subject_id,
                kind=notice.kind,
                at=notice.at,
                facts={"device_name": notice.device_name},
            )
        )

    def notices_of(self, subject_id: str, most: int) -> Sequence[Notice]:
        """See `Register.notices_of`."""
        latest = (
            select(notices)
            .where(notices.c.subject_id == subject_id)
            .order_by(notices.c.at.desc(), notices.c.notice_id)
            .limit(most)
        )
        return [
            Notice(row.notice_id, row.kind, row.at, str(row.facts.get("device_name", "")))
            for row in self._tx.execute(latest)
        ]

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)

    def _devices(self, query: Select[tuple[object, ...]]) -> list[Device]:
        return [_device(row) for row in self._tx.execute(query)]


def _device(row: Row[tuple[object, ...]]) -> Device:
    return Device(
        device_id=row.device_id,
        reference=row.reference,
        subject_id=row.subject_id,
        card=CardKind(row.kind),
        name=row.name,
        binding=Binding(row.binding),
        credential_id=row.credential_id,
        transports=tuple(row.transports),
        app_jkt=row.app_jkt,
        enrolled_at=row.enrolled_at,
        last_used_at=row.last_used_at,
        withdrawn_at=row.withdrawn_at,
    )
