"""What a phone signs to approve a sign-in: the whole request as its owner saw it, and the moment.

A domain of its own (`FR-SIGNIN`): what is signed here can be neither a presentation (`FR-POP`) nor a
request for cards (`FR-ISSUE`), and none of those can approve a sign-in. The two digits are in it as the
owner typed them, so an approval made with other digits is another signature, not the same one with a wrong
form beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cartes.wire import strict_json

_SIGNIN: Final = b"FR-SIGNIN\x00"


@dataclass(frozen=True, slots=True)
class SigninStatement:
    """What an approval says. `t` is the phone's clock in whole seconds; `acts_for` names a representation.

    `exercice` is empty for an apCV, and where the owner chooses it afterwards on the page they are signing
    in from.
    """

    attempt_id: str = field(repr=False)
    client_id: str
    scopes: Sequence[str]
    acr: str
    digits: str = field(repr=False)
    exercice: str
    t: int
    acts_for: str = ""

    def challenge(self) -> bytes:
        """The 32 bytes of the WebAuthn challenge: SHA-256("FR-SIGNIN" || 00 || RFC 8785 of the members)."""
        said: dict[str, object] = {
            "attempt_id": self.attempt_id,
            "client_id": self.client_id,
            "scopes": list(self.scopes),
            "acr": self.acr,
            "digits": self.digits,
            "exercice": self.exercice,
            "t": self.t,
        }
        if self.acts_for:
            said["acts_for"] = self.acts_for
        return hashlib.sha256(_SIGNIN + strict_json.canonical(said)).digest()
