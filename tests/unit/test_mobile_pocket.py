"""What a phone keeps: written whole or not at all, its owner's alone, and read back or refused."""

from __future__ import annotations

import errno
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cartes.cards import CardKind
from mobile_mock import errors, pocket_files
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import MODELS, HeldKey
from mobile_mock.client_data import ClientShape
from mobile_mock.p256 import new_key
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Device, KeptCard, Phone

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
PHONE = Phone(MODELS["plain"], ClientShape.WEBKIT)


def device(kind: CardKind = CardKind.APCV) -> Device:
    key = AppKey.make(secrets.token_bytes)
    return Device(kind, "d-1", "R1", "synced", b"credential", key, AT, AT + timedelta(days=90))


def card(name: str, kind: CardKind = CardKind.APCV) -> KeptCard:
    return KeptCard(
        kind, name, b"\x84" + name.encode(), AT, AT + timedelta(hours=24), AT - timedelta(hours=1)
    )


def test_everything_comes_back(tmp_path: Path) -> None:
    """Keys, devices, cards, metadata and notices are the same after the pocket is closed and opened."""
    key = HeldKey(b"credential", "apcv.localhost", b"handle", new_key(secrets.token_bytes), 7)
    kept = device()
    with Pocket.create(tmp_path, PHONE) as pocket:
        pocket.keep_keys([key])
        pocket.keep_device(kept)
        pocket.keep_cards(CardKind.APCV, [card("soins"), card("complet")])
        pocket.keep_issuer({"kinds": {}})
        pocket.keep_notices_seen({"n-2", "n-1"})
        pocket.keep_backend("http://apcv.localhost:8000")

    with Pocket.open(tmp_path) as again:
        (read,) = again.keys
        assert (read.credential_id, read.counter, read.public_key) == (b"credential", 7, key.public_key)
        found = again.device(CardKind.APCV)
        assert (found.device_id, found.app_key.jwk) == (kept.device_id, kept.app_key.jwk)
        assert again.cards == (card("soins"), card("complet"))
        assert again.issuer == {"kinds": {}}
        assert again.notices_seen == {"n-1", "n-2"}
        assert again.backend_url == "http://apcv.localhost:8000"
        assert again.phone == PHONE


def test_a_batch_replaces_its_own_kind_only(tmp_path: Path) -> None:
    """New apCV cards take the place of the old ones; the e-CPS stays."""
    with Pocket.create(tmp_path, PHONE) as pocket:
        pocket.keep_cards(CardKind.ECPS, [card("ex-1", CardKind.ECPS)])
        pocket.keep_cards(CardKind.APCV, [card("soins")])
        pocket.keep_cards(CardKind.APCV, [card("complet")])

        assert [(one.kind, one.name) for one in pocket.cards] == [
            (CardKind.ECPS, "ex-1"),
            (CardKind.APCV, "complet"),
        ]
        pocket.forget_kind(CardKind.ECPS)
        assert [one.name for one in pocket.cards] == ["complet"]
        with pytest.raises(errors.NoCard):
            pocket.card(CardKind.ECPS)


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Every file of a pocket is 0600; one that others may read is refused."""
    with Pocket.create(tmp_path / "phone", PHONE) as pocket:
        pocket.keep_device(device())
        files = list((tmp_path / "phone").iterdir())
        assert files
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}

        (tmp_path / "phone" / "devices.json").chmod(0o644)
        with pytest.raises(errors.PocketExposed):
            _ = pocket.devices


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk at any step: the old content stays, nothing half-written lies about."""
    path = tmp_path / "cards.json"
    pocket_files.write(path, ["old"])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os if step == "fsync" else Path, step, full)
        with pytest.raises(errors.PocketError):
            pocket_files.write(path, ["new"])

    assert pocket_files.read(path) == ["old"]
    assert [file.name for file in tmp_path.iterdir()] == ["cards.json"]


DAMAGE = {
    "phone.json": [b"", b"{", b"[]", b'{"model":"x"}', b'{"model":"x","model":"y"}'],
    "keys.json": [b"{}}", b"[1]", b'[{"id":"*"}]'],
    "devices.json": [b"[{}]", b"\xff"],
    "cards.json": [b'[{"kind":"apcv"}]', b'[{"kind":"other"}]'],
}


@pytest.mark.parametrize(("name", "content"), [(name, one) for name, many in DAMAGE.items() for one in many])
def test_damage_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is not what it should be is named, whatever is wrong with it."""
    with Pocket.create(tmp_path, PHONE):
        pass
    (tmp_path / name).write_bytes(content)
    (tmp_path / name).chmod(0o600)

    with pytest.raises(errors.PocketDamaged) as damaged, Pocket.open(tmp_path) as pocket:
        _ = (pocket.keys, pocket.devices, pocket.cards)

    assert damaged.value.facts == {"file": name}


def test_one_command_at_a_time(tmp_path: Path) -> None:
    """A pocket in use is busy for everybody else, and free again afterwards."""
    with Pocket.create(tmp_path, PHONE), pytest.raises(errors.PocketBusy), Pocket.open(tmp_path):
        pass

    with Pocket.open(tmp_path):
        pass


def test_there_is_no_phone_where_none_was_made(tmp_path: Path) -> None:
    """Opening never creates; creating again never erases, whatever model is asked."""
    with pytest.raises(errors.PocketMissing), Pocket.open(tmp_path / "nowhere"):
        pass
    with Pocket.create(tmp_path, PHONE):
        pass

    with Pocket.create(tmp_path, Phone(MODELS["synced"], ClientShape.CHROMIUM)) as again:
        assert again.phone == PHONE


def test_secrets_do_not_print() -> None:
    """No repr shows a private key or a credential."""
    assert "PRIVATE" not in repr(device())
    assert "soins" in repr(card("soins"))
    assert "credential" not in repr(card("soins"))


def test_the_makers_keys_stay_private_and_the_roots_go_out(tmp_path: Path) -> None:
    """The authority is the same when opened again, its keys 0600, its roots in the backend's layout."""
    made = AttestationCa.open_or_make(tmp_path / "ca", secrets.token_bytes, AT)
    again = AttestationCa.open_or_make(tmp_path / "ca", secrets.token_bytes, AT)
    again.export_roots(tmp_path / "roots")

    exported = sorted(
        str(file.relative_to(tmp_path / "roots")) for file in (tmp_path / "roots").rglob("*.pem")
    )
    assert exported == ["android-key/development.pem", "apple/development.pem", "packed/development.pem"]
    assert (tmp_path / "roots" / "packed" / "development.pem").read_bytes() == made.root_pem("packed")
    keys = list((tmp_path / "ca").rglob("*.key"))
    assert [key.stat().st_mode & 0o777 for key in keys] == [0o600] * 3

    keys[0].chmod(0o640)
    with pytest.raises(errors.PocketExposed):
        AttestationCa.load(tmp_path / "ca", secrets.token_bytes)
    keys[0].chmod(0o600)
    keys[0].write_text("not a key")
    with pytest.raises(errors.PocketDamaged):
        AttestationCa.load(tmp_path / "ca", secrets.token_bytes)
