"""What a till shows a patient's phone in the two-way mode: who asks, for how long, and the key to answer to.

Once a session, the professional's phone authorises the till's own key: an e-CPS presentation whose context is
that key and the end of its hours (`authorisation_context`). Then, for each patient, the till signs a request
alone: the e-CPS presentation, its key, the moment, a nonce, and an ephemeral key for the answer.

This module writes and reads those bytes (`docs/formats/two-way.md` has the CDDL) and checks what the request
proves by itself. Whether the e-CPS in it proves who asks is `cartes.requester`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cartes import es256, fields
from cartes.cards import COMPRESSED_POINT_SIZE
from cartes.errors import (
    BadCbor,
    BadTransport,
    CarteError,
    InvalidValue,
    NotSq1,
    RequestFromFuture,
    RequestInvalid,
    RequestSignatureInvalid,
    RequestStale,
    RequestUnreadable,
    TillHoursTooLong,
    TillKeyPastHours,
)
from cartes.seal import Signer
from cartes.wire import qr, strict_cbor

MAX_SESSION: Final = timedelta(hours=12)
"""How long after the professional's gesture a till's key may serve."""
REQUEST_MAX_AGE_S: Final = 60
REQUEST_MAX_AHEAD_S: Final = 15
NONCE_SIZE: Final = 16

_TILL: Final = b"FR-SQ1-TILL\x00"
_ASK: Final = b"FR-SQ1-ASK\x00"
_BODY_MEMBERS: Final = 6
# Around the presentation: array heads, key, two moments, nonce, ephemeral key, signature, lengths.
_LEAST_FRAME: Final = 170
_MOST_FRAME: Final = 171
_OFFER_SIZE: Final = 41

REQUEST: Final = qr.Form(2, qr.MIN_BYTES + _LEAST_FRAME, qr.MAX_BYTES + _MOST_FRAME)
"""A till's request: 511 bytes with the longest ordinary e-CPS."""
OFFER: Final = qr.Form(4, _OFFER_SIZE, _OFFER_SIZE)
"""The key a till asks a professional's phone to authorise."""


@dataclass(frozen=True, slots=True)
class TillOffer:
    """A till's key and the end of its hours (UTC, to the second): what a professional agrees to."""

    till_key: bytes
    until: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "until", fields.whole_second(self.until, "until"))
        _check_point(self.till_key, "till_key")

    @property
    def context(self) -> bytes:
        """The `ctx` of the e-CPS presentation that authorises it."""
        return authorisation_context(self.till_key, self.until)

    @property
    def mark(self) -> str:
        """Twelve characters that stand on the till's screen and on the phone's, for eyes to compare."""
        digest = hashlib.sha256(self.till_key).hexdigest()
        return f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}"

    def text(self) -> str:
        """The digits of its code."""
        return qr.pack(strict_cbor.dumps([self.till_key, fields.unix(self.until)]), OFFER)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose till key signed it. Who stands behind that key is not proven yet.

    `presentation` is the e-CPS presentation as SQ1 bytes; `asked_at` the till's moment, UTC; `epk` the
    ephemeral key the answer is sealed to; `ctx` SHA-256 of the whole request, signature included.
    """

    unverified_presentation: bytes = field(repr=False)
    offer: TillOffer
    asked_at: datetime
    nonce: bytes
    epk: bytes
    ctx: bytes


def authorisation_context(till_key: bytes, until: datetime) -> bytes:
    """SHA-256("FR-SQ1-TILL" || 00 || till_key || uint32(until)): what the professional's phone signs over."""
    return hashlib.sha256(_TILL + till_key + fields.unix(until).to_bytes(4, "big")).digest()


def write_request(
    presentation: bytes, offer: TillOffer, at: datetime, nonce: bytes, epk: bytes, till: Signer
) -> bytes:
    """The bytes of a request, signed by the till's own key. Raises `InvalidValue` for a misshapen part."""
    if till.public_key != offer.till_key:
        raise InvalidValue(what="request", why="another_till_key")
    if len(nonce) != NONCE_SIZE:
        raise InvalidValue(what="request", why="nonce")
    _check_point(epk, "epk")
    body = strict_cbor.dumps(
        [presentation, offer.till_key, fields.unix(offer.until), fields.unix(at), nonce, epk]
    )
    return strict_cbor.dumps([body, till.sign(_ASK + body)])


def request_text(request: bytes) -> str:
    """The digits of its code."""
    return qr.pack(request, REQUEST)


def context_of(request: bytes) -> bytes:
    """The `ctx` of every answer to these very bytes."""
    return hashlib.sha256(request).digest()


def read_offer(text: str) -> TillOffer:
    """The key a till asks to authorise. Raises `RequestUnreadable` or `RequestInvalid`."""
    members = _cbor(_bytes_of(text, OFFER), OFFER.most)
    till_key, until = _array(members, 2)
    try:
        return TillOffer(_bytes(till_key, COMPRESSED_POINT_SIZE), fields.instant(until, "until"))
    except CarteError as refused:
        raise RequestInvalid(**refused.facts) from refused


def open_request(text: str, at: datetime, *, max_age_s: int = REQUEST_MAX_AGE_S) -> SignedRequest:
    """Read a request and check all it proves by itself, as of `at`, in this order.

    A phone takes the default age; who judges an answer afterwards allows for the time a person took.

    1. The digits: `RequestUnreadable`. 2. Deterministic CBOR, shapes, points on the curve: `RequestInvalid`.
    3. The till key's signature: `RequestSignatureInvalid`. 4. Made seconds ago: `RequestStale`,
    `RequestFromFuture`. 5. Within the key's hours: `TillKeyPastHours`.
    """
    # 1, 2.
    data = _bytes_of(text, REQUEST)
    body, signature = _array(_cbor(data, REQUEST.most), 2)
    if type(body) is not bytes or type(signature) is not bytes or len(signature) != es256.SIGNATURE_SIZE:
        raise RequestInvalid(part="request")
    request = _request(_array(_cbor(body, REQUEST.most), _BODY_MEMBERS), context_of(data))
    # 3.
    if not es256.holds(es256.public_key(request.offer.till_key), signature, _ASK + body):
        raise RequestSignatureInvalid
    # 4.
    age = fields.unix(at) - fields.unix(request.asked_at)
    if age > max_age_s:
        raise RequestStale(age_s=age)
    if age < -REQUEST_MAX_AHEAD_S:
        raise RequestFromFuture(ahead_s=-age)
    # 5.
    check_hours(request.offer, at)
    return request


def check_hours(offer: TillOffer, at: datetime) -> None:
    """Refuse a till key whose session has ended: `TillKeyPastHours`."""
    if at >= offer.until:
        raise TillKeyPastHours(until=offer.until.isoformat())


def check_session(offer: TillOffer, authorised_at: datetime) -> None:
    """Refuse hours that reach further than twelve from the gesture of `authorised_at`: `TillHoursTooLong`."""
    if offer.until - authorised_at > MAX_SESSION:
        raise TillHoursTooLong(hours_s=int((offer.until - authorised_at).total_seconds()))


def _request(members: list[Any], ctx: bytes) -> SignedRequest:
    presentation, till_key, until, asked_at, nonce, epk = members
    try:
        offer = TillOffer(_bytes(till_key, COMPRESSED_POINT_SIZE), fields.instant(until, "until"))
        _check_point(_bytes(epk, COMPRESSED_POINT_SIZE), "epk")
        return SignedRequest(
            _bytes(presentation), offer, fields.instant(asked_at, "t"), _bytes(nonce, NONCE_SIZE), epk, ctx
        )
    except RequestInvalid:
        raise
    except CarteError as refused:
        raise RequestInvalid(**refused.facts) from refused


def _bytes_of(text: str, form: qr.Form) -> bytes:
    try:
        return qr.unpack(text, form)
    except (NotSq1, BadTransport) as refused:
        raise RequestUnreadable(**refused.facts) from refused


def _cbor(data: bytes, most: int) -> Any:
    try:
        return strict_cbor.loads(data, max_size=most)
    except BadCbor as refused:
        raise RequestInvalid(**refused.facts) from refused


def _array(value: Any, size: int) -> list[Any]:
    if type(value) is not list or len(value) != size:
        raise RequestInvalid(part="array")
    return value


def _bytes(value: Any, size: int | None = None) -> bytes:
    if type(value) is not bytes or (size is not None and len(value) != size):
        raise RequestInvalid(part="bytes")
    return value


def _check_point(point: bytes, what: str) -> None:
    """A compressed point of P-256 and nothing else: 33 bytes, on the curve."""
    if len(point) != COMPRESSED_POINT_SIZE:
        raise InvalidValue(what=what, why="not_a_compressed_point")
    es256.public_key(point)
