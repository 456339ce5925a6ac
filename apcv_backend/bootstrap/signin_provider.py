"""Wires the OpenID Provider: its stores, its keys, the directory read in its transactions, its post."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from apcv_backend.audit import Journal
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.professionals.record import from_record
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.professionals.store import FOUND_BY_NUMBER
from apcv_backend.signin.approval.attempt_ports import Representations
from apcv_backend.signin.provider import discovery
from apcv_backend.signin.provider.authorization import AuthorizationDesk
from apcv_backend.signin.provider.claims import ClaimsDesk
from apcv_backend.signin.provider.client_authentication import ClientAuthenticator
from apcv_backend.signin.provider.client_service import ClientDesk
from apcv_backend.signin.provider.desk import ProviderDesk
from apcv_backend.signin.provider.dpop_proofs import DpopDoor
from apcv_backend.signin.provider.introspection import TokenRegistry
from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.live_tokens import LiveTokens
from apcv_backend.signin.provider.logout import LogoutDesk
from apcv_backend.signin.provider.logout_delivery import LogoutDelivery
from apcv_backend.signin.provider.logout_post import post_form
from apcv_backend.signin.provider.provider_ports import Attempts, People, PublishedKey, TokenSigner
from apcv_backend.signin.provider.pushed_requests import PushedRequests
from apcv_backend.signin.provider.session_keeping import SessionKeeper
from apcv_backend.signin.provider.session_service import SessionDesk
from apcv_backend.signin.provider.token_service import TokenDesk
from apcv_backend.signin.provider.tokens import TokenSmith
from apcv_backend.signin.provider.userinfo import UserinfoDesk
from apcv_backend.signin.store.attempts import SqlAttempts
from apcv_backend.signin.store.clients import SqlClients
from apcv_backend.signin.store.outbox import SqlLogoutOutbox
from apcv_backend.signin.store.polls import CibaPolls
from apcv_backend.signin.store.provider import SqlProviderRegisters
from apcv_backend.signin.store.sessions import SqlSessions
from apcv_backend.subjects import Subjects
from apcv_backend.vault import Vault
from keys.keyring import Keyring, KeyState, Purpose

_PUBLISHED = (KeyState.ACTIVE, KeyState.PRE_PUBLISHED, KeyState.RETIRING)
_PURPOSES = {"ES256": Purpose.OIDC, "RS256": Purpose.OIDC_RS256}
_MOST_KEPT = 10_000


class KeyringTokens:
    """See `provider_ports.SigningKeys`: the keys of the keyring that sign tokens, by algorithm."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def signer(self, alg: str, at: datetime) -> TokenSigner | None:
        """See `SigningKeys.signer`. None where the keyring was made before there were such keys."""
        purpose = _PURPOSES.get(alg)
        if purpose is None or not self._keyring.public_keys(purpose):
            return None
        return self._keyring.signer(purpose, at)

    def published(self) -> Sequence[PublishedKey]:
        """See `SigningKeys.published`."""
        return [
            PublishedKey(alg, record.kid, record.public_key)
            for alg, purpose in _PURPOSES.items()
            for record in self._keyring.public_keys(purpose)
            if record.state in _PUBLISHED
        ]


class FichesInTransactions:
    """Reads the directory inside somebody's transaction; a record is decoded once a version."""

    def __init__(self) -> None:
        self._decoded: dict[str, FicheProfessionnel] = {}

    def __call__(self, tx: Connection, person: PersonKey) -> FicheProfessionnel | None:
        """What the directory says of a professional now, found by a current number or a former one."""
        row = tx.execute(FOUND_BY_NUMBER, {"number": person.text}).first()
        if row is None:
            return None
        known = self._decoded.get(row.id_national)
        if known is None or known.version != row.loaded_at:
            if len(self._decoded) >= _MOST_KEPT:
                self._decoded.clear()
            known = FicheProfessionnel(from_record(row.record), row.loaded_at, row.loaded_at)
            self._decoded[row.id_national] = known
        return known


def build_sessions(vault: Vault, journal: Journal, random: Callable[[int], bytes]) -> SqlSessions:
    """The sessions' table; whatever revokes cards and the approval of sign-ins close some of them too."""
    return SqlSessions(vault, journal, random, FichesInTransactions())


def build_provider(
    *,
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    subjects: Subjects,
    people: People,
    keyring: Keyring,
    sessions: SqlSessions,
    attempts: Attempts,
    answers: SqlAttempts,
    polls: CibaPolls,
    representations: Representations,
    random: Callable[[int], bytes],
) -> ProviderDesk:
    """The provider at `config.public_url`."""
    issuer, loopback = config.public_url, not config.is_production
    clients = SqlClients(database, journal, sessions, loopback=loopback)
    registers = SqlProviderRegisters(database, vault, journal, subjects, sessions, answers, polls)
    judge, dpop = SessionJudge(people, representations), DpopDoor()
    smith, claims = TokenSmith(KeyringTokens(keyring)), ClaimsDesk(people, vault, issuer)
    authenticator = ClientAuthenticator(clients, registers, vault, issuer)
    pushed = PushedRequests(registers, vault, random)
    live = LiveTokens(
        smith=smith, clients=clients, registers=registers, judge=judge, dpop=dpop, issuer=issuer
    )
    return ProviderDesk(
        issuer=issuer,
        mtls_url=None if config.proxy_secret is None else config.mtls_url or issuer,
        clients=ClientDesk(clients=clients, macs=vault, random=random, loopback=loopback),
        authenticator=authenticator,
        authorization=AuthorizationDesk(
            clients=clients,
            attempts=attempts,
            registers=registers,
            pushed=pushed,
            judge=judge,
            macs=vault,
            issuer=issuer,
            random=random,
        ),
        pushed=pushed,
        tokens=TokenDesk(
            authenticator=authenticator,
            dpop=dpop,
            registers=registers,
            polls=polls,
            judge=judge,
            claims=claims,
            smith=smith,
            macs=vault,
            issuer=issuer,
            token_url=issuer + discovery.TOKEN_PATH,
            random=random,
        ),
        live=live,
        userinfo=UserinfoDesk(live, claims, issuer + discovery.USERINFO_PATH),
        registry=TokenRegistry(live=live, registers=registers, judge=judge, macs=vault),
        logout=LogoutDesk(smith=smith, clients=clients, registers=registers, issuer=issuer),
        deliveries=LogoutDelivery(
            outbox=SqlLogoutOutbox(database),
            clients=clients,
            registers=registers,
            claims=claims,
            smith=smith,
            post=post_form,
            issuer=issuer,
            random=random,
        ),
        sessions=SessionDesk(registers=registers, clients=clients, judge=judge),
        keeper=SessionKeeper(registers, judge),
        smith=smith,
        dpop=dpop,
        sweep=registers.sweep,
    )
