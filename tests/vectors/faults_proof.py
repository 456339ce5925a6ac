"""One fault each in the phone's proof: checks 9 to 14."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cartes import es256
from cartes.cards import Binding, CardKind
from tests.simulators.issuing import NOW, WordKey, apcv, ecps
from tests.vectors.good import ECPS, EXTRA_TAIL, REQUEST, SOINS
from tests.vectors.making import Recipe, Vector, high_s, seconds

OTHER_REQUEST = hashlib.sha256(b"another request").digest()
BOUND = Recipe(apcv(binding=Binding.DEVICE_BOUND_CLAIMED), flags=0x05)


def _bad(name: str, odd: str, expected: str, **changes: Any) -> Vector:
    return Vector(name, odd, expected, replace(SOINS, **changes))


def context_and_flags() -> list[Vector]:
    """Checks 9 and 10."""
    unexpected = "authdata_flags_unexpected"
    return [
        Vector("ctx_missing", "The till made a request; the phone showed a one-way code.", "context_mismatch",
               SOINS, ctx=REQUEST),
        Vector("ctx_of_another_request", "The answer is for another request of this till.",
               "context_mismatch", replace(SOINS, ctx=OTHER_REQUEST),
               ctx=REQUEST, also_asked=(OTHER_REQUEST,)),
        Vector("ctx_unexpected", "One-way mode; the code answers a request made earlier.",
               "context_unexpected", replace(SOINS, ctx=REQUEST), also_asked=(OTHER_REQUEST, REQUEST)),
        Vector("ctx_of_another_till", "One-way mode; the code answers a request this till never made.",
               "holder_signature_invalid", replace(SOINS, ctx=REQUEST)),
        _bad("flags_no_up", "No gesture.", "user_not_present", flags=0x1C),
        _bad("flags_no_uv", "No fingerprint, face or code.", "user_not_verified", flags=0x19),
        _bad("flags_at", "Attested credential data announced.", unexpected, flags=0x5D),
        _bad("flags_ed", "Extension data announced.", unexpected, flags=0x9D),
        _bad("flags_reserved_1", "Reserved bit 1.", unexpected, flags=0x1F),
        _bad("flags_reserved_5", "Reserved bit 5.", unexpected, flags=0x3D),
        _bad("flags_bs_without_be", "Backed up, yet not eligible to be.", unexpected, flags=0x15),
        Vector("be_where_bound_is_asked", "The policy asks for a device-bound key.", "key_not_device_bound",
               SOINS, require_device_bound=True),
        Vector("be_on_a_bound_card", "The card says device-bound, the proof says backup eligible.",
               "key_not_device_bound", replace(BOUND, flags=0x0D)),
        Vector("ecps_be_on_attested_key", "The card says hardware-attested, the proof says synced.",
               "key_not_device_bound", replace(ECPS, flags=0x1D)),
    ]  # fmt: skip


def client_data() -> list[Vector]:
    """Check 11: profiles and inline tails. Each proof is truly signed over the client data it names."""
    unknown = "client_profile_unknown"
    return [
        _bad("profile_32", "A raw key without WebAuthn: reserved, refused.", unknown, profile=32),
        _bad("profile_99", "A profile nobody published.", unknown, profile=99),
        _bad("tail_without_comma", "A tail that does not begin with a comma.", unknown, profile=b'}"x":1}'),
        _bad("tail_without_brace", "A tail that does not end the object.", unknown, profile=b',"x":1'),
        _bad("tail_closing_early", "A tail that closes the object and opens another.", unknown,
             profile=b',"x":1},{"y":2}'),
        _bad("tail_not_json", "A tail that is no JSON.", unknown, profile=b",x=1}"),
        _bad("tail_empty_member_list", "A comma and nothing.", unknown, profile=b",}"),
        _bad("tail_origin", "A tail that says the origin again.", unknown,
             profile=b',"origin":"https://evil.test"}'),
        _bad("tail_origin_escaped", "The same, with an escape in the member's name.", unknown,
             profile=b',"or\\u0069gin":"https://evil.test"}'),
        _bad("tail_cross_origin", "A tail that says crossOrigin again.", unknown,
             profile=b',"crossOrigin":true}'),
        _bad("tail_top_origin", "A tail with a top origin: the page was in a frame.", unknown,
             profile=b',"topOrigin":"https://evil.test"}'),
        _bad("tail_type", "A tail that says the type again.", unknown, profile=b',"type":"webauthn.create"}'),
        _bad("tail_challenge", "A tail that says the challenge again.", unknown,
             profile=b',"challenge":"AA"}'),
        _bad("tail_package", "A tail that names an Android package.", unknown,
             profile=b',"androidPackageName":"evil.test"}'),
        _bad("tail_duplicate", "A tail with one member twice.", unknown, profile=b',"x":1,"x":2}'),
    ]  # fmt: skip


def signatures() -> list[Vector]:
    """Check 12: genuine signatures over something else."""
    invalid = "holder_signature_invalid"
    other = WordKey("another phone").public_key
    cross = '","origin":"https://apcv.localhost","crossOrigin":true}'
    return [
        _bad("card_of_another_phone", "A stolen credential, shown by a phone that is not its own.", invalid,
             holder=other),
        _bad("wrong_rp_id", "A proof made under the other card's RP ID.", invalid, rp_id="ecps.localhost"),
        Vector("ecps_wrong_rp_id", "An e-CPS proof made under the apCV's RP ID.", invalid,
               replace(ECPS, rp_id="apcv.localhost")),
        _bad("wrong_origin", "A proof made on another site.", invalid,
             suffix='","origin":"https://evil.test","crossOrigin":false}'),
        _bad("cross_origin_true", "A proof made inside another site's frame.", invalid, suffix=cross),
        _bad("other_profile", "Signed as WebKit writes it, announced as Chromium.", invalid,
             suffix='","origin":"https://apcv.localhost"}'),
        _bad("tail_changed", "Another tail than the one signed.", invalid, profile=EXTRA_TAIL,
             proof=lambda p: [*p[:3], EXTRA_TAIL.replace(b"any", b"Any"), p[4]]),
        _bad("login_challenge", "A genuine assertion, made to sign in somewhere.", invalid,
             challenge=hashlib.sha256(b"a random sign-in challenge").digest()),
        _bad("time_refreshed", "An old proof whose moment was rewritten to now.", invalid,
             t=seconds(NOW) - 3600, told_t=seconds(NOW)),
        _bad("counter_changed", "Another counter than the one signed.", invalid,
             proof=lambda p: [*p[:2], p[2] + 1, *p[3:]]),
        _bad("flags_changed", "UV added to a proof made without it.", invalid, flags=0x19,
             proof=lambda p: [p[0], 0x1D, *p[2:]]),
        _bad("proof_r_zero", "r = 0.", invalid, proof=lambda p: [*p[:4], bytes(32) + p[4][32:]]),
        _bad("proof_s_is_n", "s = n.", invalid,
             proof=lambda p: [*p[:4], p[4][:32] + es256.ORDER.to_bytes(32, "big")]),
    ]  # fmt: skip


def moments() -> list[Vector]:
    """Checks 13 and 14."""
    soon = replace(SOINS, issued_at=NOW + timedelta(seconds=290))
    again = replace(SOINS, proof=lambda proof: [*proof[:4], high_s(proof[4])])
    return [
        _bad("screenshot_61_s", "A screenshot, a minute and a second later.", "proof_stale",
             t=seconds(NOW) - 61),
        Vector("ecps_screenshot", "A professional's screenshot, an hour later.", "proof_stale",
               replace(ECPS, card=ecps(), t=seconds(NOW) - 3600)),
        _bad("sixteen_s_ahead", "A moment 16 s ahead.", "proof_from_future", t=seconds(NOW) + 16),
        Vector("proof_before_card", "A gesture 301 s before the card existed.", "proof_before_credential",
               replace(soon, t=seconds(NOW) - 11)),
        Vector("replayed", "The same picture, seen at this till a moment ago.", "replayed", SOINS, seen=True),
        Vector("replayed_high_s", "Seen a moment ago, now with the other half of its signature.", "replayed",
               again, seen=True),
        Vector("ecps_replayed", "The same e-CPS picture again.", "replayed", ECPS, seen=True,
               expected_kind=CardKind.ECPS),
    ]  # fmt: skip


def vectors() -> list[Vector]:
    """All of them, in the order of the checks."""
    return [*context_and_flags(), *client_data(), *signatures(), *moments()]
