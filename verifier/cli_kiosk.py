"""The kiosk from the command line: `python -m verifier kiosk`. Loads click alone until it runs."""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from verifier.cli_options import (
    choose,
    lang_option,
    memory_option,
    policy_option,
    store_option,
    two_way_option,
)
from verifier.cli_voice import usage

if TYPE_CHECKING:
    from verifier.kiosk.server import KioskServer

DEFAULT_PORT: Final = 8765
_TICK_S: Final = 20


@click.command()
@store_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port sur 127.0.0.1 ; 0 en prend un libre.",
)
@click.option("--reader", metavar="PORT", help="Douchette en mode série : /dev/ttyACM0, COM3…")
@policy_option
@two_way_option
@click.option(
    "--refresh-from", "source", metavar="URL", help="Publication à relire chaque heure, en arrière-plan."
)
@memory_option
@click.option("--open", "opens", is_flag=True, help="Ouvre la page dans le navigateur.")
@lang_option
def kiosk(
    store_dir: Path,
    port: int,
    reader: str | None,
    policy_name: str,
    source: str | None,
    memory: Path | None,
    lang: str,
    *,
    two_way_only: bool,
    opens: bool,
) -> int:
    """Ouvre le guichet : une page sur ce poste, lue à la douchette et à la caméra."""
    if not store_dir.is_dir():
        raise usage("no_store", lang)
    with ExitStack() as ends:
        server = _built(
            ends,
            store_dir,
            port,
            reader=reader,
            policy=policy_name,
            source=source,
            memory=memory,
            lang=lang,
            two_way_only=two_way_only,
        )
        # A service that is stopped, a session that closes: the same end as Ctrl+C, and nothing left behind.
        before = signal.signal(signal.SIGTERM, _interrupt)
        ends.callback(signal.signal, signal.SIGTERM, before)
        ends.callback(_write_address(store_dir, server, lang))
        click.echo(
            choose(
                lang,
                f"Guichet ouvert : {server.address}\nCtrl+C pour le fermer.",
                f"The till is open: {server.address}\nCtrl+C closes it.",
            )
        )
        if opens:
            import webbrowser

            webbrowser.open(server.address)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            click.echo(choose(lang, "Guichet fermé.", "The till is closed."))
    return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _built(
    ends: ExitStack,
    store_dir: Path,
    port: int,
    *,
    reader: str | None,
    policy: str,
    source: str | None,
    memory: Path | None,
    lang: str,
    two_way_only: bool,
) -> KioskServer:
    """Put the parts together, start the threads, and leave in `ends` how each is stopped."""
    from verifier.kiosk.build import KioskOrder, build_kiosk
    from verifier.kiosk.gate import new_token
    from verifier.kiosk.server import KioskServer

    def clock() -> datetime:
        return datetime.now(UTC)

    order = KioskOrder(store_dir, policy, reader, source, memory, two_way_only)
    parts = build_kiosk(order, clock, secrets.token_bytes)
    try:
        server = KioskServer(port, new_token(secrets.token_bytes), parts)
    except OSError as taken:
        raise usage("port_taken", lang) from taken
    ends.callback(server.server_close)
    parts.reader.start()
    ends.callback(parts.reader.stop)
    if parts.keeper is not None:
        parts.keeper.start()
        ends.callback(parts.keeper.stop)
    ends.callback(_every(_TICK_S, lambda: parts.desk.tick(clock())))
    return server


def _every(seconds: float, does: Callable[[], None]) -> Callable[[], None]:
    """Call `does` again and again in the background; gives what ends it."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            does()

    threading.Thread(target=run, name="kiosk night", daemon=True).start()
    return ended.set


def _write_address(store_dir: Path, server: KioskServer, lang: str) -> Callable[[], None]:
    """Leave the address and the token where the pharmacy's software, of the same user, finds them.

    Gives what takes the file away again at the end.
    """
    path = store_dir / "kiosk.json"
    said = json.dumps({"url": server.url, "token": server.gate.token}).encode()
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(said)
    except OSError as failure:
        raise usage("store_not_written", lang) from failure
    return lambda: path.unlink(missing_ok=True)
