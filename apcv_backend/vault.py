"""What the database must not say: identifiers under keyed hashes and in sealed envelopes.

The space of NIRs is small (about 2.3e11): an unkeyed hash of one falls in seconds. So a person is found by a
blind index, HMAC-SHA-256 under a key the database does not hold, and read back from an AES-256-GCM envelope
whose associated data names the table, the column and the row: an envelope moved to another row does not open.

Two constructions of envelope. The first is sealed under the vault's own key. The second is sealed under a key
of one person, which the database holds wrapped by the vault (`person_keys.py`) and which is destroyed when
that person is erased: what was sealed for them is then unreadable wherever a copy of it lies. `open_bytes`
opens both.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cartes.errors import CarteError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NONCE_BYTES = 12
_KEY_BYTES = 32
_ID_BYTES = 16
# The first byte of every envelope says which key and construction sealed it.
_VERSION = b"\x01"  # the vault's own key
_OF_A_PERSON = b"\x02"  # a person's key, whose pseudonym follows as 16 bytes


class EnvelopeRefused(CarteError):
    """An envelope does not open: wrong key, wrong row, or its bytes were changed."""

    code = "envelope_refused"


class PersonErased(EnvelopeRefused):
    """The key of this person was destroyed: what was sealed for them opens no more, anywhere."""

    code = "person_erased"


class PersonKeys(Protocol):
    """Where the wrapped keys of people are kept."""

    def ensure(self, tx: Connection, subject_id: str, make: Callable[[], bytes]) -> bytes:
        """The wrapped key of this person, made by `make` in `tx` if there is none; empty if erased."""
        ...

    def ensure_each(
        self, tx: Connection, subject_ids: Collection[str], make: Callable[[str], bytes]
    ) -> Mapping[str, bytes]:
        """The same for many people, in as many statements as for one."""
        ...

    def find(self, subject_id: str) -> bytes | None:
        """The wrapped key of this person; None or b"" when there is none any more."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sealed, for whom, and the place ("table|column|row") its envelope will lie in."""

    subject_id: str
    plain: bytes = field(repr=False)
    place: str


@dataclass(frozen=True)
class Vault:
    """The symmetric keys of the town hall, each with one purpose, 32 bytes each."""

    codes: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    nir_index: bytes = field(repr=False)
    nir_at_rest: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False)
    person_keys: PersonKeys | None = field(default=None, repr=False)

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash under which a one-time secret is kept, 32 bytes."""
        return _mac(self.codes, f"{purpose}|{reference}|{secret}".encode())

    def nonce_mac(self, message: bytes) -> bytes:
        """The tag that makes a nonce self-contained, 32 bytes."""
        return _mac(self.nonce, message)

    def person_index(self, kind: str, person_key: str) -> bytes:
        """The blind index by which a person is found again, 32 bytes; same input, same index."""
        return _mac(self.nir_index, f"person-v1|{kind}|{person_key}".encode())

    def audit_mac(self, message: bytes) -> bytes:
        """The tag on a journal entry, 32 bytes."""
        return _mac(self.audit, message)

    def seal_bytes(self, plain: bytes, *, place: str) -> bytes:
        """Seal `plain` for `place` ("table|column|row"): version, nonce, ciphertext and tag."""
        nonce = self.random(_NONCE_BYTES)
        sealed = AESGCM(self.nir_at_rest).encrypt(nonce, plain, _VERSION + place.encode())
        return _VERSION + nonce + sealed

    def seal_for(self, tx: Connection, subject_id: str, plain: bytes, *, place: str) -> bytes:
        """Seal `plain` for `place` under the key of one person, made in `tx` if it is their first envelope.

        A vault that keeps no keys of people (a room tested alone) seals under its own.

        Raises:
            PersonErased: their key was destroyed.
        """
        if self.person_keys is None:
            return self.seal_bytes(plain, place=place)
        wrapped = self.person_keys.ensure(tx, subject_id, lambda: self._wrapped(subject_id))
        return self.seal_under(wrapped, subject_id, plain, place=place)

    def seal_for_each(self, tx: Connection, letters: Sequence[Letter]) -> list[bytes]:
        """The same for many, each under its own person's key, in as many statements as for one.

        Raises:
            PersonErased: the key of one of them was destroyed.
        """
        if self.person_keys is None:
            return [self.seal_bytes(one.plain, place=one.place) for one in letters]
        owners = dict.fromkeys(one.subject_id for one in letters)
        wrapped = self.person_keys.ensure_each(tx, owners, self._wrapped) if owners else {}
        return [
            self.seal_under(wrapped[one.subject_id], one.subject_id, one.plain, place=one.place)
            for one in letters
        ]

    def seal_under(self, wrapped: bytes, subject_id: str, plain: bytes, *, place: str) -> bytes:
        """Seal `plain` for `place` under the key of one person, which was read with their row.

        Raises:
            PersonErased: their key was destroyed. EnvelopeRefused: it is another person's.
        """
        key = self._unwrapped(subject_id, wrapped)
        nonce = self.random(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plain, _person_place(place, subject_id))
        return _OF_A_PERSON + uuid.UUID(subject_id).bytes + nonce + sealed

    def open_bytes(self, envelope: bytes, *, place: str, wrapped: bytes | None = None) -> bytes:
        """Open what `seal_bytes` or `seal_for` sealed for the same `place`.

        `wrapped` is the person's key, when it was read with the envelope; else it is asked for if need be.

        Raises:
            EnvelopeRefused: another key, another place, or changed bytes.
            PersonErased: the key of the person it was sealed for was destroyed.
        """
        if envelope[:1] == _OF_A_PERSON:
            return self._open_of_a_person(envelope, place, wrapped)
        version, nonce, sealed = (
            envelope[:1],
            envelope[1 : 1 + _NONCE_BYTES],
            envelope[1 + _NONCE_BYTES :],
        )
        if version != _VERSION:
            raise EnvelopeRefused(place=place, why="version")
        try:
            return AESGCM(self.nir_at_rest).decrypt(nonce, sealed, version + place.encode())
        except (InvalidTag, ValueError) as error:
            raise EnvelopeRefused(place=place, why="tag") from error

    def _open_of_a_person(self, envelope: bytes, place: str, wrapped: bytes | None) -> bytes:
        owner = envelope[1 : 1 + _ID_BYTES]
        rest = envelope[1 + _ID_BYTES :]
        if len(owner) != _ID_BYTES or self.person_keys is None:
            raise EnvelopeRefused(place=place, why="version")
        subject_id = str(uuid.UUID(bytes=owner))
        key = self._unwrapped(subject_id, wrapped or self.person_keys.find(subject_id))
        try:
            return AESGCM(key).decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _person_place(place, subject_id)
            )
        except (InvalidTag, ValueError) as error:
            raise EnvelopeRefused(place=place, why="tag") from error

    def _wrapped(self, subject_id: str) -> bytes:
        return self.seal_bytes(self.random(_KEY_BYTES), place=_key_place(subject_id))

    def _unwrapped(self, subject_id: str, wrapped: bytes | None) -> bytes:
        if not wrapped:
            raise PersonErased(subject=subject_id)
        return self.open_bytes(wrapped, place=_key_place(subject_id))


def same(a: bytes, b: bytes) -> bool:
    """Compare two keyed hashes in constant time."""
    return hmac.compare_digest(a, b)


def _key_place(subject_id: str) -> str:
    return f"person_keys|wrapped_key|{subject_id}"


def _person_place(place: str, subject_id: str) -> bytes:
    return _OF_A_PERSON + f"{place}|person:{subject_id}".encode()


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
