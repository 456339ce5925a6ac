"""Finds the phone that answers a sign-in request, live or withdrawn, with the person it belongs to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_ports import SigninPhone
from apcv_backend.tables import devices, subjects
from apcv_backend.vault import Vault
from cartes.cards import Binding, CardKind


def _question(which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            devices.c.device_id,
            devices.c.subject_id,
            devices.c.kind,
            devices.c.credential_id,
            devices.c.cose_key,
            devices.c.sign_count,
            devices.c.backup_eligible,
            devices.c.backed_up,
            devices.c.binding,
            devices.c.withdrawn_at,
            subjects.c.sealed_person,
        )
        .join(subjects, subjects.c.subject_id == devices.c.subject_id)
        .where(which)
    )


_BY_CREDENTIAL = _question(devices.c.credential_id == bindparam("wanted"))
_BY_APP_KEY = _question(devices.c.app_jkt == bindparam("wanted"))


class SqlSigninPhones:
    """See `attempt_ports.Phones`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def by_credential(self, credential_id: bytes) -> SigninPhone | None:
        """See `Phones.by_credential`."""
        return self._find(_BY_CREDENTIAL, credential_id)

    def by_app_key(self, jkt: str) -> SigninPhone | None:
        """See `Phones.by_app_key`."""
        return self._find(_BY_APP_KEY, jkt)

    def _find(self, question: Select[Any], wanted: bytes | str) -> SigninPhone | None:
        with self._database.read() as connection:
            row = connection.execute(question, {"wanted": wanted}).one_or_none()
        if row is None:
            return None
        kind = CardKind(row.kind)
        place = f"subjects|sealed_person|{row.subject_id}"
        return SigninPhone(
            device_id=row.device_id,
            subject_id=row.subject_id,
            kind=kind,
            person=PersonKey(kind, self._vault.open_bytes(row.sealed_person, place=place).decode()),
            credential_id=row.credential_id,
            cose_key=row.cose_key,
            sign_count=row.sign_count,
            backup_eligible=row.backup_eligible,
            backed_up=row.backed_up,
            binding=Binding(row.binding),
            withdrawn_at=row.withdrawn_at,
        )
