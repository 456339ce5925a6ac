"""Tokens: what never leaves them, what is refused, and processes that fork or start together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keys import token as door
from keys.errors import BadKeyUri, KeyExtractable, KeyFileExposed, KeyRefused, TokenUnusable
from keys.pkcs11 import destroy_token_key, make_token_key
from keys.sentences import sentence
from keys.signer import Pkcs11Uri, Purpose, Signer, parse_key_uri, signer_from_uri
from keys.token import TokenPlace
from tests.simulators.token import PIN, SoftToken, soft_token
from tests.testdata import ROOT

TOGETHER = 12


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A fresh token of this test's own."""
    return soft_token(tmp_path / "hsm", monkeypatch)


@pytest.fixture
def place(token: SoftToken, tmp_path: Path) -> TokenPlace:
    """How the keyring of `tmp_path` names it."""
    return token.place(tmp_path)


def opened(place: TokenPlace, label: str = "apcv-1", **changes: str) -> Signer:
    uri = place.uri_of(label)
    for name, text in changes.items():
        uri = uri.replace(name, text)
    return signer_from_uri(uri, Purpose.APCV, directory=place.directory, acknowledged_development=False)


def holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    point.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    return True


# --- What never leaves --------------------------------------------------------------------------------


def test_the_private_key_cannot_be_taken_out(place: TokenPlace) -> None:
    """Asked for its value, or wrapped under another key, the token refuses, whatever we ask it."""
    import pkcs11

    make_token_key(place, "apcv-1")

    def take(session: pkcs11.Session) -> tuple[bool, bool, bool]:
        (private,) = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]
        wrapping: Any = session.generate_key(pkcs11.KeyType.AES, 256, label="wrap")
        with pytest.raises(pkcs11.exceptions.KeyUnextractable):
            wrapping.wrap_key(private, mechanism=pkcs11.Mechanism.AES_KEY_WRAP)
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            private[pkcs11.Attribute.EXTRACTABLE] = True
        return (
            private[pkcs11.Attribute.EXTRACTABLE],
            private[pkcs11.Attribute.NEVER_EXTRACTABLE],
            private[pkcs11.Attribute.ALWAYS_SENSITIVE],
        )

    assert door.use(place, take, writes=True) == (False, True, True)


def test_a_key_that_its_token_would_give_out_is_refused(place: TokenPlace) -> None:
    """Somebody imported or made it with other attributes: a copy of it may be anywhere."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    def careless(session: pkcs11.Session) -> None:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC,
            {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
            local=True,
        )
        template = {pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False}
        curve.generate_keypair(label="apcv-1", store=True, private_template=template)

    door.use(place, careless, writes=True)

    with pytest.raises(KeyExtractable):
        opened(place)


def test_no_pin_in_any_reference_nor_in_any_refusal(token: SoftToken, place: TokenPlace) -> None:
    """References name the file of the PIN; a wrong PIN is refused once, without showing it."""
    make_token_key(place, "apcv-1")
    door._here.forget(place.module)
    token.pin_file.write_text("161803")

    with pytest.raises(TokenUnusable, match="pin_incorrect") as refused:
        opened(place)

    assert PIN not in place.uri_of("apcv-1")
    assert "161803" not in sentence(refused.value)
    token.pin_file.write_text(PIN)
    assert opened(place).sign(b"the token was not locked by retries")


def test_a_pin_file_others_may_read_is_refused(token: SoftToken, place: TokenPlace) -> None:
    """As every private file of the vault."""
    token.pin_file.chmod(0o640)

    with pytest.raises(KeyFileExposed):
        make_token_key(place, "apcv-1")


# --- What is refused ----------------------------------------------------------------------------------


def test_there_must_be_exactly_one_such_key(place: TokenPlace) -> None:
    """None, or one destroyed meanwhile: refused by name."""
    make_token_key(place, "apcv-1")
    signer = opened(place)
    with pytest.raises(TokenUnusable, match="no_such_key"):
        opened(place, "apcv-2")

    destroy_token_key(place, "apcv-1")

    with pytest.raises(TokenUnusable):
        signer.sign(b"gone")


def test_halves_of_two_keys_are_not_one(place: TokenPlace) -> None:
    """A public object put under the name of another private key is noticed before anything is signed."""
    import pkcs11

    make_token_key(place, "apcv-1")
    make_token_key(place, "other-1")

    def swap(session: pkcs11.Session) -> None:
        def half(kind: pkcs11.ObjectClass, label: str) -> pkcs11.Object:
            (found,) = session.get_objects({pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: label})
            return found

        half(pkcs11.ObjectClass.PUBLIC_KEY, "apcv-1").destroy()
        half(pkcs11.ObjectClass.PUBLIC_KEY, "other-1")[pkcs11.Attribute.LABEL] = "apcv-1"

    door.use(place, swap, writes=True)

    with pytest.raises(TokenUnusable, match="not_a_pair"):
        opened(place)


@pytest.mark.parametrize(
    ("name", "instead", "why"),
    [
        ("token=cartes", "token=another", "no_such_token"),
        ("libsofthsm2.so", "nothing.so", "no_such_module"),
        (";object=apcv-1", "", "no_key_named"),
        ("type=private", "type=public", "no_key_named"),
    ],
)
def test_a_reference_that_leads_nowhere_says_why(
    place: TokenPlace, name: str, instead: str, why: str
) -> None:
    """Another token, another library, no key: each has its word."""
    make_token_key(place, "apcv-1")

    with pytest.raises(TokenUnusable, match=why):
        opened(place, **{name: instead})


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:object=a?module-path=/x.so&pin-source=file:p",
        "pkcs11:token=t;object=a?module-path=x.so&pin-source=file:p",
        "pkcs11:token=t;object=a?module-path=/x.so",
        "pkcs11:token=t;object=a?module-path=/x.so&pin-source=%7Crm%20-rf%20x",
        "pkcs11:token=t;object=a?module-path=/x.so&pin-source=file://host/p",
        "pkcs11:token=t;object=a;slot-id=3?module-path=/x.so&pin-source=file:p",
        "pkcs11:token=t;object=a?module-name=x&pin-source=file:p",
        "pkcs11:token=%FF;object=a?module-path=/x.so&pin-source=file:p",
    ],
)
def test_a_reference_that_could_mean_two_things_is_refused(uri: str, tmp_path: Path) -> None:
    """No token, a library looked for on a path, no PIN, a program to run for it, attributes not compared."""
    reference = parse_key_uri(uri, tmp_path)
    assert isinstance(reference, Pkcs11Uri)

    with pytest.raises(BadKeyUri):
        TokenPlace.of(reference, tmp_path)


def test_a_reference_written_is_the_reference_read(tmp_path: Path) -> None:
    """Any label and any serial come back as they went, percent-encoded."""
    place = TokenPlace(
        Path("/opt/my hsm/p11.so"),
        tmp_path / "token.pin",
        tmp_path,
        "IGC Santé; 1",
        b"\x00;",
        "Éditeur",
        "v?2",
    )

    reference = parse_key_uri(place.uri_of("clé=1&2"), tmp_path)

    assert isinstance(reference, Pkcs11Uri)
    assert TokenPlace.of(reference, tmp_path) == place
    assert reference.path["object"].decode() == "clé=1&2"
    assert "pin-source=file:token.pin" in place.uri_of("x")


def test_without_the_driver_a_sentence_says_what_to_install(
    place: TokenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault of files works without it; a token asks for the extra `hsm`."""
    monkeypatch.setitem(sys.modules, "pkcs11", None)

    with pytest.raises(KeyRefused, match="pkcs11_not_available") as refused:
        opened(place)

    assert "hsm" in sentence(refused.value)


# --- Processes ----------------------------------------------------------------------------------------


def in_a_child(work: Callable[[], bool]) -> bool:
    """Whether `work` is true in a forked child, which leaves at once."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_signer_goes_on_on_both_sides_of_a_fork(place: TokenPlace) -> None:
    """The child opens a session of its own; the parent's is not touched, then or after the child ended."""
    public_key = make_token_key(place, "apcv-1")
    signer = opened(place)
    before = door._here

    def child() -> bool:
        fresh = door._here is not before and not door._here.sessions
        return fresh and holds(public_key, signer.sign(b"child"), b"child")

    assert all(in_a_child(child) for _ in range(3))
    assert door._here is before
    assert holds(public_key, signer.sign(b"parent"), b"parent")


def test_nobody_forks_while_a_thread_is_inside(place: TokenPlace) -> None:
    """Four threads sign without a pause; children forked meanwhile all sign, and none waits for ever."""
    public_key = make_token_key(place, "apcv-1")
    signer = opened(place)
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            signer.sign(b"busy")

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        came_back = [in_a_child(lambda: holds(public_key, signer.sign(b"child"), b"child")) for _ in range(8)]
    finally:
        over.set()
        for thread in threads:
            thread.join()

    assert came_back == [True] * 8


def test_many_processes_start_at_the_same_instant(token: SoftToken, place: TokenPlace) -> None:
    """SoftHSM fails one concurrent start in five by itself; behind the lock, all of them sign."""
    public_key = make_token_key(place, "apcv-1")
    go = place.directory / "go"
    script = (
        "import sys, time, pathlib\n"
        "from keys.signer import Purpose, signer_from_uri\n"
        "uri, folder, go = sys.argv[1:]\n"
        "print('ready', flush=True)\n"
        "while not pathlib.Path(go).exists(): time.sleep(0.001)\n"
        "here = pathlib.Path(folder)\n"
        "signer = signer_from_uri(uri, Purpose.APCV, directory=here, acknowledged_development=False)\n"
        "print(signer.sign(b'started').hex())\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, place.uri_of("apcv-1"), str(place.directory), str(go)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(TOGETHER)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    go.touch()
    told = [process.communicate(timeout=60) for process in started]

    assert [error for _, error in told if error] == []
    assert all(holds(public_key, bytes.fromhex(out), b"started") for out, _ in told)


def test_a_lost_session_is_opened_again_once(place: TokenPlace) -> None:
    """The module restarted under us: the next signature is made in a new session, and nobody notices."""
    import pkcs11

    public_key = make_token_key(place, "apcv-1")
    signer = opened(place)
    pkcs11.lib(str(place.module)).finalize()

    assert holds(public_key, signer.sign(b"again"), b"again")


def test_a_token_that_somebody_keeps_locked_is_not_waited_for_for_ever(
    place: TokenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the keyring's lock and does not let go: refused with its word."""
    import fcntl

    make_token_key(place, "apcv-1")
    door._here.forget(place.module)
    monkeypatch.setattr(door, "_LOCK_PATIENCE_S", 0.05)
    descriptor = os.open(place.directory, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    with pytest.raises(TokenUnusable, match="busy"):
        opened(place)

    os.close(descriptor)
    assert opened(place)
