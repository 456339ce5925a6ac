"""Make a key beside another: in a file of the same folder, or in the same token.

The next key of a purpose is made where the one in use lives, so that a rotation never moves a key out of its
token by accident; moving to a token is said by giving the token's reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keys.errors import KeyFileUnusable
from keys.files import sync_directory, write_private
from keys.pkcs11 import make_token_key
from keys.signer import Pkcs11Uri, parse_key_uri
from keys.token import TokenPlace


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: its public point (33 bytes) and the reference that opens it."""

    public_key: bytes
    uri: str


def make_key(like: str, name: str, directory: Path) -> NewKey:
    """Make a P-256 key called `name` where the reference `like` points to, in the keyring of `directory`.

    Never over another. Raises `BadKeyUri`, `KeyFileUnusable`, `TokenUnusable` or `Pkcs11NotAvailable`.
    """
    reference = parse_key_uri(like, directory)
    if isinstance(reference, Pkcs11Uri):
        place = TokenPlace.of(reference, directory)
        return NewKey(make_token_key(place, name), place.uri_of(name))
    private_key = ec.generate_private_key(ec.SECP256R1())
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
    public_key = private_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return NewKey(public_key, f"file:{name}.pem")
