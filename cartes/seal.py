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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from cartes import claims, es256
from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import (
    LONGEST_ISSUED_NAME,
    Binding,
    CardKind,
    DraftCard,
)
from cartes.ecps import EcpsCard
from cartes.errors import (
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
from cartes.wire import cose

CLOCK_SKEW_S: Final = 300
"""How far two honest clocks may be apart: an issuer's and a workstation's."""
_CLOCK_SKEW: Final = timedelta(seconds=CLOCK_SKEW_S)
MAX_PRESENTED: Final = 449
"""The longest presentation, in bytes: a v16-M symbol. Beyond it the issuer shortens names."""
PROOF_OVERHEAD: Final = 84
"""A proof and the frame around both, with two bytes of flags and five of counter: the usual worst."""
_FRANCE_AHEAD: Final = timedelta(hours=2)
"""The most a French clock is ahead of UTC: what expires late in the evening dies on the next day there."""


class Signer(Protocol):
    """Whoever holds an issuer's private key: a file in development, a security module elsewhere."""

    @property
    def public_key(self) -> bytes:
        """The compressed P-256 point, 33 bytes."""

    def sign(self, message: bytes) -> bytes:
        """ES256 over SHA-256 of `message`: r || s, 64 bytes."""


@dataclass(frozen=True, slots=True)
class LintedCard:
    """A draft that breaks none of the issuer's rules, and the claims to be signed. Only `lint` makes one.

    `size` is how many bytes a presentation of them takes, with the usual worst proof.
    """

    draft: DraftCard
    claims: bytes
    size: int


@dataclass(frozen=True, slots=True)
class OpenedCard:
    """A card whose seal holds, that is within its dates, of an issuer who may issue it (checks 2 to 6).

    `holder_key` is the compressed point of the phone it was issued to, not yet known to be on the curve.
    `digest` is SHA-256 of the credential. Revocation, the phone's proof and the rights are still to be
    checked.
    """

    card: ApcvCard | EcpsCard | AmcCard
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
    elif isinstance(card, EcpsCard):
        _lint_ecps(card)
    else:
        _lint_name("nom_amc", card.nom_amc)
    try:
        es256.public_key(draft.holder_key)
        written = claims.write(draft)
        read_back = claims.read(written)
    except (InvalidValue, CardRefused) as refused:
        raise LintRefused(rule="does_not_read_back", **refused.facts) from refused
    if read_back != draft:
        raise LintRefused(rule="does_not_read_back")
    size = presented_size(written)
    if size > MAX_PRESENTED:
        raise LintRefused(rule="too_long", size=size, most=MAX_PRESENTED)
    return LintedCard(draft, written, size)


def lint_again(recorded: bytes, policy: KindPolicy) -> LintedCard:
    """The linted card whose claims an issuer recorded before a crash; the same rules are asked again.

    Raises `LintRefused`, also when the claims are not what `lint` would write today.
    """
    try:
        draft = claims.read(recorded)
    except (InvalidValue, CardRefused) as refused:
        raise LintRefused(rule="does_not_read_back", **refused.facts) from refused
    linted = lint(draft, policy)
    if linted.claims != recorded:
        raise LintRefused(rule="does_not_read_back")
    return linted


def seal(linted: LintedCard, signer: Signer) -> bytes:
    """Sign a linted card and give the credential: the bytes of a COSE_Sign1 (RFC 9052)."""
    protected = cose.protected_header(kid_of(signer.public_key))
    signature = signer.sign(cose.to_be_signed(protected, linted.claims))
    if len(signature) != es256.SIGNATURE_SIZE:
        raise InvalidValue(what="signature", why="length")
    return cose.join(protected, linted.claims, signature)


def presented_size(written: bytes) -> int:
    """How many bytes a presentation of these claims takes, with the usual worst proof."""
    protected = cose.protected_header(bytes(cose.KID_SIZE))
    return len(cose.join(protected, written, bytes(es256.SIGNATURE_SIZE))) + PROOF_OVERHEAD


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
        if (expires_at + _FRANCE_AHEAD).date() > card.delegate.until:
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


# --- The reader's side ----------------------------------------------------------------------------


def open_seal(
    credential: bytes,
    trust: TrustList,
    at: datetime,
    *,
    expected: CardKind | None = None,
    beside: CardKind | None = None,
) -> OpenedCard:
    """Open a credential as of `at`, in the order of the table; each failing check raises its own reason.

    With `expected`, a genuine card of another kind is refused too, but for one that may stand `beside` it.
    Revocation is check 7, and not here.
    """
    # 2, 3. The array of four; ES256, said where it is signed.
    sign1 = cose.split(credential)
    # 4. A known key, and its signature. Several keys may share four bytes: all are tried.
    issuer = _issuer_who_signed(sign1, trust)
    # 5. Only now is anything inside believed to be what the issuer wrote.
    draft = claims.read(sign1.payload)
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
    if expected is not None and kind not in {expected, beside}:
        raise WrongCardType(expected=expected.value, kind=kind.value)
    digest = hashlib.sha256(credential).digest()
    return OpenedCard(
        draft.card, draft.holder_key, draft.issued_at, draft.expires_at, issuer, digest, trust.env
    )


class HeldCard(Protocol):
    """A card whose seal holds, and the phone's key it was issued to: an `OpenedCard`, or what a till kept."""

    @property
    def card(self) -> ApcvCard | EcpsCard | AmcCard:
        """What the issuer wrote."""

    @property
    def holder_key(self) -> bytes:
        """The compressed point of the phone's key."""


def goes_with(amc: HeldCard, apcv: HeldCard) -> bool:
    """Whether an insurer's card and an apCV, both opened, are one person's on one phone.

    The same key holds both, and the insurer's names the slot of the apCV: neither says who it is about.
    """
    if not isinstance(amc.card, AmcCard) or not isinstance(apcv.card, ApcvCard):
        return False
    return amc.card.link == apcv.card.slot and amc.holder_key == apcv.holder_key


def _issuer_who_signed(sign1: cose.UnverifiedSign1, trust: TrustList) -> IssuerKey:
    issuers = trust.issuers_for(sign1.kid)
    if not issuers:
        raise IssuerUnknown(kid=sign1.kid.hex())
    for issuer in issuers:
        if es256.holds(issuer.verifying_key, sign1.signature, sign1.signed):
            return issuer
    raise IssuerSignatureInvalid(kid=sign1.kid.hex())
