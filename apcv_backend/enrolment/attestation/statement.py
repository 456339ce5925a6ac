"""Judge one attestation statement: which format, which roots, what it proves (WebAuthn Level 3, 6.5.4)."""

from __future__ import annotations

from dataclasses import replace

from apcv_backend.enrolment.attestation import android_key, apple, packed, tpm
from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.chain import ProvenPath
from apcv_backend.enrolment.attestation.mds import MetadataEntry
from apcv_backend.enrolment.attestation.verdict import AttestationType, AttestationVerdict, StatementContext
from apcv_backend.enrolment.ceremony.errors import (
    AttestationFormatNotAllowed,
    AttestationStatementMalformed,
    AuthenticatorCompromised,
    MetadataStale,
)
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy


def check_statement(form: str, context: StatementContext, policy: CeremonyPolicy) -> AttestationVerdict:
    """Prove what a statement claims, under `policy` and at `context.at`.

    Raises:
        AttestationRefused: one leaf a reason; the format comes first, so that a downgrade has its name.
    """
    if form not in policy.formats:
        raise AttestationFormatNotAllowed(format=form[:32])
    entry, degraded = _metadata(context, policy)
    if form == "none":
        verdict = _none(context)
    elif form == "packed" and "x5c" not in context.unverified_statement:
        packed.check_self(context)
        verdict = AttestationVerdict("packed", AttestationType.SELF, hardware=False)
    else:
        anchors = policy.roots.anchors(form) + (entry.roots if entry else ())
        verdict = _certified(form, context, policy, anchors)
        if entry is not None:
            verdict = replace(verdict, hardware=verdict.hardware and entry.hardware)
    if policy.metadata is None:
        return verdict
    return replace(
        verdict,
        metadata_degraded=degraded,
        details={**verdict.details, "metadata_no": policy.metadata.no, "metadata_known": entry is not None},
    )


def _metadata(context: StatementContext, policy: CeremonyPolicy) -> tuple[MetadataEntry | None, bool]:
    if policy.metadata is None:
        return None, False
    stale = policy.metadata.is_stale(context.at)
    if stale and policy.refuse_stale_metadata:
        raise MetadataStale(no=policy.metadata.no, next_update=policy.metadata.next_update.isoformat())
    entry = policy.metadata.get_entry(context.aaguid)
    if entry is not None and entry.compromised:
        raise AuthenticatorCompromised(aaguid=str(context.aaguid), status=entry.compromised)
    return entry, stale


def _none(context: StatementContext) -> AttestationVerdict:
    if context.unverified_statement:
        raise AttestationStatementMalformed(why="none with members")
    return AttestationVerdict("none", AttestationType.NONE, hardware=False)


def _certified(
    form: str,
    context: StatementContext,
    policy: CeremonyPolicy,
    anchors: tuple[AttestationCertificate, ...],
) -> AttestationVerdict:
    details: dict[str, str | int | bool] = {}
    path: ProvenPath
    if form == "packed":
        path = packed.check_certified(context, anchors, policy.denied_attestation_keys)
    elif form == "android-key":
        path, description = android_key.check(context, anchors, policy.revoked_serials)
        details = description.as_details()
    elif form == "apple":
        path = apple.check(context, anchors)
    elif form == "tpm":
        path = tpm.check(context, anchors)
    else:  # a policy cannot be built with another word (`CeremonyPolicy.__post_init__`)
        raise AttestationFormatNotAllowed(format=form[:32])
    return AttestationVerdict(
        form,
        AttestationType.CERTIFIED,
        hardware=True,
        anchor=path.anchor.fingerprint,
        certificate=path.leaf.fingerprint,
        details=details,
    )
