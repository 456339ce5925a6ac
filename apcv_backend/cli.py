"""The operator's command line: bring the database up to date, serve, publish, open codes, back up, check.

    python -m apcv_backend migrate
    python -m apcv_backend serve --port 8000
    python -m apcv_backend publish --watch
    python -m apcv_backend --help

Settings come from the environment (`APCV_…`); one that is missing or wrong stops the command with a sentence.
Exit codes: 0 done, 1 something was found wrong, 2 the command or the settings do not allow it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from cartes.errors import CarteError

if TYPE_CHECKING:  # built only when a command needs it
    from apcv_backend.bootstrap import Services

_WRONG = 1
_file = click.Path(dir_okay=False, path_type=Path)


class _Operator(click.Group):
    """Turns what can go wrong into one sentence and an exit code: never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        from sqlalchemy.exc import SQLAlchemyError

        from apcv_backend.config import ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.UsageError(str(error)) from error
        except CarteError as error:
            from apcv_backend.operator_sentences import told

            raise click.UsageError(told(error)) from error
        except BrokenPipeError:
            raise  # whoever read us stopped listening: click ends quietly
        except OSError as error:
            raise click.UsageError(f"{error.filename or 'Fichier'} : {error.strerror or error}") from error
        except SQLAlchemyError as error:
            # Its own words may hold the row it was about: the class alone is told.
            cause = type(getattr(error, "orig", None) or error).__name__
            raise click.UsageError(
                f"La base de données ne répond pas, ou n'en est pas une ({cause})."
            ) from error


class _LateCommands(_Operator):
    """Groups of the rooms, imported when one is called or listed: `serve` need not wait for them."""

    _ROOMS: ClassVar[dict[str, tuple[str, str]]] = {
        "alarms": ("apcv_backend.limit_commands", "alarms"),
        "code": ("apcv_backend.enrolment.mailing", "code"),
        "phone": ("apcv_backend.enrolment.phone_commands", "phone"),
        "revoke": ("apcv_backend.enrolment.revocation_commands", "revoke"),
        "suspend": ("apcv_backend.enrolment.revocation_commands", "suspend"),
        "resume": ("apcv_backend.enrolment.revocation_commands", "resume"),
        "contracts": ("apcv_backend.complementary.commands", "contracts"),
        "representation": ("apcv_backend.representation.commands", "representation"),
        "staff": ("apcv_backend.staff.commands", "staff"),
        "client": ("apcv_backend.signin.provider.client_commands", "client"),
        "directory": ("apcv_backend.professionals.commands", "directory"),
        "seal-journal": ("apcv_backend.journal_commands", "seal_journal"),
        "check-journal": ("apcv_backend.journal_commands", "check_journal"),
        "erase": ("apcv_backend.privacy_commands", "erase"),
        "incidents": ("apcv_backend.patient_journal.commands", "incidents"),
        "log-key": ("apcv_backend.journal_commands", "log_key"),
        "work": ("apcv_backend.work_commands", "work"),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, ours and the rooms'."""
        return sorted([*super().list_commands(ctx), *self._ROOMS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self._ROOMS:
            return super().get_command(ctx, cmd_name)
        module, name = self._ROOMS[cmd_name]
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


class _LateServices:
    """The services, built when a command first touches one: `--help` and `openapi` need no settings."""

    def __init__(self) -> None:
        self._built: object | None = None

    def __getattr__(self, name: str) -> object:
        if self._built is None:
            from apcv_backend.bootstrap import services_from_env

            self._built = services_from_env()
        return getattr(self._built, name)


@click.group(cls=_LateCommands)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Les commandes de l'exploitant du serveur de cartes."""
    ctx.obj = _LateServices()


@main.command()
def migrate() -> None:
    """Met la base de données à la dernière étape de son histoire."""
    import os

    from apcv_backend.config import Config
    from apcv_backend.migrations import upgrade

    upgrade(Config.from_env(os.environ).database_url)
    click.echo("Base à jour.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Sert l'application (granian) sur les réglages de l'environnement, vérifiés avant de commencer."""
    import os

    from apcv_backend.config import Config

    Config.from_env(os.environ)
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "apcv_backend.wsgi:make_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        # Longer than any request may wait for the database: a stop answers what it was asked before.
        workers_kill_timeout=10,
        # One that dies is made anew; the others answer meanwhile. Two deaths in a row end the command.
        respawn_failed_workers=True,
    ).serve()


@main.command()
@click.option("--write", "target", type=click.Path(dir_okay=False, path_type=Path), help="Écrit ce fichier.")
@click.option(
    "--check", "checked", type=click.Path(dir_okay=False, path_type=Path), help="Compare à ce fichier."
)
def openapi(target: Path | None, checked: Path | None) -> None:
    """Le document OpenAPI : affiché, écrit dans un fichier, ou comparé à celui qui y est."""
    import json

    from apcv_backend.app import openapi_document

    text = json.dumps(openapi_document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if target is not None:
        target.write_text(text, encoding="utf-8")
    elif checked is not None:
        if not checked.exists() or checked.read_bytes() != text.encode():
            click.echo(f"{checked} n'est plus à jour : lancer `make docs`.", err=True)
            sys.exit(_WRONG)
    else:
        click.echo(text, nl=False)


@main.command()
@click.option(
    "--watch", "watching", is_flag=True, help="Continue : à chaque révocation, et au moins chaque minute."
)
@click.option("--every", default=60, show_default=True, type=click.IntRange(1, 43_200), help="Secondes.")
@click.option("--root", type=_file, help="Met en vigueur cette racine, signée par ses gardiens.")
@click.option("--targets", type=_file, help="Met en vigueur cette liste de confiance, signée de même.")
@click.option("--draft-targets", "draft", type=_file, help="Écrit la liste à faire signer ; ne publie rien.")
@click.pass_obj
def publish(
    services: Services,
    every: int,
    root: Path | None,
    targets: Path | None,
    draft: Path | None,
    *,
    watching: bool,
) -> None:
    """Publie à qui se fier et ce qui est révoqué, en fichiers signés que tout serveur peut servir."""
    from apcv_backend.ephemeral import PUBLICATION_BELL
    from apcv_backend.publication import offline_commands
    from apcv_backend.rounds import rounds

    offered = offline_commands.read_offered(root, targets)
    if draft is not None:
        offline_commands.write_draft(services.publication.draft_targets(services.clock(), offered), draft)
        return
    with rounds() as watch:
        while not watch.asked_to_stop:
            try:
                published = services.publication.publish(services.clock(), offered)
                offered = None
                changed = ", ".join(role.value for role in published.renewed)
                until = f"{published.expires_at:%d/%m %H:%M} UTC"
                click.echo(f"Publication n° {published.version}, jusqu'au {until} ({changed}).")
                offline_commands.say_awaiting(published.awaiting)
                services.sweep(services.clock())
            except (CarteError, OSError) as error:
                # A publisher that stops at the first full disk would let every till go stale.
                if not watching:
                    raise
                click.echo(f"Tour manqué, nouvel essai : {error}", err=True)
            if not watching:
                return
            # A revocation rings; a bell nobody heard costs at most `every` seconds.
            watch.rest(every, lambda piece: services.ephemeral.wait(PUBLICATION_BELL, timeout_s=piece))


@main.command()
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keys", "keys_file", type=_file, help="Où écrire les clés des personnes [à côté, .keys].")
@click.pass_obj
def backup(services: Services, target: Path, keys_file: Path | None) -> None:
    """Copie toute la base, d'un seul instant, dans un fichier neuf (les clés n'y sont pas)."""
    from apcv_backend.backup import write_backup

    # The keys second: a person entered between the two has a key and no row, which costs nothing.
    beside = keys_file or target.with_name(target.name + ".keys")
    rows = write_backup(services.database, target)
    write_backup(services.database, beside, keys=True)
    click.echo(f"{rows} lignes dans {target}. Les clés du serveur se sauvegardent à part, et ailleurs.")
    click.echo(
        f"Les clés des personnes sont dans {beside} : les garder ailleurs, et ne garder que les dernières."
    )


@main.command()
@click.option("--from", "source", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keys", "keys_file", type=_file, help="Le fichier des clés des personnes [à côté, .keys].")
@click.pass_obj
def restore(services: Services, source: Path, keys_file: Path | None) -> None:
    """Remet une sauvegarde dans une base vide, à la même étape de son histoire."""
    from apcv_backend.backup import read_backup

    rows = read_backup(services.database, source)
    click.echo(f"{rows} lignes remises.")
    beside = keys_file or source.with_name(source.name + ".keys")
    if beside.exists():
        click.echo(f"{read_backup(services.database, beside, keys=True)} clés de personnes remises.")
    else:
        click.echo(
            "Sans le fichier des clés des personnes (--keys), aucune donnée scellée ne s'ouvre.", err=True
        )
    again = services.erasure.repeat(services.clock())
    click.echo(f"{again} personnes effacées depuis cette sauvegarde : effacées de nouveau.")


@main.command()
@click.pass_obj
def sweep(services: Services) -> None:
    """Oublie ce qui ne peut plus servir : nonces passés, délivrances dont les cartes sont mortes."""
    forgotten = services.sweep(services.clock())
    click.echo(f"{forgotten} délivrances oubliées ; le journal garde la ligne de chacune.")
