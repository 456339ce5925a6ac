"""What an insurer publishes of one beneficiary under one contract, read strictly, field by field.

The same fields come by the API (JSON) and by file (CSV, `docs/formats/contracts-csv.md`): both give texts,
and are read here. A field that is wrong is named with a code, never with its value: it may be a NIR.

Amounts are not here: an insurer's credential answers "open on this day, under which identifiers".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.rights.rules import ContratAmc
from cartes.amc import MAX_CODES, EtatContrat, Lien
from cartes.cards import LONGEST_ISSUED_NAME, CardKind
from cartes.droits import DroitsAmc, PeriodeDroits
from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.mode import Mode
from cartes.nomenclatures.gestion import ModeGestionAmc

T = TypeVar("T")

SCOPE: Final = "contracts"
"""The OAuth scope of an insurer's client that publishes."""
BELIEVED_FOR: Final = timedelta(days=45)
"""An insurer publishes its members every month. What it has not said again for longer is `inconnu`."""
FIELDS: Final = (
    "contrat",
    "personne",
    "numero_adherent",
    "lien",
    "nom_amc",
    "type_convention",
    "csr",
    "garantie",
    "debut",
    "fin",
    "responsable",
    "gestion",
    "domaines",
    "services",
    "etat",
    "date_resiliation",
)
_LONGEST_REFERENCE = 40
_WORDS = {"oui": True, "non": False}
_LIENS = {one.word: one for one in Lien}
_ETATS = {one.word: one for one in EtatContrat}


class ContractFieldRefused(CarteError):
    """A field of a published contract is not what it should be. Facts: `field`, `why`."""

    code = "contract_field_refused"


class ContractUnknown(CarteError):
    """No insurer told us of a contract of this person."""

    code = "contract_unknown"


class InsurerUnknown(CarteError):
    """The client has no insurer's number: it publishes nobody's contracts."""

    code = "insurer_unknown"


@dataclass(frozen=True, slots=True)
class Contract:
    """One beneficiary under one contract of the insurer `droits.numero_amc`.

    `reference` is the insurer's own name for this line, unique there.
    """

    reference: str
    nom_amc: str
    lien: Lien
    droits: DroitsAmc
    responsable: bool
    gestion: ModeGestionAmc
    domaines: tuple[str, ...]
    services: tuple[str, ...]
    etat: EtatContrat
    resilie_le: date | None


@dataclass(frozen=True, slots=True)
class KnownContract:
    """A contract on record, under our own identifier, and when its insurer last said so (UTC).

    `digest` is a keyed hash of the whole line: while it is the same, so is what the insurer says.
    """

    contract_id: str
    contract: Contract = field(repr=False)
    published_at: datetime
    digest: bytes = field(repr=False)

    def state(self, at: datetime) -> EtatContrat:
        """What may be said of it at `at`: what its insurer said, or that nobody knows any more."""
        return self.contract.etat if at - self.published_at <= BELIEVED_FOR else EtatContrat.INCONNU

    def as_rights(self, at: datetime) -> ContratAmc:
        """The contract as the rooms of rights speak of it at `at`."""
        return ContratAmc(self.contract.droits, self.contract.resilie_le, self.state(at))


def parse_reference(text: str) -> str:
    """An insurer's name for a line: 1 to 40 letters, digits, `.`, `_` or `-`. Never a number of a person.

    Raises:
        ContractFieldRefused: `why` is `shape`, or `looks_like_a_nir`.
    """
    if not 1 <= len(text) <= _LONGEST_REFERENCE or not text.isascii():
        raise ContractFieldRefused(field="contrat", why="shape")
    if not all(letter.isalnum() or letter in "._-" for letter in text):
        raise ContractFieldRefused(field="contrat", why="shape")
    # It stands in URLs and in logs: a NIR has no business there.
    if len(text) in (13, 15) and text[0] in "123478" and sum(map(str.isdigit, text)) >= len(text) - 1:
        raise ContractFieldRefused(field="contrat", why="looks_like_a_nir")
    return text


def parse_contract(
    numero_amc: str, told: Mapping[str, str], mode: Mode = Mode.STRICT
) -> tuple[PersonKey, Contract]:
    """Read one published line: who it is about, and the contract. `told` has every name of `FIELDS`.

    Raises:
        ContractFieldRefused: the first field at fault.
    """
    reference = parse_reference(told["contrat"])
    person = _built("personne", lambda: PersonKey.parse(CardKind.APCV, told["personne"], mode))
    fin = _optional_day("fin", told["fin"])
    periode = _built("debut", lambda: PeriodeDroits(_day("debut", told["debut"]), fin))
    droits = _built(
        "identifiants",
        lambda: DroitsAmc(
            numero_amc=numero_amc,
            numero_adherent=told["numero_adherent"],
            type_convention=told["type_convention"],
            csr=told["csr"],
            cover=told["garantie"],
            periode=periode,
        ),
    )
    nom = told["nom_amc"]
    if not 1 <= len(nom) <= LONGEST_ISSUED_NAME or not nom.isprintable():
        raise ContractFieldRefused(field="nom_amc", why="length")
    etat = _word("etat", told["etat"], _ETATS)
    resilie_le = _optional_day("date_resiliation", told["date_resiliation"])
    if etat is EtatContrat.RESILIE and resilie_le is None:
        raise ContractFieldRefused(field="date_resiliation", why="missing")
    return person, Contract(
        reference=reference,
        nom_amc=nom,
        lien=_word("lien", told["lien"], _LIENS),
        droits=droits,
        responsable=_word("responsable", told["responsable"], _WORDS),
        gestion=_built("gestion", lambda: ModeGestionAmc(told["gestion"])),
        domaines=_codes("domaines", told["domaines"]),
        services=_codes("services", told["services"]),
        etat=etat,
        resilie_le=resilie_le,
    )


def texts_of(person: PersonKey, contract: Contract) -> dict[str, str]:
    """The line that `parse_contract` reads back to the same: what is kept, sealed."""
    droits = contract.droits
    return {
        "contrat": contract.reference,
        "personne": person.text,
        "numero_adherent": droits.numero_adherent,
        "lien": contract.lien.word,
        "nom_amc": contract.nom_amc,
        "type_convention": droits.type_convention,
        "csr": droits.csr,
        "garantie": droits.cover,
        "debut": droits.periode.debut.isoformat(),
        "fin": droits.periode.fin.isoformat() if droits.periode.fin else "",
        "responsable": "oui" if contract.responsable else "non",
        "gestion": contract.gestion.value,
        "domaines": " ".join(contract.domaines),
        "services": " ".join(contract.services),
        "etat": contract.etat.word,
        "date_resiliation": contract.resilie_le.isoformat() if contract.resilie_le else "",
    }


def _word(name: str, text: str, table: Mapping[str, T]) -> T:
    if text not in table:
        raise ContractFieldRefused(field=name, why="unknown_word")
    return table[text]


def _codes(name: str, text: str) -> tuple[str, ...]:
    codes = tuple(text.split())
    wrong = len(codes) > MAX_CODES or any(
        not (2 <= len(code) <= 8 and code.isascii() and code.isalnum() and code.isupper())  # noqa: PLR2004 - a code
        for code in codes
    )
    if wrong:
        raise ContractFieldRefused(field=name, why="codes")
    return codes


def _day(name: str, text: str) -> date:
    day = _optional_day(name, text)
    if day is None:
        raise ContractFieldRefused(field=name, why="missing")
    return day


def _optional_day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ContractFieldRefused(field=name, why="not_a_day") from None
    if day.isoformat() != text:  # Python reads other forms of ISO 8601 too
        raise ContractFieldRefused(field=name, why="not_a_day")
    return day


def _built(name: str, build: Callable[[], T]) -> T:
    try:
        return build()
    except InvalidValue as wrong:
        why = wrong.facts.get("why", "invalid")
        at_fault = why if name == "identifiants" and why in FIELDS else name
        raise ContractFieldRefused(field=at_fault, why=str(why)) from wrong
    except ValueError:
        raise ContractFieldRefused(field=name, why="invalid") from None  # its message holds the value
