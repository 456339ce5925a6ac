"""The header of a client certificate: exactly one certificate, within its dates, or nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from apcv_backend.client_certificates import CertificateRefused, open_certificate, parse_certificate
from apcv_backend.signin.provider.key_sets import parse_certificates
from cartes.errors import InvalidValue
from tests.simulators.certificates import TlsClient

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
INSURER = TlsClient.make(AT)


def _header(der: bytes) -> str:
    return f":{base64.b64encode(der).decode()}:"


def refused(header: str, at: datetime = AT) -> str:
    """Why a header is refused."""
    with pytest.raises(CertificateRefused) as caught:
        open_certificate(header, at)
    return str(caught.value.facts["why"])


def test_a_certificate_is_known_by_the_hash_of_its_der() -> None:
    """RFC 8705 section 3.1, computed apart."""
    opened = open_certificate(INSURER.header, AT)

    assert opened.thumbprint == INSURER.thumbprint
    assert opened.is_bound(INSURER.thumbprint)
    assert not opened.is_bound(TlsClient.make(AT).thumbprint)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65_537, 2_048)]
)
def test_keys_of_usual_certificates_are_taken(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """What health's own authority and public ones give to servers."""
    assert open_certificate(TlsClient.make(AT, key=key).header, AT).thumbprint


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "missing"),
        ("(null)", "header"),
        (INSURER.header.strip(":"), "header"),
        (INSURER.header[:-1], "header"),
        ("::", "header"),
        (":=:", "header"),
        (":!!!!:", "header"),
        (":AAAAA:", "header"),
        (":é:", "header"),
        (f"{INSURER.header}, {INSURER.header}", "header"),
        (f"{INSURER.header},{INSURER.header}", "header"),
        (f"{INSURER.header};verified", "header"),
        (INSURER.header.replace("M", "M\n", 1), "header"),
        (INSURER.header + "\n", "header"),
        (":" + "A" * 20_000 + ":", "header"),
        (":AAAA:", "der"),
        (_header(INSURER.der + INSURER.der), "der"),
        (_header(INSURER.der + b"\0"), "der"),
        (_header(INSURER.der[:-1]), "der"),
        (_header(b"-----BEGIN CERTIFICATE-----"), "der"),
        (TlsClient.make(AT, key=rsa.generate_private_key(65_537, 1_024)).header, "key"),
        (TlsClient.make(AT, key=ec.generate_private_key(ec.SECP256K1())).header, "key"),
    ],
)
def test_what_is_not_exactly_one_certificate_is_refused(header: str, why: str) -> None:
    """Nothing is half-believed: neither the first of two, nor what stands before a stray byte."""
    assert refused(header) == why


@pytest.mark.parametrize(
    ("at", "why"), [(AT + timedelta(days=365), "expired"), (AT - timedelta(days=1, seconds=1), "not_yet")]
)
def test_a_certificate_counts_within_its_dates(at: datetime, why: str) -> None:
    """Whatever the proxy looked at."""
    assert refused(INSURER.header, at) == why


@given(st.one_of(st.text(max_size=400), st.binary(max_size=400).map(_header)))
def test_anything_at_all_is_refused_and_nothing_breaks(header: str) -> None:
    """No text makes anything but a refusal."""
    assert refused(header) in {"missing", "header", "der", "key"}


@given(st.integers(0, len(INSURER.der) - 1), st.integers(0, 7))
def test_a_bent_certificate_is_another_or_none(byte: int, bit: int) -> None:
    """One bit changed: never the thumbprint of the one it was."""
    bent = bytearray(INSURER.der)
    bent[byte] ^= 1 << bit
    try:
        thumbprint = parse_certificate(bytes(bent)).thumbprint
    except CertificateRefused:
        return
    assert thumbprint != INSURER.thumbprint


def test_a_registered_set_gives_the_thumbprints_of_its_certificates() -> None:
    """The one in force and the next: both are the client's."""
    after = TlsClient.make(AT + timedelta(days=300), key=rsa.generate_private_key(65_537, 2_048))

    found = parse_certificates({"keys": [INSURER.jwk, after.jwk]})

    assert found == (INSURER.thumbprint, after.thumbprint)


@pytest.mark.parametrize(
    "keys",
    [
        None,
        [],
        ["x"],
        [INSURER.jwk] * 11,
        [{**INSURER.jwk, "x5c": []}],
        [{**INSURER.jwk, "x5c": "MII"}],
        [{**INSURER.jwk, "x5c": ["é"]}],
        [{**INSURER.jwk, "x5c": [7]}],
        [{**INSURER.jwk, "d": "AQ"}],
        [{**INSURER.jwk, "x5c": TlsClient.make(AT).jwk["x5c"]}],
        [{"x5c": INSURER.jwk["x5c"]}],
        [{**INSURER.jwk, "x": 3}],
        [{**INSURER.jwk, "kty": "RSA"}],
    ],
)
def test_a_set_that_holds_no_certificate_is_refused(keys: object) -> None:
    """Nor one whose certificate is another key's, or that gives a private key away."""
    with pytest.raises(InvalidValue):
        parse_certificates({"keys": keys})


def test_a_key_we_do_not_know_is_refused() -> None:
    """Ed25519: no health authority gives one to a server, and none was tried here."""
    key = ed25519.Ed25519PrivateKey.generate()
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    dated = builder.serial_number(1).not_valid_before(AT).not_valid_after(AT + timedelta(days=1))
    assert refused(_header(dated.sign(key, None).public_bytes(Encoding.DER))) == "key"
