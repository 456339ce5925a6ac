"""Debian's Apache on a loopback port and in a folder of its own: what its configurations have in common.

Nothing of the machine's own Apache is read or touched.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.simulators.servers import Server, listens, wait_until

_MODULES = Path("/usr/lib/apache2/modules")
_BINARY = Path("/usr/sbin/apache2")
_CONFIGURATION = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
Mutex posixsem
ErrorLog {folder}/log
{user}
{modules}
StartServers 1
"""


def lacks(modules: Iterable[str]) -> bool:
    """Whether this machine has no Apache, or not one of its `modules`."""
    return not _BINARY.exists() or not all(_shared_object(name).exists() for name in modules)


def apache_folder() -> Path:
    """A folder that Apache, which is nobody in particular, may read."""
    folder = Path(tempfile.mkdtemp(prefix="cartes-apache-"))
    folder.chmod(0o755)
    return folder


def serve_apache(folder: Path, port: int, modules: Iterable[str], configuration: str, scheme: str) -> Server:
    """Apache with `modules` and `configuration` from `folder`, answering on `port`.

    Raises `RuntimeError`, with what Apache complained of, when it does not start; the folder is gone then.
    """
    settings = folder / "apache.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            modules="\n".join(f"LoadModule {name}_module {_shared_object(name)}" for name in modules),
        )
        + configuration,
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [_BINARY, "-f", settings, "-D", "FOREGROUND"], cwd=folder, stderr=subprocess.DEVNULL
    )
    server = Server(f"{scheme}://localhost:{port}", port, process, folder)
    wait_until(lambda: listens(port), server)
    return server


def _shared_object(name: str) -> Path:
    return _MODULES / f"mod_{name}.so"
