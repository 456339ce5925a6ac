"""What the browser says of the exchange (`clientDataJSON`, WebAuthn Level 3 section 5.8.1), read strictly.

Unknown members are ignored, as the specification asks (Chromium adds some on purpose). A member said twice is
refused: two JSON readers would take two different ones, and the `webauthn` package is the second reader.
"""

from __future__ import annotations

import hmac

from apcv_backend.enrolment.ceremony.errors import (
    AndroidPackageNotAllowed,
    CeremonyTypeMismatch,
    ChallengeMismatch,
    ChallengeNotCanonical,
    ClientDataDuplicateMember,
    ClientDataMalformed,
    CrossOriginNotAllowed,
    OriginNotAllowed,
    TopOriginNotAllowed,
)
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.ceremony.response import MAX_CLIENT_DATA
from cartes.errors import BadJson, InvalidValue
from cartes.wire import base64url, strict_json


def check(unverified: bytes, *, kind: str, challenge: bytes, policy: CeremonyPolicy) -> None:
    """Check type, challenge, origin and frame. `kind` is `webauthn.create` or `webauthn.get`.

    Raises:
        CeremonyRefused: the leaf of the first check that fails, in the order of the specification.
    """
    said = _members(unverified)
    if said["type"] != kind:
        raise CeremonyTypeMismatch(expected=kind)
    _check_challenge(said["challenge"], challenge)
    _check_origin(said, policy)
    _check_frame(said, policy)


def _members(unverified: bytes) -> dict[str, object]:
    try:
        said = strict_json.loads(unverified, max_size=MAX_CLIENT_DATA)
    except BadJson as error:
        if error.facts.get("why") == "duplicate_member":
            raise ClientDataDuplicateMember from error
        raise ClientDataMalformed(why=error.facts.get("why")) from error
    if not isinstance(said, dict):
        raise ClientDataMalformed(why="not an object")
    for member in ("type", "challenge", "origin"):
        if not isinstance(said.get(member), str):
            raise ClientDataMalformed(why=member)
    return said


def _check_challenge(said: object, challenge: bytes) -> None:
    assert isinstance(said, str)
    try:
        answered = base64url.decode(said)
    except InvalidValue as error:
        raise ChallengeNotCanonical from error
    if not hmac.compare_digest(answered, challenge):
        raise ChallengeMismatch


def _check_origin(said: dict[str, object], policy: CeremonyPolicy) -> None:
    origin = said["origin"]
    assert isinstance(origin, str)
    if origin in policy.origins:
        return
    package = policy.package_of.get(origin)
    if package is None:
        raise OriginNotAllowed(origin=origin[:120])
    if said.get("androidPackageName") != package:
        raise AndroidPackageNotAllowed(expected=package)


def _check_frame(said: dict[str, object], policy: CeremonyPolicy) -> None:
    top_origin = said.get("topOrigin")
    if top_origin is not None and top_origin not in policy.allowed_top_origins:
        raise TopOriginNotAllowed
    cross_origin = said.get("crossOrigin", False)
    if cross_origin is False:
        return
    if cross_origin is True and top_origin is not None:  # allowed by name just above
        return
    raise CrossOriginNotAllowed
