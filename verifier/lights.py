"""One table: what each reason does to the light.

Red: one of the checks 0 to 14 of `docs/formats/qr.md` failed, or somebody wants to prescribe with trust
data older than 24 hours. Amber: a person must look, because trust data are old, the phone's key is held
more loosely than this screen wishes, or a right this screen needs is closed or not said. Green: all that
was asked.

The table is data. Nothing else in the verifier decides a colour, and a code that is not in the table is red.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from cartes import errors


class Light(enum.Enum):
    """What the till shows. `word` is what `--json` says; `exit_code` is how the command line ends."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"

    @property
    def word(self) -> str:
        """The word a program reads."""
        return self.value

    @property
    def exit_code(self) -> int:
        """0 green, 1 amber, 2 red."""
        return _SEVERITY[self]


_SEVERITY: Final[Mapping[Light, int]] = MappingProxyType({Light.GREEN: 0, Light.AMBER: 1, Light.RED: 2})

# A reason that leaves the light green is a note: good to know, nothing to do.
LIGHTS: Final[Mapping[str, Light]] = MappingProxyType(
    {
        # Check 0: this workstation and what it knows
        "verifier_clock_behind": Light.RED,
        "trust_store_stale": Light.RED,
        "trust_store_unusable": Light.RED,
        # Checks 1 and 2: what was scanned
        "no_code_found": Light.RED,
        "not_sq1": Light.RED,
        "bad_transport": Light.RED,
        "answer_unreadable": Light.RED,
        "bad_cbor": Light.RED,
        "bad_structure": Light.RED,
        # Checks 3 to 6: the issuer's seal
        "alg_not_allowed": Light.RED,
        "issuer_unknown": Light.RED,
        "issuer_signature_invalid": Light.RED,
        "issuer_key_revoked": Light.RED,
        "issuer_not_authorised_for_type": Light.RED,
        "issuer_key_out_of_validity": Light.RED,
        "ttl_too_long": Light.RED,
        "not_yet_valid": Light.RED,
        "credential_expired": Light.RED,
        "wrong_card_type": Light.RED,
        # Check 7: the status lists
        "status_list_unknown": Light.RED,
        "status_stale": Light.RED,
        "status_index_out_of_range": Light.RED,
        "revoked": Light.RED,
        "suspended": Light.RED,
        # Checks 8 to 13: the phone, now
        "holder_key_invalid": Light.RED,
        "context_mismatch": Light.RED,
        "context_unexpected": Light.RED,
        "user_not_present": Light.RED,
        "user_not_verified": Light.RED,
        "authdata_flags_unexpected": Light.RED,
        "key_not_device_bound": Light.RED,
        "client_profile_unknown": Light.RED,
        "holder_signature_invalid": Light.RED,
        "proof_stale": Light.RED,
        "proof_from_future": Light.RED,
        "proof_before_credential": Light.RED,
        # Check 14: this till's memory
        "replayed": Light.RED,
        "till_memory_unusable": Light.RED,
        # Two cards shown one after the other: the contract must be that of the card beside it
        "amc_of_another_card": Light.RED,
        # Check 15: what this screen wants. Prescribing is the one use that old trust data forbid.
        "trust_data_too_old_to_prescribe": Light.RED,
        "trust_data_old": Light.AMBER,
        "binding_below_policy": Light.AMBER,
        "amo_unknown": Light.AMBER,
        "amo_not_open": Light.AMBER,
        "amc_not_open": Light.AMBER,
        "amc_suspended": Light.AMBER,
        "amc_state_unknown": Light.AMBER,
        "amc_domain_not_covered": Light.AMBER,
        "delegate_expired": Light.AMBER,
        "in_training": Light.AMBER,
        "profession_does_not_prescribe": Light.AMBER,
        "prescribes_within_limits": Light.GREEN,
    }
)


def light_of(codes: Iterable[str]) -> Light:
    """The gravest light among `codes`; green when there is none, red for a code nobody knows."""
    return max(
        (LIGHTS.get(code, Light.RED) for code in codes), key=_SEVERITY.__getitem__, default=Light.GREEN
    )


def refusal_codes() -> frozenset[str]:
    """The codes of every leaf of `CardRefused` known to this process: all must stand in the table, as red."""
    return frozenset(_leaf_codes(errors.CardRefused))


def _leaf_codes(parent: type[errors.CardRefused]) -> Iterable[str]:
    for child in parent.__subclasses__():
        yield child.code
        yield from _leaf_codes(child)
