"""The FIDO Metadata Service's blob (MDS3): which models of authenticator exist, and which are broken.

The blob is a JWT signed by a chain that leads to a root the operator configured; it is read from a local
file, nothing is fetched. Its number `no` never goes back. Once `nextUpdate` has passed it is *degraded*:
still used, and said so in every verdict, unless a card kind refuses to judge with it. Source: FIDO Metadata
Service v3.0, sections 3.1.7 and 3.2.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import check_path
from apcv_backend.enrolment.ceremony.errors import AttestationCertificateMalformed, CeremonyRefused
from apcv_backend.strict_jwt import TokenRefused, parse_compact, verify_compact
from cartes.errors import CarteError

MAX_BLOB = 32 * 1024 * 1024
SIGNER_NAME = "mds.fidoalliance.org"

# FIDO Metadata Service v3.0 section 3.1.4 (AuthenticatorStatus): the five that mean a key may be in two
# hands, or that anybody may use it.
COMPROMISED = frozenset(
    {
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    },
)
_HARDWARE = frozenset({"hardware", "tee", "secure_element"})


class MetadataRefused(CarteError):
    """A metadata blob is not one to believe; the one in use stays in use. `why` says which rule it breaks."""

    code = "metadata_refused"


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """What the metadata says of one model. `roots` may be anchors of any depth.

    `compromised` is the first of the five words reported, or None.
    """

    aaguid: uuid.UUID
    description: str
    roots: tuple[AttestationCertificate, ...] = field(repr=False)
    hardware: bool
    compromised: str | None


@dataclass(frozen=True, slots=True)
class MetadataBlob:
    """One blob whose signature, number and form were checked."""

    no: int
    next_update: date
    entries: Mapping[uuid.UUID, MetadataEntry] = field(repr=False)

    def is_stale(self, at: datetime) -> bool:
        """Whether the day of the next update is over at the instant `at` (aware UTC)."""
        return at > datetime.combine(self.next_update, time.min, UTC) + timedelta(days=1)

    def get_entry(self, aaguid: uuid.UUID) -> MetadataEntry | None:
        """The entry of one model, or None: most phones' platform authenticators have none."""
        return self.entries.get(aaguid)

    def compromised_models(self) -> frozenset[uuid.UUID]:
        """The models to look for among devices already enrolled, each time a new blob arrives."""
        return frozenset(aaguid for aaguid, entry in self.entries.items() if entry.compromised)


def open_blob(
    blob: bytes,
    *,
    roots: tuple[AttestationCertificate, ...],
    at: datetime,
    last_no: int | None = None,
    signer_name: str = SIGNER_NAME,
) -> MetadataBlob:
    """Check a blob's signature chain, its number against the last one seen, and its form.

    `roots` are the anchors of the metadata service; `last_no` the number of the blob in use, None at first.

    Raises:
        MetadataRefused: `why` is one of form, chain, signer, algorithm, signature, number, payload.
    """
    chain = _signing_chain(blob)
    try:
        leaf = check_path(chain, roots, at).leaf
    except CeremonyRefused as error:
        raise MetadataRefused(why="chain", reason=error.code) from error
    if [name.value for name in leaf.parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] != [
        signer_name
    ]:
        raise MetadataRefused(why="signer")
    key = leaf.public_key
    if isinstance(key, ec.EllipticCurvePublicKey):
        algorithm = "ES256"
    elif isinstance(key, rsa.RSAPublicKey):
        algorithm = "RS256"
    else:
        raise MetadataRefused(why="algorithm")
    try:
        payload = verify_compact(blob.strip(), key, algorithm, typ="JWT", max_size=MAX_BLOB)
    except TokenRefused as error:
        raise MetadataRefused(why="signature", reason=str(error.facts.get("why"))) from error
    return _blob(payload, at, last_no)


def _signing_chain(blob: bytes) -> tuple[AttestationCertificate, ...]:
    try:
        header = parse_compact(blob.strip(), typ="JWT", max_size=MAX_BLOB).header
        texts = header["x5c"]
        if not isinstance(texts, list) or not texts:
            raise MetadataRefused(why="form")
        # RFC 7515 section 4.1.6: here, and only here, certificates are standard base64, not base64url.
        return tuple(AttestationCertificate.parse(base64.b64decode(text, validate=True)) for text in texts)
    except (CarteError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise MetadataRefused(why="form") from error


def _blob(payload: Mapping[str, Any], at: datetime, last_no: int | None) -> MetadataBlob:
    try:
        number, unread = payload["no"], payload["entries"]
        next_update = date.fromisoformat(payload["nextUpdate"])
        if type(number) is not int or not isinstance(unread, list):
            raise MetadataRefused(why="payload")
        entries = [_entry(entry, at.date()) for entry in unread if "aaguid" in entry]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MetadataRefused(why="payload") from error
    if last_no is not None and number < last_no:
        raise MetadataRefused(why="number", last=last_no, now=number)
    return MetadataBlob(number, next_update, MappingProxyType({entry.aaguid: entry for entry in entries}))


def _entry(unread: Mapping[str, Any], day: date) -> MetadataEntry:
    statement = unread["metadataStatement"]
    return MetadataEntry(
        aaguid=uuid.UUID(unread["aaguid"]),
        description=str(statement.get("description", ""))[:200],
        roots=_roots(statement.get("attestationRootCertificates", ())),
        hardware=bool(_HARDWARE & set(statement.get("keyProtection", ()))),
        compromised=_compromised(unread.get("statusReports", ()), day),
    )


def _roots(texts: list[str]) -> tuple[AttestationCertificate, ...]:
    """The anchors that can be read; the published blob holds some no parser takes: they vouch for nothing."""
    found: list[AttestationCertificate] = []
    for text in texts:
        try:
            # Base64 is broken over lines there: white space is dropped, nothing else is tolerated.
            found.append(AttestationCertificate.parse(base64.b64decode("".join(text.split()), validate=True)))
        except (AttestationCertificateMalformed, binascii.Error):
            continue
    return tuple(found)


def _compromised(reports: list[Mapping[str, Any]], day: date) -> str | None:
    """The first report among the five that has taken effect; a report without a date has."""
    for report in reports:
        since = report.get("effectiveDate")
        if report["status"] in COMPROMISED and (since is None or date.fromisoformat(since) <= day):
            return str(report["status"])
    return None
