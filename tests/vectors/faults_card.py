"""One fault each in the text, the bytes, the seal, the dates or the state of the card: checks 0 to 7."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cartes.cards import Binding, CardKind, Shape
from cartes.wire import strict_cbor
from tests.simulators.issuing import NOW, apcv, ecps, issuer, policy, trust
from tests.vectors.good import ECPS, SOINS
from tests.vectors.making import (
    STATUS_SIZE,
    Recipe,
    Store,
    Vector,
    flip,
    in_card,
    put,
    swapped,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAYS_3 = timedelta(hours=72)
NOT_ON_CURVE = b"\x02" + (1).to_bytes(32, "big")


def _bad(name: str, odd: str, expected: str, store: Store | None = None, **changes: Any) -> Vector:
    return Vector(name, odd, expected, replace(SOINS, **changes), store=store or Store())


def store_and_text() -> list[Vector]:
    """Checks 0 and 1."""
    return [
        _bad("clock_behind", "The till's clock is 301 s behind a time somebody trusted has signed.",
             "verifier_clock_behind", Store(floor=NOW + timedelta(seconds=301))),
        _bad("store_stale", "The signed trust data ended 48 h and a second ago.", "trust_store_stale",
             Store(signed_at=NOW - DAYS_3 - SECOND, floor=NOW - DAYS_3 - SECOND)),
        _bad("store_unusable", "The till's store is damaged.", "trust_store_unusable", Store(usable=False)),
        _bad("text_ean13", "A box of medicine.", "not_sq1", text=lambda _: "3400930000120"),
        _bad("text_url", "A web address.", "not_sq1", text=lambda _: "https://example.test/qr?id=42"),
        _bad("text_empty", "Nothing at all.", "not_sq1", text=lambda _: ""),
        _bad("text_hc1", "An EU health certificate prefix and letters.", "not_sq1",
             text=lambda text: "HC1:NCF" + "AB" * (len(text) // 2)),
        _bad("text_arabic_digits", "The right number in Arabic-Indic digits: `int` reads them.", "not_sq1",
             text=lambda text: text.translate({48 + n: 0x660 + n for n in range(10)})),
        _bad("text_leading_zero", "A zero in front.", "bad_transport", text=lambda text: "0" + text),
        _bad("text_digit_lost", "One digit missing in the middle.", "bad_transport",
             text=lambda text: text[:400] + text[401:]),
        _bad("text_space", "A space among the digits.", "bad_transport",
             text=lambda text: text[:400] + " " + text[400:]),
        _bad("text_underscore", "An underscore, which `int` would skip.", "bad_transport",
             text=lambda text: text[:400] + "_" + text[400:]),
        _bad("text_too_long", "Five thousand digits: Python itself refuses above 4300.", "bad_transport",
             text=lambda text: text + "1" * 4200),
        _bad("text_first_byte_02", "The first byte says another version.", "bad_transport",
             text=lambda text: str(int(text) + (1 << (int(text).bit_length() - 1)))),
    ]  # fmt: skip


def bytes_and_shapes() -> list[Vector]:
    """Check 2, on the three layers: presentation, COSE_Sign1, claims (signed by the true issuer)."""
    tail = b"\x85\x1a"
    return [
        _bad("cbor_trailing_byte", "A byte after the presentation.", "bad_cbor", outer=lambda d: d + b"\x00"),
        _bad("cbor_truncated", "The last byte is missing.", "bad_cbor", outer=lambda d: d[:-1]),
        _bad("cbor_long_head", "An array head written in two bytes.", "bad_cbor",
             outer=lambda d: b"\x98\x02" + d[1:]),
        _bad("cbor_indefinite", "An array of indefinite length.", "bad_cbor",
             outer=lambda d: b"\x9f" + d[1:] + b"\xff"),
        _bad("cbor_tag", "A tag (24) around the presentation.", "bad_cbor", outer=lambda d: b"\xd8\x18" + d),
        _bad("cbor_float_time", "The moment as a float.", "bad_cbor",
             outer=lambda d: swapped(d, tail + d.split(tail)[-1][:4], b"\x85\xfa" + d.split(tail)[-1][:4])),
        _bad("cbor_sign1_long_head", "The credential's array head in two bytes.", "bad_cbor",
             credential=lambda d: b"\x98\x04" + d[1:]),
        _bad("cbor_protected_map_order", "The protected header's keys in the wrong order.", "bad_cbor",
             protected=lambda d: d[:1] + d[3:] + d[1:3]),
        _bad("cbor_claims_duplicate_key", "Two `iat`, signed by the issuer.", "bad_cbor",
             payload=lambda d: swapped(d, b"\xa4\x04\x1a", b"\xa5\x04\x1a").replace(
                 b"\x08\xa1", b"\x06\x00\x08\xa1", 1)),
        _bad("cbor_claims_map_order", "`iat` before `exp`, signed by the issuer.", "bad_cbor",
             payload=lambda d: d[:1] + d[7:13] + d[1:7] + d[13:]),
        _bad("cbor_claims_long_integer", "The card kind in two bytes, signed by the issuer.", "bad_cbor",
             payload=lambda d: swapped(d, b"\x1a\x00\x10\x00\x00\x01", b"\x1a\x00\x10\x00\x00\x18\x01")),
        _bad("cbor_claims_regex_tag", "A tag that makes a library compile a regular expression.", "bad_cbor",
             payload=lambda d: swapped(d, b"\x64ANGE", b"\xd8\x23\x64ANGE")),
        _bad("cbor_claims_bad_utf8", "A name that is not UTF-8.", "bad_cbor",
             payload=lambda d: swapped(d, b"\x64ANGE", b"\x64ANG\xff")),
        _bad("shape_outer_of_three", "Three members in the presentation.", "bad_structure",
             outer=lambda d: b"\x83" + d[1:] + b"\x00"),
        _bad("shape_proof_of_four", "The counter is missing.", "bad_structure",
             proof=lambda p: [*p[:2], *p[3:]]),
        _bad("shape_signature_of_63", "A proof signature of 63 bytes.", "bad_structure",
             proof=lambda p: [*p[:4], p[4][:63]]),
        _bad("shape_flags_256", "Flags of two bytes.", "bad_structure", proof=put(1, 256)),
        _bad("shape_time_of_33_bits", "A moment beyond 32 bits.", "bad_structure", proof=put(0, 1 << 32)),
        _bad("shape_profile_256", "A profile number of two bytes.", "bad_structure", proof=put(3, 256)),
        _bad("shape_profile_true", "A profile that is `true`, not 1.", "bad_structure", proof=put(3, True)),  # noqa: FBT003 - the fault
        _bad("shape_tail_of_161", "An inline tail one byte too long.", "bad_structure",
             profile=b',"x":"' + b"y" * 153 + b'"}'),
        _bad("shape_sign1_of_five", "Five members in the COSE array.", "bad_structure",
             credential=lambda d: b"\x85" + d[1:] + b"\x00"),
        _bad("shape_unprotected_kid", "A kid outside the protected header too.", "bad_structure",
             unprotected={4: b"kid!"}),
        _bad("shape_kid_of_8", "A key identifier of eight bytes.", "bad_structure", kid=bytes(8)),
        _bad("shape_crit", "A third member in the protected header.", "bad_structure",
             protected=lambda d: b"\xa3" + d[1:3] + b"\x02\x81\x01" + d[3:]),
        _bad("shape_claim_added", "A fifth claim (an `iss`), signed by the issuer.", "bad_structure",
             claims=lambda c: c | {1: "issuer"}),
        _bad("shape_no_cnf", "No holder key.", "bad_structure",
             claims=lambda c: {key: value for key, value in c.items() if key != 8}),
        _bad("shape_cnf_okp", "A holder key of another type.", "bad_structure",
             claims=lambda c: c | {8: {1: c[8][1] | {1: 1}}}),
        _bad("shape_exp_before_iat", "A card that ends before it begins.", "bad_structure",
             life=timedelta(seconds=-1)),
        _bad("shape_kind_3", "A third kind of card.", "bad_structure", claims=in_card(2, 3)),
        _bad("shape_kind_true", "The kind is `true`, not 1.", "bad_structure", claims=in_card(2, True)),  # noqa: FBT003 - the fault
        _bad("shape_nir_key", "A NIR whose key is wrong, signed by the issuer.", "bad_structure",
             claims=in_card(6, "158032A99904297")),
        _bad("shape_nir_as_integer", "A NIR as a number: its letters would be lost.", "bad_structure",
             claims=in_card(6, 158032199904296)),
        _bad("shape_identite_with_nir", "The shape without numbers carries one.", "bad_structure",
             claims=in_card(3, int(Shape.IDENTITE))),
        _bad("shape_soins_with_ald", "The one-way shape carries an ALD.", "bad_structure",
             claims=in_card(15, [[4, 46000, 365]])),
        _bad("shape_nine_ald", "Nine exonerations.", "bad_structure",
             card=apcv(Shape.COMPLET), claims=in_card(15, [[4, 46000, 365]] * 9)),
        _bad("shape_escape_in_name", "A terminal escape in a name.", "bad_structure",
             claims=in_card(10, "ANGE\x1b[2J")),
        _bad("shape_name_of_65", "A name longer than any reader accepts.", "bad_structure",
             claims=in_card(8, "A" * 65)),
        _bad("shape_rank_0", "No rang gémellaire.", "bad_structure", claims=in_card(12, 0)),
        Vector("shape_ecps_profession", "An unknown profession.", "bad_structure",
               replace(ECPS, claims=in_card(9, 99))),
        Vector("shape_ecps_finess_key", "A FINESS whose key is wrong.", "bad_structure",
               replace(ECPS, claims=in_card(13, ["999001416", "", "CABINET"]))),
        Vector("shape_ecps_not_luhn", "An RPPS whose key is wrong.", "bad_structure",
               replace(ECPS, claims=in_card(5, "899700900148"))),
    ]  # fmt: skip


def seal_and_dates() -> list[Vector]:
    """Checks 3 to 6."""
    both = frozenset((CardKind.APCV, CardKind.ECPS))
    return [
        _bad("alg_eddsa", "The protected header says EdDSA.", "alg_not_allowed",
             protected=lambda d: swapped(d, b"\x01\x26", b"\x01\x27")),
        _bad("alg_missing", "An empty protected header.", "alg_not_allowed", protected=lambda _: b""),
        _bad("alg_unprotected_too", "ES256 said outside the signature as well.", "alg_not_allowed",
             unprotected={1: -7}),
        _bad("alg_as_text", "The algorithm as a word.", "alg_not_allowed",
             protected=lambda d: strict_cbor.dumps({1: "ES256", 4: d[-4:]})),
        _bad("issuer_stranger", "Sealed by nobody the till knows.", "issuer_unknown", signer="a stranger"),
        _bad("issuer_forged", "A stranger's seal under the true issuer's key identifier.",
             "issuer_signature_invalid", signer="a stranger", kid=issuer().kid),
        _bad("issuer_bit_flip", "One bit of a name changed after sealing.", "issuer_signature_invalid",
             credential=lambda d: swapped(d, b"ANGE", b"ANGD")),
        _bad("issuer_seal_flip", "One bit of the seal changed.", "issuer_signature_invalid",
             seal=lambda s: flip(s, 10)),
        _bad("issuer_r_zero", "r = 0.", "issuer_signature_invalid", seal=lambda s: bytes(32) + s[32:]),
        _bad("issuer_key_revoked", "The issuer's key was withdrawn an hour ago.", "issuer_key_revoked",
             Store(trust=trust(issuer(revoked_at=NOW - HOUR)))),
        _bad("issuer_of_ecps", "An apCV sealed by the e-CPS issuer.", "issuer_not_authorised_for_type",
             signer="issuer ecps"),
        _bad("kind_without_policy", "The trust list says nothing of this kind.",
             "issuer_not_authorised_for_type",
             Store(trust=trust(issuer(kinds=both), kinds={CardKind.ECPS: policy(CardKind.ECPS)}))),
        _bad("issuer_key_not_yet", "Sealed before the key's first day.", "issuer_key_out_of_validity",
             Store(trust=trust(issuer(valid_from=NOW)))),
        _bad("issuer_key_ended", "Sealed after the key's last day.", "issuer_key_out_of_validity",
             Store(trust=trust(issuer(valid_until=datetime(2026, 11, 1, tzinfo=UTC))))),
        _bad("ttl_synced_24_h_1_s", "A synced key, one second more than 24 h.", "ttl_too_long",
             life=timedelta(hours=24, seconds=1)),
        _bad("ttl_bound_72_h_1_s", "A device-bound key, one second more than 72 h.", "ttl_too_long",
             card=apcv(binding=Binding.DEVICE_BOUND_CLAIMED), flags=0x05, life=DAYS_3 + SECOND),
        Vector("ttl_ecps_25_h", "An e-CPS that lives 25 h.", "ttl_too_long",
               replace(ECPS, life=timedelta(hours=25))),
        _bad("iat_301_s_ahead", "Issued 301 s after the till's now.", "not_yet_valid",
             issued_at=NOW + timedelta(seconds=301)),
        _bad("expired_just_now", "It ends at this very second.", "credential_expired",
             issued_at=NOW - timedelta(hours=24)),
        Vector("ecps_expired", "Yesterday's e-CPS.", "credential_expired",
               replace(ECPS, issued_at=NOW - timedelta(hours=25))),
        Vector("wrong_type_apcv_for_ecps", "The screen asked for an e-CPS.", "wrong_card_type", SOINS,
               expected_kind=CardKind.ECPS),
        Vector("wrong_type_ecps_for_apcv", "The screen asked for an apCV.", "wrong_card_type", ECPS,
               expected_kind=CardKind.APCV),
    ]  # fmt: skip


def status() -> list[Vector]:
    """Check 7, and that it comes before the proof."""
    slot = apcv().slot.idx
    return [
        _bad("status_list_unknown", "The till holds no list 1.", "status_list_unknown",
             Store(lists={2: CardKind.ECPS})),
        _bad("status_list_of_other_kind", "The card names the list of the e-CPS.", "status_list_unknown",
             claims=in_card(0, 2)),
        _bad("status_stale", "The lists are a month old, under fresh trust data.", "status_stale",
             Store(status_issued_at=NOW - timedelta(days=30))),
        _bad("status_out_of_range", "A slot the list does not have.", "status_index_out_of_range",
             claims=in_card(1, STATUS_SIZE)),
        _bad("revoked", "The phone was reported lost.", "revoked", Store(revoked=frozenset((slot,)))),
        _bad("suspended", "The card is suspended.", "suspended", Store(suspended=frozenset((slot,)))),
        _bad("revoked_and_suspended", "Both: revoked wins.", "revoked",
             Store(revoked=frozenset((slot,)), suspended=frozenset((slot,)))),
        _bad("revoked_before_stale_proof", "Revoked, and the proof is an hour old: check 7 speaks first.",
             "revoked", Store(revoked=frozenset((slot,))), t=int(NOW.timestamp()) - 3600),
        Vector("ecps_revoked", "A professional struck off.", "revoked", ECPS,
               store=Store(revoked=frozenset((ecps().slot.idx,)))),
        _bad("holder_key_off_curve", "The holder's x has no point on the curve.", "holder_key_invalid",
             holder=NOT_ON_CURVE),
    ]  # fmt: skip


def vectors() -> list[Vector]:
    """All of them, in the order of the checks."""
    return [*store_and_text(), *bytes_and_shapes(), *seal_and_dates(), *status()]


__all__ = ["Recipe", "vectors"]
