"""A signing key that lives in a token and never leaves it.

The token makes it (`make_token_key`), not extractable and sensitive; the vault knows its public point and a
reference. A private key that the token would give out is not opened: whoever copies it signs for ever.

`CKM_ECDSA` signs a digest that this process computes and answers r||s as RFC 7518 wants it, on every token
known; `CKM_ECDSA_SHA256` is missing from SoftHSM. Signatures are not deterministic here: the token has its
own source of randomness.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keys import token
from keys.errors import KeyExtractable, TokenUnusable
from keys.signer import Pkcs11Uri, Purpose, kid_of
from keys.token import TokenPlace

if TYPE_CHECKING:
    from pkcs11 import Session

_CURVE = "secp256r1"
_COORDINATE_BYTES = 32
_SIGNATURE_BYTES = 64
_UNCOMPRESSED_BYTES = 65
_OCTET_STRING = b"\x04\x41"
"""DER of an OCTET STRING of 65 bytes: how CKA_EC_POINT wraps an uncompressed point (PKCS #11, 2.3.3)."""
_ASKED = b"does the private key answer for the public one?"


class Pkcs11Signer:
    """An ES256 signer over a key of a token. Its `repr` shows the purpose and the `kid` only.

    Threads may share it. After a `fork` it goes on in the child, in a session of the child's own.
    """

    __slots__ = ("_kid", "_label", "_object_id", "_place", "_public_key", "_purpose")

    def __init__(
        self, place: TokenPlace, purpose: Purpose, *, label: str | None, object_id: bytes | None
    ) -> None:
        self._place = place
        self._purpose = purpose
        self._label = label
        self._object_id = object_id
        self._public_key = token.use(place, self._read_public)
        self._kid = kid_of(self._public_key)
        self._check_pair()

    @classmethod
    def open(cls, reference: Pkcs11Uri, place: TokenPlace, purpose: Purpose) -> Pkcs11Signer:
        """Open the key of a reference, in its place.

        Raises `TokenUnusable` when there is not exactly one such key or it is no P-256 key, `KeyExtractable`
        when the token would give it out, `Pkcs11NotAvailable` without the library.
        """
        label, object_id = reference.path.get("object"), reference.path.get("id")
        if (label is None and object_id is None) or reference.path.get("type", b"private") != b"private":
            raise TokenUnusable(token=place.token, why="no_key_named")
        try:
            text = None if label is None else label.decode("utf-8")
        except UnicodeDecodeError as error:
            raise TokenUnusable(token=place.token, why="no_key_named") from error
        return cls(place, purpose, label=text, object_id=object_id)

    @property
    def purpose(self) -> Purpose:
        """What this key may sign."""
        return self._purpose

    @property
    def public_key(self) -> bytes:
        """The public point, compressed: 33 bytes, as the token gave it when it was opened."""
        return self._public_key

    @property
    def kid(self) -> str:
        """The key identifier, 8 hexadecimal digits."""
        return self._kid

    def sign(self, message: bytes) -> bytes:
        """ES256 over `message`: r||s on 64 bytes, made in the token. Raises `TokenUnusable`."""
        digest = hashlib.sha256(message).digest()

        def work(session: Session) -> bytes:
            from pkcs11 import Mechanism

            signature: bytes = self._private(session).sign(digest, mechanism=Mechanism.ECDSA)
            return signature

        signature = token.use(self._place, work)
        if len(signature) != _SIGNATURE_BYTES:
            raise TokenUnusable(token=self._place.token, why="signature_length")
        return signature

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._purpose.value}, {self._kid})"

    def __reduce__(self) -> str:
        raise TypeError("a signer is not copied out of its process")

    def _private(self, session: Session) -> Any:
        from pkcs11 import ObjectClass

        name = (ObjectClass.PRIVATE_KEY, self._label, self._object_id)

        def find() -> Any:
            from pkcs11 import Attribute

            key = self._only(session, ObjectClass.PRIVATE_KEY)
            if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
                raise KeyExtractable(token=self._place.token, object=self._label)
            return key

        return token.remembered(self._place, name, find)

    def _read_public(self, session: Session) -> bytes:
        from pkcs11 import Attribute, ObjectClass

        return _compressed(self._only(session, ObjectClass.PUBLIC_KEY)[Attribute.EC_POINT], self._place)

    def _only(self, session: Session, kind: Any) -> Any:
        from pkcs11 import Attribute, KeyType

        wanted: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.EC}
        if self._label is not None:
            wanted[Attribute.LABEL] = self._label
        if self._object_id is not None:
            wanted[Attribute.ID] = self._object_id
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            why = "several_such_keys" if found else "no_such_key"
            raise TokenUnusable(token=self._place.token, object=self._label, why=why)
        return found[0]

    def _check_pair(self) -> None:
        """Two objects of one label need not be one pair: the private one signs, the public one checks."""
        signature = self.sign(_ASKED)
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self._public_key)
        try:
            point.verify(encode_dss_signature(r, s), _ASKED, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise TokenUnusable(token=self._place.token, object=self._label, why="not_a_pair") from error


def make_token_key(place: TokenPlace, label: str) -> bytes:
    """Have the token make a P-256 key that it will never give out; its public point, 33 bytes.

    Raises `TokenUnusable`, with why `label_taken` when the token has an object of that label: a key is never
    replaced in silence.
    """

    def work(session: Session) -> bytes:
        from pkcs11 import Attribute, KeyType
        from pkcs11.util.ec import encode_named_curve_parameters

        if any(True for _ in session.get_objects({Attribute.LABEL: label})):
            raise TokenUnusable(token=place.token, object=label, why="label_taken")
        curve = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}, local=True
        )
        public, _ = curve.generate_keypair(
            id=label.encode(),
            label=label,
            store=True,
            public_template={Attribute.VERIFY: True},
            private_template={
                # Said aloud: it signs and does nothing else, and no one reads it.
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.SIGN: True,
                Attribute.DERIVE: False,
            },
        )
        return _compressed(public[Attribute.EC_POINT], place)

    return token.use(place, work, writes=True)


def labels_taken(place: TokenPlace, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `labels` that an object of the token already bears. Raises `TokenUnusable`."""

    def work(session: Session) -> tuple[str, ...]:
        from pkcs11 import Attribute

        return tuple(
            label for label in labels if any(True for _ in session.get_objects({Attribute.LABEL: label}))
        )

    return token.use(place, work)


def destroy_token_key(place: TokenPlace, label: str) -> None:
    """Destroy both halves of a key: what a ceremony that failed takes back. Raises `TokenUnusable`."""

    def work(session: Session) -> None:
        from pkcs11 import Attribute

        for found in list(session.get_objects({Attribute.LABEL: label})):
            found.destroy()

    token.use(place, work, writes=True)


def _compressed(encoded: bytes, place: TokenPlace) -> bytes:
    # Some tokens give the bare point, against the standard.
    point = encoded if len(encoded) == _UNCOMPRESSED_BYTES else encoded.removeprefix(_OCTET_STRING)
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise TokenUnusable(token=place.token, why="not_a_p256_key") from error
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
