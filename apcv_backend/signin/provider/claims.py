"""What a session's tokens and userinfo say: who (`sub`, `act`), how (`acr`, `amr`, `auth_time`), for whom.

One place decides which shape a client gets: Pro Santé Connect's or the standard one for a professional, the
patient's for an apCV. Everything comes from the registers at this very moment; a token keeps none of it but
the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apcv_backend.enrolment.rules import DossierAssure, PersonUnknown, day_in_france
from apcv_backend.signin.provider.claims_patient import pairwise_subject, patient_userinfo
from apcv_backend.signin.provider.claims_psc import psc_subject, psc_userinfo
from apcv_backend.signin.provider.claims_standard import standard_userinfo
from apcv_backend.signin.provider.client_rules import Client, Mode
from apcv_backend.signin.provider.provider_ports import Macs, People
from apcv_backend.signin.provider.session_rules import ACCESS_TOKEN_LIFE, Sight
from apcv_backend.signin.provider.tokens import half_hash
from cartes.cards import CardKind


class ClaimsDesk:
    """Writes claims. `issuer` is our public address."""

    def __init__(self, people: People, macs: Macs, issuer: str) -> None:
        self._people = people
        self._macs = macs
        self._issuer = issuer

    def subject(self, client: Client, sight: Sight) -> dict[str, Any]:
        """`sub`, and `act` when somebody acted for the person it names."""
        session = sight.session
        if session.kind is CardKind.ECPS and client.mode is Mode.PSC:
            return {"sub": psc_subject(self._issuer, _number(sight))}
        own = pairwise_subject(self._macs, client.sector, session.subject_id)
        if not session.acts_for:
            return {"sub": own}
        represented = pairwise_subject(self._macs, client.sector, session.acts_for)
        return {"sub": represented, "act": {"sub": own}}

    def id_token(self, client: Client, sight: Sight, access_token: str, at: datetime) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core 2), beside the access token it comes with."""
        session, now = sight.session, int(at.timestamp())
        told: dict[str, Any] = {
            "iss": self._issuer,
            **self.subject(client, sight),
            "aud": client.client_id,
            "azp": client.client_id,
            "exp": now + int(ACCESS_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "auth_time": int(session.auth_time.timestamp()),
            "acr": session.acr,
            "amr": list(session.amr),
            "sid": session.session_id,
            "at_hash": half_hash(access_token),
        }
        if session.nonce:
            told["nonce"] = session.nonce
        if session.kind is CardKind.ECPS and client.mode is Mode.PSC:
            told["preferred_username"] = told["SubjectNameID"] = _number(sight)
        return told

    def access_token(
        self, client: Client, sight: Sight, jti: str, bound_to: Mapping[str, str], at: datetime
    ) -> dict[str, Any]:
        """The claims of an access token (RFC 9068), bound to what it was asked with (`cnf`, RFC 7800)."""
        session, now = sight.session, int(at.timestamp())
        told: dict[str, Any] = {
            "iss": self._issuer,
            **self.subject(client, sight),
            "aud": self._issuer,
            "client_id": client.client_id,
            "exp": now + int(ACCESS_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "jti": jti,
            "scope": " ".join(session.scopes),
            "auth_time": int(session.auth_time.timestamp()),
            "acr": session.acr,
            "amr": list(session.amr),
            "sid": session.session_id,
        }
        if bound_to:
            told["cnf"] = dict(bound_to)
        return told

    def userinfo(self, client: Client, sight: Sight, at: datetime) -> Mapping[str, Any]:
        """What userinfo answers, from the registers as they are at `at`."""
        session, day = sight.session, day_in_france(at)
        told = self.subject(client, sight)
        if session.kind is CardKind.APCV:
            return told | self._patient(sight, str(told["sub"]), at)
        assert sight.fiche is not None  # a session that lives: `session_rules.why_dead`
        if client.mode is Mode.PSC:
            return psc_userinfo(sight.fiche, sight.exercice, self._issuer, day)
        return told | standard_userinfo(
            sight.fiche, sight.exercice, str(told["sub"]), frozenset(session.scopes), day
        )

    def _patient(self, sight: Sight, subject: str, at: datetime) -> dict[str, Any]:
        about = sight.person if sight.acted_for is None else sight.acted_for
        try:
            dossier = self._people.find(about, at)
        except PersonUnknown:
            return {}
        assert isinstance(dossier, DossierAssure)  # an apCV key
        return patient_userinfo(dossier, subject, frozenset(sight.session.scopes))


def _number(sight: Sight) -> str:
    """The professional's national identifier: the current one, when the directory still knows them."""
    return sight.person.text if sight.fiche is None else sight.fiche.professionnel.id_national.text
