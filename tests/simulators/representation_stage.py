"""Families of the personas in front of the town hall: who represents whom, opened at a desk."""

from __future__ import annotations

from datetime import date

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import (
    USUAL_SCOPE,
    DelegationType,
    OpeningOrder,
    Portee,
    Preuve,
    Representation,
)
from cartes.cards import CardKind
from tests.simulators.issuance_stage import IssuanceStage

DESK = "desk:A. Martin@Corte"


def _person(key: str) -> PersonKey:
    return PersonKey.parse(CardKind.APCV, key)


MARIA = _person("224112B99900759")
PAUL = _person("162035999907746")
BEBE = _person("295036999911808/20261103/1")
CAMILLE = _person("295036999911808")
ZOE = _person("221054299910147")
TOM = _person("121054299910296")
HUGO = _person("190074299905592")
INES = _person("291094299906119")
LINA = _person("210053199944455")
HELENE = _person("278043199931240")


def open_for(
    stage: IssuanceStage,
    beneficiary: PersonKey,
    delegate: PersonKey,
    kind: DelegationType = DelegationType.PARENT,
    proof: Preuve = Preuve.LIVRET_FAMILLE,
    *,
    until: date | None = None,
    scope: frozenset[Portee] = USUAL_SCOPE,
) -> Representation:
    """Open a representation at the desk, now."""
    order = OpeningOrder(beneficiary, delegate, kind, proof, until, scope)
    return stage.services.representation.open(order, DESK, stage.clock())


def open_tutelle(stage: IssuanceStage, until: date = date(2030, 1, 31)) -> Representation:
    """Paul is Maria's tutor, by judgment."""
    return open_for(stage, MARIA, PAUL, DelegationType.MESURE_PROTECTION, Preuve.JUGEMENT, until=until)
