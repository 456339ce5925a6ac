"""Explain every field of a code, without judging: what `inspect` shows.

No signature is checked here, no store is opened, no light is given: everything below is what the code
*claims*. It serves a developer with a strange code and a pharmacist on the telephone with support. Damage is
explained as far as the bytes can be read. The NIR is masked unless asked for by name; every text is inert.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from cartes import fields
from cartes.amc import EtatContrat, Lien
from cartes.cards import Binding, CardKind, Shape
from cartes.errors import CardRefused
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.gestion import ModeGestionAmc
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.wire import qr, strict_cbor
from verifier.inert import inert

_CARD: Final = -65537


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its section (`text`, `seal`, `claims`, `card`, `proof`), its name in the CDDL, its value."""

    section: str
    name: str
    value: str


def explain(qr_text: str, *, with_nir: bool = False) -> tuple[Field, ...]:
    """Every field of `qr_text`, as far as it can be read; damage is a field named `problem`.

    Raises `NotSq1` or `BadTransport` when there are no bytes of ours to read at all.
    """
    data = qr.unpack(qr_text)
    return tuple(_code(qr_text, data, with_nir=with_nir))


def _code(qr_text: str, data: bytes, *, with_nir: bool) -> Iterator[Field]:
    yield Field("text", "digits", str(len(qr_text)))
    yield Field("text", "bytes", str(len(data)))
    whole = _read(data)
    if not isinstance(whole, list) or not whole:
        yield Field("text", "problem", "not an array of a credential and a proof")
        return
    if isinstance(whole[0], bytes):
        yield from _credential(whole[0], with_nir=with_nir)
    if len(whole) > 1:
        yield from _named("proof", _PROOF, whole[1], with_nir=with_nir)


def _credential(credential: bytes, *, with_nir: bool) -> Iterator[Field]:
    yield Field("seal", "credential", f"{len(credential)} bytes, SHA-256 {_hash(credential)}")
    parts = _read(credential)
    if not isinstance(parts, list) or len(parts) != 4:  # noqa: PLR2004 - COSE_Sign1 is an array of four
        yield Field("seal", "problem", "not a COSE_Sign1")
        return
    protected = _read(parts[0]) if isinstance(parts[0], bytes) else None
    header = protected if isinstance(protected, dict) else {}
    yield Field("seal", "alg", "ES256 (-7)" if header.get(1) == -7 else _raw(header.get(1)))  # noqa: PLR2004 - RFC 9053
    yield Field("seal", "kid", _raw(header.get(4)))
    yield Field("seal", "unprotected", _raw(parts[1]))
    yield Field("seal", "signature", _raw(parts[3]))
    claims = _read(parts[2]) if isinstance(parts[2], bytes) else None
    if not isinstance(claims, dict):
        yield Field("claims", "problem", "not a map of claims")
        return
    yield Field("claims", "iat", _instant(claims.get(6)))
    yield Field("claims", "exp", _instant(claims.get(4)))
    yield Field("claims", "cnf", _holder_key(claims.get(8)))
    card = claims.get(_CARD)
    kind = card[2] if isinstance(card, list) and len(card) > 2 else None  # noqa: PLR2004 - list, idx, kind
    yield from _named("card", _CARDS.get(kind, ()) if type(kind) is int else (), card, with_nir=with_nir)


_Reader = Callable[[Any], str]


def _named(
    section: str, names: tuple[tuple[str, _Reader], ...], values: Any, *, with_nir: bool
) -> Iterator[Field]:
    if not isinstance(values, list):
        yield Field(section, "problem", "not an array")
        return
    for position, value in enumerate(values):
        name, reader = names[position] if position < len(names) else (f"[{position}]", _raw)
        private = _PRIVATE.get(name)
        yield Field(section, name, reader(value) if private is None else private(value, with_nir))
    missing = [name for name, _ in names[len(values) :] if name != "delegate"]
    if missing:
        yield Field(section, "problem", f"missing: {', '.join(missing)}")


def _read(data: bytes) -> Any:
    """The value, or None for bytes that are not the one CBOR this house reads."""
    try:
        return strict_cbor.loads(data)
    except CardRefused:
        return None


# --- One small reader a type of field. Each answers for any value at all. -----------------------------


def _raw(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else inert(str(value))


def _hash(data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()[:16]}…"


def _instant(value: Any) -> str:
    if type(value) is not int or not 0 <= value <= fields.MAX_UINT32:
        return _raw(value)
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


def _day(value: Any) -> str:
    try:
        return fields.day(value, "day").isoformat()
    except CardRefused:
        return _raw(value)


def _period(first: Any, days: Any) -> str:
    try:
        periode = fields.period(first, days, "period")
    except CardRefused:
        return f"{_raw(first)}, {_raw(days)}"
    return f"{periode.debut.isoformat()} → {periode.fin.isoformat() if periode.fin else '…'}"


def _number(value: Any, with_nir: bool) -> str:
    if value is None:
        return "null"
    return inert(str(value)) if with_nir else f"…{inert(str(value)[-2:])}"


def _codes(value: Any) -> str:
    return ", ".join(map(_raw, value)) if isinstance(value, list) and value else _raw(value)


def _birth(value: Any) -> str:
    text = str(value)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if type(value) is int and len(text) == 8 else _raw(value)  # noqa: PLR2004 - AAAAMMJJ


def _amo(value: Any) -> str:
    if not isinstance(value, list) or len(value) != 7:  # noqa: PLR2004 - the CDDL's seven
        return _raw(value)
    regime, fund, centre, management, first, days, alsace = value
    where = f"{_raw(regime)}/{_raw(fund)}/{_raw(centre)} {_raw(management)}"
    return f"{where} {_period(first, days)} alsace={_raw(alsace)}"


def _ald(value: Any) -> str:
    if not isinstance(value, list):
        return _raw(value)
    return "; ".join(_exoneration(item) for item in value) or "[]"


def _exoneration(value: Any) -> str:
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004 - code, from, days
        return _raw(value)
    return f"{_raw(value[0])} {_period(value[1], value[2])}"


def _c2s(value: Any) -> str:
    return "[]" if value == [] else _exoneration(value)


def _amc(value: Any, with_nir: bool) -> str:
    if not isinstance(value, list) or len(value) != 7:  # noqa: PLR2004 - the CDDL's seven
        return _raw(value)
    number, member, convention, routing, cover, first, days = value
    who = _raw(member) if with_nir else "…"
    return f"{_raw(number)} {who} {_raw(convention)} {_raw(routing)} {_raw(cover)} {_period(first, days)}"


def _delegate(value: Any) -> str:
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004 - name, type, until
        return _raw(value)
    return f"{_raw(value[0])} ({_raw(value[1])}) → {_day(value[2])}"


def _holder_key(value: Any) -> str:
    try:
        key = value[1]
        return f"EC2 P-256 x={key[-2].hex()} y={'odd' if key[-3] else 'even'}"
    except (TypeError, KeyError, IndexError, AttributeError):
        return _raw(value)


def _flags(value: Any) -> str:
    if type(value) is not int or not 0 <= value <= 0xFF:  # noqa: PLR2004 - one byte
        return _raw(value)
    # WebAuthn Level 3, section 6.1: authenticator data flags.
    names = ("UP", "RFU1", "UV", "BE", "BS", "RFU2", "AT", "ED")
    return f"0x{value:02x} {' '.join(name for bit, name in enumerate(names) if value >> bit & 1)}"


def _labelled(table: Callable[[Any], Any]) -> _Reader:
    """A code and its word, when the table has it."""

    def read(value: Any) -> str:
        if type(value) not in (int, str):
            return _raw(value)
        found = table(value)
        if found is None:
            return _raw(value)
        return f"{_raw(value)} ({found})"

    return read


_shape = _labelled(lambda v: Shape(v).word if v in Shape.__members__.values() else None)
_binding = _labelled(lambda v: Binding(v).word if v in Binding.__members__.values() else None)
_kind = _labelled({kind.wire: kind.value for kind in CardKind}.get)
_quality = _labelled({code.wire: code.label for code in QualiteBeneficiaire}.get)
_title = _labelled({code.wire: code.label for code in Civilite}.get)
_profession = _labelled({code.wire: code.label for code in Profession}.get)
_category = _labelled({code.value: code.label for code in CategorieProfessionnelle}.get)
_mode = _labelled({code.value: code.label for code in ModeExercice}.get)
_tie = _labelled({int(tie): tie.word for tie in Lien}.get)
_state = _labelled({int(state): state.word for state in EtatContrat}.get)
_management = _labelled({code.wire: code.label for code in ModeGestionAmc}.get)

# Fields that hold a number of a person: shown whole only when asked for.
_PRIVATE: Final[Mapping[str, Callable[[Any, bool], str]]] = MappingProxyType(
    {"nir": _number, "od_nir": _number, "amc": _amc, "member": _number}
)

# The names and the order of `docs/formats/qr.md` 7.1.
_APCV: Final[tuple[tuple[str, _Reader], ...]] = (
    ("list", _raw),
    ("idx", _raw),
    ("kind", _kind),
    ("shape", _shape),
    ("binding", _binding),
    ("as_of", _instant),
    ("nir", _raw),
    ("od_nir", _raw),
    ("birth_name", _raw),
    ("use_name", _raw),
    ("given", _raw),
    ("dob", _birth),
    ("rank", _raw),
    ("quality", _quality),
    ("amo", _amo),
    ("ald", _ald),
    ("c2s", _c2s),
    ("amc", _raw),
    ("gp_declared", _raw),
    ("delegate", _delegate),
)
_ECPS: Final[tuple[tuple[str, _Reader], ...]] = (
    ("list", _raw),
    ("idx", _raw),
    ("kind", _kind),
    ("binding", _binding),
    ("as_of", _instant),
    ("national_id", _raw),
    ("name", _raw),
    ("given", _raw),
    ("title", _title),
    ("profession", _profession),
    ("category", _category),
    ("skills", _codes),
    ("mode", _mode),
    ("structure", _raw),
    ("am", _raw),
)
_CONTRACT: Final[tuple[tuple[str, _Reader], ...]] = (
    ("list", _raw),
    ("idx", _raw),
    ("kind", _kind),
    ("shape", _shape),
    ("binding", _binding),
    ("as_of", _instant),
    ("link", _raw),
    ("numero_amc", _raw),
    ("nom_amc", _raw),
    ("convention", _raw),
    ("csr", _raw),
    ("member", _raw),
    ("lien", _tie),
    ("from", _day),
    ("days", _raw),
    ("responsable", _raw),
    ("gestion", _management),
    ("domaines", _codes),
    ("services", _codes),
    ("etat", _state),
    ("resilie_le", _day),
)
_CARDS: Final[Mapping[int, tuple[tuple[str, _Reader], ...]]] = MappingProxyType(
    {CardKind.APCV.wire: _APCV, CardKind.ECPS.wire: _ECPS, CardKind.AMC.wire: _CONTRACT}
)
_PROOF: Final[tuple[tuple[str, _Reader], ...]] = (
    ("t", _instant),
    ("flags", _flags),
    ("counter", _raw),
    ("profile", _raw),
    ("sig", _raw),
)
