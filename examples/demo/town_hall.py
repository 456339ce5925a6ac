"""The backend of the demonstration: its state under one folder, its operator's commands, its start and stop.

Everything goes through the doors an operator has: `python -m keys`, `python -m apcv_backend`, HTTP.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import urllib3

from examples.demo.people import ANDROID_KEY_HASH, ANDROID_PACKAGE, PERSONAS, Cast, Persona
from mobile_mock.answers import ActivationCode
from mobile_mock.attestation_ca import AttestationCa

ROOT = Path(__file__).resolve().parent.parent.parent
_HALVES = ("Première", "Seconde")
_START_DEADLINE_S = 60.0  # a machine busy with a browser and its films is slow to start anything


class DemoFailed(Exception):
    """A step did not do what it should; the message says which and how."""


class TownHall:
    """A backend on SQLite, in `folder`, on `port` of this machine's loopback."""

    def __init__(
        self, folder: Path, *, port: int, reference_day: date, today: date, host: str = "cartes.localhost"
    ) -> None:
        self.folder = folder
        self.port = port
        self.public_url = f"http://{host}:{port}"
        self.phone_pages = {
            "apcv": f"http://apcv.localhost:{port}/app/",
            "ecps": f"http://ecps.localhost:{port}/app/",
        }
        self.shift_days = max(0, (today - reference_day).days)
        self.publication = folder / "publication"
        self._process: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self.environ = os.environ | self._settings()

    def _settings(self) -> Mapping[str, str]:
        android = f"android:apk-key-hash:{ANDROID_KEY_HASH};{ANDROID_PACKAGE}"
        return {
            "APCV_ENV": "development",
            "APCV_PUBLIC_URL": self.public_url,
            "APCV_DATABASE_URL": f"sqlite:///{self.folder / 'cartes.db'}",
            "APCV_KEYS_DIR": str(self.folder / "keys"),
            "APCV_PUBLICATION_DIR": str(self.publication),
            "APCV_RIGHTS_DIR": str(PERSONAS / "droits"),
            "APCV_RIGHTS_SHIFT_DAYS": str(self.shift_days),
            "APCV_RP_ID_APCV": "apcv.localhost",
            "APCV_RP_ID_ECPS": "ecps.localhost",
            "APCV_ORIGINS_APCV": f"http://apcv.localhost:{self.port},{android}",
            "APCV_ORIGINS_ECPS": f"http://ecps.localhost:{self.port},{android}",
            "APCV_ATTESTATION_ROOTS": str(self.folder / "attestation" / "roots"),
            "APCV_PWA_DIR": str(ROOT / "mobile_mock" / "pwa"),
            "APCV_VERIFIER_PAGE_DIR": str(ROOT / "verifier" / "page"),
        }

    # --- what an operator does once

    def found(self, directories: Iterable[Path]) -> AttestationCa:
        """Keys, database, directory, first publication; gives the authority that attests the phones."""
        self._run("keys", "ceremony", "--dir", str(self.folder / "keys"))
        makers = AttestationCa.open_or_make(
            self.folder / "attestation" / "makers", secrets.token_bytes, datetime.now(UTC)
        )
        makers.export_roots(self.folder / "attestation" / "roots")
        self._run("apcv_backend", "migrate")
        for bundle in directories:
            self.load_directory(bundle)
        self.publish()
        return makers

    def load_directory(self, bundle: Path) -> None:
        """Load a bundle of the professionals' directory; what it closes is revoked."""
        self._run("apcv_backend", "directory", "load", str(bundle), "--shift-days", str(self.shift_days))

    def publish(self) -> None:
        """Publish whom to trust and what is revoked."""
        self._run("apcv_backend", "publish")

    def open_codes(self, people: Iterable[Persona]) -> dict[str, ActivationCode]:
        """One activation code a person, as a caisse or an ordre sends them: by their identifier."""
        people = list(people)
        asked = "".join(
            json.dumps({"card": p.kind.value, "person": p.key, "for": p.persona_id}) + "\n" for p in people
        )
        answered = self._run("apcv_backend", "code", "open-many", given=asked)
        codes = {}
        for line in answered.splitlines():
            told = json.loads(line)
            codes[told["for"]] = ActivationCode(told["reference"], tuple(told["secrets"]))
        return codes

    def register_client(self, document: Mapping[str, object]) -> str:
        """Register a client of the sign-in, as an administrator does; its secret, if it has one."""
        given = json.dumps(document)
        return self._run("apcv_backend", "client", "add", "-", "--by", "exemple", given=given).strip()

    def tell_logouts(self) -> None:
        """Tell the clients that gave an address which sessions are over."""
        self._run("apcv_backend", "client", "tell-logouts")

    def invite_administrators(
        self, names: Iterable[str], structure: str, place: str
    ) -> list[tuple[str, str]]:
        """Invite the first two administrators: the halves of each invitation."""
        named = [word for name in names for word in ("--name", name)]
        told = self._run(
            "apcv_backend", "staff", "bootstrap", *named, "--structure", structure, "--place", place
        )
        halves = [re.findall(rf"^{which} moitié : (\S+)$", told, re.MULTILINE) for which in _HALVES]
        return list(zip(*halves, strict=True))

    def open_representations(self, cast: Cast, today: date) -> dict[tuple[str, str], str]:
        """A desk opens every delegation; the reference of each, by (person, who presents)."""
        keys = {one.persona_id: one.key for one in cast.representatives}
        asked = ""
        for person in cast.people:
            for ground in person.presented_by:
                order: dict[str, str] = {
                    "beneficiary": person.key,
                    "delegate": keys[ground.by],
                    "type": ground.type,
                    "proof": ground.proof,
                    "for": f"{person.persona_id}/{ground.by}",
                }
                if ground.days is not None:
                    order["until"] = (today + timedelta(days=ground.days)).isoformat()
                asked += json.dumps(order) + "\n"
        answered = self._run(
            "apcv_backend", "representation", "open", "--agent", "A. Martin", "--place", "Corte", given=asked
        )
        references = {}
        for line in answered.splitlines():
            told = json.loads(line)
            person_id, _, by = told["for"].partition("/")
            references[person_id, by] = told["reference"]
        return references

    def furnish_till(self, store: Path) -> None:
        """Give a till the first root, by hand as every till gets it, and let it fetch the rest."""
        self._run("verifier", "init", "--root", str(self.first_root), "--store", str(store))
        self._run("verifier", "refresh", "--from", self.publication_url, "--store", str(store))

    @property
    def first_root(self) -> Path:
        """The first root, which every till and phone is given by hand."""
        return self.publication / "metadata" / "1.root.json"

    @property
    def publication_url(self) -> str:
        """Where this backend serves its publication."""
        return f"http://127.0.0.1:{self.port}/publication/"

    # --- up and down

    def start(self) -> None:
        """Serve, and wait until it is ready. Raises `DemoFailed`, also when the port is taken."""
        if self.answers():
            raise DemoFailed(f"le port {self.port} est déjà pris ; `python -m examples.demo.serve --port N`")
        log = (self.folder / "backend.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "apcv_backend", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environ,
            stdout=log,
            stderr=log,
        )
        log.close()
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                told = (self.folder / "backend.log").read_text(errors="replace")[-2_000:]
                self.stop()
                raise DemoFailed(f"le serveur n'a pas démarré :\n{told}")
            time.sleep(0.05)

    def work(self) -> None:
        """Beside the server, what it owes apart from requests: publishing, sealing, telling clients."""
        with (self.folder / "worker.log").open("wb") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "apcv_backend", "work"],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """Stop, and be sure that nothing answers any more."""
        if self._worker is not None:
            _end(self._worker)
            self._worker = None
        if self._process is None:
            return
        _end(self._process)
        self._process = None
        if self.answers():
            raise DemoFailed(f"quelque chose répond encore sur le port {self.port}")

    def answers(self) -> bool:
        """Whether anything listens on the port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def wait(self) -> None:
        """Wait until the backend ends by itself or is interrupted."""
        if self._process is not None:
            self._process.wait()

    def _is_ready(self) -> bool:
        try:
            answer = urllib3.request(
                "GET", f"http://127.0.0.1:{self.port}/readyz", timeout=2.0, retries=False
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def _run(self, module: str, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DemoFailed(f"python -m {module} {arguments[0]} : {done.stderr.strip()[-2_000:]}")
        return done.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
