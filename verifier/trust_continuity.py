"""What a till has already seen and that still binds the publisher: and the way back from a stolen key.

Versions and signed times may not go back. But whoever stole an online key can push them very far forward (a
version of two billion, a signature dated 2099) and leave the till deaf to everything true. The way back is
the one of the TUF specification (5.3.11): the keepers of the root take the key's right away, and what only
that key said binds nobody any more. What is signed by keys that keep their right goes on binding.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from cartes.signed_metadata import (
    BadMetadata,
    RoleKeys,
    SignedRole,
    authority,
    check_roots,
    members_of,
    parse_role,
    role_keys,
)
from verifier.trust_bundle import SignedMoment, TrustFiles, check_moment

_KEPT_BY_ROOT = ("timestamp", "snapshot", "targets")


def binding_versions(held: TrustFiles, versions: Mapping[str, int], offered: TrustFiles) -> Mapping[str, int]:
    """Of the `versions` held by role, those whose metadata the offered root still gives the right to.

    Both publications were proven before. The trust list's version goes with the targets role, which names it.
    """
    root = check_roots(offered.roots)[-1]
    kept = {"root": versions["root"]}
    for role in _KEPT_BY_ROOT:
        if _is_signed(getattr(held, role), role, f"{role}.json", authority(root, role)):
            kept[role] = versions[role]
    if "targets" in kept:
        kept["trust"] = versions["trust"]
    if _is_signed(held.status, "targets", "status.json", _status_keys(offered, root)):
        kept["status"] = versions["status"]
    return kept


def binding_moment(
    timestamp: bytes, file: str, own_roots: Mapping[int, bytes], newest_roots: Mapping[int, bytes]
) -> SignedMoment | None:
    """A timestamp kept from before, or `None` when the newest root took away the right of who signed it.

    Raises `BadMetadata` when no root this till ever held gives it any.
    """
    check_moment(timestamp, file, check_roots(own_roots))
    with suppress(BadMetadata):
        return check_moment(timestamp, file, check_roots(newest_roots)[-1:])
    return None


def _status_keys(offered: TrustFiles, root: SignedRole) -> RoleKeys:
    targets = parse_role(offered.targets, "targets", "targets.json").check(authority(root, "targets"))
    delegations = members_of(targets.file, targets.body.get("delegations"), "delegations")
    return role_keys(targets.file, delegations.get("keys"), delegations["roles"][0])


def _is_signed(data: bytes, kind: str, file: str, keys: RoleKeys) -> bool:
    try:
        parse_role(data, kind, file).check(keys)
    except BadMetadata:
        return False
    return True
