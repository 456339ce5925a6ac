"""Offline keys: each alone in its folder, and nothing signed that its keeper could not read and judge."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cartes.signed_metadata import check_roots
from cartes.signing_draft import SigningDraft
from keys.custody import Custody, Keeper, make_custody
from keys.draft_reading import read_draft
from keys.errors import CeremonyRefused, CustodyUnusable, SigningRefused
from keys.keyring import Keyring, Purpose
from keys.root_rotation import draft_next_root, read_roots
from keys.threshold_ceremony import Seat, ThresholdTranscript, hold_threshold_ceremony, transcript_lines
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.keepers import ThresholdPublisher
from tests.simulators.publisher import IssuerRecord, Word, hours

NAMES = ["Alice", "Bruno", "Chloé"]


def fixed(size: int) -> bytes:
    return b"r" * size


def hold(folder: Path, **changes: Any) -> ThresholdTranscript:
    seats = [Seat(Purpose.TUF_ROOT, folder / name, name) for name in NAMES]
    seats += [Seat(Purpose.TUF_TARGETS, folder / f"list {name}", name) for name in NAMES[:2]]
    told: dict[str, Any] = {"random": fixed, "environment": "test"}
    return hold_threshold_ceremony(folder / "ring", changes.pop("seats", seats), MORNING, **(told | changes))


def test_each_offline_key_is_alone_and_the_keyring_has_none(tmp_path: Path) -> None:
    """After the ceremony no folder holds two offline keys, and the server's holds only online ones."""
    transcript = hold(tmp_path)

    assert {record.purpose for record in Keyring.open(tmp_path / "ring").public_keys()} == (
        set(Purpose) - {Purpose.TUF_ROOT, Purpose.TUF_TARGETS}
    )
    folders = [tmp_path / name for name in (*NAMES, "list Alice", "list Bruno")]
    assert [len(list(folder.glob("*.pem"))) for folder in folders] == [1] * 5
    assert {stat.S_IMODE(path.stat().st_mode) for folder in folders for path in folder.iterdir()} == {0o600}
    assert len({keeper.public_key for keeper in transcript.keepers}) == 5
    assert check_roots({1: (tmp_path / "ring" / "1.root.json").read_bytes()})[0].version == 1


def test_the_transcript_has_what_two_people_sign(tmp_path: Path) -> None:
    """Who, when, thresholds, every public fingerprint, the root's hash; no private line."""
    transcript = hold(tmp_path)

    text = "\n".join(transcript_lines(transcript))

    for keeper in transcript.keepers:
        assert keeper.holder in text
        assert keeper.fingerprint in text
    assert transcript.root_sha256[:4] in text
    assert "21/11/2026 à 10:00:00 UTC" in text
    assert "2 signatures sur 3" in text
    assert text.count("Signature : ____") == 2
    assert text + "\n" == (tmp_path / "ring" / "proces-verbal.txt").read_text()
    for pem in tmp_path.rglob("*.pem"):
        assert pem.read_text().splitlines()[1] not in text


def test_a_key_made_elsewhere_comes_by_its_public_half(tmp_path: Path) -> None:
    """The keeper's machine keeps the key; with one key here the root goes round to be signed."""
    away = [make_custody(tmp_path / "away" / name, Purpose.TUF_ROOT, name) for name in NAMES[1:]]
    seats = [Seat(Purpose.TUF_ROOT, tmp_path / "Alice", "Alice")]
    for custody in away:
        public = tmp_path / f"{custody.keeper.holder}.json"
        public.write_bytes((custody.directory / "public.json").read_bytes())
        seats.append(Seat(Purpose.TUF_ROOT, public, None))
    seats += [Seat(Purpose.TUF_TARGETS, tmp_path / f"list {name}", name) for name in NAMES[:2]]

    transcript = hold(tmp_path, seats=seats)
    draft = SigningDraft.parse(transcript.root_file.read_bytes())
    signed = away[0].sign(draft, MORNING)

    assert (transcript.missing, read_draft(draft, away[0], MORNING).missing) == (1, 1)
    assert read_draft(signed, away[1], MORNING).missing == 0
    assert check_roots({1: signed.metadata()})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"root_threshold": 4}, "threshold"),
        ({"root_threshold": 1}, "threshold_of_one"),
        ({"days": 0}, "days"),
    ],
)
def test_a_refused_ceremony_leaves_nothing(tmp_path: Path, changes: dict[str, int], why: str) -> None:
    """Not one folder of one keeper."""
    with pytest.raises((CeremonyRefused, SigningRefused), match=f"why={why}"):
        hold(tmp_path, **changes)

    assert list(tmp_path.iterdir()) == []


def test_two_keys_never_share_a_folder(tmp_path: Path) -> None:
    """Nor one inside the other; and a folder that holds something is left as it is."""
    same = [Seat(Purpose.TUF_ROOT, tmp_path / "usb", name) for name in NAMES]
    with pytest.raises(CeremonyRefused, match="two_in_one_folder"):
        hold(tmp_path, seats=same)

    (tmp_path / "Bruno").mkdir()
    (tmp_path / "Bruno" / "mine").write_text("mine")
    with pytest.raises(CeremonyRefused, match="not_empty"):
        hold(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["Bruno", "mine"]


def custody_of(folder: Path, purpose: Purpose, key: WordKey) -> Custody:
    """A custody around a key of the tests."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = make_custody(folder, purpose, "Alice")
    (folder / "key.pem").write_bytes(
        key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    keeper = Keeper(purpose, "Alice", key.public_key)
    (folder / "custody.json").write_text(json.dumps({**keeper.to_json(), "uri": "file:key.pem"}))
    return Custody.open(made.directory)


@pytest.fixture
def publisher(tmp_path: Path) -> ThresholdPublisher:
    publisher = ThresholdPublisher(tmp_path / "publication")
    publisher.start()
    return publisher


@pytest.fixture
def custody(publisher: ThresholdPublisher, tmp_path: Path) -> Custody:
    from apcv_backend.publication.ports import Role

    custody = custody_of(tmp_path / "custody", Purpose.TUF_TARGETS, publisher.keepers[Role.TARGETS][0])
    custody.learn_root(publisher.root)
    return custody


LATER = MORNING + hours(1)


def test_a_keeper_reads_what_changes(publisher: ThresholdPublisher, custody: Custody) -> None:
    """A new issuer and a withdrawn one stand out, with fingerprints and dates, against what is in force."""
    stolen = publisher.issuers[0]
    publisher.issuers[0] = replace(stolen, state=Word.REVOKED, revoked_at=MORNING)
    publisher.issuers.append(IssuerRecord(Word.ECPS, WordKey("new").public_key))

    lines = read_draft(publisher.draft(LATER), custody, LATER).lines

    assert any(line.startswith("  ~ émetteur") and "RETIRÉE le 21/11/2026 10:00" in line for line in lines)
    assert any(line.startswith("  + émetteur") and "e-CPS" in line for line in lines)
    assert any("inchangées" in line for line in lines)


def broken(draft: SigningDraft, fault: str) -> SigningDraft:
    body = dict(draft.unverified_body)
    if fault == "files":
        return replace(draft, files={"trust.json": draft.files["trust.json"] + b" "})
    if fault == "roots":
        return replace(draft, roots=({**draft.roots[0], "signatures": draft.roots[0]["signatures"][:1]},))
    if fault == "another_root":
        return replace(draft, roots=())
    if fault == "standing":
        assert draft.standing is not None
        return replace(draft, standing={**draft.standing, "signatures": []})
    body |= {
        "version": {"version": body["version"] + 1},
        "life": {"expires": (LATER + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")},
        "delegation": {"delegations": {"keys": {}, "roles": []}},
    }[fault]
    return replace(draft, unverified_body=body)


@pytest.mark.parametrize(
    "fault", ["files", "roots", "another_root", "standing", "version", "life", "delegation"]
)
def test_a_draft_that_does_not_hold_is_not_signed(
    publisher: ThresholdPublisher, custody: Custody, fault: str
) -> None:
    """One fault each, its name in the refusal."""
    with pytest.raises(SigningRefused, match=f"why={fault}"):
        read_draft(broken(publisher.draft(LATER), fault), custody, LATER)


def test_a_key_signs_one_thing_under_one_version(publisher: ThresholdPublisher, custody: Custody) -> None:
    """The very same again, yes; anything else under that version or an older one, never; nor in the past."""
    draft = publisher.draft(LATER)
    custody.sign(draft, LATER)
    publisher.issuers.append(IssuerRecord(Word.ECPS, WordKey("new").public_key))

    assert custody.sign(draft, LATER).signatures
    with pytest.raises(SigningRefused, match="already_signed_another"):
        custody.sign(publisher.draft(LATER), LATER)
    with pytest.raises(SigningRefused, match="clock_behind"):
        custody.sign(draft, MORNING)


def test_a_key_of_another_role_does_not_sign(publisher: ThresholdPublisher, tmp_path: Path) -> None:
    """A root keeper is not asked about lists."""
    from apcv_backend.publication.ports import Role

    other = custody_of(tmp_path / "root custody", Purpose.TUF_ROOT, publisher.keepers[Role.ROOT][0])

    with pytest.raises(SigningRefused, match="not_my_role"):
        read_draft(publisher.draft(LATER), other, LATER)


def test_the_next_root_adds_and_drops_and_tells_it(tmp_path: Path) -> None:
    """A keeper leaves, another comes; both sets sign; the old ones read who loses the right."""
    hold(tmp_path)
    dora = make_custody(tmp_path / "Dora", Purpose.TUF_ROOT, "Dora")
    alice, bruno = (Custody.open(tmp_path / name) for name in NAMES[:2])
    chloe = Keeper.read(tmp_path / "Chloé")
    roots = read_roots(tmp_path / "ring")

    draft = draft_next_root(roots, LATER, add=[dora.keeper], drop=[chloe.fingerprint[:9]])
    reading = read_draft(draft, alice, LATER)
    signed = bruno.sign(dora.sign(draft, LATER), LATER)

    assert reading.missing == 2
    assert f"  - {chloe.fingerprint} (n'aura plus le droit de signer)" in reading.lines
    assert f"  + {dora.keeper.fingerprint}" in reading.lines
    assert read_draft(signed, alice, LATER).missing == 1  # Dora was no keeper of the root in force
    assert len(check_roots({**roots, 2: alice.sign(signed, LATER).metadata()})) == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":"cartes-signing-draft/1","role":"status"}'])
def test_what_is_no_custody_or_draft_is_refused(tmp_path: Path, data: bytes) -> None:
    """By name, never by a traceback."""
    from cartes.signed_metadata import BadMetadata

    (tmp_path / "public.json").write_bytes(data)
    with pytest.raises(CustodyUnusable):
        Keeper.read(tmp_path)
    with pytest.raises(BadMetadata):
        SigningDraft.parse(data)
