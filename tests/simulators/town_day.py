"""A day in every room of the town hall, as right and as clumsy as people are, for tests that look for traces.

Phones and sign-ins, presences, questions on every ground, files of questions, contracts by API, by file and
at the console, a child's cards on a parent's phone, the record, the patient's journal, the desk, colleagues,
the worker. Numbers are also typed where they have no business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.work_commands import work
from cartes.wire import strict_json
from tests.simulators.contracts import csv_of, line
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE, PERSONAS, SARAH
from tests.simulators.online_rights_stage import INSURER, Pocket
from tests.simulators.representation_stage import INES, MARIA, PAUL, TOM, ZOE, open_for, open_tutelle
from tests.simulators.staff_stage import StaffStage
from tests.simulators.wired_town import Holder, WiredTown, ndjson

PEOPLE = (ANGE, SARAH, MARIA, PAUL, INES, ZOE, TOM)
CARE_DATE = "2026-11-21"
_EXAMPLE_OF_A_LINE = b"158032A99904296;;;A-0001"


def numbers() -> list[str]:
    """Every NIR of every fictitious person, their own and those that open their rights."""
    found = {person.text for person in PEOPLE}
    for file in (PERSONAS / "droits").glob("*.json"):
        asked = strict_json.loads(file.read_bytes())["demande"]
        found |= {str(asked[name]) for name in ("immatriculation", "nirCertifie") if asked[name]}
    return sorted(found)


@dataclass
class TownDay:
    """The day, played once. `said` is every refusal and every answer that is not a card or a right."""

    town: WiredTown
    staff: StaffStage
    said: list[bytes] = field(default_factory=list)

    def play(self) -> None:
        """All of it, in order."""
        pharmacist, insurer = self.town.signed_in(LAURE), self.town.insurer().holder("rights")
        publisher = self.town.insurer("mutuelle-fichiers").holder("contracts")
        self._contracts(publisher)
        self._children()
        self._presences(pharmacist)
        self._questions(pharmacist, insurer)
        self._record_and_journal()
        self._office()
        self._wrong_boxes(pharmacist, insurer, publisher)
        self._signs_in_and_out()
        self._worker()

    def _contracts(self, publisher: Holder) -> None:
        """By the API and by file, with bad lines: a number that is none, a number in the place of a name."""
        body = {**_contract(ANGE), "responsable": True, "domaines": ["PHAR"], "services": ["IDB"]}
        body.pop("contrat")
        assert publisher.call("PUT", "/v1/contracts/C-ANGE", json=body).status_code == 200
        file = csv_of(
            line(contrat="C-ZOE", personne=f"{INES.text}/20210512/1"),
            line(contrat="C-TOM", personne=f"{INES.text}/20210512/2"),
            line(contrat=SARAH.text),
            line(contrat="C-BAD", personne=f"{SARAH.text[:13]}00"),
            line(contrat="C-BAD2", personne=SARAH.text, etat=SARAH.text),
        )
        self._tell(publisher.call("POST", "/v1/contracts/files", data=file, content_type="text/csv"))

    def _children(self) -> None:
        """Twins on their mother's phone, apCV and insurer's card; one delegation withdrawn."""
        town, mother = self.town, self.town.patient(INES)
        for child in (ZOE, TOM):
            opened = open_for(town.stage.signin.stage, child, INES)
            for kind in ("apcv", "amc"):
                asked = mother.fetch(credential_configuration_id=kind, **{"for": opened.reference})
                assert asked.status_code == 200, asked.get_json()
        town.by_phone(mother, "GET", "/v1/representations")
        town.by_phone(mother, "DELETE", f"/v1/representations/{opened.reference}")

    def _presences(self, pharmacist: Holder) -> None:
        town, opened = self.town, open_tutelle(self.town.stage.signin.stage)
        patient, paul = town.patient(ANGE), town.patient(PAUL)
        self.patient = patient
        for pocket in (
            Pocket(town, patient, town.cards(patient)),
            Pocket(town, paul, town.cards(paul, **{"for": opened.reference})),
        ):
            given = pharmacist.post("/v1/presences", {"scan": pocket.show()}).get_json()
            asked = pharmacist.ask(ground="presence", presence_token=given["presence_token"])
            assert asked.status_code == 200
            fhir = pharmacist.ask(
                "application/fhir+json", ground="presence", presence_token=given["presence_token"]
            )
            assert fhir.status_code == 200

    def _questions(self, pharmacist: Holder, insurer: Holder) -> None:
        for person in PEOPLE:
            nir = {"nir": person.text}
            self._tell(insurer.ask(ground="membership", purpose="contract", patient=nir))
            self._tell(pharmacist.ask(ground="consent", patient=nir))
            asked = {"patient": person.text, "purpose": "normal", "care_team": True}
            self._tell(pharmacist.post("/v1/access-decisions", asked))
        insurer.call(
            "POST",
            f"/v1/rights/batches?purpose=contract&care_date={CARE_DATE}",
            data=ndjson(*({"nir": person.text} for person in PEOPLE), {"nir": "x"}),
            content_type="application/x-ndjson",
            headers={"Batch-Id": "une-journee-en-ligne"},
        )

    def _record_and_journal(self) -> None:
        town, patient = self.town, self.patient
        said = {"target": "professional", "number": KARIM.text, "decision": "blocked"}
        assert town.by_phone(patient, "POST", "/v1/consents", said).status_code == 201
        entry = town.journal(patient)[0]["entry"]
        town.by_phone(patient, "POST", f"/v1/journal/{entry}/incident")

    def _office(self) -> None:
        """The desk opens a code and a delegation; the clerk asks and publishes; each sees their pages."""
        agent = self.staff.colleague("desk_agent")
        present = {"card": "apcv", "person": SARAH.text}
        assert agent.post("/v1/desk/codes", present).status_code == 201
        agent.post("/v1/desk/phones", present)
        self._tell(agent.post("/v1/desk/lost-phones", {**present, "reference": "7K3M-9QRT"}))
        order = {"beneficiary": ANGE.text, "delegate": SARAH.text, "type": "tiers_ponctuel"}
        agent.post("/v1/desk/delegations", {**order, "proof": "mandat", "until": "2026-11-23"})
        agent.post("/v1/desk/delegations/search", {"person": ANGE.text})
        clerk = self.staff.colleague("insurer_clerk", structure=INSURER)
        question = {"purpose": "contract", "care_date": CARE_DATE}
        for person in PEOPLE:
            self._tell(clerk.post("/v1/console/queries", {**question, "patient": {"nir": person.text}}))
        for path, data, kind in (
            ("/v1/console/contracts", csv_of(line(personne=MARIA.text, contrat="C-M")), "text/csv"),
            (
                f"/v1/console/batches?purpose=contract&care_date={CARE_DATE}",
                ndjson(*({"nir": person.text} for person in PEOPLE)),
                "application/x-ndjson",
            ),
        ):
            headers = {"X-Staff-Csrf": clerk.csrf, "Batch-Id": "console-0123456789"}
            clerk.client.post(path, data=data, content_type=kind, headers=headers).get_data()
        operator = self.staff.colleague("operator")
        for who, pages in (
            (agent, ("/desk", "/desk/phones", "/desk/delegations")),
            (clerk, ("/console", "/console/file", "/console/contracts", "/console/figures")),
            (operator, ("/operations",)),
        ):
            for page in pages:
                shown = who.client.get(page, headers={"Accept": "text/html"})
                assert shown.status_code == 200, page
                # A page shows what a line of a file looks like: a fictitious number, the same for everybody.
                self.said.append(shown.get_data().replace(_EXAMPLE_OF_A_LINE, b""))

    def _wrong_boxes(self, *holders: Holder) -> None:
        """A number where a word, a reference, a purpose or a target was asked for: refused, not repeated."""
        for typed in (ANGE.text, ANGE.text[:13], f"{ANGE.text[0]} {ANGE.text[1:3]} {ANGE.text[3:5]}"):
            for holder in holders:
                self._tell(holder.post("/v1/presences", {"scan": typed}))
                self._tell(holder.ask(ground=typed, purpose=typed, patient={"nir": typed, typed: typed}))
                self._tell(holder.ask(ground="presence", presence_token=typed))
                self._tell(holder.post("/v1/access-decisions", {"patient": typed, "purpose": typed}))
                self._tell(holder.call("PUT", "/v1/contracts/x", json={"personne": typed, typed: typed}))
            asked = {"target": typed, "number": typed, "decision": typed}
            self._tell(self.town.by_phone(self.patient, "POST", "/v1/consents", asked))

    def _signs_in_and_out(self) -> None:
        """A patient at a portal: what it may know of them is asked for, and the session closed."""
        portal = self.town.signed_in(SARAH, scope="")
        portal.call("GET", "/v1/oidc/userinfo")

    def _worker(self) -> None:
        """Everything that runs apart, once, and what it says."""
        done = CliRunner().invoke(work, ["--once"], obj=self.town.services)
        assert done.exit_code == 0, done.output
        self.said.append(done.output.encode())

    def _tell(self, answer: Any) -> None:
        """Keep a refusal: an answer that is granted may name the person to whoever has the ground."""
        if answer.status_code >= 400:
            self.said.append(answer.get_data() + repr(dict(answer.headers)).encode())


def _contract(person: PersonKey) -> dict[str, Any]:
    return dict(line(personne=person.text))


def joined(parts: Sequence[bytes]) -> bytes:
    """Many texts as one, with something between them."""
    return b"\n\0\n".join(parts)
