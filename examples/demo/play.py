"""Walks A and B, played by each person with their own phone: enrol, receive cards, show one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cartes.requester import Asker
from examples.demo.people import Persona
from mobile_mock.answers import ActivationCode
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.errors import BackendRefused
from mobile_mock.holder import Holder
from mobile_mock.pocket import Pocket
from mobile_mock.reading import publication_at, read_picture
from mobile_mock.trust_publication import fetch_trust


@dataclass(frozen=True)
class Refusal:
    """A named refusal, and at which step of walk A it came."""

    step: str  # 'enrolment' | 'issuance'
    code: str
    said: str  # the backend's own sentence, for people


@dataclass(frozen=True)
class Shown:
    """A picture on disk of what a phone showed."""

    persona: Persona
    name: str
    picture: Path
    digits: int
    version: int


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


class Stage:
    """Where people meet the backend: their pockets in `pockets`, the pictures in `pictures`."""

    def __init__(self, pockets: Path, pictures: Path, backend_url: str, makers: AttestationCa) -> None:
        self._pockets = pockets
        self._pictures = pictures
        self._address = BackendAddress.parse(backend_url)
        self.makers = makers

    def enrol_and_fetch(self, persona: Persona, code: ActivationCode) -> Refusal | None:
        """Walk A: register the phone with the code, then receive the batch of cards."""
        with self._holder(persona) as holder:
            try:
                holder.enrol(persona.kind, code, persona.phone_label[:60], now())
            except BackendRefused as refused:
                return Refusal("enrolment", refused.refusal, refused.detail)
            return self._fetch(holder, persona)

    def fetch_again(self, persona: Persona) -> Refusal | None:
        """Ask for new cards with a phone that already has some."""
        with self._holder(persona) as holder:
            return self._fetch(holder, persona)

    def fetch_for(self, representative: Persona, reference: str) -> None:
        """Receive the card of somebody this person represents. Raises `BackendRefused`."""
        with self._holder(representative) as holder:
            holder.fetch_card(representative.kind, now(), represents=reference)

    def show(
        self, persona: Persona, name: str, *, by: Persona | None = None, reference: str = ""
    ) -> tuple[Shown, str]:
        """Walk B, step 0: one gesture, one QR, drawn as PNG and SVG; and drawn for a terminal.

        `by` is whose phone it is, when this person's card is shown by somebody else.
        """
        with self._holder(by or persona) as holder:
            shown = holder.show_qr(persona.kind, now(), name=name, represents=reference)
        picture = self._pictures / f"{persona.slug}-{name}.png"
        picture.write_bytes(shown.png())
        picture.with_suffix(".svg").write_text(shown.svg(), encoding="utf-8")
        return Shown(persona, name, picture, len(shown.text), shown.symbol.version), shown.terminal()

    # --- two ways

    def learn_trust(self, persona: Persona, root: Path, source: str) -> None:
        """Give a phone the first root and let it prove the publication: it will know who asks, offline."""
        anchor = root.read_text(encoding="utf-8")
        with Pocket.create(self._pockets / persona.slug, persona.phone) as pocket:
            pocket.keep_trust(fetch_trust(anchor.encode(), publication_at(source), now(), None))
            pocket.keep_trust_root(anchor)

    def authorise_till(self, persona: Persona, offer: str) -> str:
        """The professional's gesture for a session: the digits of their e-CPS over the till's key."""
        with self._holder(persona) as holder:
            return holder.authorise_till(offer, now(), lambda _offer: True).text

    def answer(self, persona: Persona, request: Path, name: str) -> tuple[Shown, str]:
        """Read a till's request from its picture, see who asks, agree, and answer sealed to that till."""
        asked: list[str] = []

        def agree(asker: Asker) -> bool:
            asked.append(f"{asker.card.given} {asker.card.name}")
            return True

        with self._holder(persona) as holder:
            shown = holder.answer(read_picture(request), persona.kind, now(), agree, name=name)
        picture = self._pictures / f"{persona.slug}-deux-sens.png"
        picture.write_bytes(shown.png())
        return Shown(persona, "deux-sens", picture, len(shown.text), shown.symbol.version), asked[0]

    @staticmethod
    def _fetch(holder: Holder, persona: Persona) -> Refusal | None:
        try:
            holder.fetch_card(persona.kind, now())
        except BackendRefused as refused:
            return Refusal("issuance", refused.refusal, refused.detail)
        return None

    @contextmanager
    def _holder(self, persona: Persona) -> Iterator[Holder]:
        backend = BackendClient(self._address, pause=time.sleep)
        with Pocket.create(self._pockets / persona.slug, persona.phone) as pocket:
            yield Holder(pocket, backend, random=secrets.token_bytes, ca=self.makers)
        backend.close()
