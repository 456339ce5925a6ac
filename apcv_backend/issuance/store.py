"""The register of issuances in its tables, and the phones that ask.

One question finds the phone with whatever is on record under its idempotency key; one transaction records an
issuance. Each conditional statement below is the judge of something that happens once; a comment says of
what.
Claims and cards lie here only inside sealed envelopes, each bound to its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.issuance.ports import (
    Asking,
    Fact,
    Gesture,
    Intent,
    Phone,
    Recorded,
    Register,
    UsedOnce,
)
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.status_slots import REUSED_AFTER, StatusSlots
from apcv_backend.tables import devices, issuances, practitioners, representations, subjects, used_once
from apcv_backend.vault import Vault
from cartes.cards import Binding, CardKind, Slot

T = TypeVar("T")

_PHONE = (
    devices.c.device_id,
    devices.c.subject_id,
    devices.c.kind,
    devices.c.credential_id,
    devices.c.public_key,
    devices.c.cose_key,
    devices.c.sign_count,
    devices.c.backup_eligible,
    devices.c.backed_up,
    devices.c.binding,
    devices.c.app_jkt,
    devices.c.last_assertion_at,
    devices.c.withdrawn_at,
    subjects.c.sealed_person,
)
_RECORD = (
    issuances.c.issuance_id,
    issuances.c.request_digest,
    issuances.c.recorded_at,
    issuances.c.sealed_intent,
    issuances.c.sealed_cards,
)


# The statements of the hot path are built once: building one costs more than running it.
_NOW = bindparam("now", type_=devices.c.last_used_at.type)
_ALIVE = (devices.c.device_id == bindparam("phone"), devices.c.withdrawn_at.is_(None))
_COUNTER = bindparam("new_counter", type_=devices.c.sign_count.type)
# Judge of "the counter moves forward" between two workers (WA-10), and of "the phone is alive". Counters are
# never
# negative: a sum of zero is two zeros, which is what a phone without a counter shows.
_ACCEPT_GESTURE = (
    update(devices)
    .where(*_ALIVE, or_(devices.c.sign_count < _COUNTER, devices.c.sign_count + _COUNTER == 0))
    .values(
        sign_count=_COUNTER,
        backed_up=bindparam("is_backed_up", type_=devices.c.backed_up.type),
        # Of two gestures at once, the later date stays.
        last_assertion_at=case((devices.c.last_assertion_at < _NOW, _NOW), else_=devices.c.last_assertion_at),
        last_used_at=_NOW,
    )
)
# Judge of "the phone is alive, and its owner's last gesture is young enough".
_ACCEPT_RENEWAL = (
    update(devices)
    .where(*_ALIVE, devices.c.last_assertion_at > bindparam("asserted_after"))
    .values(last_used_at=_NOW)
)
# Judge of "one answer to one intent": the first to finish keeps its cards, a twin gives the same.
_KEEP_CARDS = (
    update(issuances)
    .where(issuances.c.issuance_id == bindparam("issuance"), issuances.c.sealed_cards.is_(None))
    .values(
        sealed_cards=bindparam("cards", type_=issuances.c.sealed_cards.type),
        issued_at=bindparam("now", type_=issuances.c.issued_at.type),
    )
)

# Whose key seals: the owner of the phone.
_OWNER_OF_DEVICE = select(devices.c.subject_id).where(devices.c.device_id == bindparam("phone"))
_OWNER_OF_ISSUANCE = (
    select(devices.c.subject_id)
    .join(issuances, issuances.c.device_id == devices.c.device_id)
    .where(issuances.c.issuance_id == bindparam("issuance"))
)


@dataclass(frozen=True, slots=True)
class _Inserts:
    """The two insertions that happen once, in the words of one database."""

    spend: ReturningInsert[tuple[str]]
    record: ReturningInsert[tuple[str]]

    @classmethod
    def of(cls, *, is_sqlite: bool) -> _Inserts:
        # Judge of "a nonce permits one issuance": the primary key. A twin waits here for the first to commit.
        # Judge of "one issuance for one idempotency key": UNIQUE on (device_id, idempotency_key).
        insert = sqlite_insert if is_sqlite else postgresql_insert
        once_a_key = ["device_id", "idempotency_key"]
        return cls(
            spend=insert(used_once).on_conflict_do_nothing().returning(used_once.c.kind),
            record=insert(issuances)
            .on_conflict_do_nothing(index_elements=once_a_key)
            .returning(issuances.c.issuance_id),
        )


def _question(which: ColumnElement[bool]) -> Select[Any]:
    """The phone that asks (`wanted`), with what is on record under `wanted_key`."""
    of_this_key = and_(
        issuances.c.device_id == devices.c.device_id,
        issuances.c.idempotency_key == bindparam("wanted_key"),
    )
    return (
        select(*_PHONE, *_RECORD)
        .join(subjects, subjects.c.subject_id == devices.c.subject_id)
        .outerjoin(issuances, of_this_key)
        .where(which)
    )


_BY_CREDENTIAL = _question(devices.c.credential_id == bindparam("wanted"))
_BY_APP_KEY = _question(devices.c.app_jkt == bindparam("wanted"))


class SqlPhones:
    """See `ports.Phones`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def by_credential(self, credential_id: bytes, idempotency_key: str) -> Asking | None:
        """See `Phones.by_credential`."""
        return self._asking(_BY_CREDENTIAL, credential_id, idempotency_key)

    def by_app_key(self, jkt: str, idempotency_key: str) -> Asking | None:
        """See `Phones.by_app_key`."""
        return self._asking(_BY_APP_KEY, jkt, idempotency_key)

    def _asking(self, question: Select[Any], wanted: bytes | str, idempotency_key: str) -> Asking | None:
        with self._database.read() as connection:
            row = connection.execute(
                question, {"wanted": wanted, "wanted_key": idempotency_key}
            ).one_or_none()
        if row is None:
            return None
        return Asking(self._phone(row), self._recorded(row))

    def _phone(self, row: Any) -> Phone:
        kind = CardKind(row.kind)
        place = f"subjects|sealed_person|{row.subject_id}"
        return Phone(
            device_id=row.device_id,
            subject_id=row.subject_id,
            kind=kind,
            person=PersonKey(kind, self._vault.open_bytes(row.sealed_person, place=place).decode()),
            credential_id=row.credential_id,
            holder_key=row.public_key,
            cose_key=row.cose_key,
            sign_count=row.sign_count,
            backup_eligible=row.backup_eligible,
            backed_up=row.backed_up,
            binding=Binding(row.binding),
            app_jkt=row.app_jkt,
            last_assertion_at=row.last_assertion_at,
            withdrawn_at=row.withdrawn_at,
        )

    def _recorded(self, row: Any) -> Recorded | None:
        if row.issuance_id is None:
            return None
        cards = row.sealed_cards
        return Recorded(
            issuance_id=row.issuance_id,
            request_digest=row.request_digest,
            recorded_at=row.recorded_at,
            intent=self._vault.open_bytes(row.sealed_intent, place=_place("sealed_intent", row.issuance_id)),
            cards=None
            if cards is None
            else self._vault.open_bytes(cards, place=_place("sealed_cards", row.issuance_id)),
        )


class SqlIssuanceRegisters:
    """See `ports.Registers`."""

    def __init__(self, database: Database, vault: Vault, journal: Journal, slots: StatusSlots) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._slots = slots
        self._inserts = _Inserts.of(is_sqlite=database.is_sqlite)

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(
            lambda tx: work(_Register(tx, self._vault, self._journal, self._slots, self._inserts))
        )

    def record_issued(self, issuance_id: str, cards: bytes, at: datetime) -> bytes:
        """See `Registers.record_issued`."""
        place = _place("sealed_cards", issuance_id)

        def work(tx: Connection) -> bytes | None:
            owner = tx.execute(_OWNER_OF_ISSUANCE, {"issuance": issuance_id}).scalar_one()
            sealed = self._vault.seal_for(tx, owner, cards, place=place)
            told = {"issuance": issuance_id, "cards": sealed, "now": at}
            if tx.execute(_KEEP_CARDS, told).rowcount == 1:
                return None
            first = select(issuances.c.sealed_cards).where(issuances.c.issuance_id == issuance_id)
            return bytes(tx.execute(first).scalar_one())

        earlier = self._database.run(work)
        return cards if earlier is None else self._vault.open_bytes(earlier, place=place)

    def sweep(self, at: datetime) -> int:
        """Forget what can serve no more: spent nonces past their time, issuances 96 h after their last card.

        Returns how many issuances were forgotten. The journal keeps the line of each.
        """

        def work(tx: Connection) -> int:
            tx.execute(delete(used_once).where(used_once.c.expires_at < at - timedelta(minutes=1)))
            return tx.execute(delete(issuances).where(issuances.c.expires_at < at - REUSED_AFTER)).rowcount

        return self._database.run(work)


class _Register:
    """See `ports.Register`."""

    def __init__(
        self, tx: Connection, vault: Vault, journal: Journal, slots: StatusSlots, inserts: _Inserts
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._slots = slots
        self._inserts = inserts

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """See `Register.use_once`."""
        return all(
            self._tx.execute(
                self._inserts.spend, {"kind": one.kind, "key": one.key, "expires_at": one.forget_after}
            ).first()
            for one in used
        )

    def accept_gesture(self, phone: Phone, gesture: Gesture, at: datetime) -> bool:
        """See `Register.accept_gesture`."""
        told = {
            "phone": phone.device_id,
            "new_counter": gesture.sign_count,
            "is_backed_up": gesture.backed_up,
            "now": at,
        }
        return self._tx.execute(_ACCEPT_GESTURE, told).rowcount == 1

    def accept_renewal(self, phone: Phone, asserted_after: datetime, at: datetime) -> bool:
        """See `Register.accept_renewal`."""
        told = {"phone": phone.device_id, "asserted_after": asserted_after, "now": at}
        return self._tx.execute(_ACCEPT_RENEWAL, told).rowcount == 1

    def is_withdrawn(self, device_id: str) -> bool:
        """See `Register.is_withdrawn`."""
        withdrawn = select(devices.c.withdrawn_at).where(devices.c.device_id == device_id)
        return self._tx.execute(withdrawn).scalar() is not None

    def is_current(self, fiche: FicheProfessionnel) -> bool:
        """See `Register.is_current`. The row is held: a load that revokes waits until our slot is there."""
        number = fiche.professionnel.id_national.text
        version = select(practitioners.c.loaded_at).where(practitioners.c.id_national == number)
        return self._tx.execute(version.with_for_update(read=True)).scalar() == fiche.version

    def is_represented(self, reference: str) -> bool:
        """See `Register.is_represented`. The row is held: a withdrawal waits until our slot is there."""
        ended = select(representations.c.ended_at).where(representations.c.reference == reference)
        row = self._tx.execute(ended.with_for_update(read=True)).one_or_none()
        return row is not None and row.ended_at is None

    def slots(
        self, phone: Phone, kind: CardKind, until: Mapping[str, datetime], at: datetime
    ) -> Mapping[str, Slot]:
        """See `Register.slots`."""
        return self._slots.keep_or_give(
            self._tx, phone.device_id, kind, list(until), until=max(until.values()), at=at
        )

    def has_record(self, device_id: str, idempotency_key: str) -> bool:
        """See `Register.has_record`."""
        found = select(issuances.c.issuance_id).where(
            issuances.c.device_id == device_id, issuances.c.idempotency_key == idempotency_key
        )
        return self._tx.execute(found).first() is not None

    def record_intent(self, intent: Intent, at: datetime) -> bool:
        """See `Register.record_intent`."""
        place = _place("sealed_intent", intent.issuance_id)
        owner = self._tx.execute(_OWNER_OF_DEVICE, {"phone": intent.device_id}).scalar_one()
        told = {
            "issuance_id": intent.issuance_id,
            "device_id": intent.device_id,
            "idempotency_key": intent.idempotency_key,
            "request_digest": intent.request_digest,
            "kind": intent.kind.value,
            "sealed_intent": self._vault.seal_for(self._tx, owner, intent.content, place=place),
            "recorded_at": at,
            "expires_at": intent.expires_at,
        }
        return self._tx.execute(self._inserts.record, told).one_or_none() is not None

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _place(column: str, issuance_id: str) -> str:
    return f"issuances|{column}|{issuance_id}"
