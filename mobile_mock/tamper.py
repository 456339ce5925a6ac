r"""Where a test makes a phone lie to its relying party. A phone of the demo never uses this.

>>> Tamper(signature=lambda der: der[:-1] + b"\\x00").client_data(b"untouched")
b'untouched'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _as_is(piece: Any) -> Any:
    return piece


@dataclass(frozen=True, slots=True)
class Tamper:
    """Where a test makes the phone lie. Each hook gets the honest piece and returns the one that is used.

    Attributes, in the order they are called:
        client_data: the bytes of clientDataJSON, before they are hashed and signed.
        credential_id: the new key's identifier (creation).
        cose_key: the COSE_Key in the authenticator data (creation).
        auth_data: the authenticator data, before it is signed.
        statement: the attestation statement (creation).
        fmt: the attestation format word (creation).
        attestation_object: the CBOR bytes (creation).
        sent_client_data, sent_auth_data: the same bytes as above, changed after the signature.
        signature: the DER signature of an assertion.
        user_handle: the bytes returned with an assertion.
        response: the whole JSON answer.
    """

    client_data: Callable[[bytes], bytes] = _as_is
    credential_id: Callable[[bytes], bytes] = _as_is
    cose_key: Callable[[bytes], bytes] = _as_is
    auth_data: Callable[[bytes], bytes] = _as_is
    statement: Callable[[dict[str, object]], dict[str, object]] = _as_is
    fmt: Callable[[str], str] = _as_is
    attestation_object: Callable[[bytes], bytes] = _as_is
    sent_client_data: Callable[[bytes], bytes] = _as_is
    sent_auth_data: Callable[[bytes], bytes] = _as_is
    signature: Callable[[bytes], bytes] = _as_is
    user_handle: Callable[[bytes], bytes] = _as_is
    response: Callable[[dict[str, Any]], dict[str, Any]] = _as_is
