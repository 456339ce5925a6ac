"""What the operator of the service does once for an insurer, on the demonstration that `make run` left up.

A client with its public key; its members' contracts, from its file; and a ceiling for its files, agreed on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from examples.demo.people import read_cast
from examples.demo.town_hall import TownHall
from examples.insurer.client import public_jwk

ROOT = Path(__file__).resolve().parent.parent.parent
AMC = "99999001"
CLIENT_ID = "mutuelle-exemple"
HEADER = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;responsable;"
    "gestion;domaines;services;etat;date_resiliation"
)


class NotRegistered(Exception):
    """The operator's command refused; the text says why."""


def register(state: Path, port: int, key: ec.EllipticCurvePrivateKey, nir: str, year: int) -> None:
    """Register the client, publish one member's contract of `year`, and agree on a ceiling."""
    cast = read_cast()
    hall = TownHall(state, port=port, reference_day=cast.reference_day, today=cast.reference_day)
    line = (
        f"C-0001;{nir};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;{year}-01-01;{year}-12-31;oui;3;"
        "PHAR;IDB;ouvert;"
    )
    contracts = state / "contrats-exemple.csv"
    contracts.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    _run(hall, "", "contracts", "load", str(contracts), "--amc", AMC)
    _run(hall, "", "alarms", "ceiling", f"client:{CLIENT_ID}", "100000", "--by", "exemple")
    _run(hall, json.dumps(client_document(key)), "client", "add", "-", "--by", "exemple")


def client_document(key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    """The insurer as its operator registers it: who it is, what for, and its public key."""
    return {
        "client_id": CLIENT_ID,
        "name": "Mutuelle d'exemple",
        "place": "Corte",
        "scopes": ["rights"],
        "purposes": ["contract", "third_party_payment"],
        "legal_basis": "Code de la mutualité, exécution du contrat",
        "organisation": AMC,
        "grant_types": ["client_credentials"],
        "auth_method": "private_key_jwt",
        "jwks": {"keys": [public_jwk(key)]},
        "kinds": [],
        "dpop_required": True,
    }


def _run(hall: TownHall, given: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "apcv_backend", *arguments],
        cwd=ROOT,
        env=hall.environ,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotRegistered(f"python -m apcv_backend {arguments[0]} : {done.stderr.strip()[-1_000:]}")
