"""What a keeper is asked to sign, judged and told in plain French before the key is touched.

Nothing in the draft is believed for being there. The roots must continue the one the custody knows; what is
"in force" must carry the keepers' own signatures; versions follow by one; lives are bounded, so that nobody
gets a signature that outlives its role; files are the ones described; nothing is delegated but the status
lists. What then differs from what is in force is told line by line: a keeper signs what they read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.signed_metadata import (
    BadMetadata,
    RoleKeys,
    SignedRole,
    authority,
    check_roots,
    instant,
    parse_role,
    role_keys,
    self_described,
)
from cartes.signing_draft import SigningDraft
from cartes.trust import IssuerKey, TrustList
from keys.custody import Custody
from keys.errors import SigningRefused
from keys.offline_roles import points_in
from keys.signer import fingerprint_of

TRUST_TARGET: Final = "trust.json"
STATUS_ROLE: Final = "status"
STATUS_PATHS: Final = ["status/*"]
_LONGEST: Final = {"root": timedelta(days=366), "targets": timedelta(days=91)}
_ROOT_ROLES: Final = ("root", "targets", "snapshot", "timestamp")
_KINDS: Final = {
    CardKind.APCV: "cartes Vitale",
    CardKind.ECPS: "e-CPS",
    CardKind.AMC: "cartes de complémentaire",
}
_ROLES_FR: Final = {
    "root": "racine",
    "targets": "liste de confiance",
    "snapshot": "versions (snapshot)",
    "timestamp": "horodatage (timestamp)",
    "status": "listes d'états (status)",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A draft that holds: what it changes, in French, one line each, and how many signatures it still misses.

    `newest_root` is the newest proven root, as a file, which the custody may keep.
    """

    lines: tuple[str, ...]
    missing: int
    newest_root: bytes | None


def read_draft(draft: SigningDraft, custody: Custody, at: datetime) -> Reading:
    """Judge `draft` for the keeper of `custody`. Raises `SigningRefused`."""
    try:
        custody.check_never_signed_another(draft, at)
        chain = _proven_roots(draft, custody)
        _check_life(draft, at)
        told = _read_root if draft.role == "root" else _read_targets
        lines, authorities = told(draft, custody, chain)
        missing = max(keys.threshold - _good(draft, keys) for keys in authorities)
    except BadMetadata as refused:
        raise SigningRefused(why="not_a_draft", **_renamed(refused)) from refused
    newest = draft.root_files()[chain[-1].version] if chain else None
    end = instant("draft", draft.unverified_body, "expires")
    head = [
        f"À signer : {_ROLES_FR[draft.role]}, version {draft.version}, jusqu'au {end:%d/%m/%Y %H:%M} UTC.",
        f"Empreinte de ce qui est signé (SHA-256) : {draft.fingerprint}",
    ]
    if newest is not None:
        in_force = SigningDraft.parse(newest)
        head.append(f"Racine en vigueur : version {in_force.version}, empreinte {in_force.fingerprint}")
        if custody.known_root is None:
            head.append("  ! Première racine vue par ce dossier : comparez cette empreinte au procès-verbal.")
    return Reading((*head, *lines), max(missing, 0), newest)


def _renamed(refused: BadMetadata) -> dict[str, object]:
    return {("reason" if name == "why" else name): value for name, value in refused.facts.items()}


def _proven_roots(draft: SigningDraft, custody: Custody) -> tuple[SignedRole, ...]:
    """The chain in force, which must hold and contain the root this custody knows."""
    files = draft.root_files()
    try:
        chain = check_roots(files) if files else ()
    except BadMetadata as refused:
        raise SigningRefused(why="roots", file=refused.facts["file"]) from refused
    known = custody.known_root
    if known is not None:
        own = SigningDraft.parse(known)
        same = [root for root in chain if root.version == own.version]
        if draft.role == "root" and not chain and own.fingerprint == draft.fingerprint:
            return chain  # the first root, signed again
        if not same or SigningDraft("root", same[0].body).message != own.message:
            raise SigningRefused(why="another_root", known=own.version)
    return chain


def _check_life(draft: SigningDraft, at: datetime) -> None:
    end = instant("draft", draft.unverified_body, "expires")
    if not at < end <= at + _LONGEST[draft.role]:
        raise SigningRefused(why="life", expires=end.isoformat())


def _good(draft: SigningDraft, keys: RoleKeys) -> int:
    """How many different keys of a role have signed."""
    unverified, good = draft.unverified_role(), 0
    for keyid, key in keys.keys.items():
        with suppress(BadMetadata):
            unverified.check(RoleKeys({keyid: key}, 1))
            good += 1
    return good


# --- The root ---------------------------------------------------------------------------------------------


def _read_root(
    draft: SigningDraft, custody: Custody, chain: tuple[SignedRole, ...]
) -> tuple[list[str], list[RoleKeys]]:
    new = self_described(draft.unverified_role())
    before = chain[-1] if chain else None
    if draft.version != (before.version + 1 if before else 1):
        raise SigningRefused(why="version", offered=draft.version)
    authorities = [authority(new, "root")] + ([authority(before, "root")] if before else [])
    if not any(custody.keyid in keys.keys for keys in authorities):
        raise SigningRefused(why="not_my_role", keyid=custody.keyid)
    lines = []
    for role in _ROOT_ROLES:
        keys = authority(new, role)
        lines.append(f"{_ROLES_FR[role].capitalize()} : {keys.threshold} signature(s) sur {len(keys.keys)}.")
        points = points_in(new.body, role)
        old_points = points_in(before.body, role) if before else []
        if before and keys.threshold != authority(before, role).threshold:
            lines.append(f"  ! Il en fallait {authority(before, role).threshold}.")
        lines += [f"  {'=' if point in old_points else '+'} {fingerprint_of(point)}" for point in points]
        lines += [
            f"  - {fingerprint_of(point)} (n'aura plus le droit de signer)"
            for point in old_points
            if point not in points
        ]
    return lines, authorities


# --- The trust list ---------------------------------------------------------------------------------------


def _read_targets(
    draft: SigningDraft, custody: Custody, chain: tuple[SignedRole, ...]
) -> tuple[list[str], list[RoleKeys]]:
    if not chain:
        raise SigningRefused(why="roots", file="1.root.json")
    keys = authority(chain[-1], "targets")
    if custody.keyid not in keys.keys:
        raise SigningRefused(why="not_my_role", keyid=custody.keyid)
    standing = _proven_standing(draft, chain)
    if draft.version != (standing.version + 1 if standing else 1):
        raise SigningRefused(why="version", offered=draft.version)
    offered = _trust_list(draft.unverified_body, draft.files)
    before = _trust_list(standing.body, draft.standing_files) if standing else None
    if before and (offered.version, offered.issued_at) < (before.version, before.issued_at):
        raise SigningRefused(why="trust_version", offered=offered.version)
    lines = _changes(before, offered)
    lines += _delegation(draft.unverified_body, standing.body if standing else None)
    return lines, [keys]


def _proven_standing(draft: SigningDraft, chain: tuple[SignedRole, ...]) -> SignedRole | None:
    """The metadata said to be in force, proven by the keepers of a root of the chain."""
    data = draft.standing_file()
    if data is None:
        return None
    unverified = parse_role(data, "targets", "targets.json")
    for root in reversed(chain):
        with suppress(BadMetadata):
            return unverified.check(authority(root, "targets"))
    raise SigningRefused(why="standing")


def _trust_list(body: Mapping[str, Any], files: Mapping[str, bytes]) -> TrustList:
    """The one file targets may list, proven to be the one described."""
    data = files.get(TRUST_TARGET, b"")
    described = {TRUST_TARGET: {"length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}}
    if body.get("targets") != described or set(files) != {TRUST_TARGET}:
        raise SigningRefused(why="files")
    try:
        return TrustList.parse(data)
    except CarteError as refused:
        raise SigningRefused(why="files", reason=str(refused)) from refused


def _delegation(body: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[str]:
    keyids, point_of = _delegated(body)
    old_keyids, old_point_of = _delegated(before) if before else ([], {})
    lines = [f"{_ROLES_FR['status'].capitalize()} : {len(keyids)} clé(s) en ligne."]
    lines += [
        f"  {'=' if keyid in old_keyids else '+'} {fingerprint_of(point_of[keyid])}" for keyid in keyids
    ]
    lines += [
        f"  - {fingerprint_of(old_point_of[keyid])} (n'aura plus le droit de signer)"
        for keyid in old_keyids
        if keyid not in keyids
    ]
    return lines


def _delegated(body: Mapping[str, Any]) -> tuple[list[str], dict[str, bytes]]:
    """The keys of the one delegation there may be."""
    try:
        delegations = body["delegations"]
        (role,) = delegations["roles"]
        if (role["name"], role["paths"], role["threshold"], role["terminating"]) != (
            STATUS_ROLE,
            STATUS_PATHS,
            1,
            True,
        ) or set(role["keyids"]) != set(delegations["keys"]):
            raise SigningRefused(why="delegation")
        role_keys("draft", delegations["keys"], role)  # P-256 keys and nothing else
        points = points_in({"keys": delegations["keys"], "roles": {STATUS_ROLE: role}}, STATUS_ROLE)
    except (KeyError, TypeError, ValueError) as refused:
        raise SigningRefused(why="delegation") from refused
    return list(role["keyids"]), dict(zip(role["keyids"], points, strict=True))


def _changes(before: TrustList | None, offered: TrustList) -> list[str]:
    lines = [
        f"Liste de confiance n° {offered.version}, environnement {offered.env}"
        + (f" (en vigueur : n° {before.version})." if before else " (la première).")
    ]
    if before and before.env != offered.env:
        lines.append(f"  ! L'environnement était {before.env}.")
    old = {issuer.public_key: issuer for issuer in before.issuers} if before else {}
    for issuer in offered.issuers:
        was = old.pop(issuer.public_key, None)
        mark = "=" if was == issuer else ("~" if was else "+")
        lines.append(f"  {mark} {_issuer(issuer)}")
        if was is not None and was != issuer:
            lines.append(f"      était : {_issuer(was)}")
    lines += [f"  - {_issuer(issuer)} (ne sera plus connu)" for issuer in old.values()]
    for kind, policy in offered.kinds.items():
        was_policy = before.kinds.get(kind) if before else None
        if was_policy == policy:
            lines.append(f"  = règles des {_KINDS[kind]} : inchangées.")
            continue
        lines.append(
            f"  {'~' if was_policy else '+'} règles des {_KINDS[kind]} : domaine {policy.rp_id}, "
            f"{policy.max_ttl_s // 3600} h au plus, {len(policy.profiles)} formes de preuve"
        )
        if was_policy:
            lines.append(f"      était : domaine {was_policy.rp_id}, {was_policy.max_ttl_s // 3600} h")
        old_shapes = set(was_policy.profiles.values()) if was_policy else set()
        lines += [f"      + {_shown(shape)}" for shape in sorted(set(policy.profiles.values()) - old_shapes)]
        lines += [f"      - {_shown(shape)}" for shape in sorted(old_shapes - set(policy.profiles.values()))]
    if before is None or before.status_lists != offered.status_lists:
        numbers = ", ".join(f"{number} ({kind.value})" for number, kind in offered.status_lists.items())
        lines.append(f"  {'~' if before else '+'} listes d'états : {numbers}")
    return lines


def _issuer(issuer: IssuerKey) -> str:
    kinds = " et ".join(_KINDS[kind] for kind in CardKind if kind in issuer.kinds)
    name = "".join(letter if letter.isprintable() else "?" for letter in issuer.name)
    withdrawn = f", RETIRÉE le {_day(issuer.revoked_at)}" if issuer.revoked_at else ""
    return (
        f"émetteur « {name} » {fingerprint_of(issuer.public_key)} : {kinds}, "
        f"du {_day(issuer.valid_from)} au {_day(issuer.valid_until)}{withdrawn}"
    )


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d/%m/%Y %H:%M} UTC"


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
