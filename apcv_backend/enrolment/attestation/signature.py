"""Check the signature of an attestation statement: algorithm allowed, fitting its key, and holding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from apcv_backend.enrolment.ceremony.errors import AttestationAlgorithmNotAllowed, AttestationSignatureInvalid

# COSE algorithm identifiers (RFC 9053, RFC 8812). SHA-1 (-65535) is not among them: Windows Hello's old TPMs
# sign with it, and no card is bound to the RSA keys they make.
_EC: Final[dict[int, Callable[[], hashes.HashAlgorithm]]] = {
    -7: hashes.SHA256,
    -35: hashes.SHA384,
    -36: hashes.SHA512,
}
_RSA: Final[dict[int, Callable[[], hashes.HashAlgorithm]]] = {
    -257: hashes.SHA256,
    -258: hashes.SHA384,
    -259: hashes.SHA512,
}
_EDDSA = -8


def check_signature(
    key: CertificatePublicKeyTypes, algorithm: object, signature: object, signed: bytes
) -> None:
    """Prove that `signature` over `signed` is by `key` with the COSE algorithm number `algorithm`.

    Raises:
        AttestationAlgorithmNotAllowed: unknown or weak, or not one for this kind of key.
        AttestationSignatureInvalid: it does not hold, or is not a byte string.
    """
    if type(algorithm) is not int:
        raise AttestationAlgorithmNotAllowed(alg="not an integer")
    if not isinstance(signature, bytes):
        raise AttestationSignatureInvalid
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _EC:
            key.verify(signature, signed, ec.ECDSA(_EC[algorithm]()))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA:
            key.verify(signature, signed, padding.PKCS1v15(), _RSA[algorithm]())
        elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm == _EDDSA:
            key.verify(signature, signed)
        else:
            raise AttestationAlgorithmNotAllowed(alg=algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise AttestationSignatureInvalid from error
