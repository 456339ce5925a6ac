"""The register of issuances in its tables, and the phones that ask.

One question finds the phone with whatever is on record under its idempotency key; one transaction records an
issuance. What happens once is judged by the conditional statements of `statements.py`: step by step, or on
PostgreSQL at once when nothing stands against it. Claims and cards lie here only inside sealed envelopes,
each bound to its row.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, delete, select

from apcv_backend.audit import Journal
from apcv_backend.complementary.rules import KnownContract
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.issuance import statements
from apcv_backend.issuance.ports import (
    Asking,
    Gesture,
    Intent,
    Line,
    Phone,
    Recorded,
    Register,
    UsedOnce,
    Wanted,
)
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.status_slots import REUSED_AFTER, StatusSlots
from apcv_backend.tables import contracts, devices, issuances, practitioners, representations, used_once
from apcv_backend.vault import Vault
from cartes.cards import Binding, CardKind, Slot

T = TypeVar("T")


class SqlPhones:
    """See `ports.Phones`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def by_credential(self, credential_id: bytes, idempotency_key: str) -> Asking | None:
        """See `Phones.by_credential`."""
        return self._asking(statements.BY_CREDENTIAL, credential_id, idempotency_key)

    def by_app_key(self, jkt: str, idempotency_key: str) -> Asking | None:
        """See `Phones.by_app_key`."""
        return self._asking(statements.BY_APP_KEY, jkt, idempotency_key)

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
            person=PersonKey(kind, self._opened(row.sealed_person, place, row).decode()),
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
            wrapped_key=row.wrapped_key,
        )

    def _recorded(self, row: Any) -> Recorded | None:
        if row.issuance_id is None:
            return None
        cards = row.sealed_cards
        return Recorded(
            issuance_id=row.issuance_id,
            request_digest=row.request_digest,
            recorded_at=row.recorded_at,
            intent=self._opened(row.sealed_intent, _place("sealed_intent", row.issuance_id), row),
            cards=None
            if cards is None
            else self._opened(cards, _place("sealed_cards", row.issuance_id), row),
        )

    def _opened(self, envelope: bytes, place: str, row: Any) -> bytes:
        return self._vault.open_bytes(envelope, place=place, wrapped=row.wrapped_key)


class _NotAtOnce(Exception):
    """Something stands against this issuance, or it needs a slot: nothing is kept of the attempt."""


class SqlIssuanceRegisters:
    """See `ports.Registers`."""

    def __init__(self, database: Database, vault: Vault, journal: Journal, slots: StatusSlots) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._slots = slots
        self._inserts = statements.Inserts.of(is_sqlite=database.is_sqlite)

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        if not self._database.is_sqlite:
            with contextlib.suppress(_NotAtOnce):
                return self._database.run(lambda tx: work(_RegisterAtOnce(*self._kept_by(tx))))
        # In steps: SQLite, or a step by itself says what stands against this issuance.
        return self._database.run(lambda tx: work(_Register(*self._kept_by(tx))))

    def _kept_by(self, tx: Connection) -> tuple[Connection, Vault, Journal, StatusSlots, statements.Inserts]:
        return tx, self._vault, self._journal, self._slots, self._inserts

    def record_issued(self, issuance_id: str, phone: Phone, cards: bytes, at: datetime) -> bytes | None:
        """See `Registers.record_issued`."""
        place = _place("sealed_cards", issuance_id)
        sealed = _seal_for_owner(self._vault, self._database.run, phone, cards, place)
        told = {"issuance": issuance_id, "cards": sealed, "now": at}
        if self._database.write_one(statements.KEEP_CARDS, told) == 1:
            return cards
        first = select(issuances.c.sealed_cards).where(issuances.c.issuance_id == issuance_id)
        with self._database.read() as connection:
            earlier = connection.execute(first).scalar_one_or_none()
        return None if earlier is None else self._vault.open_bytes(earlier, place=place)

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
        self, tx: Connection, vault: Vault, journal: Journal, slots: StatusSlots, inserts: statements.Inserts
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._slots = slots
        self._inserts = inserts

    def take_at_once(self, wanted: Wanted, at: datetime) -> Mapping[str, Slot] | None:
        """See `Register.take_at_once`. In steps."""
        del wanted, at
        return None

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
        told = {"phone": phone.device_id, "now": at, **_of_gesture(gesture)}
        return self._tx.execute(statements.ACCEPT_GESTURE, told).rowcount == 1

    def accept_renewal(self, phone: Phone, asserted_after: datetime, at: datetime) -> bool:
        """See `Register.accept_renewal`."""
        told = {"phone": phone.device_id, "asserted_after": asserted_after, "now": at}
        return self._tx.execute(statements.ACCEPT_RENEWAL, told).rowcount == 1

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

    def are_current(self, known: Sequence[KnownContract]) -> bool:
        """See `Register.are_current`. The rows are held: a change that revokes waits for our slots."""
        said = select(contracts.c.contract_id, contracts.c.content_digest).where(
            contracts.c.contract_id.in_([one.contract_id for one in known])
        )
        held = self._tx.execute(said.order_by(contracts.c.contract_id).with_for_update(read=True)).all()
        return {row.contract_id: row.content_digest for row in held} == {
            one.contract_id: one.digest for one in known
        }

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

    def record(self, intent: Intent, phone: Phone, line: Line, at: datetime) -> bool:
        """See `Register.record`."""
        if self._tx.execute(self._inserts.record, self._row(intent, phone, at)).one_or_none() is None:
            return False
        self.note(line, at)
        return True

    def note(self, line: Line, at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(
            self._tx, line.event, actor=line.actor, subject=line.subject, facts=line.facts, at=at
        )

    def _row(self, intent: Intent, phone: Phone, at: datetime) -> dict[str, Any]:
        place = _place("sealed_intent", intent.issuance_id)
        return {
            "issuance_id": intent.issuance_id,
            "device_id": phone.device_id,
            "idempotency_key": intent.idempotency_key,
            "request_digest": intent.request_digest,
            "kind": intent.kind.value,
            "sealed_intent": _seal_for_owner(
                self._vault, lambda ensure: ensure(self._tx), phone, intent.content, place
            ),
            "recorded_at": at,
            "expires_at": intent.expires_at,
        }


class _RegisterAtOnce(_Register):
    """The same register on PostgreSQL: two statements where nothing stands against the issuance."""

    _place_taken: int | None = None

    def take_at_once(self, wanted: Wanted, at: datetime) -> Mapping[str, Slot] | None:
        """See `Register.take_at_once`. What is not whole is undone, and taken again in steps."""
        *others, nonce = wanted.used
        if not self.use_once(others):
            raise _NotAtOnce
        told = {
            "once": nonce.kind,
            "once_key": nonce.key,
            "once_until": nonce.forget_after,
            "phone": wanted.phone.device_id,
            "now": at,
            "of_kind": wanted.kind.value,
            "exercices": list(wanted.until),
            "until": max(wanted.until.values()),
            "of_lane": self._journal.lane_of(self._tx),
        }
        if wanted.gesture is not None:
            rows = self._tx.execute(statements.GESTURE_AT_ONCE, told | _of_gesture(wanted.gesture)).all()
        else:
            told["asserted_after"] = wanted.asserted_after
            rows = self._tx.execute(statements.RENEWAL_AT_ONCE, told).all()
        if len(rows) != len(wanted.until):
            raise _NotAtOnce
        self._place_taken = rows[0].place
        return {row.exercice: Slot(row.list_id, row.idx) for row in rows}

    def record(self, intent: Intent, phone: Phone, line: Line, at: datetime) -> bool:
        """See `Register.record`. With the line, at the place that was taken with the slots."""
        if self._place_taken is None:
            return super().record(intent, phone, line, at)
        lane = self._journal.lane_of(self._tx)
        entry = self._journal.row(
            line.event, line.actor, line.subject, line.facts, at, lane=lane, place=self._place_taken
        )
        told = {f"line_{name}": value for name, value in entry.items()}
        told |= {f"new_{name}": value for name, value in self._row(intent, phone, at).items()}
        return self._tx.execute(statements.RECORD_WITH_LINE, told).one_or_none() is not None


def _of_gesture(gesture: Gesture) -> dict[str, Any]:
    return {"new_counter": gesture.sign_count, "is_backed_up": gesture.backed_up}


def _seal_for_owner(
    vault: Vault,
    in_transaction: Callable[[Callable[[Connection], bytes]], bytes],
    phone: Phone,
    plain: bytes,
    place: str,
) -> bytes:
    """Seal under the key of the phone's owner: the one read with the phone, or made now if there was none."""
    if phone.wrapped_key is not None:
        return vault.seal_under(phone.wrapped_key, phone.subject_id, plain, place=place)
    return in_transaction(lambda tx: vault.seal_for(tx, phone.subject_id, plain, place=place))


def _place(column: str, issuance_id: str) -> str:
    return f"issuances|{column}|{issuance_id}"
