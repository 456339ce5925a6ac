"""Attestation statements: how a model of phone vouches for a key it has just made (WebAuthn Level 3, 8).

Five ways: none; packed by the key itself; packed by a batch certificate; Android's keystore, whose
certificate for the key carries a description of it; Apple's anonymous certificate. The statement is a dict
ready for CBOR.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mobile_mock import der
from mobile_mock.attestation_ca import ANDROID_KEY_EXTENSION, APPLE_NONCE_EXTENSION, AttestationCa
from mobile_mock.errors import AttestationUnavailable
from mobile_mock.phone_model import AndroidFacts, AttestationFormat, PhoneModel

_ES256 = -7
_KEYSTORE_VERSION = 300  # KeyMint 3: `attestationVersion` and `keyMintVersion`


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a statement speaks of: the fresh key, the authenticator data naming it, the client data's hash."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    auth_data: bytes
    client_data_hash: bytes

    @property
    def signed(self) -> bytes:
        """What packed and android-key statements sign."""
        return self.auth_data + self.client_data_hash


def attest(model: PhoneModel, key: NewKey, ca: AttestationCa | None) -> dict[str, object]:
    """The statement of `model` about `key`.

    Raises:
        AttestationUnavailable: the format needs a maker's certificate and `ca` is None.
    """
    if model.attestation is AttestationFormat.NONE:
        return {}
    if model.attestation is AttestationFormat.PACKED_SELF:
        return {"alg": _ES256, "sig": _sign(key.private_key, key.signed)}
    if ca is None:
        raise AttestationUnavailable(format=model.attestation.value)
    makers: dict[AttestationFormat, Callable[[PhoneModel, NewKey, AttestationCa], dict[str, object]]] = {
        AttestationFormat.PACKED: _packed,
        AttestationFormat.ANDROID_KEY: _android_key,
        AttestationFormat.APPLE: _apple,
    }
    return makers[model.attestation](model, key, ca)


def _packed(model: PhoneModel, key: NewKey, ca: AttestationCa) -> dict[str, object]:
    """8.2: signed by the key of the model's batch certificate."""
    certificate, batch_key = ca.packed_batch(model.aaguid, model.packed)
    return {
        "alg": _ES256,
        "sig": _sign(batch_key, key.signed),
        "x5c": [_der(certificate), *ca.chain("packed")],
    }


def _android_key(model: PhoneModel, key: NewKey, ca: AttestationCa) -> dict[str, object]:
    """8.4: signed by the key itself, whose own certificate describes where it lives."""
    facts = model.android
    description = key_description(facts, facts.challenge or key.client_data_hash)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Android Keystore Key")])
    leaf = ca.certify(
        "android-key",
        subject,
        key.private_key.public_key(),
        [(x509.UnrecognizedExtension(ANDROID_KEY_EXTENSION, description), False)],
    )
    return {
        "alg": _ES256,
        "sig": _sign(key.private_key, key.signed),
        "x5c": [_der(leaf), *ca.chain("android-key", with_root=facts.root_in_chain)],
    }


def _apple(_model: PhoneModel, key: NewKey, ca: AttestationCa) -> dict[str, object]:
    """8.8: no signature; the certificate of the key carries a nonce over what would be signed."""
    nonce = hashlib.sha256(key.signed).digest()
    value = der.sequence(der.context(1, der.octets(nonce)))
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, hashlib.sha256(key.auth_data).hexdigest()),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "AAA Certification"),
        ]
    )
    leaf = ca.certify(
        "apple",
        subject,
        key.private_key.public_key(),
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.UnrecognizedExtension(APPLE_NONCE_EXTENSION, value), False),
        ],
    )
    return {"x5c": [_der(leaf), *ca.chain("apple")]}


def key_description(facts: AndroidFacts, challenge: bytes) -> bytes:
    """The `KeyDescription` extension (source.android.com, key attestation, schema of version 300), in DER."""
    hardware = [
        der.context(1, der.set_of(*(der.integer(purpose) for purpose in facts.purposes))),
        der.context(2, der.integer(3)),  # algorithm: EC
        der.context(3, der.integer(256)),  # keySize
        der.context(5, der.set_of(der.integer(4))),  # digest: SHA-2 256
        der.context(10, der.integer(1)),  # ecCurve: P-256
        der.context(504, der.integer(2)),  # userAuthType: fingerprint
        *([der.context(600, der.null())] if facts.all_applications else []),
        der.context(702, der.integer(facts.origin)),
        der.context(
            704,  # rootOfTrust
            der.sequence(
                der.octets(hashlib.sha256(b"development boot key").digest()),
                der.boolean(facts.locked),
                der.enumerated(facts.boot),
                der.octets(hashlib.sha256(b"development boot image").digest()),
            ),
        ),
        der.context(705, der.integer(160000)),  # osVersion: 16
        der.context(706, der.integer(202610)),  # osPatchLevel
    ]
    return der.sequence(
        der.integer(_KEYSTORE_VERSION),
        der.enumerated(facts.level),
        der.integer(_KEYSTORE_VERSION),
        der.enumerated(facts.level),
        der.octets(challenge),
        der.octets(b""),
        der.sequence(),  # softwareEnforced: nothing is
        der.sequence(*hardware),
    )


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
