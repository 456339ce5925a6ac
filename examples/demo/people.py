"""The demonstration's fictitious people and the phones in their pockets, read from `examples/personas`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cartes.cards import CardKind
from mobile_mock.client_data import ClientShape
from mobile_mock.phone_model import model_like
from mobile_mock.pocket_records import Phone

PERSONAS = Path(__file__).resolve().parent.parent / "personas"

ANDROID_KEY_HASH = "sNQuyNnhJ0VLvYc3T0dnUpfEhjyVmVuJtTUUoWpDcJU"
ANDROID_PACKAGE = "fr.example.cartes"


@dataclass(frozen=True)
class Ground:
    """Who presents somebody's card, and on what proof; `days` from today when the law sets no end."""

    by: str
    type: str
    proof: str
    days: int | None


@dataclass(frozen=True)
class Persona:
    """One person: who proves what, with which phone, and what they show to which screen."""

    persona_id: str
    number: int
    label: str
    kind: CardKind
    key: str  # what an activation code is opened for: a NIR, an opening NIR / birth / rank, or an IDNPS
    phone_label: str
    phone: Phone
    shows: tuple[str, ...]
    policy: str
    update: Path | None  # a directory bundle that arrives after this person's card was issued
    presented_by: tuple[Ground, ...] = ()  # who may show this person's card; the first one does

    @property
    def slug(self) -> str:
        """The beginning of this person's file names."""
        return f"{self.number:02d}-{self.persona_id}"


@dataclass(frozen=True)
class Cast:
    """Everyone, and the day their rights were written for."""

    reference_day: date
    directories: tuple[Path, ...]
    people: tuple[Persona, ...]
    representatives: tuple[Persona, ...]

    @property
    def updates(self) -> tuple[Path, ...]:
        """The bundles that arrive while cards live."""
        return tuple(dict.fromkeys(p.update for p in self.people if p.update is not None))


def read_cast(folder: Path = PERSONAS) -> Cast:
    """Read `personas.json` and what it names."""
    told = json.loads((folder / "personas.json").read_text(encoding="utf-8"))
    return Cast(
        reference_day=date.fromisoformat(told["reference_day"]),
        directories=tuple(folder / name for name in told["annuaire"]),
        people=tuple(_persona(folder, entry) for entry in told["personas"]),
        representatives=tuple(_persona(folder, entry) for entry in told["representants"]),
    )


def _persona(folder: Path, entry: dict[str, object]) -> Persona:
    phone, person = entry["telephone"], entry["personne"]
    assert isinstance(phone, dict)
    assert isinstance(person, dict)
    shape = ClientShape(phone["client"])
    is_native = shape is ClientShape.ANDROID_NATIVE
    update = entry.get("miseAJour")
    shows, grounds = entry.get("montrer", []), entry.get("presenteePar", [])
    assert isinstance(shows, list)
    assert isinstance(grounds, list)
    return Persona(
        persona_id=str(entry["id"]),
        number=int(str(entry.get("numero", 0))),
        label=str(entry["label"]),
        kind=CardKind(str(entry["carte"])),
        key=_key(person),
        phone_label=str(phone["modele"]),
        phone=Phone(
            model_like(str(phone["attestation"]), synced=bool(phone["synchronisee"])),
            shape,
            f"android:apk-key-hash:{ANDROID_KEY_HASH}" if is_native else None,
            ANDROID_PACKAGE if is_native else None,
        ),
        shows=tuple(str(name) for name in shows),
        policy=str(entry.get("politique", "")),
        update=folder / str(update) if update else None,
        presented_by=tuple(
            Ground(str(one["par"]), str(one["type"]), str(one["preuve"]), one.get("jours")) for one in grounds
        ),
    )


def _key(person: dict[str, object]) -> str:
    if "idnps" in person:
        return str(person["idnps"])
    if person["nir"]:
        return str(person["nir"])
    return f"{person['odNir']}/{person['dateNaissance']}/{person['rangGemellaire']}"
