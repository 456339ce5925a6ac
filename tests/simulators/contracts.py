"""What a fictitious insurer publishes, as its file or its API has it; `changes` on the fields."""

from __future__ import annotations

from apcv_backend.complementary.rules import FIELDS

NUMERO = "99999001"
ANGE_NIR = "158032A99904296"


def line(**changes: str) -> dict[str, str]:
    """Ange's contract with the Mutuelle Fictive, open all year."""
    usual = {
        "contrat": "CT-0001",
        "personne": ANGE_NIR,
        "numero_adherent": "F0000001",
        "lien": "adherent",
        "nom_amc": "MUTUELLE FICTIVE",
        "type_convention": "ZZ",
        "csr": "TEST01",
        "garantie": "R1",
        "debut": "2026-01-01",
        "fin": "2026-12-31",
        "responsable": "oui",
        "gestion": "3",
        "domaines": "PHAR MEDE",
        "services": "IDB",
        "etat": "ouvert",
        "date_resiliation": "",
    }
    return usual | changes


def body(**changes: str) -> dict[str, object]:
    """The same as the API takes it, without the reference that stands in the path."""
    told: dict[str, object] = dict(line(**changes))
    del told["contrat"]
    told["responsable"] = told["responsable"] == "oui"
    told["domaines"] = str(told["domaines"]).split()
    told["services"] = str(told["services"]).split()
    return told


def csv_of(*lines: dict[str, str] | str) -> bytes:
    """A file: the header, then each line; a text is written as it is."""
    rows = [";".join(FIELDS)]
    rows += [one if isinstance(one, str) else ";".join(one[name] for name in FIELDS) for one in lines]
    return ("\n".join(rows) + "\n").encode()
