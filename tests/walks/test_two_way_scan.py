"""Walk C, by its commands: a publication, a till, two phones, and pictures between them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mobile_mock import cli as phone_cli
from mobile_mock import cli_two_way
from mobile_mock.reading import publication_at
from mobile_mock.trust_publication import TrustRefused, fetch_trust
from tests.simulators.cards import NOON, World
from tests.simulators.publisher import IssuerRecord, Publisher, Word
from tests.simulators.two_way import a_street
from verifier.cli import run

Capture = pytest.CaptureFixture[str]
EARLY = NOON - timedelta(hours=1)


@dataclass
class Counter:
    """Folders on one disk, and the clock everybody reads."""

    folder: Path
    publication: Path

    @property
    def root(self) -> Path:
        return self.publication / "metadata" / "1.root.json"

    def till(self, *arguments: object, at: datetime = NOON) -> int:
        """One command of the till."""
        command, *others = (str(one) for one in arguments)
        return run([command, "--store", str(self.folder / "till"), "--at", at.isoformat(), *others])

    def phone(self, name: str, *arguments: object, says: str = "y\n") -> Result:
        """One command of a phone; its owner types `says`."""
        command, *others = (str(one) for one in arguments)
        pocket = str(self.folder / f"phone-{name}")
        done = CliRunner().invoke(phone_cli.main, [command, "--pocket", pocket, *others], input=says)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def picture(self, name: str) -> Path:
        return self.folder / f"{name}.png"


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A publication, a till that has refreshed, Laure's and Ange's phones holding their cards."""
    monkeypatch.setattr(cli_two_way, "now", lambda: NOON)
    world = World()
    publisher = Publisher(tmp_path / "publication")
    publisher.issuers = [
        IssuerRecord(Word.APCV, world.apcv_issuer.public_key),
        IssuerRecord(Word.ECPS, world.ecps_issuer.public_key),
    ]
    publisher.publish(EARLY)
    made = Counter(tmp_path, tmp_path / "publication")
    assert run(["init", "--root", str(made.root), "--store", str(tmp_path / "till")]) == 0
    assert made.till("refresh", "--from", made.publication, at=EARLY) == 0
    with a_street(tmp_path, world) as street:
        for person in (street.professional("laure"), street.patient("ange")):
            person.pocket.keep_trust(None)
    return made


def test_a_session_then_a_patient(counter: Counter, capsys: Capture) -> None:
    """Steps 1 to 11, each by the command people type; the till ends with everything `complet` says."""
    for name in ("laure", "ange"):
        refreshed = counter.phone(name, "trust", "--from", counter.publication, "--root", counter.root)
        assert refreshed.exit_code == 0, refreshed.output
    offer, laure = counter.picture("offer"), counter.picture("laure")
    request, answer = counter.picture("request"), counter.picture("answer")

    assert counter.till("authorise-till", "--png", offer) == 0
    mark = capsys.readouterr().err.split()[1].rstrip(",")
    agreed = counter.phone("laure", "authorise", "--image", offer, "--png", laure)
    assert mark in agreed.stderr
    assert counter.till("authorise-till", "--image", laure) == 0
    assert counter.till("challenge", "--png", request) == 0
    answered = counter.phone("ange", "answer", "--image", request, "--png", answer)
    capsys.readouterr()
    code = counter.till("scan", "--two-way", "--image", answer, "--json")

    assert "LAURE PAOLI-TEST, Pharmacien, PHARMACIE FICTIVE" in answered.stderr
    told = json.loads(capsys.readouterr().out)
    assert (code, told["light"], told["reasons"]) == (0, "green", [])
    assert told["card"]["shape"] == "complet"
    assert counter.till("scan", "--image", answer) == 2
    assert "demande" in capsys.readouterr().out


def test_an_owner_who_says_no_shows_nothing(counter: Counter, capsys: Capture) -> None:
    """No is said on the phone; no picture is made."""
    counter.phone("laure", "trust", "--from", counter.publication, "--root", counter.root)
    counter.phone("ange", "trust", "--from", counter.publication, "--root", counter.root)
    capsys.readouterr()
    counter.till("authorise-till")
    offer = capsys.readouterr().out.strip()
    shown = counter.phone("laure", "authorise", "--text", offer, "--digits").stdout.strip()
    assert counter.till("authorise-till", "--text", shown) == 0
    capsys.readouterr()
    assert counter.till("challenge") == 0
    request = capsys.readouterr().out.strip()

    refused = counter.phone("ange", "answer", "--text", request, "--png", counter.picture("no"), says="n\n")

    assert refused.exit_code == 5
    assert "request_declined" in refused.stderr
    assert not counter.picture("no").exists()


def test_a_till_nobody_authorised_shows_nothing(counter: Counter, capsys: Capture) -> None:
    """The command says what to do instead."""
    assert counter.till("challenge") == 4
    assert "authorise-till" in capsys.readouterr().err


def test_a_phone_that_was_never_refreshed_answers_nobody(counter: Counter) -> None:
    """It cannot know who asks, and says what to do."""
    with a_street(counter.folder / "elsewhere") as street:
        (counter.folder / "elsewhere").mkdir(exist_ok=True)
        till = street.open_till("a", street.professional("karim"))
        request = till.challenge()

    refused = counter.phone("ange", "answer", "--text", request)

    assert refused.exit_code == 5
    assert "trust_store_unusable" in refused.stderr


def test_trust_data_of_another_publisher_or_of_before_are_refused(counter: Counter) -> None:
    """Another root, a changed target, an expired publication, one older than what is kept."""
    fetch, root = publication_at(str(counter.publication)), counter.root.read_bytes()
    members = fetch_trust(root, fetch, NOON)
    other = Publisher(counter.folder / "other")
    other.keys = {role: type(key)(f"other {role.value}") for role, key in other.keys.items()}
    other.publish(EARLY)

    def changed(path: str) -> bytes | None:
        data = fetch(path)
        return data[:-1] + b"?" if data is not None and path.endswith("trust.json") else data

    for anchor, get, at, kept in (
        (other.root, fetch, NOON, None),
        (root, changed, NOON, None),
        (root, fetch, NOON + timedelta(days=400), None),
        (root, fetch, NOON, {**members, "signed_at": int(NOON.timestamp()) + 1}),
        (b"{}", fetch, NOON, None),
    ):
        with pytest.raises(TrustRefused):
            fetch_trust(anchor, get, at, kept)
    assert set(members) == {"trust", "revoked", "suspended", "signed_at", "root"}
