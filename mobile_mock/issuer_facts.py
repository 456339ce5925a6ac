"""What the phone must know of its issuer to show a card with no network, from `GET /v1/issuer`.

For each kind of card: the RP id its proofs are made for, the client-data shapes that have a number in the
trust list, the longest life. The same members as a kind's policy in the trust list (`cartes/trust.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartes.cards import CardKind
from cartes.errors import InvalidValue
from cartes.trust import KindPolicy
from mobile_mock.errors import BackendNonsense


def policy_of(metadata: Any, kind: CardKind) -> KindPolicy:
    """The policy of `kind` in the issuer's metadata.

    Raises:
        BackendNonsense: the metadata do not say it, or say it wrongly.
    """
    try:
        members = metadata["kinds"][kind.value]
        profiles: Mapping[str, str] = members["profiles"]
        return KindPolicy(
            str(members["rp_id"]),
            {int(number): str(suffix) for number, suffix in profiles.items()},
            int(members["max_ttl_s"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, InvalidValue) as error:
        raise BackendNonsense(what="issuer", kind=kind.value) from error
