"""A card with its phone's fresh proof: what a QR carries, and the checks 8 to 13 over it.

The proof is a WebAuthn assertion from which everything the verifier can rebuild was left out: the RP ID comes
from the trust list, the challenge from the card and the moment, the client data from a published profile. The
signature is over all of them, so a wrong guess simply does not hold.

The moment `t` is the phone's own. What this cannot stop: a holder who signs future moments in advance, or a
video of the screen relayed within the minute. The two-way mode (`ctx`) is for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cartes import es256, fields
from cartes.cards import Binding
from cartes.errors import (
    AuthdataFlagsUnexpected,
    BadJson,
    BadStructure,
    ClientProfileUnknown,
    ContextMismatch,
    ContextUnexpected,
    HolderKeyInvalid,
    HolderSignatureInvalid,
    InvalidValue,
    KeyNotDeviceBound,
    ProofBeforeCredential,
    ProofFromFuture,
    ProofStale,
    UserNotPresent,
    UserNotVerified,
)
from cartes.seal import CLOCK_SKEW_S, OpenedCard
from cartes.trust import RESERVED_PROFILE, KindPolicy
from cartes.wire import base64url, qr, strict_cbor, strict_json

PROOF_MAX_AGE_S: Final = 60
PROOF_MAX_AHEAD_S: Final = 15
REPLAY_WINDOW_S: Final = 76
"""How long a till remembers a presentation: as long as its `t` can be accepted, both ends included."""
MAX_TAIL: Final = 160

_POP: Final = b"FR-SQ1-POP\x00"
_ISSUE: Final = b"FR-ISSUE\x00"
_CONTEXT_SIZE: Final = 32
_CLIENT_DATA_START: Final = b'{"type":"webauthn.get","challenge":"'
_CHALLENGE_LENGTH: Final = 43  # 32 bytes in base64url
_AUTHENTICATOR_DATA_SIZE: Final = 37
_UP: Final = 0x01
_UV: Final = 0x04
_BE: Final = 0x08
_BS: Final = 0x10
_NEVER: Final = 0xE2  # AT, ED and the two reserved bits (WebAuthn level 3, section 6.1)
# Members a browser writes itself; an inline tail that repeats one could be read in two ways.
_STANDARD: Final = frozenset(
    ("type", "challenge", "origin", "crossOrigin", "topOrigin", "androidPackageName")
)
_PROOF_SIZE: Final = 5


@dataclass(frozen=True, slots=True)
class HolderProof:
    """What remains of a WebAuthn assertion.

    `t` is the moment of the gesture in Unix seconds, by the phone's clock; `profile` is a number of the
    trust list, or the inline tail that follows profile 0; `signature` is r || s.
    """

    t: int
    flags: int
    counter: int
    profile: int | bytes
    signature: bytes

    def __post_init__(self) -> None:
        for name, value, most in (
            ("t", self.t, fields.MAX_UINT32),
            ("flags", self.flags, 0xFF),
            ("counter", self.counter, fields.MAX_UINT32),
        ):
            if type(value) is not int or not 0 <= value <= most:
                raise InvalidValue(what="proof", why=name)
        if type(self.profile) is bytes:
            if not 1 <= len(self.profile) <= MAX_TAIL:
                raise InvalidValue(what="proof", why="profile")
        elif type(self.profile) is not int or not 0 <= self.profile <= 0xFF:  # noqa: PLR2004 - one byte
            raise InvalidValue(what="proof", why="profile")
        if type(self.signature) is not bytes or len(self.signature) != es256.SIGNATURE_SIZE:
            raise InvalidValue(what="proof", why="signature")


@dataclass(frozen=True, slots=True)
class UnverifiedPresentation:
    """A credential and a proof as they were scanned; nothing about them is proven."""

    credential: bytes
    proof: HolderProof


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card shown just now by the phone it was issued to, unlocked by its owner (checks 8 to 13).

    `proof_time` is the phone's clock, in UTC. `synced` says that the key may exist on other devices of the
    same account. `replay_key` is what check 14 remembers: never a signature, which has two forms.
    """

    opened: OpenedCard
    proof_time: datetime
    user_verified: bool
    synced: bool
    replay_key: tuple[bytes, int]


def parse(data: bytes) -> UnverifiedPresentation:
    """Cut SQ1 bytes into credential and proof: check 2. Raises `BadCbor` or `BadStructure`."""
    whole = strict_cbor.loads(data, max_size=qr.MAX_BYTES)
    if type(whole) is not list or len(whole) != 2:  # noqa: PLR2004 - [credential, proof]
        raise BadStructure(part="presentation")
    credential, proof = whole
    if type(credential) is not bytes or type(proof) is not list or len(proof) != _PROOF_SIZE:
        raise BadStructure(part="presentation")
    try:
        return UnverifiedPresentation(credential, HolderProof(*proof))
    except InvalidValue as refused:
        raise BadStructure(**refused.facts) from refused


def build(credential: bytes, proof: HolderProof) -> bytes:
    """Write SQ1 bytes: what a phone turns into a QR."""
    members = [proof.t, proof.flags, proof.counter, proof.profile, proof.signature]
    return strict_cbor.dumps([credential, members])


def challenge_for(credential: bytes, t: int, ctx: bytes = b"") -> bytes:
    """The 32 bytes a phone signs to show this card at moment `t`, answering `ctx` in two-way mode.

    A hash with its own name in front: no sign-in challenge can ever be one.
    """
    return _challenge(hashlib.sha256(credential).digest(), t, ctx)


def issuance_challenge(nonce: bytes, request: bytes) -> bytes:
    """The 32 bytes a phone signs to ask for cards: over the issuer's nonce and the canonical request."""
    return hashlib.sha256(_ISSUE + nonce + hashlib.sha256(request).digest()).digest()


def proof_from_assertion(
    authenticator_data: bytes, client_data_json: bytes, signature_der: bytes, t: int, policy: KindPolicy
) -> HolderProof:
    """Reduce the assertion a phone just made at moment `t` to a proof.

    Raises `InvalidValue` for an assertion that is not one for this card kind, `ClientProfileUnknown` when its
    client data is neither a profile of `policy` nor profile 0 with a tail that may travel.
    """
    if len(authenticator_data) != _AUTHENTICATOR_DATA_SIZE:
        raise InvalidValue(what="authenticator_data", why="length")
    if authenticator_data[:32] != policy.rp_id_hash:
        raise InvalidValue(what="authenticator_data", why="rp_id_hash")
    after_challenge = len(_CLIENT_DATA_START) + _CHALLENGE_LENGTH
    if not client_data_json.startswith(_CLIENT_DATA_START) or len(client_data_json) <= after_challenge:
        raise ClientProfileUnknown(why="shape")
    return HolderProof(
        t=t,
        flags=authenticator_data[32],
        counter=int.from_bytes(authenticator_data[33:], "big"),
        profile=_profile_of(client_data_json[after_challenge:], policy),
        signature=es256.from_der(signature_der),
    )


def check_holder_proof(
    unverified: UnverifiedPresentation,
    opened: OpenedCard,
    policy: KindPolicy,
    at: datetime,
    *,
    ctx: bytes = b"",
    also_asked: Iterable[bytes] = (),
    require_device_bound: bool = False,
    max_age_s: int = PROOF_MAX_AGE_S,
) -> HeldCard:
    """Check the proof over a card already opened and not revoked, as of `at`; each failure has its reason.

    `ctx` is the till's own request in two-way mode (32 bytes), empty in one-way mode. `also_asked` are the
    contexts of its other requests: they are tried only to name a failure, never to accept. `max_age_s` is
    longer than a minute for one proof only: the gesture that authorised a till's key for its session.
    """
    if ctx and len(ctx) != _CONTEXT_SIZE:
        raise InvalidValue(what="ctx", why="length")
    proof = unverified.proof
    # 8. The holder's point is on the curve.
    try:
        key = es256.public_key(opened.holder_key)
    except InvalidValue as refused:
        raise HolderKeyInvalid from refused
    # 9 is told by 12: the context does not travel, it is part of what is signed.
    # 10. The flags.
    _check_flags(proof.flags, opened.card.binding, require_device_bound=require_device_bound)
    # 11. The client data this phone's platform writes.
    suffix = _suffix(proof.profile, policy)
    # 12. The signature, over everything that could be rebuilt.
    authenticator_data = policy.rp_id_hash + bytes((proof.flags,)) + proof.counter.to_bytes(4, "big")

    def holds_for(context: bytes) -> bool:
        challenge = base64url.encode(_challenge(opened.digest, proof.t, context)).encode("ascii")
        client_data = _CLIENT_DATA_START + challenge + suffix
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        return es256.holds(key, proof.signature, signed)

    if not holds_for(ctx):
        if ctx and any(holds_for(other) for other in (b"", *also_asked)):
            raise ContextMismatch
        if not ctx and any(holds_for(other) for other in also_asked):
            raise ContextUnexpected
        raise HolderSignatureInvalid
    # 13. The moment.
    now = fields.unix(at)
    if proof.t < now - max_age_s:
        raise ProofStale(age_s=now - proof.t)
    if proof.t > now + PROOF_MAX_AHEAD_S:
        raise ProofFromFuture(ahead_s=proof.t - now)
    if proof.t < fields.unix(opened.issued_at) - CLOCK_SKEW_S:
        raise ProofBeforeCredential(before_s=fields.unix(opened.issued_at) - proof.t)
    return HeldCard(
        opened=opened,
        proof_time=datetime.fromtimestamp(proof.t, UTC),
        user_verified=True,
        synced=bool(proof.flags & _BE) or opened.card.binding is Binding.SYNCED,
        replay_key=(opened.digest, proof.t),
    )


def _challenge(digest: bytes, t: int, ctx: bytes) -> bytes:
    return hashlib.sha256(_POP + digest + t.to_bytes(4, "big") + ctx).digest()


def _check_flags(flags: int, binding: Binding, *, require_device_bound: bool) -> None:
    """Check 10 (WebAuthn level 3, section 6.1).

    A key is backup eligible or not from its creation on, so a card that says "device-bound" and a proof that
    says "backup eligible" do not belong together, whatever the policy.
    """
    if not flags & _UP:
        raise UserNotPresent
    if not flags & _UV:
        raise UserNotVerified
    if flags & _NEVER or (flags & _BS and not flags & _BE):
        raise AuthdataFlagsUnexpected(flags=f"{flags:#04x}")
    if flags & _BE and (require_device_bound or binding is not Binding.SYNCED):
        raise KeyNotDeviceBound(binding=binding.word)
    if require_device_bound and binding is Binding.SYNCED:
        raise KeyNotDeviceBound(binding=binding.word)


def _suffix(profile: int | bytes, policy: KindPolicy) -> bytes:
    """Check 11: what follows the challenge in the client data."""
    if isinstance(profile, bytes):
        return _extended(profile, policy)
    suffix = policy.suffixes.get(profile)
    if suffix is None or profile == RESERVED_PROFILE:
        raise ClientProfileUnknown(profile=profile)
    return suffix


def _extended(tail: bytes, policy: KindPolicy) -> bytes:
    """Profile 0 without its closing brace, and an inline tail that only adds members of its own."""
    canonical = policy.suffixes.get(0)
    if canonical is None or not tail.startswith(b",") or not tail.endswith(b"}"):
        raise ClientProfileUnknown(why="tail_shape")
    try:
        members: Any = strict_json.loads(b"{" + tail[1:])
    except BadJson as refused:
        raise ClientProfileUnknown(why="tail_not_json") from refused
    if not members or not _STANDARD.isdisjoint(members):
        raise ClientProfileUnknown(why="tail_repeats_a_member")
    return canonical[:-1] + tail


def _profile_of(suffix: bytes, policy: KindPolicy) -> int | bytes:
    """The profile a phone's client data belongs to, or the tail it must carry."""
    for number, known in policy.suffixes.items():
        if known == suffix:
            return number
    stem = policy.suffixes.get(0, b"")[:-1]
    tail = suffix[len(stem) :]
    if not stem or not suffix.startswith(stem) or len(tail) > MAX_TAIL:
        raise ClientProfileUnknown(why="shape")
    _extended(tail, policy)
    return tail
