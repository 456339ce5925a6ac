"""Activation codes at rest: kept as MACs, judged by one statement, and every refusal alike.

The judgement is a single conditional UPDATE. It finds the code only while it may still prove somebody (not
used, not expired, fewer than five errors), counts an error when a secret is wrong, and says in the same
breath whether it was right. Guesses made in parallel line up behind the row: five of them are judged, and the
sixth finds nothing.

Uniform cost: whether the reference exists or not, a refusal is one UPDATE and one line of the journal,
committed together, after the same two MACs. The secrets are compared inside the statement, on keyed hashes an
attacker cannot choose: the time such a comparison takes tells nothing of the secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, insert, literal_column, update

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.activation_codes import (
    KEPT_AFTER_EXPIRY,
    MAX_ERRORS,
    REFERENCE_LENGTH,
    SECRET_LENGTH,
    BadCode,
    DeskAgent,
    IdentityMethod,
    NewCode,
    code_purpose,
    parse_typed,
    secrets_expected,
)
from apcv_backend.enrolment.ports import ProvenIdentity, UnverifiedProof
from apcv_backend.enrolment.refusals import ActivationCodeRefused
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.subjects import Subjects
from apcv_backend.tables import activation_codes
from apcv_backend.vault import Vault
from cartes.cards import CardKind

# The apCV uses the first way only. Its second MAC, of an empty secret, is kept and compared all the same: one
# cost, and no `IS NULL` among what the statement returns (SQLite 3.40 answers that wrongly after a NOT NULL
# column).
_WAYS = 2
_NEVER_A_REFERENCE = "-" * REFERENCE_LENGTH


@dataclass(frozen=True, slots=True)
class _Guess:
    """What was typed, read: a reference and the MACs of two ways."""

    reference: str
    first: bytes
    second: bytes


class SqlActivationCodes:
    """Keeps codes (`ActivationCodes`) and judges proofs by them (`IdentityProofs`)."""

    def __init__(self, database: Database, vault: Vault, journal: Journal) -> None:
        self._database = database
        self._vault = vault
        self._subjects = Subjects(vault, vault.random)
        self._journal = journal

    def keep(
        self, drawn: NewCode, person: PersonKey, agent: DeskAgent | None, at: datetime, expires_at: datetime
    ) -> None:
        """See `ActivationCodes.keep`."""
        first, second = self._macs(person.card, drawn.reference, drawn.secrets)
        method = IdentityMethod.DESK_AGENT if agent else IdentityMethod.ACTIVATION_CODE

        def write(tx: Connection) -> None:
            subject_id = self._subjects.ensure(tx, person, at)
            sealed = self._vault.seal_for(tx, subject_id, person.text.encode(), place=_place(drawn.reference))
            # Whoever opens a code sweeps those whose time to be kept is over.
            tx.execute(
                delete(activation_codes).where(activation_codes.c.expires_at <= at - KEPT_AFTER_EXPIRY)
            )
            tx.execute(
                insert(activation_codes).values(
                    reference=drawn.reference,
                    kind=person.card.value,
                    sealed_person=sealed,
                    secret_mac=first,
                    second_mac=second,
                    method=method.value,
                    agent=agent.name if agent else None,
                    place=agent.place if agent else None,
                    opened_at=at,
                    expires_at=expires_at,
                    errors=0,
                    subject_id=subject_id,
                )
            )
            self._journal.note(
                tx,
                "activation_code.opened",
                actor=f"desk:{agent.name}@{agent.place}"[:120] if agent else "operator",
                subject=subject_id,
                facts={"card": person.card.value, "method": method.value, "code": drawn.reference},
                at=at,
            )

        self._database.run(write)

    def check(self, proof: UnverifiedProof, at: datetime) -> ProvenIdentity:
        """See `IdentityProofs.check`."""
        guess = self._read(proof)
        right = and_(
            activation_codes.c.secret_mac == guess.first, activation_codes.c.second_mac == guess.second
        )
        judged = (
            update(activation_codes)
            .where(
                activation_codes.c.reference == guess.reference,
                activation_codes.c.kind == proof.card.value,
                activation_codes.c.used_at.is_(None),
                activation_codes.c.errors < MAX_ERRORS,
                activation_codes.c.expires_at > at,
            )
            .values(errors=activation_codes.c.errors + case((right, 0), else_=1))
            .returning(
                activation_codes.c.sealed_person,
                activation_codes.c.method,
                activation_codes.c.agent,
                activation_codes.c.place,
                case((right, literal_column("1")), else_=literal_column("0")).label("is_right"),
            )
        )

        def judge(tx: Connection) -> tuple[bytes, IdentityMethod, DeskAgent | None] | None:
            row = tx.execute(judged).one_or_none()
            proven = row is not None and row.is_right == 1
            self._journal.note(
                tx,
                "identity.proven" if proven else "identity.refused",
                actor="anyone",
                # What was typed is not repeated: it may be somebody else's reference, or a NIR in the wrong
                # box.
                subject=f"code:{guess.reference}" if row is not None else "code:unknown",
                facts={"card": proof.card.value},
                at=at,
            )
            if row is None or not proven:
                return None
            return row.sealed_person, IdentityMethod(row.method), agent_of(row.agent, row.place)

        found = self._database.run(judge)
        # Refused after the commit: the error that was counted stays counted.
        if found is None:
            raise ActivationCodeRefused
        sealed, method, agent = found
        text = self._vault.open_bytes(sealed, place=_place(guess.reference)).decode()
        return ProvenIdentity(PersonKey(proof.card, text), method, agent, guess.reference)

    def _read(self, proof: UnverifiedProof) -> _Guess:
        """What was typed as a guess. What is no code becomes one that is never right, at the same cost."""
        try:
            reference = parse_typed(proof.reference, REFERENCE_LENGTH)
            secrets = tuple(parse_typed(secret, SECRET_LENGTH) for secret in proof.secrets)
        except BadCode:
            reference, secrets = _NEVER_A_REFERENCE, ()
        if len(secrets) != secrets_expected(proof.card):
            reference, secrets = _NEVER_A_REFERENCE, ("",) * secrets_expected(proof.card)
        first, second = self._macs(proof.card, reference, secrets)
        return _Guess(reference, first, second)

    def _macs(self, card: CardKind, reference: str, secrets: tuple[str, ...]) -> tuple[bytes, bytes]:
        first, second = (
            self._vault.code_mac(reference, secret, code_purpose(card, way))
            for way, secret in enumerate((*secrets, "")[:_WAYS], start=1)
        )
        return first, second


def agent_of(name: str | None, place: str | None) -> DeskAgent | None:
    """The desk agent of a row, if it names one."""
    return DeskAgent(name, place) if name and place else None


def _place(reference: str) -> str:
    return f"activation_codes|sealed_person|{reference}"
