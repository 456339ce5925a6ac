"""Staff's pages without a browser: who sees what, the sheet of a code, a clerk's questions, the figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select

from apcv_backend.bootstrap import Services
from apcv_backend.office.page_words import WORDS, script_words
from apcv_backend.office.sheet import CodeSheet, code_sheet_pdf, qr_text
from apcv_backend.operations.rules import OTHERS, DailyPlot, Series, draft_plot, draft_ranked
from apcv_backend.operations.svg_gauge import Gauge, GaugeWords, gauge_of
from apcv_backend.operations.svg_plot import PlotWords, step_of, svg_of, swatch_of
from apcv_backend.presences.rules import PresenceRefused
from apcv_backend.tables import journal, scan_refusals
from cartes.cards import CardKind
from cartes.errors import CardRefused, RequestRefused
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.staff_stage import Colleague, StaffStage

ANGE = "158032A99904296"
INSURER = "99999001"
CONTRACT = f"A-1;{ANGE};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;2026-01-01;;oui;3;;;ouvert;"
HEADER = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;"
    "responsable;gestion;domaines;services;etat;date_resiliation"
)


@pytest.fixture
def stage(services: Services, app: Flask, attestation_dir: Path) -> StaffStage:
    return StaffStage(services, app, attestation_dir)


def _sheet(*secrets: str) -> CodeSheet:
    card = CardKind.APCV if len(secrets) == 1 else CardKind.ECPS
    return CodeSheet(
        card, "7K3M-9QRT", secrets, MORNING + timedelta(minutes=30), "A. Martin", "Corte", "https://x.example"
    )


def _publish(clerk: Colleague, lines: Sequence[str]) -> dict[str, object]:
    answer = clerk.client.post(
        "/v1/console/contracts",
        data="\n".join([HEADER, *lines]).encode(),
        content_type="text/csv",
        headers={"X-Staff-Csrf": clerk.csrf},
    )
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, object] = answer.get_json()
    return told


# --- pages


def test_a_browser_is_refused_with_a_page_and_a_program_with_a_problem(stage: StaffStage) -> None:
    """The same door, the same status; what is read differs."""
    client = stage.app.test_client()

    page = client.get("/desk", headers={"Accept": "text/html,*/*;q=0.8"})
    program = client.get("/desk")

    assert (page.status_code, program.status_code) == (401, 401)
    assert "Connectez-vous d’abord" in page.get_data(as_text=True)
    assert program.get_json()["code"] == "caller_refused"


def test_a_session_that_ended_has_its_own_words(stage: StaffStage, clock: SteerableClock) -> None:
    """Fifteen idle minutes: not a stranger, somebody whose session is over."""
    agent = stage.colleague("desk_agent")
    clock.advance(16 * 60)

    page = agent.client.get("/desk", headers={"Accept": "text/html", "Accept-Language": "en"})

    assert page.status_code == 401
    assert "Your session has ended" in page.get_data(as_text=True)


def test_the_sign_in_is_served_where_keys_answer(stage: StaffStage) -> None:
    """On another host a key is silent: the page leads to staff's own."""
    client = stage.app.test_client()
    origin = stage.services.config.staff_party.web_origins[0]

    elsewhere = client.get("/staff/sign-in", base_url="http://autre.localhost:8000")
    here = client.get("/staff/sign-in", base_url=origin)

    assert elsewhere.headers["Location"].startswith(f"{origin}/staff/sign-in")
    assert here.status_code == 200
    assert "script-src 'self';" in here.headers["Content-Security-Policy"]
    assert "<script>" not in here.get_data(as_text=True)


def test_every_word_is_said_in_both_languages() -> None:
    """No French left in English, and no empty sentence."""
    assert [name for name, told in WORDS.items() if not all(told)] == []
    assert script_words("fr").keys() == script_words("en").keys()


# --- the sheet


def test_the_square_on_a_sheet_says_the_reference_and_every_code() -> None:
    """As the phone's application reads it: four and four, then five, five and five."""
    assert qr_text(_sheet("4F7QX-02ZKM-8WN3J", "AAAAA-BBBBB-CCCCC")) == (
        "7K3M-9QRT 4F7QX-02ZKM-8WN3J AAAAA-BBBBB-CCCCC"
    )


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("secrets", [("4F7QX-02ZKM-8WN3J",), ("4F7QX-02ZKM-8WN3J", "AAAAA-BBBBB-CCCCC")])
def test_a_sheet_is_one_page(secrets: tuple[str, ...], language: str) -> None:
    """One page of PDF, whatever the card."""
    drawn = code_sheet_pdf(_sheet(*secrets), language)

    assert drawn.startswith(b"%PDF")
    assert drawn.count(b"/Type /Page\n") == 1


def test_a_sheet_is_drawn_for_its_agent_and_kept_nowhere(stage: StaffStage) -> None:
    """The door gives a PDF, and no line of the journal holds the code."""
    agent = stage.colleague("desk_agent")
    handed = agent.post("/v1/desk/codes", {"card": "apcv", "person": ANGE}).get_json()
    asked = {name: handed[name] for name in ("card", "reference", "secrets", "expires_at")}

    answer = agent.post("/v1/desk/sheets", asked)

    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    with stage.services.database.read() as connection:
        told = " ".join(connection.execute(select(journal.c.facts)).scalars())
    assert handed["secrets"][0] not in told


# --- a clerk


def test_a_clerk_asks_about_their_own_members_alone(stage: StaffStage) -> None:
    """A published contract is the ground; without it, nothing is told."""
    clerk = stage.colleague("insurer_clerk", structure=INSURER)
    question = {"purpose": "contract", "care_date": "2026-11-21", "patient": {"nir": ANGE}}

    before = clerk.post("/v1/console/queries", question)
    report = _publish(clerk, [CONTRACT, "trop;peu"])
    after = clerk.post("/v1/console/queries", question)

    assert (before.status_code, before.get_json()["code"]) == (404, "rights_not_answered")
    assert report["entered"] == 1
    assert report["refused"] == [{"line": 3, "field": "", "code": "wrong_number_of_fields"}]
    assert after.get_json()["amc"]["covers"][0]["numero_amc"] == INSURER
    assert "matricule_ins" not in after.get_json()


def test_the_patient_reads_whose_clerk_asked(stage: StaffStage) -> None:
    """The journal names the insurer; the clerk's account stays a pseudonym."""
    clerk = stage.colleague("insurer_clerk", structure=INSURER)
    _publish(clerk, [CONTRACT])

    clerk.post(
        "/v1/console/queries",
        {"purpose": "contract", "care_date": "2026-11-21", "patient": {"nir": ANGE}},
    )

    with stage.services.database.read() as connection:
        line = connection.execute(select(journal).where(journal.c.event == "rights.queried")).one()
    assert f"Organisme complémentaire {INSURER}" in line.facts
    assert line.actor == f"client:clerk:{clerk.member_id}"
    assert clerk.name not in line.facts


def test_a_clerks_file_is_answered_line_by_line(stage: StaffStage) -> None:
    """In order, a bad line its own affair, and a last word."""
    clerk = stage.colleague("insurer_clerk", structure=INSURER)
    _publish(clerk, [CONTRACT])
    body = b'{"nir":"%s","ref":"un"}\n{"nir":"x"}\n' % ANGE.encode()

    answer = clerk.client.post(
        "/v1/console/batches?purpose=contract&care_date=2026-11-21",
        data=body,
        content_type="application/x-ndjson",
        headers={"X-Staff-Csrf": clerk.csrf, "Batch-Id": "console-0123456789"},
    )

    first, second, last = answer.get_data().splitlines()
    assert b'"answer"' in first
    assert b"rights_not_answered" in second
    assert last == b'{"done":true,"lines":2}'


# --- figures


def test_figures_count_what_happened_today(stage: StaffStage) -> None:
    """A wrong invitation, a question refused and a scan refused stand in their plots on the last day."""
    services = stage.services
    clerk = stage.colleague("insurer_clerk", structure=INSURER)
    stage.newcomer().register("AAAA", "BBBB")
    clerk.post(
        "/v1/console/queries",
        {"purpose": "contract", "care_date": "2026-11-21", "patient": {"nir": ANGE}},
    )
    row = {"day": int(MORNING.timestamp()) // 86_400, "way": "online", "reason": "proof_too_old", "scans": 3}
    services.database.run(lambda tx: tx.execute(insert(scan_refusals).values(row)))

    figures = services.operations.figures(services.clock())
    own = services.operations.insurer_figures(INSURER, services.clock())
    other = services.operations.insurer_figures("99999002", services.clock())

    plots = {plot.name: {one.name: one.values[-1] for one in plot.series} for plot in figures.plots}
    assert plots["refusals"]["staff"] == 1
    assert plots["questions"] == {"answered": 0, "refused": 1, "stopped": 0}
    assert plots["verdicts"] == {"proof_too_old": 3}
    assert (own.asked, other.asked) == (1, 0)


def test_refused_scans_are_counted_by_reason(services: Services) -> None:
    """Twice the same reason is one row with two in it."""
    presences = services.online_rights.presences

    for _ in range(2):
        presences._registers.run(
            lambda register: register.count_refusal("uploaded", "proof_too_old", services.clock())
        )

    with services.database.read() as connection:
        rows = connection.execute(select(scan_refusals.c.reason, scan_refusals.c.scans)).all()
    assert [tuple(row) for row in rows] == [("proof_too_old", 2)]


def test_beyond_five_things_the_smallest_are_added_up() -> None:
    """Nothing is dropped: the total stays."""
    today = (MORNING.date() - date(1970, 1, 1)).days
    counted = {(f"r{n}", today): n for n in range(1, 9)}

    plot = draft_ranked("verdicts", counted, MORNING)

    assert [one.name for one in plot.series] == ["r8", "r7", "r6", "r5", OTHERS]
    assert sum(one.total for one in plot.series) == sum(counted.values())


@pytest.mark.parametrize(("highest", "step"), [(0, 1), (4, 1), (5, 2), (21, 10), (1_000, 500)])
def test_a_scale_steps_by_round_numbers(highest: int, step: int) -> None:
    """1, 2 or 5 with zeros, at most four lines above the axis."""
    assert step_of(highest) == step


def test_a_plot_says_itself_and_escapes_its_labels() -> None:
    """A title and a description for who does not see it; a label is never markup."""
    plot = draft_plot("issuance", {}, ("issued",), MORNING)

    drawn = str(svg_of(plot, PlotWords("Titre <b>", "Rien", "cartes <i>", "jour", str)))

    assert "<title" in drawn
    assert "&lt;b&gt;" in drawn
    assert "<i>" not in drawn
    assert ">jour</text>" in drawn


def test_two_things_of_a_plot_differ_without_their_colours() -> None:
    """Each series has a pattern of its own, which its bars and its square in the key both wear."""
    names = tuple("abcde")
    today = (MORNING.date() - date(1970, 1, 1)).days
    plot = draft_plot("x", {(name, today): 1 for name in names}, names, MORNING)

    drawn = str(svg_of(plot, PlotWords("t", "d", "v", "j", str)))

    marks = [
        part.split("</pattern>")[0].partition('class="mark" ')[2] for part in drawn.split("<pattern")[1:]
    ]
    assert len(set(marks)) == len(names)
    for number in range(len(names)):
        assert drawn.count(f'fill="url(#x-p{number})"') == 1
        assert f"url(#x-p{number})" in str(swatch_of(plot, number))


@pytest.mark.parametrize(
    ("hours", "mood"), [(0, "good"), (11, "good"), (12, "care"), (24, "bad"), (90, "bad")]
)
def test_a_trust_list_is_looked_at_before_it_stops_holding(hours: int, mood: str) -> None:
    """Filled to its age and never beyond its end; half a day is the line to look from."""
    gauge = Gauge("trust", timedelta(hours=hours), timedelta(hours=12), timedelta(hours=24))

    drawn = str(gauge_of(gauge, GaugeWords("t", "d", "b", "l", "e")))

    assert gauge.mood == mood
    filled = re.search(r'class="passed \w+"[^>]* width="([\d.]+)"', drawn)
    assert filled is not None
    assert float(filled[1]) <= 404


def test_every_check_of_a_scan_has_words_for_its_plot() -> None:
    """A code of the presences or of SQ1 that a plot shows raw is a sentence nobody wrote."""
    families = (CardRefused, RequestRefused, PresenceRefused)
    ours = ("cartes.", "apcv_backend.")  # a till has refusals of its own, which never reach these plots
    known = {one for family in families for one in (family, *family.__subclasses__())}
    codes = {one.code for one in known if one.__module__.startswith(ours)}
    codes |= {"asked_by_another", "asked_in_another_structure", "out_of_days"}

    assert {code for code in codes if f"verdict_{code}" not in WORDS} == set()


def test_a_day_holds_all_its_series() -> None:
    """The scale is of what stands on each other."""
    plot = DailyPlot("x", (date(2026, 11, 21),), (Series("a", (2,)), Series("b", (3,))))

    assert plot.highest == 5
