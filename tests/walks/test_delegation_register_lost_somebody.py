"""A register that lost one person hides none of the others: who may show my card, and whose I may."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection

from apcv_backend.bootstrap.representation import SigningPhones
from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from apcv_backend.representation.service import Representations
from apcv_backend.representation.store import SqlRepresentations
from apcv_backend.rights.ports import RightsSource
from apcv_backend.rights.rules import ReponseDroits
from tests.simulators.issuance_stage import CardPhone, IssuanceStage
from tests.simulators.representation_stage import INES, TOM, ZOE, open_for

PATH = "/v1/representations"


class RegisterWithout:
    """The rights, but of one person who left them."""

    def __init__(self, whole: RightsSource, gone: PersonKey) -> None:
        self._whole = whole
        self._gone = gone

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """See `representation.ports.CurrentRights`."""
        if person == self._gone:
            raise PersonUnknown
        return self._whole.droits_of(person, at)


class NoSlots:
    """Nothing is revoked here."""

    def revoke_named(self, tx: Connection, subject_id: str, exercice: str, at: datetime) -> int:
        """See `StatusSlots.revoke_named`."""
        raise AssertionError


def _proof(phone: CardPhone) -> str:
    url = phone.stage.services.config.public_url + PATH
    return phone.app_key.proof("GET", url, phone.stage.clock(), random=secrets.token_bytes)


def test_the_others_are_still_listed(stage: IssuanceStage) -> None:
    """Zoé is in the list without a name, so that what stands can be seen and ended; her brother has his."""
    services, phone = stage.services, stage.enrolled(INES)
    zoe, tom = open_for(stage, ZOE, INES), open_for(stage, TOM, INES)
    room = Representations(
        registers=SqlRepresentations(
            services.database, services.vault, services.journal, services.subjects, NoSlots()
        ),
        rights=RegisterWithout(services.rights, zoe.beneficiary),
        phones=SigningPhones(services.enrolment.devices),
        random=secrets.token_bytes,
        ring_publication=lambda: None,
    )

    held, given = room.told("GET", PATH, _proof(phone), stage.clock())

    names = {one.representation.reference: (one.given, one.use_name) for one in held}
    assert names == {zoe.reference: ("", ""), tom.reference: ("TOM", "MOREAU-TEST")}
    assert given == []
