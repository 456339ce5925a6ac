"""Rules of the one table that decides a colour."""

from __future__ import annotations

import pytest

import verifier.seen  # noqa: F401 - its refusal must stand in the table too
from verifier.lights import LIGHTS, Light, light_of, refusal_codes

# Written out again, on purpose: a change of colour must be made twice, once here.
RED = [
    "no_code_found",
    "not_sq1",
    "bad_transport",
    "answer_unreadable",
    "bad_cbor",
    "bad_structure",
    "alg_not_allowed",
    "issuer_unknown",
    "issuer_signature_invalid",
    "issuer_key_revoked",
    "issuer_not_authorised_for_type",
    "issuer_key_out_of_validity",
    "ttl_too_long",
    "not_yet_valid",
    "credential_expired",
    "wrong_card_type",
    "status_list_unknown",
    "status_stale",
    "status_index_out_of_range",
    "revoked",
    "suspended",
    "holder_key_invalid",
    "context_mismatch",
    "context_unexpected",
    "user_not_present",
    "user_not_verified",
    "authdata_flags_unexpected",
    "key_not_device_bound",
    "client_profile_unknown",
    "holder_signature_invalid",
    "proof_stale",
    "proof_from_future",
    "proof_before_credential",
    "replayed",
    "till_memory_unusable",
    "verifier_clock_behind",
    "trust_store_stale",
    "trust_store_unusable",
    "trust_data_too_old_to_prescribe",
    "amc_of_another_card",
]
AMBER = [
    "trust_data_old",
    "binding_below_policy",
    "amo_unknown",
    "amo_not_open",
    "amc_not_open",
    "amc_suspended",
    "amc_state_unknown",
    "amc_domain_not_covered",
    "delegate_expired",
    "in_training",
    "profession_does_not_prescribe",
]
GREEN = ["prescribes_within_limits"]
ROWS = [
    (code, light)
    for light, codes in ((Light.RED, RED), (Light.AMBER, AMBER), (Light.GREEN, GREEN))
    for code in codes
]


@pytest.mark.parametrize(("code", "light"), ROWS)
def test_each_reason_has_its_light(code: str, light: Light) -> None:
    """Row by row, the table says what this list says."""
    assert LIGHTS[code] is light


def test_the_table_has_no_other_row() -> None:
    """Nobody adds a reason without saying here what it weighs."""
    assert set(LIGHTS) == {code for code, _ in ROWS}


def test_every_failed_check_is_red() -> None:
    """Every leaf of the refusals is in the table, as red."""
    codes = refusal_codes()

    assert "till_memory_unusable" in codes
    assert {LIGHTS[code] for code in codes} == {Light.RED}


def test_no_reason_is_green() -> None:
    """A card with nothing to say against it is green."""
    assert light_of(()) is Light.GREEN


def test_the_gravest_reason_decides() -> None:
    """One red reason among others makes the light red, one amber makes it amber."""
    assert light_of(("trust_data_old", "revoked", "prescribes_within_limits")) is Light.RED
    assert light_of(("prescribes_within_limits", "trust_data_old")) is Light.AMBER


def test_an_unknown_reason_is_red() -> None:
    """A code that nobody put in the table never lights green."""
    assert light_of(("brand_new_reason",)) is Light.RED


def test_lights_end_the_command_with_their_code() -> None:
    """0 green, 1 amber, 2 red."""
    assert [light.exit_code for light in Light] == [0, 1, 2]
