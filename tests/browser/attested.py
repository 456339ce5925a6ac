"""A prescriber's phone outside the browser, whose maker vouches for its key: the strictest screen is green.

Chromium's virtual authenticator has no maker, so that an e-CPS on it is one "the phone's word alone" holds:
amber where a prescription is at stake. This phone is the simulator's, attested by the demonstration's makers.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.bench import Hall


@dataclass
class AttestedPhone:
    """Enrols the first time it shows its card."""

    hall: Hall
    persona_id: str
    _is_enrolled: bool = False

    def show(self) -> str:
        """The digits of its code, made now."""
        if not self._is_enrolled:
            self._enrol()
            self._is_enrolled = True
        return self._run("qr", "--text").splitlines()[0].strip()

    def _enrol(self) -> None:
        hall, code = self.hall.town_hall, self.hall.code(self.persona_id)
        secrets = [word for secret in code.secrets for word in ("--secret", secret)]
        self._run(
            "enrol", "--backend", hall.public_url, "--model", "android-strongbox",
            "--makers", str(hall.folder / "attestation" / "makers"), "--reference", code.reference, *secrets,
        )  # fmt: skip
        self._run("card")

    def _run(self, command: str, *words: str) -> str:
        hall = self.hall.town_hall
        pocket = hall.folder.parent / f"pocket-{self.persona_id}"
        return hall._run("mobile_mock", command, "--pocket", str(pocket), "--card", "ecps", *words)
