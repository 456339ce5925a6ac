"""A security module for tests: SoftHSM from Debian, its tokens in a folder of the test's own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from keys.token import TokenPlace
from tests.simulators.missing import missing

LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
PIN = "271828"


class SoftToken:
    """One initialised token, and the PIN file that opens it. `place(directory)` is how a keyring names it."""

    def __init__(self, folder: Path, library: Path, label: str = "cartes") -> None:
        self.label = label
        self.library = library
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.pin_file = folder / "token.pin"
        self.pin_file.touch(mode=0o600)
        self.pin_file.write_text(f"{PIN}\n")
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "314159"],
            check=True,
            capture_output=True,
            env={**os.environ, "SOFTHSM2_CONF": str(self.configuration)},
        )

    @property
    def uri(self) -> str:
        """The token alone: what a ceremony is given."""
        return f"pkcs11:token={quote(self.label)}?module-path={self.library}&pin-source=file:{self.pin_file}"

    def place(self, directory: Path) -> TokenPlace:
        """The token, for the keyring of `directory`."""
        return TokenPlace(self.library, self.pin_file, directory, self.label)


def soft_token(folder: Path, patch: pytest.MonkeyPatch) -> SoftToken:
    """A fresh token; without SoftHSM the test is skipped, or failed where nothing may be skipped."""
    library = next((path for path in LIBRARIES if path.is_file()), None)
    driver = importlib.util.find_spec("pkcs11")
    if library is None or driver is None or shutil.which("softhsm2-util") is None:
        missing("no token here: install softhsm2 (Debian) and the extra `hsm` (python-pkcs11)")
    made = SoftToken(folder, library)
    patch.setenv("SOFTHSM2_CONF", str(made.configuration))
    # The library reads its configuration when it starts: whatever another test opened is of another token.
    from keys import token

    token._here.forget(library)
    return made
