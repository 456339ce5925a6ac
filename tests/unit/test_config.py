"""The settings: what is missing, unknown or wrong stops the start and is named."""

from __future__ import annotations

import pytest

from apcv_backend.config import Config, ConfigError
from cartes.cards import Binding, CardKind

GOOD = {
    "APCV_ENV": "development",
    "APCV_PUBLIC_URL": "http://cartes.localhost:8000/",
    "APCV_DATABASE_URL": "sqlite:////tmp/x.db",
    "APCV_KEYS_DIR": "/tmp/keys",
    "APCV_PUBLICATION_DIR": "/tmp/publication",
    "APCV_RIGHTS_DIR": "/tmp/droits",
    "APCV_RP_ID_APCV": "apcv.localhost",
    "APCV_RP_ID_ECPS": "ecps.localhost",
    "APCV_ORIGINS_APCV": "https://apcv.localhost, android:apk-key-hash:AbC;fr.example.cartes",
    "APCV_ORIGINS_ECPS": "https://ecps.localhost",
    "APCV_ATTESTATION_ROOTS": "/tmp/roots",
}


def test_good_settings_are_read() -> None:
    """Every part arrives where it belongs, and what is not ours in the environment is ignored."""
    config = Config.from_env({**GOOD, "PATH": "/bin"})

    apcv = config.relying_parties[CardKind.APCV]
    assert config.public_url == "http://cartes.localhost:8000"
    assert apcv.origins == ("https://apcv.localhost", "android:apk-key-hash:AbC")
    assert apcv.android_apps == (("AbC", "fr.example.cartes"),)
    assert config.ecps_binding is Binding.HARDWARE_ATTESTED
    assert not config.is_production


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named(name: str) -> None:
    """The sentence says which setting to add."""
    with pytest.raises(ConfigError, match=name):
        Config.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APCV_ENV", "prod"),
        ("APCV_PUBLIC_URL", "cartes.localhost"),
        ("APCV_PUBLIC_URL", "http://x/?nir=1"),
        ("APCV_ORIGINS_APCV", "apcv.localhost"),
        ("APCV_ORIGINS_APCV", "android:apk-key-hash:AbC"),
        ("APCV_ECPS_BINDING", "strong"),
        ("APCV_STATUS_CAPACITY", "-1"),
        ("APCV_STATUS_CAPACITY", "٣٠٠٠"),
        ("APCV_MAX_DEVICES", "0"),
        ("APCV_TYPO", "1"),
        ("APCV_MDS_BLOB", "/tmp/blob"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """A value that cannot be meant, or a name nobody reads, stops the start."""
    with pytest.raises(ConfigError, match=name):
        Config.from_env({**GOOD, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APCV_PUBLIC_URL", "http://cartes.example"),
        ("APCV_DATABASE_URL", "sqlite:////var/x.db"),
        ("APCV_RIGHTS_SHIFT_DAYS", "3"),
        ("APCV_ORIGINS_ECPS", "https://ecps.example,http://ecps.example"),
    ],
)
def test_production_refuses_what_only_development_may_do(name: str, value: str) -> None:
    """No clear-text address and no embedded database in production."""
    production = {
        **GOOD,
        "APCV_ENV": "production",
        "APCV_PUBLIC_URL": "https://cartes.example",
        "APCV_DATABASE_URL": "postgresql://x@db/cartes",
    }
    assert Config.from_env(production).is_production

    with pytest.raises(ConfigError, match=name.removesuffix("ECPS")):
        Config.from_env({**production, name: value})


def test_staff_sign_in_at_the_address_of_the_server_unless_told_otherwise() -> None:
    """Settings that say nothing of staff still start; a name of a card's is never theirs."""
    usual = Config.from_env(GOOD)
    shared = Config.from_env({**GOOD, "APCV_PUBLIC_URL": "http://apcv.localhost:9"})
    told = Config.from_env(
        {**GOOD, "APCV_RP_ID_STAFF": "agents.example", "APCV_ORIGINS_STAFF": "https://agents.example"}
    )

    assert (usual.staff_party.rp_id, usual.staff_party.web_origins) == (
        "cartes.localhost",
        ("http://cartes.localhost:8000",),
    )
    assert shared.staff_party.web_origins == ("http://staff.apcv.localhost:9",)
    assert told.staff_party.rp_id == "agents.example"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "APCV_RP_ID_STAFF",
            {"APCV_RP_ID_STAFF": "apcv.localhost", "APCV_ORIGINS_STAFF": "https://apcv.localhost"},
        ),
        ("APCV_ORIGINS_STAFF", {"APCV_RP_ID_STAFF": "agents.example"}),
        ("APCV_STAFF_BINDING", {"APCV_STAFF_BINDING": "synced"}),
        (
            "APCV_ORIGINS_STAFF",
            {"APCV_RP_ID_STAFF": "agents.example", "APCV_ORIGINS_STAFF": "http://agents.example"},
        ),
    ],
)
def test_a_weak_door_for_staff_is_refused_in_production(name: str, change: dict[str, str]) -> None:
    """Half a setting, a card's own name, clear text or a key that may be copied: named, and no start."""
    production = {
        **GOOD,
        "APCV_ENV": "production",
        "APCV_PUBLIC_URL": "https://cartes.example",
        "APCV_DATABASE_URL": "postgresql://x@db/cartes",
    }

    with pytest.raises(ConfigError, match=name):
        Config.from_env({**production, **change})
