"""`revoke issuer-key`: through the keyring to the trust list, with the agent in the journal."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from apcv_backend.bootstrap import build
from apcv_backend.config import Config
from apcv_backend.enrolment.revocation_commands import revoke
from apcv_backend.tables import journal
from cartes.cards import CardKind
from keys.keyring import Purpose
from tests.simulators.clock import SteerableClock
from verifier.refresh import refresh
from verifier.trust_store import TrustStore


@pytest.mark.parametrize("kind", CardKind)
def test_a_stolen_issuer_key_is_in_the_next_trust_list(
    config: Config, tmp_path: Path, kind: CardKind
) -> None:
    """Revoked in the keyring, so in what is published next; another key of its kind signs; others refused."""
    keys = tmp_path / "own-keys"
    shutil.copytree(config.keys_dir, keys)
    clock = SteerableClock()
    own = replace(config, keys_dir=keys, publication_dir=tmp_path / "own-publication")
    services = build(own, clock=clock)
    try:
        stolen = services.keyring.signer(Purpose(kind.value), clock()).public_key
        (record,) = [key for key in services.keyring.public_keys() if key.public_key == stolen]
        root = services.keyring.public_keys(Purpose.TUF_ROOT)[0]
        told = ("--reason", "volée", "--agent", "A. Martin", "--place", "Paris")

        refused = CliRunner().invoke(revoke, ["issuer-key", root.kid, *told], obj=services)
        done = CliRunner().invoke(revoke, ["issuer-key", record.kid, *told], obj=services)
        clock.advance(5)
        # The publisher is another process: it opens the keyring as it now is.
        publisher = build(own, clock=clock)
        publisher.publication.publish(clock())
        publisher.close()

        assert refused.exit_code != 0
        assert done.exit_code == 0, done.output
        till = TrustStore(tmp_path / "till")
        till.init((own.publication_dir / "metadata" / "1.root.json").read_bytes())
        refresh(till, str(own.publication_dir), clock())
        listed = {issuer.public_key: issuer for issuer in till.load(clock()).trust.issuers}
        assert listed[stolen].revoked_at is not None
        with services.database.read() as connection:
            rows = connection.execute(select(journal.c.event, journal.c.actor)).all()
        assert ("issuer_key.revoked", "desk:A. Martin@Paris") in [tuple(row) for row in rows]
    finally:
        services.close()
