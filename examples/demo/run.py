"""The demonstration as steps, so that a test can stand between two of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from examples.demo.judge import Row, Till, judge_refusal, read_expectations
from examples.demo.people import Cast, Persona, read_cast
from examples.demo.play import Refusal, Shown, Stage, now
from examples.demo.town_hall import DemoFailed, TownHall, free_port
from mobile_mock.answers import ActivationCode

_PARIS = ZoneInfo("Europe/Paris")
ASKING, ANSWERING = "laure", "ange"
"""Who authorises the till, and who answers it, in the two-way scan."""


class Progress(Protocol):
    """Shows how far a loop has gone: gives the loop's items back while it is entered."""

    def __call__(self, items: Sequence[Persona], label: str) -> AbstractContextManager[Iterable[Persona]]:
        """Wrap `items`."""


@dataclass
class Played:
    """What happened before the backend was stopped."""

    cast: Cast
    store: Path
    refusals: dict[str, Refusal | None] = field(default_factory=dict)  # by persona
    again: dict[str, Refusal | None] = field(default_factory=dict)  # a new card, after the update
    shown: list[Shown] = field(default_factory=list)
    one_in_terminal: str = ""
    references: dict[tuple[str, str], str] = field(default_factory=dict)  # delegations: (person, by)
    asker: str = ""  # who the patient's phone said was asking, in the two-way scan


def found(
    folder: Path, port: int | None = None, host: str = "cartes.localhost"
) -> tuple[TownHall, Cast, Stage]:
    """A town hall with its keys, its directory and its first publication, in an emptied `folder`.

    Its name is `host`: a client of the sign-in needs `localhost`, the only one every resolver knows.
    Raises `DemoFailed` for a folder that holds something no demonstration left there.
    """
    cast = read_cast()
    state = folder / "state"
    if folder.exists() and not state.is_dir() and any(folder.iterdir()):
        raise DemoFailed(f"{folder} contient autre chose qu'une démonstration : rien n'y est effacé")
    shutil.rmtree(folder, ignore_errors=True)
    state.mkdir(parents=True, mode=0o700)
    hall = TownHall(
        state,
        port=port or free_port(),
        reference_day=cast.reference_day,
        today=now().astimezone(_PARIS).date(),
        host=host,
    )
    makers = hall.found(cast.directories)
    return hall, cast, Stage(state / "pockets", folder, hall.public_url, makers)


def play(folder: Path, progress: Progress, say: Callable[[str], None]) -> Played:
    """Walk A for everyone, the directory's update, the till's refresh, walk B's pictures; backend stopped."""
    say("Un serveur neuf : cérémonie des clés, base, annuaire, première publication…")
    hall, cast, stage = found(folder)
    played = Played(cast, folder / "state" / "till")
    codes = hall.open_codes([*cast.people, *cast.representatives])
    played.references = hall.open_representations(cast, now().astimezone(_PARIS).date())
    hall.start()
    try:
        # Walk A, for each: WebAuthn registration with the code, then the cards.
        with progress(cast.people, "Chacun enrôle son téléphone et reçoit ses cartes") as people:
            for persona in people:
                played.refusals[persona.persona_id] = stage.enrol_and_fetch(
                    persona, codes[persona.persona_id]
                )
        _let_others_hold(played, stage, codes)
        # News from the directory: who died loses their cards, and gets no new one.
        say("L'annuaire apprend un décès : cartes révoquées, publiées, et le guichet s'actualise…")
        for update in cast.updates:
            hall.load_directory(update)
        for persona in cast.people:
            if persona.update is not None:
                played.again[persona.persona_id] = stage.fetch_again(persona)
        hall.publish()
        hall.furnish_till(played.store)
        _let_phones_know(hall, cast, stage)
        # Walk B, step 0: each shows what they hold. A proof lives a minute.
        holders = [p for p in cast.people if played.refusals[p.persona_id] is None]
        with progress(holders, "Chacun montre sa carte : un geste, un code      ") as people:
            for persona in people:
                for name in persona.shows:
                    shown, drawn = stage.show(persona, name)
                    played.shown.append(shown)
                    played.one_in_terminal = played.one_in_terminal or drawn
        _show_for_others(played, stage)
    finally:
        hall.stop()
    say("Le serveur est arrêté : le guichet lit maintenant chaque image et juge, sans réseau.")
    _scan_two_ways(played, stage, folder)
    return played


def _let_others_hold(played: Played, stage: Stage, codes: Mapping[str, ActivationCode]) -> None:
    """Parents and tutor enrol their own phones, and receive the cards of those they represent."""
    for other in played.cast.representatives:
        refusal = stage.enrol_and_fetch(other, codes[other.persona_id])
        if refusal is not None:
            raise DemoFailed(f"{other.label} n'a pas pu enrôler son téléphone : {refusal.code}")
        for (_, by), reference in played.references.items():
            if by == other.persona_id:
                stage.fetch_for(other, reference)


def _show_for_others(played: Played, stage: Stage) -> None:
    """The first who may presents the card of each person who holds none."""
    others = {one.persona_id: one for one in played.cast.representatives}
    for persona in played.cast.people:
        for ground in persona.presented_by[:1]:
            reference = played.references[persona.persona_id, ground.by]
            for name in persona.shows:
                shown, _ = stage.show(persona, name, by=others[ground.by], reference=reference)
                played.shown.append(shown)


def _let_phones_know(hall: TownHall, cast: Cast, stage: Stage) -> None:
    """The two phones of the two-way scan prove the publication while there is a network."""
    for persona in cast.people:
        if persona.persona_id in {ASKING, ANSWERING}:
            stage.learn_trust(persona, hall.first_root, hall.publication_url)


def _scan_two_ways(played: Played, stage: Stage, folder: Path) -> None:
    """Walk C, offline: the pharmacist authorises the till, the till asks, the patient's phone answers it."""
    time.sleep(1)  # a till takes one proof a second of one card, and Laure has just shown hers
    people = {persona.persona_id: persona for persona in played.cast.people}
    till, request = Till(played.store), folder / f"{people[ANSWERING].slug}-demande.png"
    if not till.accept_professional(stage.authorise_till(people[ASKING], till.begin_session(now())), now()):
        raise DemoFailed("le poste n'a pas été autorisé par l'e-CPS présentée")
    till.ask(request, now())
    shown, played.asker = stage.answer(people[ANSWERING], request, "complet")
    played.shown.append(shown)


def judge(played: Played, at: Callable[[], datetime] = now) -> list[Row]:
    """Every picture read and judged offline, every refusal compared; one row each."""
    expected = read_expectations()
    till, rows, known = Till(played.store), [], set()
    for persona in played.cast.people:
        key = persona.persona_id
        shown = [one for one in played.shown if one.persona == persona]
        if not shown or persona.presented_by:
            line = f"{key}:refused"
            rows.append(judge_refusal(line, persona.label, played.refusals[key], expected.get(line, {})))
            known.add(line)
        for one in shown:
            line = f"{key}:{one.name}"
            wanted = expected.get(line, {"light": "?", "reasons": []})
            rows.append(till.judge(one, wanted, at()))
            known.add(line)
        if key in played.again:
            line = f"{key}:again"
            rows.append(judge_refusal(line, persona.label, played.again[key], expected.get(line, {})))
            known.add(line)
    rows += [Row(line, "absent", "—", (), "", f"{line}: never shown") for line in set(expected) - known]
    return rows
