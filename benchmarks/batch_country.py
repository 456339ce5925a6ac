"""The backend of the benchmark `batch`: as `serve` starts it, but its source of rights is a whole country.

Rights come from a source that answers at once for 800,000 people who do not exist (the real one, ADRi, is a
service of its own, with its own pace); everything else is the backend's own. The members' contracts are
written to the tables by `publish`, in the envelopes the room `complementary` writes and opens.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from flask import Flask
from sqlalchemy import insert

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.bootstrap.online_rights import build_online_rights
from apcv_backend.complementary.rules import parse_contract, texts_of
from apcv_backend.config import Config
from apcv_backend.tables import contracts, person_keys, subjects
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json
from tests.simulators.population import Population, nir_of, person_of

COUNTRY = 800_000
_AT_ONCE = 1_000


def make_app() -> Flask:
    """The application, on the settings of the environment."""
    services = build(Config.from_env(os.environ))
    online = build_online_rights(
        config=services.config,
        database=services.database,
        vault=services.vault,
        journal=services.journal,
        subjects=services.subjects,
        keyring=services.keyring,
        source=Population(services.rights, COUNTRY),
        consents=services.record_access,
        memberships=services.complementary,
        random=services.random,
    )
    return create_app(replace(services, online_rights=online))


def publish(services: Services, organisation: str, members: Iterable[int], at: datetime) -> None:
    """Give each of `members` (numbers of the country) a contract of this year with an insurer."""
    rows = _rows(services, organisation, members, at)
    while some := list(islice(rows, _AT_ONCE)):
        with services.database.write() as tx:
            for place, table in enumerate((subjects, person_keys, contracts)):
                tx.execute(insert(table), [row[place] for row in some])


def _rows(
    services: Services, organisation: str, members: Iterable[int], at: datetime
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    vault, random = services.vault, services.random
    told = _line(at.year)
    for number in members:
        person = person_of(number)
        subject, contract_id = (str(uuid.UUID(bytes=random(16), version=4)) for _ in range(2))
        wrapped = vault.seal_bytes(random(32), place=f"person_keys|wrapped_key|{subject}")
        line = {**told, "contrat": f"C-{number:06d}", "personne": nir_of(number)}
        content = strict_json.canonical(texts_of(*parse_contract(organisation, line, Mode.TEST)))
        yield (
            {
                "subject_id": subject,
                "kind": person.card.value,
                "person_index": vault.person_index(person.card.value, person.text),
                "sealed_person": vault.seal_under(
                    wrapped, subject, person.text.encode(), place=f"subjects|sealed_person|{subject}"
                ),
                "created_at": at,
            },
            {"subject_id": subject, "wrapped_key": wrapped, "made_at": at},
            {
                "contract_id": contract_id,
                "numero_amc": organisation,
                "reference": line["contrat"],
                "subject_id": subject,
                "content_digest": vault.person_index("contract", content.decode()),
                "sealed_contract": vault.seal_under(
                    wrapped, subject, content, place=f"contracts|sealed_contract|{contract_id}"
                ),
                "published_at": at,
            },
        )


def _line(year: int) -> dict[str, str]:
    return {
        "numero_adherent": "F0000001",
        "lien": "adherent",
        "nom_amc": "MUTUELLE FICTIVE",
        "type_convention": "ZZ",
        "csr": "TEST01",
        "garantie": "R1",
        "debut": f"{year}-01-01",
        "fin": f"{year}-12-31",
        "responsable": "oui",
        "gestion": "3",
        "domaines": "PHAR",
        "services": "IDB",
        "etat": "ouvert",
        "date_resiliation": "",
    }


def main(port: int) -> None:
    """Serve on one worker, as `python -m apcv_backend serve` does."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "benchmarks.batch_country:make_app",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        workers_kill_timeout=5,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
