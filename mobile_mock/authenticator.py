"""A software WebAuthn authenticator with the client in front of it: genuine attestations and assertions.

It answers `create` and `get` as `navigator.credentials` does, JSON in and JSON out (WebAuthn Level 3,
5.1.8-5.1.10: `PublicKeyCredentialCreationOptionsJSON` gives a `RegistrationResponseJSON`,
`PublicKeyCredentialRequestOptionsJSON` an `AuthenticationResponseJSON`, binary members in unpadded
base64url). Keys are P-256 and sign with ES256.

It has no clock and reads no file: who holds it keeps `keys` (see `pocket.py`) and gives it its randomness.

It is honest by default and refuses what a browser refuses (foreign RP id, excluded key, no common
algorithm, missing lock). Whoever tests a relying party makes it lie with a `Tamper`: each hook receives the
honest piece and returns what is sent instead.

>>> import secrets
>>> from mobile_mock.client_data import Client, ClientShape
>>> phone = Authenticator(MODELS["plain"], random=secrets.token_bytes)
>>> page = Client(ClientShape.WEBKIT, "https://example.org")
>>> made = phone.create({"challenge": "AAECAwQFBgcICQoLDA0ODw", "rp": {"id": "example.org", "name": "E"},
...     "user": {"id": "AQ", "name": "n", "displayName": "n"},
...     "pubKeyCredParams": [{"type": "public-key", "alg": -7}]}, page)
>>> made["type"], sorted(made["response"])[:2]
('public-key', ['attestationObject', 'authenticatorData'])
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cartes.errors import BadJson, InvalidValue
from cartes.wire import base64url, strict_cbor, strict_json
from mobile_mock import p256
from mobile_mock.attestation import NewKey, attest
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.client_data import Client
from mobile_mock.errors import (
    AlreadyRegistered,
    BadOptions,
    NoSuchKey,
    NoSupportedAlgorithm,
    UserVerificationUnavailable,
)
from mobile_mock.phone_model import MODELS, ZERO_AAGUID, AttestationFormat, PhoneModel
from mobile_mock.tamper import Tamper

__all__ = ["MODELS", "Authenticator", "HeldKey", "Tamper", "b64url", "unb64url"]

_ES256 = -7
_ATTESTED = 0x40  # flag AT: attested credential data included


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One passkey: its identifier, the RP it serves, user handle, private key, signature counter."""

    credential_id: bytes
    rp_id: str
    user_handle: bytes = field(repr=False)
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    counter: int

    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes, as a card names its holder."""
        return p256.compressed(self.private_key.public_key())


class Authenticator:
    """One phone's authenticator.

    Args:
        model: what phone it is.
        random: randomness (n -> n bytes); `secrets.token_bytes` on a real run.
        ca: the development attestation authority, for models that attest with certificates.
        keys: passkeys it already holds.
        tamper: how it lies, if it does.
    """

    def __init__(
        self,
        model: PhoneModel,
        random: Callable[[int], bytes],
        *,
        ca: AttestationCa | None = None,
        keys: Iterable[HeldKey] = (),
        tamper: Tamper | None = None,
    ) -> None:
        self.model = model
        self.tamper = tamper or Tamper()
        self._random = random
        self._ca = ca
        self._keys = {key.credential_id: key for key in keys}

    @property
    def keys(self) -> tuple[HeldKey, ...]:
        """The passkeys held, with their present counters: what has to be kept after each ceremony."""
        return tuple(self._keys.values())

    def create(self, options: Mapping[str, Any] | str, client: Client) -> dict[str, Any]:
        """Make a key (`navigator.credentials.create`).

        Args:
            options: PublicKeyCredentialCreationOptionsJSON, parsed or as text.
            client: the page or app that asks.

        Returns:
            A RegistrationResponseJSON.

        Raises:
            CeremonyRefused: one of its leaves, named after what a browser would raise.
        """
        # 1. What is asked, and may this client ask it?
        asked = _object(options)
        challenge, rp_id = _bytes(asked, "challenge"), _member(asked, "rp", "id")
        client.check_may_use(rp_id)
        if all(param.get("alg") != _ES256 for param in asked.get("pubKeyCredParams", ())):
            raise NoSupportedAlgorithm
        if any(unb64url(str(known["id"])) in self._keys for known in asked.get("excludeCredentials", ())):
            raise AlreadyRegistered
        self._check_verification(asked.get("authenticatorSelection", {}).get("userVerification"))

        # 2. The key, and the model that vouches for it: nobody asked for attestation, nobody gets one
        # (5.1.3).
        wanted = asked.get("attestation", "none") != "none"
        model = self.model if wanted else replace(
            self.model, attestation=AttestationFormat.NONE, aaguid=ZERO_AAGUID
        )  # fmt: skip
        private_key = p256.new_key(self._random)
        credential_id = self.tamper.credential_id(self._random(32))
        counter = 1 if model.counts else 0
        key = HeldKey(credential_id, rp_id, unb64url(_member(asked, "user", "id")), private_key, counter)

        # 3. What is signed: authenticator data (6.1) and the hash of the client data.
        cose_key = self.tamper.cose_key(p256.cose(private_key.public_key()))
        auth_data = self.tamper.auth_data(
            _auth_data(rp_id, model.flags | _ATTESTED, counter)
            + model.aaguid
            + len(credential_id).to_bytes(2, "big")
            + credential_id
            + cose_key
        )
        client_data = self.tamper.client_data(client.client_data("webauthn.create", challenge, self._random))
        new = NewKey(private_key, auth_data, hashlib.sha256(client_data).digest())
        statement = self.tamper.statement(attest(model, new, self._ca))
        auth_data = self.tamper.sent_auth_data(auth_data)
        attestation_object = strict_cbor.dumps(
            {"fmt": self.tamper.fmt(model.attestation.fmt), "attStmt": statement, "authData": auth_data}
        )

        # 4. Keep the key, answer as `toJSON` does.
        self._keys[credential_id] = key
        return self.tamper.response(
            {
                "id": b64url(credential_id),
                "rawId": b64url(credential_id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": b64url(self.tamper.sent_client_data(client_data)),
                    "attestationObject": b64url(self.tamper.attestation_object(attestation_object)),
                    "authenticatorData": b64url(auth_data),
                    "publicKey": b64url(_spki(private_key.public_key())),
                    "publicKeyAlgorithm": _ES256,
                    "transports": list(model.transports),
                },
            }
        )

    def get(self, options: Mapping[str, Any] | str, client: Client) -> dict[str, Any]:
        """Use a key (`navigator.credentials.get`).

        Args:
            options: PublicKeyCredentialRequestOptionsJSON, parsed or as text.
            client: the page or app that asks.

        Returns:
            An AuthenticationResponseJSON, its signature in DER.

        Raises:
            CeremonyRefused: one of its leaves, named after what a browser would raise.
        """
        # 1. What is asked, and which key answers?
        asked = _object(options)
        challenge, rp_id = _bytes(asked, "challenge"), _member(asked, "rpId")
        client.check_may_use(rp_id)
        self._check_verification(asked.get("userVerification"))
        key = self._choose(rp_id, [unb64url(str(one["id"])) for one in asked.get("allowCredentials", ())])

        # 2. Count, then sign authenticator data and the hash of the client data (6.3.3).
        if self.model.counts:
            key = replace(key, counter=key.counter + 1)
            self._keys[key.credential_id] = key
        auth_data = self.tamper.auth_data(_auth_data(rp_id, self.model.flags, key.counter))
        client_data = self.tamper.client_data(client.client_data("webauthn.get", challenge, self._random))
        message = auth_data + hashlib.sha256(client_data).digest()
        signature = self.tamper.signature(key.private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return self.tamper.response(
            {
                "id": b64url(key.credential_id),
                "rawId": b64url(key.credential_id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": b64url(self.tamper.sent_client_data(client_data)),
                    "authenticatorData": b64url(self.tamper.sent_auth_data(auth_data)),
                    "signature": b64url(signature),
                    "userHandle": b64url(self.tamper.user_handle(key.user_handle)),
                },
            }
        )

    def _choose(self, rp_id: str, allowed: list[bytes]) -> HeldKey:
        """The first allowed key held for this RP; any of them when the RP allows all (6.3.3 step 3)."""
        for key in self._keys.values():
            if key.rp_id == rp_id and (not allowed or key.credential_id in allowed):
                return key
        raise NoSuchKey(rp_id=rp_id)

    def _check_verification(self, requirement: object) -> None:
        """A client does not start a ceremony that requires a lock the phone does not have."""
        if requirement == "required" and not self.model.user_verified and self.tamper == Tamper():
            raise UserVerificationUnavailable


def b64url(data: bytes) -> str:
    """Unpadded base64url (RFC 4648, 5), as every binary member of the JSON forms."""
    return base64url.encode(data)


def unb64url(text: str) -> bytes:
    """The bytes of unpadded base64url. Raises BadOptions on anything else."""
    try:
        return base64url.decode(text)
    except InvalidValue as error:
        raise BadOptions(member="base64url") from error


def _auth_data(rp_id: str, flags: int, counter: int) -> bytes:
    return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _object(options: Mapping[str, Any] | str) -> Mapping[str, Any]:
    try:
        parsed = strict_json.loads(options) if isinstance(options, str) else options
    except BadJson as error:
        raise BadOptions(member="json") from error
    if not isinstance(parsed, Mapping):
        raise BadOptions(member="json")
    return parsed


def _member(asked: Mapping[str, Any], *path: str) -> str:
    value: Any = asked
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str):
        raise BadOptions(member=".".join(path))
    return value


def _bytes(asked: Mapping[str, Any], name: str) -> bytes:
    return unb64url(_member(asked, name))
