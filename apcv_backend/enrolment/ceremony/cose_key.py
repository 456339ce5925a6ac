"""The new key (COSE_Key, RFC 9052 section 7, RFC 9053 section 7.1): five members, one curve, one algorithm.

Cards carry a compressed P-256 point and readers know ES256 only, so no other key can be registered. The point
is computed here, at registration: the `webauthn` package would find out at the first use.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apcv_backend.enrolment.attestation.ctap_cbor import read_whole
from apcv_backend.enrolment.ceremony.errors import (
    AlgorithmNotAllowed,
    PublicKeyMalformed,
    PublicKeyNotOnCurve,
)

ES256 = -7
_KTY, _ALG, _CRV, _X, _Y = 1, 3, -1, -2, -3
_EC2, _P256, _COORDINATE = 2, 1, 32


@dataclass(frozen=True, slots=True)
class Es256Key:
    """One P-256 key in the three forms the house uses: COSE, compressed point, DER SubjectPublicKeyInfo."""

    cose: bytes = field(repr=False)
    point: bytes
    spki: bytes = field(repr=False)


def es256_key(unverified: bytes) -> Es256Key:
    """Read a COSE key that is exactly an ES256 key (CTAP 2.1 section 6.5.6 allows no other member).

    Raises:
        AlgorithmNotAllowed: the key says another algorithm than -7.
        PublicKeyMalformed: another key type or curve, other members, coordinates of another size.
        PublicKeyNotOnCurve: no such point.
        CborMalformed, CborDuplicateKey: from the reading itself.
    """
    key = read_whole(unverified)
    if not isinstance(key, dict):
        raise PublicKeyMalformed(why="not a map")
    algorithm = key.get(_ALG)
    if type(algorithm) is not int:
        raise PublicKeyMalformed(why="alg")
    if algorithm != ES256:
        raise AlgorithmNotAllowed(alg=algorithm)
    if set(key) != {_KTY, _ALG, _CRV, _X, _Y}:
        raise PublicKeyMalformed(why="members")
    for label, meant in ((_KTY, _EC2), (_CRV, _P256)):
        if type(key[label]) is not int or key[label] != meant:  # CBOR true is not 1, though Python says so
            raise PublicKeyMalformed(why="key type or curve")
    x, y = key[_X], key[_Y]
    if not isinstance(x, bytes) or not isinstance(y, bytes) or not len(x) == len(y) == _COORDINATE:
        raise PublicKeyMalformed(why="coordinates")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError as error:
        raise PublicKeyNotOnCurve from error
    return Es256Key(
        unverified,
        public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
