"""What a JSON Web Token from outside may try: each trick is refused, and says which trick it was."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apcv_backend.strict_jwt import TokenRefused, public_key_of_jwk, verify_compact
from tests.testdata import corpus

KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
OTHER = ec.derive_private_key(0xBEEF, ec.SECP256R1())
TYP = "dpop+jwt"
CLAIMS = {"jti": "one", "iat": 1_795_000_000}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes = b"", key: Any = KEY) -> str:
    """A compact JWS over exactly these bytes, signed as ES256."""
    raw_header = header if isinstance(header, bytes) else json.dumps(header).encode()
    raw_claims = claims if isinstance(claims, bytes) and claims else json.dumps(claims or CLAIMS).encode()
    message = f"{_b64(raw_header)}.{_b64(raw_claims)}"
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(message.encode(), key)
    return f"{message}.{_b64(signature)}"


def _hmac_with(secret: bytes) -> str:
    message = f"{_b64(json.dumps({'alg': 'HS256', 'typ': TYP}).encode())}.{_b64(json.dumps(CLAIMS).encode())}"
    return f"{message}.{_b64(hmac.digest(secret, message.encode(), hashlib.sha256))}"


_GOOD = {"alg": "ES256", "typ": TYP}
_PUBLIC = KEY.public_key()
_PEM = _PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
_DER = _PUBLIC.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

TRICKS: dict[str, tuple[Callable[[], str], str]] = {
    "alg none": (lambda: _signed({"alg": "none", "typ": TYP}), "alg"),
    "alg nOnE": (lambda: _signed({"alg": "nOnE", "typ": TYP}), "alg"),
    "alg empty": (lambda: _signed({"alg": "", "typ": TYP}), "alg"),
    "alg missing": (lambda: _signed({"typ": TYP}), "alg"),
    "alg list": (lambda: _signed({"alg": ["ES256"], "typ": TYP}), "alg"),
    "no signature": (lambda: _signed(_GOOD).rsplit(".", 1)[0] + ".", "signature"),
    "HMAC with the public PEM": (lambda: _hmac_with(_PEM), "alg"),
    "HMAC with the public DER": (lambda: _hmac_with(_DER), "alg"),
    "alg of another family": (lambda: _signed({"alg": "RS256", "typ": TYP}), "alg"),
    "another key": (lambda: _signed(_GOOD, key=OTHER), "signature"),
    "another typ": (lambda: _signed({"alg": "ES256", "typ": "logout+jwt"}), "typ"),
    "no typ": (lambda: _signed({"alg": "ES256"}), "typ"),
    "unknown crit": (lambda: _signed({**_GOOD, "crit": ["exp"], "exp": 1}), "crit"),
    "empty crit": (lambda: _signed({**_GOOD, "crit": []}), "crit"),
    "b64 false": (lambda: _signed({**_GOOD, "b64": False}), "crit"),
    "zip": (lambda: _signed({**_GOOD, "zip": "DEF"}), "crit"),
    "duplicate header member": (
        lambda: _signed(b'{"alg":"none","alg":"ES256","typ":"dpop+jwt"}'),
        "form",
    ),
    "duplicate claim": (lambda: _signed(_GOOD, b'{"jti":"one","jti":"two"}'), "claims"),
    "claims not an object": (lambda: _signed(_GOOD, b"[1]"), "claims"),
    "claims in UTF-16": (lambda: _signed(_GOOD, json.dumps(CLAIMS).encode("utf-16")), "claims"),
    "claims with a byte-order mark": (
        lambda: _signed(_GOOD, b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
        "claims",
    ),
    "NaN": (lambda: _signed(_GOOD, b'{"iat":NaN}'), "claims"),
    "exp as text": (lambda: _signed(_GOOD, {"exp": "9999999999"}), "exp"),
    "exp enormous": (lambda: _signed(_GOOD, {"exp": 1 << 52}), "exp"),
    "exp fractional": (lambda: _signed(_GOOD, {"exp": 1.5}), "exp"),
    "iat boolean": (lambda: _signed(_GOOD, {"iat": True}), "iat"),
    "nbf negative": (lambda: _signed(_GOOD, {"nbf": -1}), "nbf"),
    "padded signature": (lambda: _signed(_GOOD) + "==", "form"),
    "four segments": (lambda: _signed(_GOOD) + ".AA", "form"),
    "newline": (lambda: _signed(_GOOD) + "\n", "form"),
    "not ASCII": (lambda: "é" + _signed(_GOOD), "form"),
    "a 20 MB payload": (lambda: _signed(_GOOD, b"{" + b" " * 20_000_000 + b"}"), "size"),
    "a header nested a hundred thousand deep": (
        lambda: _signed(b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
        "form",
    ),
    "empty": (lambda: "", "form"),
}


def test_an_honest_token_gives_its_claims() -> None:
    """The refusals below mean something only because this passes."""
    assert verify_compact(_signed(_GOOD), _PUBLIC, "ES256", typ=TYP) == CLAIMS


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_refused_by_name(trick: str) -> None:
    """Each trick ends in `token_refused` with the part that was wrong."""
    make, why = TRICKS[trick]

    with pytest.raises(TokenRefused) as refused:
        verify_compact(make(), _PUBLIC, "ES256", typ=TYP)

    assert refused.value.facts["why"] == why


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"d": "AA"},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "HS256"},
        {"x": "AA"},
        {"x": 7},
        {"y": _b64(bytes(32))},
    ],
    ids=str,
)
def test_a_key_that_may_not_verify_is_refused(change: dict[str, Any]) -> None:
    """Another type, curve or use, private members, or no point of the curve: not a key for us."""
    numbers = _PUBLIC.public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": _b64(numbers.x.to_bytes(32)), "y": _b64(numbers.y.to_bytes(32))}
    assert public_key_of_jwk(jwk).public_numbers() == numbers

    with pytest.raises(TokenRefused):
        public_key_of_jwk({**jwk, **change})


def _signature_holds(jws: str, jwk: dict[str, Any]) -> bool:
    """Whether the signature was accepted: the corpus signs plain text, which is refused only afterwards."""
    try:
        typ = json.loads(base64.urlsafe_b64decode(jws.split(".", maxsplit=1)[0] + "==")).get("typ")
    except ValueError:
        typ = None
    try:
        verify_compact(jws, public_key_of_jwk(jwk), "ES256", typ=typ)
    except TokenRefused as refused:
        return refused.facts["why"] == "claims"
    return True


def test_wycheproof_agrees_on_every_es256_signature() -> None:
    """Each ES256 case of the public JWS vectors is judged as they say; nothing invalid is accepted."""
    groups = json.loads(corpus("wycheproof/json_web_signature_test.json").read_text())["testGroups"]
    wrong, judged = [], 0
    for group in groups:
        jwk = group.get("public") or group.get("private") or {}
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
            continue
        for case in group["tests"]:
            judged += 1
            holds = _signature_holds(case["jws"], {k: v for k, v in jwk.items() if k != "d"})
            if holds != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"], case["result"]))

    assert judged > 5
    assert wrong == []
