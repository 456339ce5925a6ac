"""Do the steps of the calendar, on a real keyring: make the next key, switch, retire, forget, revoke.

Each holds the manifest's lock from reading to replacing, does what is due and no more, and may be run again
at any time: a timer runs `rotate` every hour. A key made just before a crash, and not yet in the manifest, is
trusted by nobody and stays behind unused; its name carries the instant, so that it is in nobody's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from keys.errors import RotationRefused
from keys.making import NewKey, make_key
from keys.manifest import KeyRecord, KeyState, Manifest
from keys.manifest_file import OpenManifest, changing
from keys.rotation import Action, done, due, policy_of, revoked, switched, waiting_record
from keys.signer import RSA_PURPOSES, Purpose, kid_of

Make = Callable[[str, str, Path], NewKey]
_IN_USE_FIRST = (
    KeyState.ACTIVE,
    KeyState.PRE_PUBLISHED,
    KeyState.RETIRING,
    KeyState.RETIRED,
    KeyState.REVOKED,
)


@dataclass(frozen=True, slots=True)
class Done:
    """One change that was made: what, to which key (its record afterwards)."""

    what: str
    record: KeyRecord


def rotate(
    directory: Path,
    purpose: Purpose,
    at: datetime,
    *,
    switch: bool = False,
    like: str | None = None,
    make: Make = make_key,
) -> tuple[Done, ...]:
    """Do every step of a purpose that is due at `at` (UTC); make the next key when none waits.

    With `switch`, the waiting key takes over now. `like` is a reference to where the next key is to be made,
    by default where the one in use is.

    Raises `RotationRefused`, `KeyringUnusable`, or what making a key raises; the steps before it stand.
    """
    policy = policy_of(purpose)
    told: list[Done] = []
    with changing(directory) as held:
        records = _of(held.manifest, purpose)
        if switch:
            records = switched(records, policy, at)
            told.append(_write(held, purpose, records, "activate", at, reason="switched by hand"))
        while (step := due(records, policy, at)) is not None:
            if step.action is Action.MAKE:
                records = (*records, _made(directory, purpose, records, at, like, make))
            else:
                records = done(records, step, policy, at)
            told.append(_write(held, purpose, records, step.action.value, at))
        return tuple(told)


def revoke(
    directory: Path, kid: str, reason: str, at: datetime, *, make: Make = make_key
) -> tuple[Done, ...]:
    """Withdraw a key at `at` (UTC), because somebody else may hold it; the next one takes over at once.

    `kid` is its identifier, or its whole fingerprint when two keys share one. `reason` goes to the log. When
    no key waits, one is made first, so that the change that withdraws also replaces.

    Raises `RotationRefused` when no such key, or several, or it is revoked already; what making a key raises.
    """
    with changing(directory) as held:
        stolen = _named(held.manifest, kid)
        records = _of(held.manifest, stolen.purpose)
        if stolen.state is KeyState.REVOKED:
            raise RotationRefused(kid=stolen.kid, why="already_revoked")
        told: list[Done] = []
        waits = any(record.state is KeyState.PRE_PUBLISHED and record is not stolen for record in records)
        if stolen.state is KeyState.ACTIVE and not waits:
            records = (*records, _made(directory, stolen.purpose, records, at, None, make))
            told.append(_write(held, stolen.purpose, records, "make", at, reason="a key is being revoked"))
        before = records
        records = revoked(records, stolen.public_key, at)
        told.append(_write(held, stolen.purpose, records, "revoke", at, reason=reason))
        told += [
            Done("activate", record)
            for record in records
            if record.state is KeyState.ACTIVE
            and any(old.public_key == record.public_key and old.state is not record.state for old in before)
        ]
        return tuple(told)


def _made(
    directory: Path,
    purpose: Purpose,
    records: Sequence[KeyRecord],
    at: datetime,
    like: str | None,
    make: Make,
) -> KeyRecord:
    policy = policy_of(purpose)  # before anything is made: a key nobody may use is not left behind
    beside = like or min(records, key=lambda record: _IN_USE_FIRST.index(record.state)).uri
    name = f"{purpose.value}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if purpose in RSA_PURPOSES:
        make = partial(make_key, purpose=purpose)
    new = make(beside, name, directory)
    return waiting_record(purpose, kid_of(new.public_key), new.public_key, new.uri, policy, at)


def _write(
    held: OpenManifest,
    purpose: Purpose,
    records: Sequence[KeyRecord],
    what: str,
    at: datetime,
    *,
    reason: str = "calendar",
) -> Done:
    """Put the records of a purpose in force; which one changed."""
    known = {record.public_key: record for record in held.manifest.keys}
    states = {"revoke": KeyState.REVOKED, "activate": KeyState.ACTIVE}
    changed = [record for record in records if known.get(record.public_key) != record]
    # Of a revocation and its heir, the line is about the revoked one.
    about = next((record for record in changed if record.state is states.get(what)), changed[0])
    kept = {record.public_key: record for record in records}
    keys = tuple(kept.pop(record.public_key, record) for record in held.manifest.keys)
    facts = {"what": what, "purpose": purpose.value, "kid": about.kid, "key": about.public_key.hex()}
    manifest = replace(held.manifest, keys=(*keys, *kept.values()))
    held.replace(manifest, {**facts, "reason": reason}, at)
    return Done(what, about)


def _of(manifest: Manifest, purpose: Purpose) -> tuple[KeyRecord, ...]:
    records = tuple(record for record in manifest.keys if record.purpose is purpose)
    if not records:
        raise RotationRefused(purpose=purpose.value, why="no_such_kid")
    return records


def _named(manifest: Manifest, kid: str) -> KeyRecord:
    """The one key of an identifier, or of a fingerprint with or without its spaces."""
    wanted = kid.replace(" ", "").lower()
    found = [
        record
        for record in manifest.keys
        if wanted in {record.kid, record.fingerprint.replace(" ", ""), record.public_key.hex()}
    ]
    if len(found) != 1:
        raise RotationRefused(kid=kid[:64], why="several_such_kids" if found else "no_such_kid")
    return found[0]
