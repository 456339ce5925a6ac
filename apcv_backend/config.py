"""The settings, read once from the environment into one frozen value.

A setting that is missing, unknown or wrong stops the start with a sentence that says which. Origins and RP
identifiers come from here and from nowhere else: never from a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from cartes.cards import ENROLLED_KINDS, Binding, CardKind

PREFIX = "APCV_"
_ANDROID = "android:apk-key-hash:"
_DATABASES = ("sqlite", "postgresql")
_CARRIERS = ("redis", "rediss", "unix")
_Value = TypeVar("_Value", str, str | None)
_DEFAULT_STATUS_CAPACITY = 1 << 20
_DEFAULT_MAX_DEVICES = 5
_DEFAULT_PRESENCE_MINUTES = 30
_SHORTEST_SECRET = 32


class ConfigError(Exception):
    """The settings do not allow a start; the message is a sentence for the operator."""


class Environment(Enum):
    """Where this runs. Only development and test may use software keys and fictitious rights."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True)
class RelyingParty:
    """One card kind's WebAuthn identity: a proof for one kind never serves the other."""

    rp_id: str
    web_origins: tuple[str, ...]
    android_apps: tuple[tuple[str, str], ...]  # (apk key hash in base64url, package)

    @property
    def origins(self) -> tuple[str, ...]:
        """Every origin a client may name, web and Android."""
        return self.web_origins + tuple(_ANDROID + key_hash for key_hash, _ in self.android_apps)


@dataclass(frozen=True)
class Config:
    """Every setting. Paths are absolute; `public_url` is what phones call, without a trailing slash.

    `rights_shift_days` moves the dates of the demonstration's rights, so that its fictitious people can be
    shown on any day; production refuses it. `proxies` is how many of our own stand in front and write
    X-Forwarded-For: with none, that header is not believed. `proxy_secret` is what the nearest of them proves
    itself by when it hands over client certificates (`proxy_door`), and `mtls_url` the address at which it
    asks clients for theirs, when that is not `public_url`. `pwa_dir` and `verifier_page_dir` are the
    folders of the phone's web app and of the page that verifies; without them, neither is served.
    """

    environment: Environment
    public_url: str
    database_url: str
    redis_url: str | None
    keys_dir: Path
    publication_dir: Path
    rights_dir: Path
    relying_parties: Mapping[CardKind, RelyingParty]
    attestation_roots: Path
    mds_blob: Path | None
    mds_root: Path | None
    android_status: Path | None
    ecps_binding: Binding
    staff_party: RelyingParty
    staff_binding: Binding
    status_capacity: int
    max_devices: int
    rights_shift_days: int
    signin_expiry_s: int
    proxies: int
    presence_minutes: int
    pwa_dir: Path | None
    verifier_page_dir: Path | None
    log_heads: Path
    erased_list: Path
    raw_attestation_hours: int
    enrolment_days: int
    proxy_secret: str | None = field(repr=False)
    mtls_url: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Read every `APCV_…` variable of `environ`.

        Raises:
            ConfigError: a sentence that names the setting at fault; nothing was started.
        """
        reader = _Reader({k: v for k, v in environ.items() if k.startswith(PREFIX)})
        config = cls(
            environment=reader.choice("ENV", Environment),
            public_url=reader.url("PUBLIC_URL"),
            database_url=reader.store("DATABASE_URL", reader.text("DATABASE_URL"), _DATABASES),
            redis_url=reader.store("REDIS_URL", reader.optional("REDIS_URL"), _CARRIERS),
            keys_dir=reader.path("KEYS_DIR"),
            publication_dir=reader.path("PUBLICATION_DIR"),
            rights_dir=reader.path("RIGHTS_DIR"),
            relying_parties={kind: reader.relying_party(kind) for kind in ENROLLED_KINDS},
            attestation_roots=reader.path("ATTESTATION_ROOTS"),
            mds_blob=reader.optional_path("MDS_BLOB"),
            mds_root=reader.optional_path("MDS_ROOT"),
            android_status=reader.optional_path("ANDROID_STATUS"),
            ecps_binding=reader.binding("ECPS_BINDING"),
            staff_party=reader.staff_party(),
            staff_binding=reader.binding("STAFF_BINDING"),
            status_capacity=reader.number("STATUS_CAPACITY", _DEFAULT_STATUS_CAPACITY, 1_024, 1 << 27),
            max_devices=reader.number("MAX_DEVICES", _DEFAULT_MAX_DEVICES, 1, 50),
            signin_expiry_s=reader.number("SIGNIN_EXPIRY_S", 120, 30, 600),
            rights_shift_days=reader.number("RIGHTS_SHIFT_DAYS", 0, 0, 36_500),
            proxies=reader.number("PROXIES", 0, 0, 8),
            presence_minutes=reader.number("PRESENCE_MINUTES", _DEFAULT_PRESENCE_MINUTES, 1, 480),
            pwa_dir=reader.optional_path("PWA_DIR"),
            verifier_page_dir=reader.optional_path("VERIFIER_PAGE_DIR"),
            log_heads=reader.optional_path("LOG_HEADS")
            or reader.path("PUBLICATION_DIR").parent / "journal-heads.txt",
            erased_list=reader.optional_path("ERASED_LIST")
            or reader.path("PUBLICATION_DIR").parent / "erased.txt",
            raw_attestation_hours=reader.number("RAW_ATTESTATION_HOURS", 96, 0, 96),
            enrolment_days=reader.number("ENROLMENT_DAYS", 90, 15, 90),
            proxy_secret=reader.secret_file("PROXY_SECRET_FILE"),
            mtls_url=reader.optional_url("MTLS_URL"),
        )
        reader.refuse_unknown()
        config.refuse_unsafe()
        config.refuse_unsafe_staff()
        config.refuse_unproven_proxy()
        return config

    @property
    def is_production(self) -> bool:
        """Whether development conveniences must be refused."""
        return self.environment is Environment.PRODUCTION

    def refuse_unsafe(self) -> None:
        """Stop a production start on what only development may do."""
        if (self.mds_blob is None) != (self.mds_root is None):
            raise ConfigError(f"{PREFIX}MDS_BLOB et {PREFIX}MDS_ROOT vont ensemble : il en manque un.")
        if len({party.rp_id for party in self.relying_parties.values()}) != len(self.relying_parties):
            raise ConfigError(
                f"{PREFIX}RP_ID_APCV et {PREFIX}RP_ID_ECPS doivent différer : à chaque carte ses preuves."
            )
        if not self.is_production:
            return
        if not self.public_url.startswith("https://"):
            raise ConfigError(f"{PREFIX}PUBLIC_URL doit commencer par https:// en production.")
        if any(
            not web.startswith("https://") for p in self.relying_parties.values() for web in p.web_origins
        ):
            raise ConfigError(f"{PREFIX}ORIGINS_… doit nommer des pages https:// en production.")
        if self.database_url.startswith("sqlite"):
            raise ConfigError(f"{PREFIX}DATABASE_URL doit désigner PostgreSQL en production.")
        if self.rights_shift_days:
            raise ConfigError(f"{PREFIX}RIGHTS_SHIFT_DAYS n'existe que pour les démonstrations.")

    def refuse_unsafe_staff(self) -> None:
        """Stop a start where a colleague's proof could be a patient's, or is weaker than production asks."""
        if self.staff_party.rp_id in {party.rp_id for party in self.relying_parties.values()}:
            raise ConfigError(f"{PREFIX}RP_ID_STAFF doit différer de ceux des cartes : à chacun ses preuves.")
        if not self.is_production:
            return
        if self.staff_binding is not Binding.HARDWARE_ATTESTED:
            raise ConfigError(f"{PREFIX}STAFF_BINDING : en production, hardware_attested et rien d'autre.")
        if any(not web.startswith("https://") for web in self.staff_party.web_origins):
            raise ConfigError(f"{PREFIX}ORIGINS_STAFF doit nommer des pages https:// en production.")

    def refuse_unproven_proxy(self) -> None:
        """Stop a start where certificates would be promised and none could be believed."""
        if self.proxy_secret is not None and not self.proxies:
            raise ConfigError(
                f"{PREFIX}PROXY_SECRET_FILE va avec {PREFIX}PROXIES : un mandataire au moins est devant."
            )
        if self.mtls_url is not None and self.proxy_secret is None:
            raise ConfigError(
                f"{PREFIX}MTLS_URL va avec {PREFIX}PROXY_SECRET_FILE : sans lui, aucun certificat n'est cru."
            )
        if self.is_production and self.mtls_url is not None and not self.mtls_url.startswith("https://"):
            raise ConfigError(f"{PREFIX}MTLS_URL doit commencer par https:// en production.")


def _split(address: str) -> SplitResult | None:
    """An http(s) address in its parts, or None."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} else None


class _Reader:
    """Takes settings one by one, remembers which were asked for, and names the one at fault."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._asked: set[str] = set()

    def optional(self, name: str) -> str | None:
        self._asked.add(PREFIX + name)
        return self._settings.get(PREFIX + name, "").strip() or None

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise ConfigError(f"Le réglage {PREFIX}{name} manque.")
        return value

    def path(self, name: str) -> Path:
        return self._resolved(name, self.text(name))

    def optional_path(self, name: str) -> Path | None:
        value = self.optional(name)
        return None if value is None else self._resolved(name, value)

    @staticmethod
    def _resolved(name: str, value: str) -> Path:
        try:
            return Path(value).expanduser().resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, no such home, a NUL
            raise ConfigError(f"{PREFIX}{name} n'est pas un chemin : « {value} ».") from None

    def secret_file(self, name: str) -> str | None:
        """The one line of a file that holds a secret, long enough not to be guessed."""
        path = self.optional_path(name)
        if path is None:
            return None
        try:
            secret = path.read_text("ascii").strip()
        except (OSError, UnicodeError):
            raise ConfigError(f"{PREFIX}{name} : fichier illisible.") from None
        if len(secret) < _SHORTEST_SECRET or not secret.isprintable() or " " in secret:
            raise ConfigError(
                f"{PREFIX}{name} doit tenir une seule ligne d'au moins {_SHORTEST_SECRET} caractères."
            )
        return secret

    def optional_url(self, name: str) -> str | None:
        return None if self.optional(name) is None else self.url(name)

    def url(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        parts = _split(value)
        if parts is None or not parts.netloc or parts.query or parts.fragment:
            raise ConfigError(f"{PREFIX}{name} n'est pas une adresse http(s) : « {value} ».")
        return value

    def store(self, name: str, value: _Value, schemes: tuple[str, ...]) -> _Value:
        # The value may hold a password: it is not repeated.
        if value is not None and value.partition("://")[0].split("+", 1)[0] not in schemes:
            raise ConfigError(
                f"{PREFIX}{name} doit commencer par l'un de {', '.join(schemes)}, puis « :// »."
            )
        try:
            _ = urlsplit(value or "").port
        except ValueError:
            raise ConfigError(f"{PREFIX}{name} n'est pas une adresse lisible.") from None
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.optional(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise ConfigError(f"{PREFIX}{name} doit être un nombre entre {least} et {most} : « {value} ».")
        return int(value)

    def choice(self, name: str, kind: type[Environment]) -> Environment:
        value = self.text(name)
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(member.value for member in kind)
            raise ConfigError(f"{PREFIX}{name} doit être l'un de {allowed} : « {value} ».") from None

    def binding(self, name: str) -> Binding:
        value = self.optional(name)
        if value is None:
            return Binding.HARDWARE_ATTESTED
        for binding in Binding:
            if binding.name.lower() == value:
                return binding
        allowed = ", ".join(binding.name.lower() for binding in Binding)
        raise ConfigError(f"{PREFIX}{name} doit être l'un de {allowed} : « {value} ».")

    def staff_party(self) -> RelyingParty:
        """Where staff sign in: the pages of this server itself, unless said otherwise."""
        if self.optional("RP_ID_STAFF") is not None or self.optional("ORIGINS_STAFF") is not None:
            return self._party("STAFF")
        parts = urlsplit(self.url("PUBLIC_URL"))
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            raise ConfigError(f"{PREFIX}PUBLIC_URL n'a pas de port lisible.") from None
        host = (parts.hostname or "localhost").lower()
        taken = {self.optional(f"RP_ID_{kind.name}") for kind in ENROLLED_KINDS}
        # Never a card's own name, nor a numeric address with colons, which no browser takes for a name.
        rp_id = "staff.localhost" if ":" in host else f"staff.{host}" if host in taken else host
        return RelyingParty(rp_id, (f"{parts.scheme.lower()}://{rp_id}{port}",), ())

    def relying_party(self, kind: CardKind) -> RelyingParty:
        return self._party(kind.name)

    def _party(self, whose: str) -> RelyingParty:
        name = f"ORIGINS_{whose}"
        web: list[str] = []
        android: list[tuple[str, str]] = []
        for origin in (part.strip() for part in self.text(name).split(",")):
            if origin.startswith(_ANDROID):
                key_hash, _, package = origin.removeprefix(_ANDROID).partition(";")
                if not key_hash or not package:
                    raise ConfigError(
                        f"{PREFIX}{name} : écrire {_ANDROID}EMPREINTE;paquet (lu : « {origin} »)."
                    )
                android.append((key_hash, package))
            elif (parts := _split(origin)) is not None and parts.netloc and parts.path == "":
                web.append(origin)
            else:
                raise ConfigError(f"{PREFIX}{name} contient une origine illisible : « {origin} ».")
        if not web:
            raise ConfigError(f"{PREFIX}{name} doit nommer au moins une page web (http ou https).")
        return RelyingParty(self.text(f"RP_ID_{whose}"), tuple(web), tuple(android))

    def refuse_unknown(self) -> None:
        unknown = sorted(set(self._settings) - self._asked)
        if unknown:
            raise ConfigError(f"Réglage inconnu : {', '.join(unknown)}. Faute de frappe ?")
