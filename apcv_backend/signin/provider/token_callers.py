"""Says who calls, for every other room: the access token of the request, alive, with its proof (`Callers`).

A client alone (client credentials), a professional or a patient who signed in. Their purposes and their
organisation are those the client was registered with: nobody declares them at the door.
"""

from __future__ import annotations

from datetime import datetime

from apcv_backend.callers import Caller, CallerKind, CallerRefused, UnverifiedCall
from apcv_backend.signin.provider.live_tokens import LiveToken, LiveTokens
from apcv_backend.signin.provider.oauth_errors import OAuthRefused
from cartes.cards import CardKind

_KINDS = {CardKind.ECPS: CallerKind.PROFESSIONAL, CardKind.APCV: CallerKind.PATIENT}


class TokenCallers:
    """See `apcv_backend.callers.Callers`. `issuer` is our public address."""

    def __init__(self, live: LiveTokens, issuer: str) -> None:
        self._live = live
        self._issuer = issuer

    def identify(self, unverified: UnverifiedCall, at: datetime) -> Caller:
        """See `Callers.identify`."""
        if not unverified.authorization:
            raise CallerRefused(why="missing")
        url = self._issuer + unverified.path
        try:
            token = self._live.shown(
                unverified.authorization,
                unverified.dpop,
                unverified.method,
                url,
                at,
                certificate=unverified.certificate,
            )
        except OAuthRefused as refused:
            why = "dpop" if refused.error == "invalid_dpop_proof" else "token"
            raise CallerRefused(why=why) from refused
        return _caller(token)


def _caller(token: LiveToken) -> Caller:
    client, sight = token.client, token.sight
    if sight is None:
        return Caller(
            kind=CallerKind.CLIENT,
            client_id=client.client_id,
            organisation=client.organisation,
            purposes=frozenset(client.purposes),
            scopes=token.scopes,
            facts={"legal_basis": client.legal_basis, "name": client.name},
        )
    session, exercice = sight.session, sight.exercice
    return Caller(
        kind=_KINDS[session.kind],
        client_id=client.client_id,
        organisation=client.organisation,
        purposes=frozenset(client.purposes),
        scopes=token.scopes,
        subject_id=session.subject_id,
        person=sight.person,
        acts_for=sight.acted_for,
        exercice_id=session.exercice_id,
        structure=session.structure,
        profession="" if exercice is None else exercice.profession.value,
        facts={
            "legal_basis": client.legal_basis,
            "name": client.name,
            "purpose": session.purpose,
            "regulation_medicale": "true" if exercice is not None and exercice.regulation_medicale else "",
        },
    )
