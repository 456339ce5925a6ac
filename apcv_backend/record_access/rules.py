"""Who may open a patient's shared record: an ordered table of rules, read from the top; the first decides.

    Purpose        Rule                            Answer   Source
    centre_15      not_a_regulator                 deny     CSP L1111-17
    emergency      opposed_beforehand              deny     CSP L1111-17
    emergency      emergency                       permit   CSP L1111-17; the patient is told, always
    normal         confidential_to_representative  deny     CSP L1111-5, L1111-5-1, R1111-6
    normal         professional_blocked            deny     CSP L1111-17: the patient closes the record to one
    normal         structure_blocked               deny     the same
    normal         document_hidden                 deny     masked by the patient; its author keeps access
    normal         professional_consented          permit   CSP L1111-17, R1111-46
    normal         structure_consented             permit   CSP L1111-17, R1111-46
    normal         care_team                       permit   CSP R1111-46: presumed inside the care team
    normal         no_consent                      deny     CSP R1111-46

So a block wins over the presumption and over any consent; an emergency fails on nothing but an opposition
made beforehand (and `centre_15` is the SAMU regulator's alone). That an author keeps a document they wrote,
and that a block of their name closes even that, is our reading: the texts leave it open.

Nothing here reads a clock, a register or a request.
"""

from __future__ import annotations

import calendar
import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode

_LONGEST_REFERENCE = 120
_LONGEST_ORGANISATION = 20
"""As long as a client may be registered with: whoever can ask can be named."""


class RecordAccessRefused(CarteError):
    """What was asked about a record cannot be done."""

    code = "record_access_refused"


class ConsentNotFound(RecordAccessRefused):
    """The patient said no such thing, or took it back."""

    code = "consent_not_found"


class NotForRepresentatives(RecordAccessRefused):
    """Whoever represents a patient does not open or close their record here."""

    code = "record_not_for_representatives"


class RecordAccountFrozen(RecordAccessRefused):
    """This account asked about more records today than one professional sees: it waits for a person."""

    code = "record_account_frozen"


SCOPE = "record"
"""What a token must have been given to ask about the record, or to change what its patient said."""


class Purpose(enum.StrEnum):
    """Why a record is opened (NOS TRE_R248)."""

    NORMAL = "normal"
    BRIS_DE_GLACE = "bris_de_glace"
    CENTRE_15 = "centre_15"


EMERGENCIES = frozenset({Purpose.BRIS_DE_GLACE, Purpose.CENTRE_15})


class TargetKind(enum.StrEnum):
    """About whom, or what, a patient decides."""

    PROFESSIONAL = "professional"
    STRUCTURE = "structure"
    ORGANISATION = "organisation"
    PURPOSE = "purpose"


class Decision(enum.StrEnum):
    """What a patient decided."""

    GRANTED = "granted"
    BLOCKED = "blocked"


class Scope(enum.StrEnum):
    """What it is about: the shared record, or rights asked online."""

    RECORD = "record"
    RIGHTS = "rights"


@dataclass(frozen=True, slots=True)
class Target:
    """A named professional (IDNPS), structure (FINESS), insurer (its number), or an emergency's purpose."""

    kind: TargetKind
    text: str

    @classmethod
    def parse(cls, kind: TargetKind, text: str, mode: Mode) -> Target:
        """Refuse what is not such a number, with `InvalidValue`; numbers are checked in `mode`."""
        if kind is TargetKind.PROFESSIONAL:
            return cls(kind, Idnps.parse(text, mode).text)
        if kind is TargetKind.STRUCTURE:
            return cls(kind, Finess(text, mode).digits)
        if kind is TargetKind.PURPOSE:
            if text not in EMERGENCIES:
                raise InvalidValue(what="target", why="purpose")
            return cls(kind, text)
        if not (1 <= len(text) <= _LONGEST_ORGANISATION and text.isascii() and text.isalnum()):
            raise InvalidValue(what="target", why="organisation")
        return cls(kind, text)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a patient said about one target. In force from `since` to `until`, when there is an end."""

    consent_id: str
    target: Target
    scope: Scope
    decision: Decision
    since: datetime
    until: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at `at`."""
        return self.since <= at and (self.until is None or at < self.until)


def check_statement(target: Target, scope: Scope, decision: Decision) -> None:
    """Raise `InvalidValue` for what cannot be meant: consenting to an emergency, an insurer in the record.

    A block of a professional or a structure is said of the record and holds for rights as well; an insurer's
    is said of rights, the one thing it asks for.
    """
    if target.kind is TargetKind.ORGANISATION:
        if scope is not Scope.RIGHTS:
            raise InvalidValue(what="scope", why="insurers_never_open_the_record")
        return
    if target.kind is TargetKind.PURPOSE and decision is not Decision.BLOCKED:
        raise InvalidValue(what="decision", why="emergency_needs_no_consent")
    if (target.kind is TargetKind.PURPOSE or decision is Decision.BLOCKED) and scope is not Scope.RECORD:
        raise InvalidValue(what="scope")


def parse_document(text: str) -> str:
    """A document's reference as the record names it: one printable ASCII word. Raises `InvalidValue`."""
    if not (1 <= len(text) <= _LONGEST_REFERENCE and text.isascii() and text.isprintable()):
        raise InvalidValue(what="document")
    return text


def a_month_later(since: datetime) -> datetime:
    """The same hour a calendar month later, or that month's last day: when R1111-53 opens a document."""
    year, month = (since.year + 1, 1) if since.month == 12 else (since.year, since.month + 1)  # noqa: PLR2004 - December
    day = min(since.day, calendar.monthrange(year, month)[1])
    return since.replace(year=year, month=month, day=day)


# --- The table ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """May this professional open this record, now? Every member is a fact; none was decided yet.

    `care_team` is what the client declares of the patient's care; `hidden` that the patient masked the
    document; `is_author` that the professional wrote it; `confidential` that a minor kept the event from
    their parents, and `to_representative` that it would be shown to one.
    """

    purpose: Purpose
    professional: Decision | None = None
    structure: Decision | None = None
    opposed: bool = False
    care_team: bool = False
    regulator: bool = False
    hidden: bool = False
    is_author: bool = False
    confidential: bool = False
    to_representative: bool = False

    @property
    def emergency(self) -> bool:
        """Whether it is asked without consent."""
        return self.purpose in EMERGENCIES


class Answer(enum.StrEnum):
    """What is answered."""

    PERMIT = "permit"
    DENY = "deny"


PERMIT, DENY = Answer.PERMIT, Answer.DENY


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: when it applies, what it answers, and where that is written."""

    name: str
    applies: Callable[[Question], bool]
    answer: Answer
    source: str


_EMERGENCY = "CSP L1111-17"
_MINOR = "CSP L1111-5, L1111-5-1, R1111-6"
_CONSENT = "CSP L1111-17, R1111-46"

RULES: tuple[Rule, ...] = (
    Rule("not_a_regulator", lambda q: q.purpose is Purpose.CENTRE_15 and not q.regulator, DENY, _EMERGENCY),
    Rule("opposed_beforehand", lambda q: q.emergency and q.opposed, DENY, _EMERGENCY),
    Rule("emergency", lambda q: q.emergency, PERMIT, _EMERGENCY),
    Rule("confidential_to_representative", lambda q: q.confidential and q.to_representative, DENY, _MINOR),
    Rule("professional_blocked", lambda q: q.professional is Decision.BLOCKED, DENY, _EMERGENCY),
    Rule("structure_blocked", lambda q: q.structure is Decision.BLOCKED, DENY, _EMERGENCY),
    Rule("document_hidden", lambda q: q.hidden and not q.is_author, DENY, "CSP L1111-17"),
    Rule("professional_consented", lambda q: q.professional is Decision.GRANTED, PERMIT, _CONSENT),
    Rule("structure_consented", lambda q: q.structure is Decision.GRANTED, PERMIT, _CONSENT),
    Rule("care_team", lambda q: q.care_team, PERMIT, "CSP R1111-46"),
    Rule("no_consent", lambda _: True, DENY, "CSP R1111-46"),
)


def judge(question: Question) -> Rule:
    """The rule that decides: the first that applies; the last always does."""
    return next(rule for rule in RULES if rule.applies(question))


def covers_rights(
    professional: Decision | None, structure: Decision | None, organisation: Decision | None
) -> bool:
    """Whether a patient agreed to a rights query, given what they said of who asks; a block wins."""
    said = {professional, structure, organisation}
    return Decision.BLOCKED not in said and Decision.GRANTED in said
