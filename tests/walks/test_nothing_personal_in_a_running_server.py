"""A real server process logging at DEBUG, phones over real HTTP; then everything left is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from apcv_backend.bootstrap import build
from apcv_backend.config import Config
from apcv_backend.enrolment.rules import day_in_france
from cartes import presentation, seal
from cartes.cards import CardKind
from cartes.wire import qr, strict_json
from mobile_mock.cli import main as phone
from tests.simulators.contracts import csv_of, line
from tests.simulators.number_traces import forms_in
from tests.simulators.representation_stage import INES, ZOE
from tests.simulators.running_town import RunningTown, running_town
from tests.simulators.town_day import numbers

NIR = "158032A99904296"
pytestmark = pytest.mark.timeout(400)  # a dozen processes, each with the whole town hall to build


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningTown]:
    with running_town(tmp_path) as town:
        yield town


def test_a_life_on_a_running_server_leaves_no_number_anywhere(running: RunningTown, tmp_path: Path) -> None:
    """Enrolled, issued, read, contested, sealed, erased: logs, addresses, bytes of files."""
    pocket = _enrolled(running, tmp_path, NIR)
    _phone("card", *pocket)
    told = _phone("journal", *pocket)
    entry = told.splitlines()[1].strip()
    _phone("journal", *pocket, "--not-me", entry)
    running.operator("seal-journal")
    running.operator("check-journal")
    assert "1 incidents" in running.operator("incidents")
    running.operator("erase", "--card", "apcv", "--agent", "A", "--place", "B", given=f"{NIR}\n")
    running.operator("work", "--once")
    running.operator("check-journal")
    running.operator("backup", "--to", str(tmp_path / "saved.gz"))

    _nothing_is_left(running, tmp_path)


def test_a_childs_two_cards_on_a_parents_phone_over_real_http(running: RunningTown, tmp_path: Path) -> None:
    """By commands alone: two insurers, a delegation at a desk; the phone chooses and shows. No trace."""
    pocket = _enrolled(running, tmp_path, INES.text)
    today = day_in_france(datetime.now(UTC))
    services = build(Config.from_env(running.environ))
    for numero, nom in (("99999001", "MUTUELLE FICTIVE"), ("99999002", "PREVOYANCE D'ESSAI")):
        contract = line(personne=f"{INES.text}/20210512/1", contrat=f"C-{numero}", nom_amc=nom)
        year = {"debut": f"{today.year}-01-01", "fin": f"{today.year}-12-31"}
        services.complementary.load(numero, csv_of(contract | year), "operator", services.clock())
    services.close()
    order = {"beneficiary": ZOE.text, "delegate": INES.text, "type": "parent", "proof": "livret_famille"}
    opened = running.operator(
        "representation", "open", "--agent", "A. Martin", "--place", "Corte", given=json.dumps(order) + "\n"
    )
    reference = str(strict_json.loads(opened.strip().encode())["reference"])

    assert reference in _phone("represented", *pocket)
    _phone("card", *pocket, "--for", reference)
    fetched = _phone("card", *pocket, "--for", reference, "--card", "amc")
    unclear = CliRunner().invoke(phone, ["qr", *pocket, "--for", reference, "--card", "amc", "--text"])
    shown = {
        CardKind.APCV: _phone("qr", *pocket, "--for", reference, "--text"),
        CardKind.AMC: _phone(
            "qr", *pocket, "--for", reference, "--card", "amc", "--contract", "prev", "--text"
        ),
    }

    # The child holds nothing: their mother reads what was done with what is theirs.
    told = _phone("journal", *pocket, "--for", reference)
    assert "Votre carte a été délivrée à une personne qui vous représente." in told
    assert "amc PREVOYANCE D'ESSAI (99999002) soins" in fetched
    assert unclear.exit_code == 4
    assert "MUTUELLE FICTIVE (99999001), PREVOYANCE D'ESSAI (99999002)" in unclear.stderr
    opened_cards = {kind: _proven(running, text.splitlines()[0], kind) for kind, text in shown.items()}
    assert seal.goes_with(opened_cards[CardKind.AMC], opened_cards[CardKind.APCV])
    running.operator(
        "representation", "end", reference, "--by", "juge", "--agent", "A. Martin", "--place", "Corte"
    )
    refused = CliRunner().invoke(phone, ["renew", *pocket, "--for", reference, "--card", "amc"])
    assert refused.exit_code == 1
    assert "representation_over" in refused.stderr
    running.operator("work", "--once")
    _nothing_is_left(running, tmp_path)


def _proven(running: RunningTown, text: str, kind: CardKind) -> seal.OpenedCard:
    """A card as a till opens it, offline: the seal, and the proof of the phone that shows it."""
    services, at = build(Config.from_env(running.environ)), datetime.now(UTC)
    trust = services.issuance.trust(at)
    services.close()
    unverified = presentation.parse(qr.unpack(text.strip()))
    opened = seal.open_seal(unverified.credential, trust, at, expected=kind)
    presentation.check_holder_proof(unverified, opened, trust.kinds[kind], at)
    return opened


def _nothing_is_left(running: RunningTown, folder: Path) -> None:
    """Every file but the phones' own memory: the database's bytes, what was logged, published, saved."""
    assert "/v1/journal" in running.said or "/v1/credential" in running.said, "requests are not logged"
    left = [path for path in folder.rglob("*") if path.is_file() and "pocket" not in path.parts]
    assert any(path.name == "town-hall.db" for path in left)
    found = {path.name: forms for path in left if (forms := forms_in(path.read_bytes(), numbers()))}
    assert found == {}


def _enrolled(running: RunningTown, folder: Path, nir: str) -> list[str]:
    opened = running.operator("code", "open-many", given=f'{{"card":"apcv","person":"{nir}","for":"x"}}\n')
    code = strict_json.loads(opened.strip().encode())
    pocket = ["--pocket", str(folder / "pocket")]
    assert _phone(
        "enrol", *pocket, "--backend", running.url, "--card", "apcv", "--model", "android",
        "--makers", str(folder / "makers"),
        "--reference", code["reference"], "--secret", code["secrets"][0],
    )  # fmt: skip
    return pocket


def _phone(*words: str) -> str:
    done = CliRunner().invoke(phone, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout
