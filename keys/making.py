"""Make a key beside another: in a file of the same folder, or in the same token.

The next key of a purpose is made where the one in use lives, so that a rotation never moves a key out of its
token by accident; moving to a token is said by giving the token's reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys.errors import KeyFileUnusable, UnsupportedKeyUri
from keys.files import sync_directory, write_private
from keys.pkcs11 import make_token_key
from keys.signer import RSA_PURPOSES, Pkcs11Uri, Purpose, parse_key_uri
from keys.software_rsa import new_rsa_key, public_der
from keys.token import TokenPlace

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: its public half as a manifest keeps it, and the reference that opens it."""

    public_key: bytes
    uri: str


def new_key(purpose: Purpose) -> tuple[PrivateKey, bytes]:
    """A private key fit for a purpose, in this process's memory, and its public half."""
    if purpose in RSA_PURPOSES:
        rsa_key = new_rsa_key()
        return rsa_key, public_der(rsa_key.public_key())
    private_key = ec.generate_private_key(ec.SECP256R1())
    return private_key, private_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )


def make_key(like: str, name: str, directory: Path, purpose: Purpose = Purpose.APCV) -> NewKey:
    """Make a key for `purpose` called `name` where the reference `like` points to, in `directory`'s keyring.

    Never over another. Raises `BadKeyUri`, `KeyFileUnusable`, `TokenUnusable` or `Pkcs11NotAvailable`.
    """
    reference = parse_key_uri(like, directory)
    if isinstance(reference, Pkcs11Uri):
        if purpose in RSA_PURPOSES:
            raise UnsupportedKeyUri(scheme="pkcs11")
        place = TokenPlace.of(reference, directory)
        return NewKey(make_token_key(place, name), place.uri_of(name))
    private_key, public_key = new_key(purpose)
    try:
        write_private(
            directory / f"{name}.pem",
            private_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    except FileExistsError as error:
        raise KeyFileUnusable(path=f"{name}.pem", why="name_taken") from error
    except OSError as error:
        raise KeyFileUnusable(path=f"{name}.pem", why=type(error).__name__) from error
    sync_directory(directory)
    return NewKey(public_key, f"file:{name}.pem")
