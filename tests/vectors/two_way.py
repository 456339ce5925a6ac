"""Golden vectors of the two-way mode: a till's request as a phone must judge it, an answer as a till must.

A request's file says what the phone trusts and when it reads it; an answer's file says the requests that wait
and their ephemeral keys. Everything comes from words, the sealing key included, so the bytes never change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from cartes import es256
from cartes.cards import Shape
from cartes.sealed_answer import answer_text
from cartes.till_request import TillOffer, context_of, request_text, write_request
from cartes.wire import base64url, qr, strict_cbor, strict_json
from tests.simulators import hpke_by_hand
from tests.simulators.issuing import NOW, WordKey, apcv, delegate, ecps, trust
from tests.vectors.making import Recipe, flip, seconds, stamp

TILL, EPHEMERAL = "till", "ephemeral"
ELEVEN = timedelta(hours=11)
AUTHORISED = NOW - timedelta(hours=3)
ECPS = Recipe(ecps(), flags=0x05, issued_at=AUTHORISED - timedelta(hours=1))


def private_key(word: str) -> ec.EllipticCurvePrivateKey:
    """The key of a word, as ECDH needs it."""
    return WordKey(word).private


@dataclass(frozen=True)
class Ask:
    """A request: each field is one place where something can go wrong."""

    ecps: Recipe = ECPS
    authorised_at: datetime = AUTHORISED
    until: datetime = AUTHORISED + ELEVEN
    authorised_for: str = TILL
    till: str = TILL
    asked_at: datetime = NOW - timedelta(seconds=5)
    nonce: bytes = bytes(range(16))
    ephemeral: str = EPHEMERAL
    one_way: bool = False
    body: Callable[[list[Any]], list[Any]] = field(default=lambda body: body)
    whole: Callable[[bytes], bytes] = field(default=lambda whole: whole)

    def bytes(self) -> bytes:
        """The request."""
        ctx = TillOffer(WordKey(self.authorised_for).public_key, self.until).context
        recipe = replace(self.ecps, t=seconds(self.authorised_at), ctx=b"" if self.one_way else ctx)
        shown = qr.unpack(recipe.made()[0])
        offer = TillOffer(WordKey(self.till).public_key, self.until)
        epk = WordKey(self.ephemeral).public_key
        made = write_request(shown, offer, self.asked_at, self.nonce, epk, WordKey(self.till))
        body, signature = strict_cbor.loads(made)
        changed = strict_cbor.dumps(self.body(strict_cbor.loads(body)))
        return self.whole(strict_cbor.dumps([changed, signature]))


@dataclass(frozen=True)
class RequestVector:
    """One request and the one thing a phone says of it: `ok`, or the code, with the reason of the e-CPS."""

    name: str
    odd: str
    expected: str
    ask: Ask = field(default_factory=Ask)
    reason: str | None = None
    at: datetime = NOW
    revoked: tuple[int, ...] = ()

    def told(self) -> dict[str, Any]:
        """The file as JSON values."""
        request = self.ask.bytes()
        return {
            "name": self.name,
            "odd": self.odd,
            "at": stamp(self.at),
            "text": request_text(request),
            "ctx": context_of(request).hex(),
            "trust": strict_json.loads(trust().encode()),
            "status_issued_at": stamp(NOW - timedelta(hours=2)),
            "revoked": {"2": list(self.revoked)},
            "expected": self.expected,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class AnswerVector:
    """One sealed answer, the requests that wait, and the one thing a till says: `ok` or the code."""

    name: str
    odd: str
    expected: str
    recipe: Recipe = field(default_factory=lambda: Recipe(apcv(Shape.COMPLET)))
    sealed_for: int = 0
    proof_for: int | None = 0
    waiting: tuple[Ask, ...] = (Ask(),)
    change: Callable[[bytes], bytes] = field(default=lambda answer: answer)

    def told(self) -> dict[str, Any]:
        """The file as JSON values."""
        asked = (*self.waiting, Ask(nonce=b"\xee" * 16, ephemeral="elsewhere"))
        contexts = [context_of(one.bytes()) for one in asked]
        ctx = b"" if self.proof_for is None else contexts[self.proof_for]
        shown = qr.unpack(replace(self.recipe, ctx=ctx).made()[0])
        receiver = private_key(asked[self.sealed_for].ephemeral).public_key()
        sealed = hpke_by_hand.seal(receiver, private_key("phone sealing"), contexts[self.sealed_for], shown)
        answer = self.change(sealed)
        waits = [
            {
                "ctx": contexts[number].hex(),
                "ephemeral_secret": private_key(one.ephemeral)
                .private_numbers()
                .private_value.to_bytes(32, "big")
                .hex(),
            }
            for number, one in enumerate(self.waiting)
        ]
        return {
            "name": self.name,
            "odd": self.odd,
            "at": stamp(NOW),
            "text": answer_text(answer),
            "bytes": len(answer),
            "waiting": waits,
            "presentation": base64url.encode(shown),
            "trust": strict_json.loads(trust().encode()),
            "status_issued_at": stamp(NOW - timedelta(hours=2)),
            "expected": self.expected,
        }


def _put(position: int, value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda body: [*body[:position], value, *body[position + 1 :]]


def _high_s(request: bytes) -> bytes:
    body, signature = strict_cbor.loads(request)
    s = es256.ORDER - int.from_bytes(signature[32:], "big")
    return strict_cbor.dumps([body, signature[:32] + s.to_bytes(32, "big")])


def requests() -> list[RequestVector]:
    """All of them, in the order of the checks."""
    late = replace(ECPS, life=timedelta(hours=1, minutes=30), issued_at=AUTHORISED - timedelta(hours=1))
    unproven = "requester_not_proven"
    return [
        RequestVector("request_good", "A doctor's till, authorised three hours ago.", "ok"),
        RequestVector("request_good_high_s", "The other half of the till's signature: another `ctx`.", "ok",
                      Ask(whole=_high_s)),
        RequestVector("request_a_minute_old", "Sixty seconds: the last one.", "ok",
                      Ask(asked_at=NOW - timedelta(seconds=60))),
        RequestVector("request_trailing_byte", "A byte after the array.", "request_invalid",
                      Ask(whole=lambda whole: whole + b"\x00")),
        RequestVector("request_short_nonce", "A nonce of 15 bytes.", "request_invalid",
                      Ask(body=_put(4, bytes(15)))),
        RequestVector("request_epk_off_curve", "An ephemeral key that is no point.", "request_invalid",
                      Ask(body=_put(5, b"\x02" + b"\xff" * 32))),
        RequestVector("request_epk_changed", "Another ephemeral key than the one signed.",
                      "request_signature_invalid", Ask(body=_put(5, WordKey("relay").public_key))),
        RequestVector("request_signature_flip", "One bit of the signature.", "request_signature_invalid",
                      Ask(whole=lambda whole: flip(whole, len(whole) - 1))),
        RequestVector("request_stale", "Sixty-one seconds old.", "request_stale",
                      Ask(asked_at=NOW - timedelta(seconds=61))),
        RequestVector("request_from_future", "Sixteen seconds ahead.", "request_from_future",
                      Ask(asked_at=NOW + timedelta(seconds=16))),
        RequestVector("request_past_hours", "The session ends at this very second.", "till_key_past_hours",
                      Ask(until=NOW)),
        RequestVector("request_other_till_key", "An e-CPS that authorised another till's key.", unproven,
                      Ask(authorised_for="another till"), "holder_signature_invalid"),
        RequestVector("request_one_way_e_cps", "An e-CPS shown in one-way mode authorises nothing.", unproven,
                      Ask(one_way=True), "context_mismatch"),
        RequestVector("request_from_an_apcv", "A patient's card in the place of the e-CPS.", unproven,
                      Ask(Recipe(apcv())), "wrong_card_type"),
        RequestVector("request_from_a_stranger", "An e-CPS sealed by nobody known.", unproven,
                      Ask(replace(ECPS, signer="nobody")), "issuer_unknown"),
        RequestVector("request_e_cps_expired", "The e-CPS ended during the session.", unproven,
                      Ask(late), "credential_expired"),
        RequestVector("request_e_cps_revoked", "The professional was struck off.", unproven,
                      reason="revoked", revoked=(ecps().slot.idx,)),
        RequestVector("request_authorised_ahead", "The professional's gesture is dated in an hour.", unproven,
                      Ask(authorised_at=NOW + timedelta(hours=1)), "proof_from_future"),
        RequestVector("request_hours_too_long", "Authorised for twelve hours and a second.",
                      "till_hours_too_long", Ask(until=AUTHORISED + timedelta(hours=12, seconds=1))),
    ]  # fmt: skip


def answers() -> list[AnswerVector]:
    """All of them."""
    second = Ask(nonce=b"\x01" * 16, ephemeral="ephemeral two")
    return [
        AnswerVector("answer_good", "`complet`, sealed to the request that waits.", "ok"),
        AnswerVector("answer_good_longest", "The longest card: everything, shown by a delegate.", "ok",
                     Recipe(apcv(Shape.COMPLET, delegate=delegate()), counter=0xFFFFFFFF)),
        AnswerVector("answer_to_the_older", "Two requests wait; the answer is for the first.", "ok",
                     waiting=(Ask(), second)),
        AnswerVector("answer_sealed_for_another", "Proof for the first request, sealed for the second.",
                     "context_mismatch", sealed_for=1, waiting=(Ask(), second)),
        AnswerVector("answer_one_way_inside", "A one-way card, sealed.", "context_mismatch", proof_for=None),
        AnswerVector("answer_for_another_till", "Sealed to a request that this till never made.",
                     "answer_unreadable", sealed_for=1, proof_for=1),
        AnswerVector("answer_unexpected", "Nothing was asked here.", "context_unexpected", waiting=()),
        AnswerVector("answer_bit_flip", "One bit of the ciphertext.", "answer_unreadable",
                     change=lambda answer: flip(answer, len(answer) - 1)),
        AnswerVector("answer_enc_off_curve", "The sender's point is not one.", "answer_unreadable",
                     change=lambda answer: b"\x04" + b"\xff" * 64 + answer[65:]),
        AnswerVector("answer_stale", "The gesture is 61 s old.", "proof_stale",
                     Recipe(apcv(Shape.COMPLET), t=seconds(NOW) - 61)),
    ]  # fmt: skip
