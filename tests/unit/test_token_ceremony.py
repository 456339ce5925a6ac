"""A ceremony in a token: issuer keys are born there, serve a town hall, rotate there, and are taken back."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from keys import token as door
from keys import token_ceremony
from keys.cli import main
from keys.errors import BadKeyUri, CeremonyRefused, KeyRefused, TokenUnusable
from keys.keyring import KeyRecord, Keyring, KeyState, Purpose, SecretName
from keys.pkcs11 import Pkcs11Signer, make_token_key
from keys.rotating import revoke, rotate
from keys.rotation import POLICIES, policy_of
from keys.token_ceremony import hold_token_ceremony
from tests.simulators.clock import MORNING
from tests.simulators.token import PIN, SoftToken, soft_token


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A fresh token of this test's own."""
    return soft_token(tmp_path / "hsm", monkeypatch)


def objects(token: SoftToken, folder: Path) -> int:
    return door.use(token.place(folder), lambda session: len(list(session.get_objects())))


def test_issuer_keys_are_born_in_the_token(token: SoftToken, tmp_path: Path) -> None:
    """Their references lead there, no file holds them, the rest of the keyring is as ever."""
    folder = tmp_path / "keys"

    transcript = hold_token_ceremony(folder, MORNING, token.uri, random=secrets.token_bytes)

    keyring = Keyring.open(folder, acknowledged_development=True)
    assert keyring.public_keys() == transcript.keys
    for purpose in Purpose:
        signer = keyring.signer(purpose, MORNING)
        assert isinstance(signer, Pkcs11Signer) is (purpose in POLICIES)
        assert signer.public_key == keyring.public_keys(purpose)[0].public_key
    assert keyring.secret(SecretName.CODES)
    assert list(folder.glob("apcv*")) + list(folder.glob("ecps*")) == []
    assert PIN not in (folder / "keyring.json").read_text()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_next_key_is_made_in_the_same_token(token: SoftToken, tmp_path: Path) -> None:
    """A rotation, then a theft: no key of a token is ever followed by one in a file."""
    folder = tmp_path / "keys"
    hold_token_ceremony(folder, MORNING, token.uri, random=secrets.token_bytes)
    rotate(folder, Purpose.APCV, MORNING + timedelta(hours=1))
    first, second = _apcv(folder)
    later = MORNING + policy_of(Purpose.APCV).period
    rotate(folder, Purpose.APCV, later)
    rotate(folder, Purpose.APCV, later + timedelta(minutes=10))
    revoke(folder, second.kid, "test", later + timedelta(hours=1))

    signer = Keyring.open(folder, acknowledged_development=False).signer(
        Purpose.APCV, later + timedelta(hours=1)
    )

    assert isinstance(signer, Pkcs11Signer)
    assert signer.public_key == _apcv(folder)[2].public_key
    assert signer.public_key not in {first.public_key, second.public_key}
    assert all(record.uri.startswith("pkcs11:") for record in _apcv(folder))


def test_a_keyring_of_files_moves_to_a_token_by_its_next_key(token: SoftToken, tmp_path: Path) -> None:
    """`rotate --pkcs11`: the key that waits is in the token; the file retires by the calendar."""
    folder = tmp_path / "keys"
    run = CliRunner().invoke
    assert run(main, ["ceremony", "--dir", str(folder)]).exit_code == 0

    result = run(main, ["rotate", "--dir", str(folder), "--purpose", "apcv", "--pkcs11", token.uri])

    assert result.exit_code == 0, result.output
    first, second = _apcv(folder)
    assert (first.state, second.state) == (KeyState.ACTIVE, KeyState.PRE_PUBLISHED)
    assert first.uri.startswith("file:")
    assert second.uri.startswith("pkcs11:")
    assert isinstance(Keyring.open(folder).signer_of(second), Pkcs11Signer)


def test_a_key_that_is_not_the_one_of_the_manifest_does_not_sign(token: SoftToken, tmp_path: Path) -> None:
    """Somebody replaced the object in the token under the same name: what is published is what signs."""
    folder = tmp_path / "keys"
    hold_token_ceremony(folder, MORNING, token.uri, random=secrets.token_bytes)
    (record,) = _apcv(folder)
    place = token.place(folder)
    label = f"apcv-{MORNING:%Y%m%dT%H%M%SZ}"
    assert label in record.uri
    from keys.pkcs11 import destroy_token_key

    destroy_token_key(place, label)
    make_token_key(place, label)

    with pytest.raises(KeyRefused, match="not_the_key_of_the_manifest"):
        Keyring.open(folder).signer(Purpose.APCV, MORNING)


def test_a_ceremony_that_fails_leaves_nothing(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the folder nor in the token: the second key could not be made."""
    made: list[str] = []

    def once(place: door.TokenPlace, label: str) -> bytes:
        if made:
            raise TokenUnusable(token=place.token, why="device_memory")
        made.append(label)
        return make_token_key(place, label)

    monkeypatch.setattr(token_ceremony, "make_token_key", once)

    with pytest.raises(TokenUnusable, match="device_memory"):
        hold_token_ceremony(tmp_path / "keys", MORNING, token.uri, random=secrets.token_bytes)

    assert made
    assert not (tmp_path / "keys").exists()
    assert objects(token, tmp_path) == 0


def test_a_token_that_cannot_be_opened_ends_it_before_it_begins(token: SoftToken, tmp_path: Path) -> None:
    """A wrong PIN, names taken, an object in the reference, the PIN where the keyring goes."""
    folder = tmp_path / "keys"
    make_token_key(token.place(tmp_path), f"ecps-{MORNING:%Y%m%dT%H%M%SZ}")

    with pytest.raises(CeremonyRefused, match="label_taken"):
        hold_token_ceremony(folder, MORNING, token.uri, random=secrets.token_bytes)
    with pytest.raises(BadKeyUri):
        hold_token_ceremony(folder, MORNING, f"file:{folder}", random=secrets.token_bytes)
    named = token.uri.replace("?", ";object=x?")
    with pytest.raises(BadKeyUri):
        hold_token_ceremony(folder, MORNING, named, random=secrets.token_bytes)
    inside = token.uri.replace(str(token.pin_file), "token.pin")
    with pytest.raises(CeremonyRefused, match="pin_in_the_new_folder"):
        hold_token_ceremony(folder, MORNING, inside, random=secrets.token_bytes)
    door._here.forget(token.library)
    token.pin_file.write_text("000000")
    with pytest.raises(TokenUnusable, match="pin_incorrect"):
        hold_token_ceremony(folder, MORNING, token.uri, random=secrets.token_bytes)

    assert not folder.exists()


def test_the_command_makes_it_and_prints_no_secret(token: SoftToken, tmp_path: Path) -> None:
    """`python -m keys ceremony --pkcs11`; and again, over an existing keyring, refused."""
    words = ["ceremony", "--dir", str(tmp_path / "keys"), "--pkcs11", token.uri]

    first = CliRunner().invoke(main, words)
    before = objects(token, tmp_path)
    second = CliRunner().invoke(main, words)

    assert first.exit_code == 0, first.output
    assert PIN not in first.output
    assert second.exit_code == 1
    assert "Traceback" not in second.output
    assert objects(token, tmp_path) == before


def _apcv(folder: Path) -> tuple[KeyRecord, ...]:
    return Keyring.open(folder).public_keys(Purpose.APCV)
