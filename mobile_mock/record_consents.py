"""Who may open my record, said from the phone: granted, blocked, opposed beforehand, taken back.

Every request is signed by this phone's app key (DPoP), a fresh proof each time. Only the apCV speaks here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cartes.cards import CardKind
from mobile_mock.answer_members import text_of
from mobile_mock.backend_client import BackendClient
from mobile_mock.pocket import Pocket

_PATH = "/v1/consents"


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """What the person said of one professional, structure, insurer or emergency's purpose."""

    consent_id: str
    target: str
    number: str
    decision: str
    scope: str

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> RecordConsent:
        """One member of `GET /v1/consents`. Raises BackendNonsense."""
        return cls(*(text_of(members, name) for name in cls.__slots__))


class RecordConsents:
    """What this phone's owner says. Raises NotEnrolled, BackendRefused, BackendUnreachable."""

    def __init__(self, pocket: Pocket, backend: BackendClient, *, random: Callable[[int], bytes]) -> None:
        self._pocket = pocket
        self._backend = backend
        self._random = random

    def list(self, at: datetime) -> tuple[RecordConsent, ...]:
        """What was said and holds."""
        told = self._backend.read_list(_PATH, lambda: self._proof("GET", _PATH, at))
        return tuple(RecordConsent.parse(one) for one in told)

    def grant(self, target: str, number: str, at: datetime, *, scope: str = "record") -> RecordConsent:
        """Let a professional, a structure or an insurer in."""
        return self._say(target, number, "granted", scope, at)

    def block(self, target: str, number: str, at: datetime) -> RecordConsent:
        """Close the record to a professional or a structure; object to the rights queries of an insurer."""
        scope = "rights" if target == "organisation" else "record"
        return self._say(target, number, "blocked", scope, at)

    def oppose(self, purpose: str, at: datetime) -> RecordConsent:
        """Refuse beforehand an emergency's access: `bris_de_glace` or `centre_15`."""
        return self._say("purpose", purpose, "blocked", "record", at)

    def withdraw(self, consent_id: str, at: datetime) -> None:
        """Take back what was said."""
        path = f"{_PATH}/{consent_id}"
        self._backend.delete(path, self._proof("DELETE", path, at))

    def _say(self, target: str, number: str, decision: str, scope: str, at: datetime) -> RecordConsent:
        body = {"target": target, "number": number, "decision": decision, "scope": scope}
        return RecordConsent.parse(self._backend.send(_PATH, body, self._proof("POST", _PATH, at)))

    def _proof(self, method: str, path: str, at: datetime) -> str:
        key = self._pocket.device(CardKind.APCV).app_key
        return key.proof(method, self._backend.url(path), at, random=self._random)
