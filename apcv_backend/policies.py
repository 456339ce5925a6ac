"""From settings to what each kind of card asks of a phone: WebAuthn terms, attestation roots, binding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from apcv_backend.config import Config, Environment
from apcv_backend.database import Database
from apcv_backend.enrolment.attestation.mds import MetadataBlob, open_blob
from apcv_backend.enrolment.attestation.roots import AttestationRoots, load_revoked_serials, read_pem
from apcv_backend.enrolment.ceremony.policy import (
    FORMATS,
    VIRTUAL_AUTHENTICATOR_AAGUID,
    VIRTUAL_AUTHENTICATOR_KEY,
    AndroidApp,
    CeremonyPolicy,
)
from apcv_backend.enrolment.rules import DevicePolicy
from apcv_backend.enrolment.service import CardTerms
from apcv_backend.tables import high_water
from cartes.cards import Binding, CardKind
from cartes.errors import InvalidValue

_NAMES = {CardKind.APCV: "Carte Vitale (démonstration)", CardKind.ECPS: "e-CPS (démonstration)"}
_MDS_MARK = "fido_metadata_no"


def card_terms(config: Config, database: Database, at: datetime) -> Mapping[CardKind, CardTerms]:
    """The terms of both cards. Reads the attestation roots and the FIDO metadata once, at `at`.

    Raises:
        InvalidValue: the roots cannot be read. MetadataRefused: the metadata is not genuine, or older than
            the last one used.
    """
    roots = AttestationRoots.load(config.attestation_roots)
    metadata = _metadata(config, database, at)
    revoked = load_revoked_serials(config.android_status) if config.android_status else frozenset()
    wished = {CardKind.APCV: Binding.SYNCED, CardKind.ECPS: config.ecps_binding}
    is_test = config.environment is Environment.TEST
    terms = {}
    for kind, binding in wished.items():
        party = config.relying_parties[kind]
        policy = CeremonyPolicy(
            kind=kind.value,
            rp_id=party.rp_id,
            rp_name=_NAMES[kind],
            origins=frozenset(party.web_origins),
            android_apps=tuple(
                AndroidApp.parse(f"android:apk-key-hash:{key_hash};{package}")
                for key_hash, package in party.android_apps
            ),
            # Where the hardware must vouch, a phone that declines to is not asked to enrol.
            formats=FORMATS - {"none"} if binding is Binding.HARDWARE_ATTESTED else FORMATS,
            roots=roots,
            metadata=metadata,
            revoked_serials=revoked,
            allow_synced=binding is Binding.SYNCED,
            # Browser tests use the virtual authenticator of Chromium, refused everywhere else (WA-12).
            denied_aaguids=frozenset() if is_test else frozenset({VIRTUAL_AUTHENTICATOR_AAGUID}),
            denied_attestation_keys=frozenset() if is_test else frozenset({VIRTUAL_AUTHENTICATOR_KEY}),
        )
        terms[kind] = CardTerms(policy, DevicePolicy(binding, config.max_devices))
    return terms


def _metadata(config: Config, database: Database, at: datetime) -> MetadataBlob | None:
    """The FIDO metadata of the configured file, never older than one already used (MDS3 `no`)."""
    if config.mds_blob is None or config.mds_root is None:
        return None
    try:
        anchors, blob_bytes = read_pem(config.mds_root.read_bytes()), config.mds_blob.read_bytes()
    except (OSError, ValueError) as unreadable:
        raise InvalidValue(what="fido_metadata", why=type(unreadable).__name__) from unreadable

    def work(tx: Connection) -> MetadataBlob:
        last = tx.execute(select(high_water.c.value).where(high_water.c.name == _MDS_MARK)).scalar()
        blob = open_blob(blob_bytes, roots=anchors, at=at, last_no=last)
        if last is None:
            tx.execute(insert(high_water).values(name=_MDS_MARK, value=blob.no))
        else:
            tx.execute(update(high_water).where(high_water.c.name == _MDS_MARK).values(value=blob.no))
        return blob

    return database.run(work)
