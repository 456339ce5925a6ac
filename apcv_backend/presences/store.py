"""Presences in their tables, and the states of slots asked one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Exists, Row, and_, case, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.alarms import Alarms
from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.presences.ports import Fact, KnownPhone, Redeemer
from apcv_backend.presences.rules import (
    OFFLINE_MAX_AGE,
    Method,
    OpenPresence,
    ProvenScan,
    Shown,
    States,
    instant_of,
)
from apcv_backend.quota_rules import PRESENCES_A_DAY, Account
from apcv_backend.quotas import Quotas
from apcv_backend.representation.rules import SLOT_PREFIX
from apcv_backend.subjects import Subjects
from apcv_backend.tables import (
    devices,
    presences,
    representations,
    scan_refusals,
    status_slots,
    uploaded_scans,
    used_once,
)
from cartes.apcv import ApcvCard
from cartes.cards import CardKind

_DAY_S = 86_400
_LONGEST_REASON = 48
T = TypeVar("T")


@dataclass(frozen=True)
class PresenceTools:
    """What every transaction needs beside its connection."""

    journal: Journal
    alarms: Alarms
    quotas: Quotas
    subjects: Subjects


class SqlPresenceRegisters:
    """See `ports.PresenceRegisters`."""

    def __init__(self, database: Database, tools: PresenceTools) -> None:
        self._database = database
        self._tools = tools

    def run(self, work: Callable[[_Register], T]) -> T:
        """See `PresenceRegisters.run`."""
        return self._database.run(lambda tx: work(_Register(tx, self._tools, self._database.is_sqlite)))


class SqlStates:
    """See `ports.OwnStates`: no list is built, one row is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, at: datetime) -> States:
        """See `OwnStates.__call__`."""
        return States(_Lists(self._database, "revoked", at), _Lists(self._database, "suspended", at))


class _Lists(Mapping[int, "_List"]):
    """The status list of each kind of card, by number."""

    def __init__(self, database: Database, state: str, at: datetime) -> None:
        self._lists = {kind.wire: _List(database, kind.wire, state, at) for kind in CardKind}

    def __getitem__(self, number: int) -> _List:
        return self._lists[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)


class _List:
    def __init__(self, database: Database, number: int, state: str, at: datetime) -> None:
        self._database = database
        self._number = number
        self._state = state
        self.issued_at = at

    def is_set(self, idx: int) -> bool:
        """Whether the slot is in this state. A slot that was never given is in none: its card is not ours."""
        asked = select(status_slots.c.state).where(
            status_slots.c.list_id == self._number, status_slots.c.idx == idx
        )
        with self._database.read() as connection:
            return connection.execute(asked).scalar_one_or_none() == self._state


class _Register:
    """See `ports.PresenceRegister`."""

    def __init__(self, tx: Connection, tools: PresenceTools, is_sqlite: bool) -> None:
        self._tx = tx
        self._tools = tools
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    def hold_phone(self, scan: ProvenScan, at: datetime) -> KnownPhone | None:
        """See `PresenceRegister.hold_phone`."""
        slot = scan.card.slot
        of_this_slot = (
            select(status_slots.c.device_id)
            .where(
                status_slots.c.list_id == slot.list,
                status_slots.c.idx == slot.idx,
                status_slots.c.state == "valid",
            )
            .scalar_subquery()
        )
        # A later use than this one may be on record already: it stays.
        now = literal(at, devices.c.last_used_at.type)
        used = case((devices.c.last_used_at < now, now), else_=devices.c.last_used_at)
        row = self._tx.execute(
            update(devices)
            .where(
                devices.c.device_id == of_this_slot,
                devices.c.public_key == scan.held.opened.holder_key,
                devices.c.withdrawn_at.is_(None),
            )
            .values(last_used_at=used)
            .returning(devices.c.device_id, devices.c.subject_id)
        ).one_or_none()
        if row is None:
            return None
        return KnownPhone(row.device_id, self._patient(scan.card, row.subject_id, at))

    def owner(self, scan: ProvenScan, at: datetime) -> str | None:
        """See `PresenceRegister.owner`."""
        slot = scan.card.slot
        holder = self._tx.execute(
            select(devices.c.subject_id)
            .join(status_slots, status_slots.c.device_id == devices.c.device_id)
            .where(
                status_slots.c.list_id == slot.list,
                status_slots.c.idx == slot.idx,
                devices.c.public_key == scan.held.opened.holder_key,
            )
        ).scalar_one_or_none()
        return None if holder is None else self._patient(scan.card, holder, at)

    def _patient(self, card: ApcvCard, holder: str, at: datetime) -> str:
        """Whose card it is: the holder's own; in the hands of a delegate, the one they may present it for.

        The slot of a delegated card is named after its representation, which knows the beneficiary whatever
        the shape shows.
        """
        if card.delegate is None:
            return holder
        named = (
            select(representations.c.beneficiary_subject)
            .join(
                status_slots,
                status_slots.c.exercice == literal(SLOT_PREFIX).concat(representations.c.reference),
            )
            .where(status_slots.c.list_id == card.slot.list, status_slots.c.idx == card.slot.idx)
        )
        beneficiary = self._tx.execute(named).scalar_one_or_none()
        person = beneficiary_key(card)
        if beneficiary is None and person is not None:
            return self._tools.subjects.ensure(self._tx, person, at)
        return beneficiary or holder

    def elsewhere_since(self, device_id: str, structure: str, since: datetime) -> datetime | None:
        """See `PresenceRegister.elsewhere_since`."""
        asked = (
            select(presences.c.opened_at)
            .where(
                presences.c.device_id == device_id,
                presences.c.structure != structure,
                presences.c.opened_at > since,
            )
            .order_by(presences.c.opened_at.desc())
            .limit(1)
        )
        return self._tx.execute(asked).scalar_one_or_none()

    def open(self, presence: OpenPresence, device_id: str, digest: bytes, t: int) -> bool:
        """See `PresenceRegister.open`. Judge of "once in the country": UNIQUE over digest and t."""
        told = {
            "presence_id": presence.presence_id,
            "credential_digest": digest,
            "proof_t": t,
            "device_id": device_id,
            "subject_id": presence.subject_id,
            "professional_subject": presence.professional_subject,
            "professional_id": presence.professional_id,
            "profession": presence.profession,
            "structure": presence.structure,
            "method": presence.method.value,
            "shape": presence.shape,
            "opens": sorted(shown.value for shown in presence.opens),
            "insurer": presence.insurer,
            "seen_elsewhere": presence.seen_elsewhere,
            "opened_at": presence.opened_at,
            "expires_at": presence.expires_at,
            "ends_at": presence.ends_at,
        }
        written = self._tx.execute(
            self._insert(presences)
            .values(told)
            .on_conflict_do_nothing(index_elements=["credential_digest", "proof_t"])
            .returning(presences.c.presence_id)
        )
        return written.first() is not None

    def is_redeemed(self, digest: bytes, t: int) -> str | None:
        """See `PresenceRegister.is_redeemed`."""
        asked = select(presences.c.structure).where(
            presences.c.credential_digest == digest, presences.c.proof_t == t
        )
        return self._tx.execute(asked).scalar_one_or_none()

    def keep_upload(self, scan: ProvenScan, phone: KnownPhone, by: Redeemer, at: datetime) -> list[str]:
        """See `PresenceRegister.keep_upload`. The same upload twice is kept once."""
        digest, t = scan.held.replay_key
        self._tx.execute(
            self._insert(uploaded_scans)
            .values(
                credential_digest=digest,
                proof_t=t,
                structure=by.structure,
                professional_subject=by.subject_id,
                device_id=phone.device_id,
                subject_id=phone.subject_id,
                uploaded_at=at,
            )
            .on_conflict_do_nothing()
        )
        others = select(uploaded_scans.c.structure).where(
            uploaded_scans.c.credential_digest == digest,
            uploaded_scans.c.proof_t == t,
            uploaded_scans.c.structure != by.structure,
        )
        return list(self._tx.execute(others).scalars())

    def is_first_upload(self, scan: ProvenScan, by: Redeemer, at: datetime) -> bool:
        """See `PresenceRegister.is_first_upload`."""
        return self._is_first("upload-v1", scan, by, at + OFFLINE_MAX_AGE + timedelta(days=1))

    def is_first_refusal(self, scan: ProvenScan, by: Redeemer, at: datetime) -> bool:
        """See `PresenceRegister.is_first_refusal`."""
        return self._is_first("refusal-v1", scan, by, at + timedelta(days=1))

    def _is_first(self, purpose: str, scan: ProvenScan, by: Redeemer, expires_at: datetime) -> bool:
        digest, t = scan.held.replay_key
        key = hashlib.sha256(f"{purpose}|{by.structure}|{t}|".encode() + digest).digest()
        entered = self._tx.execute(
            self._insert(used_once)
            .values(kind=purpose.removesuffix("-v1"), key=key, expires_at=expires_at)
            .on_conflict_do_nothing()
            .returning(used_once.c.kind)
        )
        return entered.first() is not None

    def get(self, presence_id: str) -> tuple[OpenPresence, bool] | None:
        """See `PresenceRegister.get`."""
        row = self._tx.execute(
            select(presences, _card_stands().label("card_stands")).where(
                presences.c.presence_id == presence_id
            )
        ).one_or_none()
        return None if row is None else (_presence(row), row.closed_at is not None or not row.card_stands)

    def renew(self, presence_id: str, by: Redeemer, until: datetime, at: datetime) -> bool:
        """See `PresenceRegister.renew`: the card that was shown must stand too."""
        theirs = _alive_and_theirs(presence_id, by, at)
        moved = self._tx.execute(update(presences).where(*theirs, _card_stands()).values(expires_at=until))
        return moved.rowcount == 1

    def close(self, presence_id: str, by: Redeemer, at: datetime) -> bool:
        """See `PresenceRegister.close`."""
        closed = self._tx.execute(
            update(presences).where(*_alive_and_theirs(presence_id, by, at)).values(closed_at=at)
        )
        return closed.rowcount == 1

    def count(self, by: Redeemer, at: datetime) -> bool:
        """See `PresenceRegister.count`."""
        account = Account(f"presences:{by.subject_id}"[:120], "professional")
        return self._tools.quotas.count_presence(self._tx, account, PRESENCES_A_DAY, at)

    def tell(
        self, event: str, subject_id: str, by: Redeemer, facts: Mapping[str, Fact], at: datetime
    ) -> None:
        """See `PresenceRegister.tell`."""
        self._tools.journal.note(
            self._tx,
            event,
            actor=f"professional:{by.subject_id}"[:120],
            subject=subject_id,
            facts={"by": by.professional_id, **facts},
            at=at,
        )

    def alarm(self, kind: str, by: Redeemer, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `PresenceRegister.alarm`."""
        self._tools.alarms.sound(self._tx, kind, f"professional:{by.subject_id}", facts, at)

    def count_refusal(self, way: str, reason: str, at: datetime) -> None:
        """See `PresenceRegister.count_refusal`."""
        day = int(at.timestamp()) // _DAY_S
        key = {"day": day, "way": way, "reason": reason[:_LONGEST_REASON]}
        self._tx.execute(
            self._insert(scan_refusals)
            .values(**key, scans=1)
            .on_conflict_do_update(
                index_elements=["day", "way", "reason"], set_={"scans": scan_refusals.c.scans + 1}
            )
        )


def beneficiary_key(card: ApcvCard) -> PersonKey | None:
    """The key of the person a card is about, as its numbers say; None for the shape `identite`."""
    if card.nir is not None:
        return PersonKey(CardKind.APCV, card.nir.digits)
    if card.od_nir is None:
        return None
    return PersonKey(CardKind.APCV, f"{card.od_nir.digits}/{card.born.text}/{card.rang_gemellaire}")


def _alive_and_theirs(presence_id: str, by: Redeemer, at: datetime) -> tuple[Any, ...]:
    return (
        presences.c.presence_id == presence_id,
        presences.c.professional_subject == by.subject_id,
        presences.c.structure == by.structure,
        presences.c.closed_at.is_(None),
        presences.c.expires_at > at,
    )


def _card_stands() -> Exists:
    """Whether the card a presence was opened with is still of use: its phone's own, or one held for another.

    A phone withdrawn, a card revoked or suspended, a delegation ended: each changes the slot in the same
    transaction, so the slot is asked.
    """
    its_own = and_(status_slots.c.exercice == "", devices.c.subject_id == presences.c.subject_id)
    for_another = status_slots.c.exercice.in_(
        select(literal(SLOT_PREFIX).concat(representations.c.reference)).where(
            representations.c.delegate_subject == devices.c.subject_id,
            representations.c.beneficiary_subject == presences.c.subject_id,
            representations.c.ended_at.is_(None),
        )
    )
    return (
        select(status_slots.c.idx)
        .join(devices, devices.c.device_id == status_slots.c.device_id)
        .where(
            status_slots.c.device_id == presences.c.device_id,
            status_slots.c.kind == CardKind.APCV.value,
            status_slots.c.state == "valid",
            devices.c.withdrawn_at.is_(None),
            or_(its_own, for_another),
        )
        .exists()
    )


def _presence(row: Row[Any]) -> OpenPresence:
    return OpenPresence(
        presence_id=row.presence_id,
        subject_id=row.subject_id,
        professional_subject=row.professional_subject,
        professional_id=row.professional_id,
        profession=row.profession,
        structure=row.structure,
        method=Method(row.method),
        shape=row.shape,
        opens=frozenset(Shown(word) for word in row.opens),
        insurer=row.insurer,
        seen_elsewhere=row.seen_elsewhere,
        proof_at=instant_of(row.proof_t),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        ends_at=row.ends_at,
    )
