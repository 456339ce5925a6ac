"""The rules on attestation certificates that need a certificate made to measure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from apcv_backend.enrolment.attestation import der
from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.key_description import EXTENSION
from apcv_backend.enrolment.attestation.packed import AAGUID_EXTENSION
from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from mobile_mock import der as writer
from mobile_mock.attestation import key_description
from mobile_mock.authenticator import Tamper
from mobile_mock.phone_model import MODELS, AndroidFacts, PhoneModel
from tests.simulators.ceremony_stage import Stage, makers, policy_of
from tests.simulators.paper_authority import certify

AAGUID = MODELS["certified"].aaguid
SUBJECT = {
    NameOID.COUNTRY_NAME: "FR",
    NameOID.ORGANIZATION_NAME: "Development phones",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Authenticator Attestation",
    NameOID.COMMON_NAME: "Batch",
}


def test_a_name_that_cannot_be_read_is_refused_when_the_certificate_is() -> None:
    """Names are parsed late by the library: an unreadable one is a refusal at once, not an error later."""
    whole = certify("Batch").der
    for place in (i for i in range(len(whole) - 7) if whole[i : i + 7] == b"\x0c\x05Batch"):
        damaged = whole[:place] + b"\x0d" + whole[place + 1 :]

        with pytest.raises(CeremonyRefused) as refused:
            AttestationCertificate.parse(damaged)

        assert refused.value.code == "attestation_certificate_malformed"


def packed_with(
    extensions: list[tuple[x509.ExtensionType, bool]],
    subject: dict[x509.ObjectIdentifier, str] | None = None,
    remake: Callable[[bytes], bytes] = lambda leaf: leaf,
) -> Tamper:
    """A statement signed by a batch certificate with these extensions and this subject."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(oid, text) for oid, text in (SUBJECT if subject is None else subject).items()]
    )
    leaf = makers().certify("packed", name, key.public_key(), extensions)
    watched: dict[str, bytes] = {}

    def watch_auth_data(data: bytes) -> bytes:
        watched["auth"] = data
        return data

    def watch_client_data(data: bytes) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        watched["client"] = digest.finalize()
        return data

    return Tamper(
        auth_data=watch_auth_data,
        client_data=watch_client_data,
        statement=lambda _: {
            "alg": -7,
            "sig": key.sign(watched["auth"] + watched["client"], ec.ECDSA(hashes.SHA256())),
            "x5c": [remake(leaf.public_bytes(Encoding.DER)), *makers().chain("packed")],
        },
    )


NOT_CA = (x509.BasicConstraints(ca=False, path_length=None), True)


def aaguid(value: bytes, *, critical: bool = False) -> tuple[x509.ExtensionType, bool]:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(AAGUID_EXTENSION), value), critical


def refusal_of(model: PhoneModel, tamper: Tamper, **policy: object) -> str:
    with pytest.raises(CeremonyRefused) as refused:
        Stage(model, tamper, policy=policy_of(**policy)).register()
    return refused.value.code


def test_a_batch_certificate_that_keeps_the_rules_is_taken() -> None:
    """Guards the refusals below: the certificate made here is good until it is changed."""
    good = packed_with([NOT_CA, aaguid(b"\x04\x10" + AAGUID)])

    assert Stage(MODELS["certified"], good).register().attestation_format == "packed"


def test_a_batch_certificate_may_leave_the_model_out() -> None:
    """The extension is a rule of vendors with several models; without it there is nothing to compare."""
    assert Stage(MODELS["certified"], packed_with([NOT_CA])).register().attestation_format == "packed"


EXTENSIONS: dict[str, list[tuple[x509.ExtensionType, bool]]] = {
    "no basic constraints": [aaguid(b"\x04\x10" + AAGUID)],
    "a critical model": [NOT_CA, aaguid(b"\x04\x10" + AAGUID, critical=True)],
    "a model without its wrapping": [NOT_CA, aaguid(AAGUID)],
    "a byte after the model": [NOT_CA, aaguid(b"\x04\x10" + AAGUID + b"\x00")],
    "a model in a long form": [NOT_CA, aaguid(b"\x04\x81\x10" + AAGUID)],
}


@pytest.mark.parametrize("case", sorted(EXTENSIONS))
def test_a_wrong_extension_is_refused(case: str) -> None:
    """Section 8.2.1, each extension."""
    assert (
        refusal_of(MODELS["certified"], packed_with(EXTENSIONS[case])) == "attestation_certificate_extension"
    )


@pytest.mark.parametrize("member", [oid.dotted_string for oid in SUBJECT])
def test_a_subject_without_one_of_its_parts_is_refused(member: str) -> None:
    """Section 8.2.1: country, organisation, the very unit, and a name."""
    subject = {oid: text for oid, text in SUBJECT.items() if oid.dotted_string != member}

    assert (
        refusal_of(MODELS["certified"], packed_with([NOT_CA], subject)) == "attestation_certificate_subject"
    )


def version_one(certificate: bytes) -> bytes:
    """The same certificate in version 1: no version field, no extensions. Its issuer's signature is lost."""
    body, algorithm, signature = pieces(certificate)
    kept = [each for each in pieces(body) if each[0] not in (0xA0, 0xA3)]
    return writer.sequence(writer.sequence(*kept), algorithm, signature)


def pieces(sequence: bytes) -> list[bytes]:
    """The encodings inside a SEQUENCE."""
    found = []
    rest = der.read_whole(sequence).content
    while rest:
        _, end = der._read(rest, 0)
        found.append(rest[:end])
        rest = rest[end:]
    return found


def test_a_certificate_of_version_one_is_refused() -> None:
    """Version 1 certificates have no extensions, so nothing limits them."""
    packed = packed_with([NOT_CA], remake=version_one)

    assert refusal_of(MODELS["certified"], packed) == "attestation_certificate_version"


def test_only_the_leaf_may_describe_a_key() -> None:
    """Whoever signs with an attested key could prolong its chain: a description above the leaf is refused."""
    description = x509.UnrecognizedExtension(
        x509.ObjectIdentifier(EXTENSION), key_description(AndroidFacts(), bytes(32))
    )
    root = certify("Root", extra=description)

    def prolong(honest: dict[str, object]) -> dict[str, object]:
        chain = honest["x5c"]
        assert isinstance(chain, list)
        return {**honest, "x5c": [chain[0], root.der]}

    roots = AttestationRoots({"android-key": (root.read,)})
    assert (
        refusal_of(MODELS["android"], Tamper(statement=prolong), roots=roots)
        == "attestation_certificate_extension"
    )


def test_an_android_certificate_without_a_description_is_refused() -> None:
    """A certificate for the key is not enough: it must say where the key lives."""
    plain = Stage(MODELS["android"])
    plain.unverified_creation()
    key = plain.phone.keys[0].private_key
    leaf = makers().certify("android-key", x509.Name([]), key.public_key(), [])

    def strip(honest: dict[str, object]) -> dict[str, object]:
        chain = honest["x5c"]
        assert isinstance(chain, list)
        return {**honest, "x5c": [leaf.public_bytes(Encoding.DER), *chain[1:]]}

    # The stage is seeded: the second phone makes the first one's key.
    assert refusal_of(MODELS["android"], Tamper(statement=strip)) == "attestation_certificate_extension"


def test_an_apple_certificate_without_a_nonce_is_refused() -> None:
    """The nonce is the only thing that ties Apple's certificate to this exchange."""
    leaf = makers().certify(
        "apple", x509.Name([]), ec.generate_private_key(ec.SECP256R1()).public_key(), [NOT_CA]
    )
    bare = Tamper(statement=lambda _: {"x5c": [leaf.public_bytes(Encoding.DER), *makers().chain("apple")]})

    assert refusal_of(MODELS["apple"], bare) == "attestation_certificate_extension"
