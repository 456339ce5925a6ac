"""A person is erased; somebody keeps older copies of everything they can and tries to read the number."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from apcv_backend.backup import read_backup, write_backup
from apcv_backend.bootstrap import Services, build
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.erasure import NobodyToErase
from apcv_backend.person_keys import give_keys
from apcv_backend.tables import devices, metadata, person_keys, status_slots, subjects
from apcv_backend.vault import PersonErased
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, SARAH, IssuanceStage, open_stage


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> IssuanceStage:
    made = open_stage(services, client, clock, attestation_dir)
    for person in (ANGE, SARAH):
        assert made.enrolled(person).fetch().status_code == 200
    return made


def _number(stage: IssuanceStage, subject_id: str) -> str:
    with stage.services.database.read() as connection:
        sealed = connection.execute(
            select(subjects.c.sealed_person).where(subjects.c.subject_id == subject_id)
        ).scalar_one()
    place = f"subjects|sealed_person|{subject_id}"
    return stage.services.vault.open_bytes(sealed, place=place).decode()


def _subject(stage: IssuanceStage, person: PersonKey) -> str:
    with stage.services.database.read() as connection:
        found = stage.services.subjects.find(connection, person)
    assert found is not None
    return found


def _put_back(database: Database, file: Path, keys: Path | None) -> None:
    with database.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(table.delete())
    read_backup(database, file)
    if keys is not None:
        read_backup(database, keys, keys=True)


def _erase(stage: IssuanceStage, person: PersonKey = ANGE) -> None:
    stage.services.erasure.erase(person, "desk:A. Martin@Corte", stage.clock())


def test_an_erased_person_is_nobody(stage: IssuanceStage) -> None:
    """Key gone, index gone, phones withdrawn, slots revoked, rows emptied; the others untouched."""
    angel, sarah = _subject(stage, ANGE), _subject(stage, SARAH)
    _erase(stage)

    with stage.services.database.read() as connection:
        assert stage.services.subjects.find(connection, ANGE) is None
        held = select(devices.c.subject_id, status_slots.c.state).join(
            status_slots, status_slots.c.device_id == devices.c.device_id
        )
        states = {row.subject_id: row.state for row in connection.execute(held)}
    assert states == {angel: "revoked", sarah: "valid"}
    assert _number(stage, sarah) == SARAH.text
    with pytest.raises(PersonErased):
        stage.services.vault.open_bytes(b"\x02" + bytes.fromhex(angel.replace("-", "")), place="p")
    with pytest.raises(NobodyToErase):
        _erase(stage)


def test_the_journal_of_an_erased_person_still_verifies(stage: IssuanceStage) -> None:
    """Erasure takes no line away: the log before and after are one log."""
    stage.services.log.seal(stage.clock())
    _erase(stage)
    stage.services.log.seal(stage.clock())

    assert stage.services.check_journal(None) == []
    assert "person.erased" in stage.events()


def test_they_may_come_back_as_somebody_new(stage: IssuanceStage) -> None:
    """Enrolling again makes another pseudonym, under another key."""
    before = _subject(stage, ANGE)
    _erase(stage)

    assert stage.enrolled(ANGE).fetch().status_code == 200
    assert _subject(stage, ANGE) != before


def test_a_backup_from_before_with_the_keys_of_after_does_not_read_them(
    stage: IssuanceStage, tmp_path: Path
) -> None:
    """The rule of the house, keys kept apart and replaced: the erased number is in no old backup."""
    angel, sarah = _subject(stage, ANGE), _subject(stage, SARAH)
    write_backup(stage.services.database, tmp_path / "before.gz")
    _erase(stage)
    write_backup(stage.services.database, tmp_path / "after.keys", keys=True)
    _put_back(stage.services.database, tmp_path / "before.gz", tmp_path / "after.keys")

    assert _number(stage, sarah) == SARAH.text
    with pytest.raises(PersonErased):
        _number(stage, angel)


def test_a_backup_alone_reads_nobody(stage: IssuanceStage, tmp_path: Path) -> None:
    """The file of rows has no key of anybody in it, wrapped or not."""
    write_backup(stage.services.database, tmp_path / "rows.gz")
    with stage.services.database.read() as connection:
        wrapped = connection.execute(select(person_keys.c.wrapped_key)).scalars().all()
    content = gzip.decompress((tmp_path / "rows.gz").read_bytes())

    assert len(wrapped) >= 2
    assert b'"person_keys"' not in content
    _put_back(stage.services.database, tmp_path / "rows.gz", None)
    stage.services.close()
    fresh = _reopened(stage.services)
    with fresh.database.read() as connection:
        row = connection.execute(select(subjects).limit(1)).one()
    with pytest.raises(PersonErased):
        fresh.vault.open_bytes(row.sealed_person, place=f"subjects|sealed_person|{row.subject_id}")
    fresh.close()


def test_even_old_keys_put_back_are_destroyed_again(stage: IssuanceStage, tmp_path: Path) -> None:
    """Somebody kept the old keys against the rule: the list beside the database erases again at the sweep."""
    angel = _subject(stage, ANGE)
    write_backup(stage.services.database, tmp_path / "before.gz")
    write_backup(stage.services.database, tmp_path / "before.keys", keys=True)
    _erase(stage)
    _put_back(stage.services.database, tmp_path / "before.gz", tmp_path / "before.keys")
    stage.services.sweep(stage.clock())

    with stage.services.database.read() as connection:
        assert stage.services.subjects.find(connection, ANGE) is None
        keys = {row.subject_id: row.wrapped_key for row in connection.execute(select(person_keys))}
    assert keys[angel] == b""
    assert stage.services.sweep(stage.clock()) == 0


def test_an_envelope_moved_to_another_person_does_not_open(stage: IssuanceStage) -> None:
    """The row, the column and the person are under the tag; so is the key's own row."""
    angel, sarah = _subject(stage, ANGE), _subject(stage, SARAH)
    with stage.services.database.write() as tx:
        tx.execute(
            text(
                "UPDATE person_keys SET wrapped_key = "
                "(SELECT wrapped_key FROM person_keys WHERE subject_id = :other) WHERE subject_id = :one"
            ),
            {"one": angel, "other": sarah},
        )

    with pytest.raises(Exception, match="envelope_refused"):
        _number(stage, angel)


def test_people_entered_before_there_were_keys_are_given_one(stage: IssuanceStage) -> None:
    """An older release's envelopes are read, and sealed anew by the sweep."""
    angel = _subject(stage, ANGE)
    old = stage.services.vault.seal_bytes(ANGE.text.encode(), place=f"subjects|sealed_person|{angel}")
    with stage.services.database.write() as tx:
        tx.execute(person_keys.delete().where(person_keys.c.subject_id == angel))
        tx.execute(subjects.update().where(subjects.c.subject_id == angel).values(sealed_person=old))

    assert _number(stage, angel) == ANGE.text
    assert give_keys(stage.services.database, stage.services.vault) == 1
    assert _number(stage, angel) == ANGE.text
    assert stage.rows(subjects)[0].sealed_person[:1] == b"\x02"


def _reopened(services: Services) -> Services:
    return build(services.config, clock=services.clock)
