"""Open and make the seals on cards.

A seal is the issuer's signature over a card, the phone it is for and its dates: a COSE_Sign1. This module is
the only place where one is made or checked. It reads no file, no clock, no network: trust and time are given
by the caller.

An issuer goes draft, lint, seal: `seal` accepts only what `lint` let through. A reader goes the other way, in
the order of `docs/formats/qr.md` (checks 2 to 6): nothing inside a card is looked at before the signature
over it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cartes import es256, fields
from cartes.apcv import ApcvCard
from cartes.cards import (
    LONGEST_ISSUED_NAME,
    Binding,
    CardKind,
    DraftCard,
)
from cartes.ecps import EcpsCard
from cartes.errors import (
    BadStructure,
    CardRefused,
    CredentialExpired,
    InvalidValue,
    IssuerKeyOutOfValidity,
    IssuerKeyRevoked,
    IssuerNotAuthorisedForType,
    IssuerSignatureInvalid,
    IssuerUnknown,
    LintRefused,
    NotYetValid,
    TtlTooLong,
    WrongCardType,
)
from cartes.noms import check_strict_trait
from cartes.trust import IssuerKey, KindPolicy, TrustList, kid_of
from cartes.wire import cose, strict_cbor

CLOCK_SKEW_S: Final = 300
"""How far two honest clocks may be apart: an issuer's and a workstation's."""
_CLOCK_SKEW: Final = timedelta(seconds=CLOCK_SKEW_S)
MAX_PRESENTED: Final = 449
"""The longest presentation, in bytes: a v16-M symbol. Beyond it the issuer shortens names."""
PROOF_OVERHEAD: Final = 84
"""A proof and the frame around both, with two bytes of flags and five of counter: the usual worst."""

_EXP: Final = 4
_IAT: Final = 6
_CNF: Final = 8
_CARD: Final = -65537
_CLAIMS: Final = {_EXP, _IAT, _CNF, _CARD}
_COSE_KEY: Final = 1
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_KEY_MEMBERS: Final = {_KTY, _CRV, _X, _Y}
_EC2: Final = 2
_P256: Final = 1
_READERS: Final[dict[int, Callable[[list[Any]], ApcvCard | EcpsCard]]] = {
    CardKind.APCV.wire: ApcvCard.from_claims,
    CardKind.ECPS.wire: EcpsCard.from_claims,
}
_KIND_AT: Final = 2


class Signer(Protocol):
    """Whoever holds an issuer's private key: a file in development, a security module elsewhere."""

    @property
    def public_key(self) -> bytes:
        """The compressed P-256 point, 33 bytes."""

    def sign(self, message: bytes) -> bytes:
        """ES256 over SHA-256 of `message`: r || s, 64 bytes."""


@dataclass(frozen=True, slots=True)
class LintedCard:
    """A draft that breaks none of the issuer's rules, and the claims to be signed. Only `lint` makes one."""

    draft: DraftCard
    claims: bytes


@dataclass(frozen=True, slots=True)
class OpenedCard:
    """A card whose seal holds, that is within its dates, of an issuer who may issue it (checks 2 to 6).

    `holder_key` is the compressed point of the phone it was issued to, not yet known to be on the curve.
    `digest` is SHA-256 of the credential. Revocation, the phone's proof and the rights are still to be
    checked.
    """

    card: ApcvCard | EcpsCard
    holder_key: bytes
    issued_at: datetime
    expires_at: datetime
    issuer: IssuerKey
    digest: bytes
    env: str


# --- The issuer's side ----------------------------------------------------------------------------


def lint(draft: DraftCard, policy: KindPolicy) -> LintedCard:
    """Look at a draft with a reader's eyes before anybody signs it; `LintRefused` names the broken `rule`.

    The claims are written and read back: what is signed is what a till will read.
    """
    card = draft.card
    life = draft.expires_at - draft.issued_at
    if life <= timedelta(0):
        raise LintRefused(rule="expires_before_it_is_issued")
    if life > _longest_life(card.binding, policy):
        raise LintRefused(rule="life_too_long", life_s=int(life.total_seconds()))
    if card.as_of > draft.issued_at:
        raise LintRefused(rule="read_after_it_is_issued")
    if isinstance(card, ApcvCard):
        _lint_apcv(card, draft.expires_at)
    else:
        _lint_ecps(card)
    try:
        es256.public_key(draft.holder_key)
        claims = _write_claims(draft)
        read_back = _read_claims(claims)
    except (InvalidValue, CardRefused) as refused:
        raise LintRefused(rule="does_not_read_back", **refused.facts) from refused
    if read_back != draft:
        raise LintRefused(rule="does_not_read_back")
    size = presented_size(claims)
    if size > MAX_PRESENTED:
        raise LintRefused(rule="too_long", size=size, most=MAX_PRESENTED)
    return LintedCard(draft, claims)


def lint_again(claims: bytes, policy: KindPolicy) -> LintedCard:
    """The linted card whose claims an issuer recorded before a crash; the same rules are asked again.

    Raises `LintRefused`, also when the claims are not what `lint` would write today.
    """
    try:
        draft = _read_claims(claims)
    except (InvalidValue, CardRefused) as refused:
        raise LintRefused(rule="does_not_read_back", **refused.facts) from refused
    linted = lint(draft, policy)
    if linted.claims != claims:
        raise LintRefused(rule="does_not_read_back")
    return linted


def seal(linted: LintedCard, signer: Signer) -> bytes:
    """Sign a linted card and give the credential: the bytes of a COSE_Sign1 (RFC 9052)."""
    protected = cose.protected_header(kid_of(signer.public_key))
    signature = signer.sign(cose.to_be_signed(protected, linted.claims))
    if len(signature) != es256.SIGNATURE_SIZE:
        raise InvalidValue(what="signature", why="length")
    return cose.join(protected, linted.claims, signature)


def presented_size(claims: bytes) -> int:
    """How many bytes a presentation of these claims takes, with the usual worst proof."""
    protected = cose.protected_header(bytes(cose.KID_SIZE))
    return len(cose.join(protected, claims, bytes(es256.SIGNATURE_SIZE))) + PROOF_OVERHEAD


def _lint_apcv(card: ApcvCard, expires_at: datetime) -> None:
    for what, name in (("birth_name", card.birth_name), ("use_name", card.use_name), ("given", card.given)):
        _lint_name(what, name)
        try:
            check_strict_trait(name, what, double_hyphen=what != "given")
        except InvalidValue as refused:
            raise LintRefused(rule="name_not_a_strict_trait", **refused.facts) from refused
    if not all(nir.is_strict for nir in (card.nir, card.od_nir) if nir is not None):
        raise LintRefused(rule="nir_not_strict")
    if card.delegate is not None:
        _lint_name("delegate", card.delegate.name)
        if expires_at.date() > card.delegate.until:
            raise LintRefused(rule="outlives_its_delegation")


def _lint_ecps(card: EcpsCard) -> None:
    _lint_name("name", card.name)
    _lint_name("given", card.given)
    if not card.national_id.is_strict:
        raise LintRefused(rule="national_id_not_strict")


def _lint_name(what: str, name: str) -> None:
    if not 1 <= len(name) <= LONGEST_ISSUED_NAME:
        raise LintRefused(rule="name_length", what=what, most=LONGEST_ISSUED_NAME)


def _longest_life(binding: Binding, policy: KindPolicy) -> timedelta:
    return policy.longest_synced_life if binding is Binding.SYNCED else policy.longest_life


def _write_claims(draft: DraftCard) -> bytes:
    sign, x = draft.holder_key[0], draft.holder_key[1:]
    # cnf, RFC 8747; a COSE_Key with a compressed point, RFC 9053 section 7.1.1.
    key = {_KTY: _EC2, _CRV: _P256, _X: x, _Y: sign == 3}  # noqa: PLR2004 - SEC 1: 03 is the odd y
    return strict_cbor.dumps(
        {
            _EXP: fields.unix(draft.expires_at),
            _IAT: fields.unix(draft.issued_at),
            _CNF: {_COSE_KEY: key},
            _CARD: draft.card.to_claims(),
        }
    )


# --- The reader's side ----------------------------------------------------------------------------


def open_seal(
    credential: bytes, trust: TrustList, at: datetime, *, expected: CardKind | None = None
) -> OpenedCard:
    """Open a credential as of `at`, in the order of the table; each failing check raises its own reason.

    With `expected`, a genuine card of the other kind is refused too. Revocation is check 7, and not here.
    """
    # 2, 3. The array of four; ES256, said where it is signed.
    sign1 = cose.split(credential)
    # 4. A known key, and its signature. Several keys may share four bytes: all are tried.
    issuer = _issuer_who_signed(sign1, trust)
    # 5. Only now is anything inside believed to be what the issuer wrote.
    draft = _read_claims(sign1.payload)
    kind = draft.card.kind
    if issuer.is_revoked(at):
        raise IssuerKeyRevoked(issuer=issuer.name)
    policy = trust.kinds.get(kind)
    if kind not in issuer.kinds or policy is None:
        raise IssuerNotAuthorisedForType(issuer=issuer.name, kind=kind.value)
    if not issuer.valid_from <= draft.issued_at < issuer.valid_until:
        raise IssuerKeyOutOfValidity(issuer=issuer.name)
    # 6. Its dates, and the kind this screen asked for.
    most = _longest_life(draft.card.binding, policy)
    if draft.expires_at - draft.issued_at > most:
        raise TtlTooLong(most_s=int(most.total_seconds()))
    if draft.issued_at > at + _CLOCK_SKEW:
        raise NotYetValid(issued_at=draft.issued_at.isoformat())
    if at >= draft.expires_at:
        raise CredentialExpired(expired_at=draft.expires_at.isoformat())
    if expected is not None and kind is not expected:
        raise WrongCardType(expected=expected.value, kind=kind.value)
    digest = hashlib.sha256(credential).digest()
    return OpenedCard(
        draft.card, draft.holder_key, draft.issued_at, draft.expires_at, issuer, digest, trust.env
    )


def _issuer_who_signed(sign1: cose.UnverifiedSign1, trust: TrustList) -> IssuerKey:
    issuers = trust.issuers_for(sign1.kid)
    if not issuers:
        raise IssuerUnknown(kid=sign1.kid.hex())
    for issuer in issuers:
        if es256.holds(issuer.verifying_key, sign1.signature, sign1.signed):
            return issuer
    raise IssuerSignatureInvalid(kid=sign1.kid.hex())


def _read_claims(payload: bytes) -> DraftCard:
    """Read the claims back to what the issuer drafted; `BadCbor` or `BadStructure`."""
    claims = strict_cbor.loads(payload)
    if type(claims) is not dict or claims.keys() != _CLAIMS:
        raise BadStructure(part="claims")
    issued_at = fields.instant(claims[_IAT], "iat")
    expires_at = fields.instant(claims[_EXP], "exp")
    if expires_at <= issued_at:
        raise BadStructure(field="exp")
    card = claims[_CARD]
    if type(card) is not list or len(card) <= _KIND_AT:
        raise BadStructure(part="card")
    read = _READERS.get(fields.uint(card[_KIND_AT], "kind", 0xFF))
    if read is None:
        raise BadStructure(field="kind")
    return DraftCard(read(card), _holder_key(claims[_CNF]), issued_at, expires_at)


def _holder_key(cnf: Any) -> bytes:
    """The compressed point inside `cnf`; whether it is on the curve is check 8, after revocation."""
    if type(cnf) is not dict or cnf.keys() != {_COSE_KEY}:
        raise BadStructure(part="cnf")
    key = cnf[_COSE_KEY]
    if type(key) is not dict or key.keys() != _KEY_MEMBERS:
        raise BadStructure(part="cnf")
    x = key[_X]
    if fields.uint(key[_KTY], "kty", _EC2) != _EC2 or fields.uint(key[_CRV], "crv", _P256) != _P256:
        raise BadStructure(part="cnf")
    if type(x) is not bytes or len(x) != 32:  # noqa: PLR2004 - a P-256 coordinate
        raise BadStructure(part="cnf")
    return (b"\x03" if fields.boolean(key[_Y], "cnf") else b"\x02") + x
