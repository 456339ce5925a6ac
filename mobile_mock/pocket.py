"""What a phone keeps: its model, its passkeys, one device for each kind of card, its cards, what it was told.

A pocket is a folder for one phone. Private keys lie in it in clear, readable by their owner only: a real
phone has a keystore for that, and a program that plays a phone can only promise not to show them. One
command uses a pocket at a time (`flock`).

Everything kept is read back through a `parse` that refuses, and every change is one file written whole
(`pocket_files.py`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from cartes.cards import CardKind
from cartes.errors import InvalidValue
from mobile_mock import pocket_files, pocket_records
from mobile_mock.authenticator import HeldKey
from mobile_mock.errors import NoCard, NotEnrolled, PocketBusy, PocketDamaged, PocketError, PocketMissing
from mobile_mock.pocket_records import Device, KeptCard, Phone

_Kept = TypeVar("_Kept")


class Pocket:
    """One phone's memory. `Pocket.create` and `Pocket.open` hold its lock until they are left."""

    def __init__(self, folder: Path, phone: Phone) -> None:
        self.folder = folder
        self.phone = phone

    @classmethod
    @contextmanager
    def create(cls, folder: Path, phone: Phone) -> Iterator[Pocket]:
        """The pocket of a new phone; a pocket already in that folder is opened as it is."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _lock(folder):
            if not (folder / "phone.json").exists():
                pocket_files.write(folder / "phone.json", pocket_records.phone_members(phone))
            yield cls(folder, _load_phone(folder))

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Pocket]:
        """The pocket kept in `folder`.

        Raises:
            PocketMissing: there is none.
            PocketBusy: another command holds it.
            PocketDamaged, PocketExposed: a file is not what it should be.
        """
        if not (folder / "phone.json").exists():
            raise PocketMissing(folder=str(folder))
        with _lock(folder):
            yield cls(folder, _load_phone(folder))

    # --- passkeys

    @property
    def keys(self) -> tuple[HeldKey, ...]:
        """The passkeys held."""
        return self._list("keys.json", pocket_records.key)

    def keep_keys(self, keys: Iterable[HeldKey]) -> None:
        """Keep the passkeys with their counters: after each ceremony, before its answer leaves the phone."""
        self._write("keys.json", [pocket_records.key_members(key) for key in keys])

    # --- devices

    @property
    def devices(self) -> tuple[Device, ...]:
        """This phone's enrolments, at most one a kind of card."""
        return self._list("devices.json", pocket_records.device)

    def device(self, kind: CardKind) -> Device:
        """The enrolment for `kind`. Raises NotEnrolled."""
        for device in self.devices:
            if device.kind is kind:
                return device
        raise NotEnrolled(kind=kind.value)

    def keep_device(self, device: Device) -> None:
        """Keep this enrolment, in place of an older one for the same kind."""
        others = [one for one in self.devices if one.kind is not device.kind]
        self._write("devices.json", [pocket_records.device_members(one) for one in (*others, device)])

    @property
    def pending(self) -> Device | None:
        """An enrolment whose last answer never came: the backend may or may not have this phone."""
        found = self._list("pending.json", pocket_records.device)
        return found[0] if found else None

    def keep_pending(self, device: Device | None) -> None:
        """Note an enrolment before its last request leaves; `None` when its outcome is known."""
        self._write("pending.json", [] if device is None else [pocket_records.device_members(device)])

    def forget_kind(self, kind: CardKind) -> None:
        """Forget the enrolment and the cards of `kind`: the phone was withdrawn."""
        for held in CardKind:
            if held.held_as is kind:
                self.keep_cards(held, ())
        self._write(
            "devices.json",
            [pocket_records.device_members(one) for one in self.devices if one.kind is not kind],
        )

    # --- cards

    @property
    def cards(self) -> tuple[KeptCard, ...]:
        """All cards held, expired ones too."""
        return self._list("cards.json", pocket_records.card)

    def card(self, kind: CardKind, name: str | None = None, represents: str = "") -> KeptCard:
        """The card of `kind` called `name`; without a name, the first held. Raises NoCard.

        The owner's own, or with `represents` that of the person this delegation is about.
        """
        for card in self.cards:
            if card.kind is kind and name in {None, card.name} and card.represents == represents:
                return card
        raise NoCard(kind=kind.value, name=name or "any")

    def keep_cards(self, kind: CardKind, cards: Iterable[KeptCard]) -> None:
        """Keep this batch in place of all cards of the same kind."""
        others = [card for card in self.cards if card.kind is not kind]
        self._write("cards.json", [pocket_records.card_members(card) for card in (*others, *cards)])

    # --- what it was told

    @property
    def issuer(self) -> Any:
        """The issuer's metadata as last read (`issuer_facts.py` makes sense of it), or None."""
        return pocket_files.read(self.folder / "issuer.json")

    def keep_issuer(self, metadata: object) -> None:
        """Keep the issuer's metadata, so that a card can be shown with no network."""
        self._write("issuer.json", metadata)

    @property
    def backend_url(self) -> str | None:
        """The public URL of the backend this phone was enrolled at, or None."""
        kept = pocket_files.read(self.folder / "backend.json")
        return str(kept) if kept else None

    def keep_backend(self, url: str) -> None:
        """Keep the backend's public URL: the page whose origin signs, with or without network."""
        self._write("backend.json", url)

    @property
    def notices_seen(self) -> frozenset[str]:
        """Identifiers of the notices already shown to the owner."""
        return frozenset(self._list("notices.json", str))

    def keep_notices_seen(self, seen: Iterable[str]) -> None:
        """Remember which notices were shown."""
        self._write("notices.json", sorted(seen))

    @property
    def trust(self) -> Any:
        """The trust data as last kept (`trust_data.py` makes sense of them), or None."""
        return pocket_files.read(self.folder / "trust.json")

    def keep_trust(self, members: object) -> None:
        """Keep trust data whose signatures were checked."""
        self._write("trust.json", members)

    @property
    def trust_root(self) -> str | None:
        """The publication's root this phone was given, as its own text, or None."""
        kept = pocket_files.read(self.folder / "root.json")
        return None if kept is None else str(kept)

    def keep_trust_root(self, root: str) -> None:
        """Keep the root the owner vouches for."""
        self._write("root.json", root)

    @property
    def answered(self) -> dict[bytes, datetime]:
        """Requests this phone answered, by `ctx`, and until when they are remembered (UTC)."""
        return dict(self._list("answered.json", pocket_records.answered))

    def keep_answered(self, answered: Mapping[bytes, datetime]) -> None:
        """Remember these, in place of the ones before: noted before an answer leaves the phone."""
        self._write(
            "answered.json", [pocket_records.answered_members(ctx, until) for ctx, until in answered.items()]
        )

    def _list(self, name: str, parse: Callable[[Any], _Kept]) -> tuple[_Kept, ...]:
        kept = pocket_files.read(self.folder / name)
        try:
            return tuple(parse(one) for one in kept or ())
        except (KeyError, TypeError, ValueError, InvalidValue) as error:
            raise PocketDamaged(file=name) from error

    def _write(self, name: str, value: object) -> None:
        pocket_files.write(self.folder / name, value)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise PocketError(folder=str(folder), why=error.strerror or "lock") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PocketBusy(folder=str(folder)) from error
        yield
    finally:
        os.close(handle)


def _load_phone(folder: Path) -> Phone:
    try:
        return pocket_records.phone(pocket_files.read(folder / "phone.json"))
    except (KeyError, TypeError, ValueError) as error:
        raise PocketDamaged(file="phone.json") from error
