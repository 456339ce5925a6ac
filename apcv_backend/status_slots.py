"""The slots of the status lists: one for each (phone, kind of card, exercice), kept through renewals.

A slot's index is drawn at random, so that its place in a list tells nothing of when or to whom it was given.
It is given to another only 96 h after the last card on it expired (`docs/formats/qr.md`), and a revoked one
later still: until then a till may hold a revocation that names it. A suspended slot is never given to
another. A revoked one stays revoked: whoever may have a card again gets a new slot.

Every method works inside the caller's transaction: a card and its slot, a withdrawal and its revocations,
exist together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningUpdate

from apcv_backend.representation.rules import SLOT_BAR
from apcv_backend.tables import devices, representations, status_slots, subjects
from cartes.cards import CardKind, Slot
from cartes.errors import CarteError

REUSED_AFTER = timedelta(hours=96)
"""How long after its last card expired a slot rests before it is given again."""
REVOKED_REUSED_AFTER = REUSED_AFTER + timedelta(hours=72 + 2)
"""A revoked slot rests longer: a till that saw it revoked remembers it until 96 h after the last moment a
card could live on it, which for the till is 72 h after the last list that named it; two hours for clocks."""

_DRAWS = 64
_CONTRACT_ID_LENGTH = 36  # a UUID
_GONE = "gone:{list}:{idx}"


_UNTIL = bindparam("until", type_=status_slots.c.taken_until.type)


def _keep(which: ColumnElement[bool]) -> ReturningUpdate[tuple[str, int, int]]:
    return (
        update(status_slots)
        .where(
            status_slots.c.device_id == bindparam("phone"),
            status_slots.c.kind == bindparam("of_kind"),
            which,
            status_slots.c.state == "valid",
        )
        # Never earlier than it was: an older card on this slot may still be alive.
        .values(
            taken_until=case((status_slots.c.taken_until < _UNTIL, _UNTIL), else_=status_slots.c.taken_until)
        )
        .returning(status_slots.c.exercice, status_slots.c.list_id, status_slots.c.idx)
    )


# Built once: this statement runs at every issuance.
_KEEP = _keep(status_slots.c.exercice.in_(bindparam("exercices", expanding=True)))
KEEP_ANY = _keep(status_slots.c.exercice == any_(bindparam("exercices", type_=ARRAY(String))))
"""The same on PostgreSQL, one text however many exercices there are; to stand inside a larger statement."""


class StatusListFull(CarteError):
    """No free slot was found in many draws: the list is nearly full, and its capacity must grow."""

    code = "status_list_full"


class CardSuspended(CarteError):
    """The phone's card is suspended: no new one is issued until the suspension is lifted."""

    code = "card_suspended"


def _on_phones_of(subject_id: str) -> ColumnElement[bool]:
    return status_slots.c.device_id.in_(select(devices.c.device_id).where(devices.c.subject_id == subject_id))


def list_of(kind: CardKind) -> int:
    """The number of the status list that holds the cards of `kind`."""
    return kind.wire


class SessionsOnPhones(Protocol):
    """Whoever ends the sessions that stand on somebody's cards, inside a transaction (the room `signin`)."""

    def end_on(
        self,
        tx: Connection,
        device_ids: Collection[str] | Select[tuple[str]],
        why: str,
        at: datetime,
        *,
        exercices: Collection[str] | None = None,
    ) -> int:
        """End those opened from these phones, under these exercices or (None) under any; how many."""
        ...


class StatusSlots:
    """Gives, keeps and revokes slots; `capacity` is the number of slots of each list.

    A card that is revoked or suspended ends what was opened with it: `sessions`, in the same transaction.
    """

    def __init__(
        self,
        capacity: int,
        random: Callable[[int], bytes],
        *,
        is_sqlite: bool,
        sessions: SessionsOnPhones | None = None,
    ) -> None:
        self._capacity = capacity
        self._random = random
        self._sessions = sessions
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    def keep_or_give(
        self,
        tx: Connection,
        device_id: str,
        kind: CardKind,
        exercices: Sequence[str],
        *,
        until: datetime,
        at: datetime,
    ) -> Mapping[str, Slot]:
        """The slot of each exercice (the empty text for an apCV), taken at least until `until`.

        The caller holds the row of the phone: two requests of one phone come here one after the other.

        Raises:
            CardSuspended: one of the slots is suspended.
            StatusListFull: no free slot was found.
        """
        kept = tx.execute(
            _KEEP,
            {"phone": device_id, "of_kind": kind.value, "exercices": list(exercices), "until": until},
        )
        slots = {row.exercice: Slot(row.list_id, row.idx) for row in kept}
        for exercice in exercices:
            if exercice not in slots:
                self._set_aside(tx, device_id, kind, exercice)
                slots[exercice] = self._give(tx, device_id, kind, exercice, until=until, at=at)
        return slots

    def revoke_device(self, tx: Connection, device_id: str, at: datetime) -> int:
        """Revoke every slot of the phone's cards, and end its sessions; how many slots were not before."""
        self._end(tx, [device_id], "device_withdrawn", at)
        return self._revoke(tx, status_slots.c.device_id == device_id, at)

    def revoke_person(
        self, tx: Connection, person_indexes: Sequence[bytes], exercices: Sequence[str] | None, at: datetime
    ) -> int:
        """Revoke the slots of a person's phones, found by blind indexes; of some exercices, or all (None)."""
        phones = (
            select(devices.c.device_id)
            .join(subjects, subjects.c.subject_id == devices.c.subject_id)
            .where(subjects.c.person_index.in_(person_indexes))
        )
        theirs: ColumnElement[bool] = status_slots.c.device_id.in_(phones)
        if exercices is not None:
            theirs = and_(theirs, status_slots.c.exercice.in_(exercices))
        self._end(tx, phones, "card_revoked" if exercices is None else "exercice_closed", at, exercices)
        return self._revoke(tx, theirs, at)

    def revoke_exercice(
        self, tx: Connection, device_ids: Collection[str], exercice: str, at: datetime
    ) -> int:
        """Revoke the slots of one exercice on these phones; how many were not revoked before."""
        theirs = and_(status_slots.c.device_id.in_(device_ids), status_slots.c.exercice == exercice)
        self._end(tx, device_ids, "card_revoked", at, [exercice])
        return self._revoke(tx, theirs, at)

    def revoke_named(self, tx: Connection, subject_id: str, exercice: str, at: datetime) -> int:
        """Revoke the slots of this name on every phone of one person; how many were not before.

        Those of this name and a bar too: the insurers' cards that were given with a delegated one.
        """
        named = or_(
            status_slots.c.exercice == exercice,
            status_slots.c.exercice.startswith(f"{exercice}{SLOT_BAR}", autoescape=True),
        )
        return self._revoke(tx, and_(_on_phones_of(subject_id), named), at)

    def revoke_contracts(
        self, tx: Connection, subject_ids: Collection[str], contract_ids: Collection[str], at: datetime
    ) -> int:
        """Revoke the insurers' cards of these contracts; how many were not before.

        On the phones of their people (the pseudonyms `subject_ids`), and on those of whoever represents them.
        """
        theirs = select(devices.c.device_id).where(devices.c.subject_id.in_(subject_ids))
        delegates = (
            select(devices.c.device_id)
            .join(representations, representations.c.delegate_subject == devices.c.subject_id)
            .where(representations.c.beneficiary_subject.in_(subject_ids))
        )
        own = and_(status_slots.c.device_id.in_(theirs), status_slots.c.exercice.in_(contract_ids))
        name = status_slots.c.exercice
        end = func.substr(name, func.length(name) - _CONTRACT_ID_LENGTH)
        given = and_(
            status_slots.c.device_id.in_(delegates), end.in_([f"{SLOT_BAR}{one}" for one in contract_ids])
        )
        return self._revoke(tx, or_(own, given), at)

    def suspend(self, tx: Connection, device_ids: Collection[str], at: datetime) -> int:
        """Suspend the valid slots of these phones: no new card on them meanwhile. How many there were."""
        self._end(tx, device_ids, "card_suspended", at)
        return self._turn(tx, device_ids, "valid", "suspended", at)

    def resume(self, tx: Connection, device_ids: Collection[str], at: datetime) -> int:
        """Lift the suspension of these phones' slots; how many there were. A revoked slot stays revoked."""
        return self._turn(tx, device_ids, "suspended", "valid", at)

    def _end(
        self,
        tx: Connection,
        device_ids: Collection[str] | Select[tuple[str]],
        why: str,
        at: datetime,
        exercices: Collection[str] | None = None,
    ) -> None:
        if self._sessions is not None:
            self._sessions.end_on(tx, device_ids, why, at, exercices=exercices)

    @staticmethod
    def _turn(tx: Connection, device_ids: Collection[str], old: str, new: str, at: datetime) -> int:
        turned = tx.execute(
            update(status_slots)
            .where(status_slots.c.device_id.in_(device_ids), status_slots.c.state == old)
            .values(state=new, changed_at=at)
            .returning(status_slots.c.idx)
        )
        return len(turned.all())

    def _revoke(self, tx: Connection, which: ColumnElement[bool], at: datetime) -> int:
        revoked = tx.execute(
            update(status_slots)
            .where(which, status_slots.c.state != "revoked")
            .values(state="revoked", changed_at=at)
            .returning(status_slots.c.idx)
        )
        return len(revoked.all())

    def _set_aside(self, tx: Connection, device_id: str, kind: CardKind, exercice: str) -> None:
        """Part the phone from a slot that is not valid any more; a suspended one refuses."""
        old = tx.execute(
            select(status_slots.c.list_id, status_slots.c.idx, status_slots.c.state).where(
                status_slots.c.device_id == device_id,
                status_slots.c.kind == kind.value,
                status_slots.c.exercice == exercice,
            )
        ).one_or_none()
        if old is None:
            return
        if old.state == "suspended":
            raise CardSuspended
        tx.execute(
            update(status_slots)
            .where(status_slots.c.list_id == old.list_id, status_slots.c.idx == old.idx)
            .values(device_id=_GONE.format(list=old.list_id, idx=old.idx))
        )

    def _give(
        self,
        tx: Connection,
        device_id: str,
        kind: CardKind,
        exercice: str,
        *,
        until: datetime,
        at: datetime,
    ) -> Slot:
        number = list_of(kind)
        for _ in range(_DRAWS):
            idx = self._draw()
            fresh = {
                "device_id": device_id,
                "kind": kind.value,
                "exercice": exercice,
                "state": "valid",
                "changed_at": at,
                "taken_until": until,
            }
            # Judge of "a slot is one phone's": the primary key, and for a used one the rest it has had.
            statement = self._insert(status_slots).values(list_id=number, idx=idx, **fresh)
            given = tx.execute(
                statement.on_conflict_do_update(
                    index_elements=["list_id", "idx"],
                    set_=fresh,
                    where=(status_slots.c.taken_until < at - REUSED_AFTER)
                    & (status_slots.c.state != "suspended")
                    & (
                        (status_slots.c.state != "revoked")
                        | (status_slots.c.taken_until < at - REVOKED_REUSED_AFTER)
                    ),
                ).returning(status_slots.c.idx)
            ).one_or_none()
            if given is not None:
                return Slot(number, idx)
        raise StatusListFull(list=number)

    def _draw(self) -> int:
        """An index drawn evenly: draws that would favour the first ones are thrown away."""
        most = (1 << 64) - (1 << 64) % self._capacity
        while True:
            drawn = int.from_bytes(self._random(8), "big")
            if drawn < most:
                return drawn % self._capacity
