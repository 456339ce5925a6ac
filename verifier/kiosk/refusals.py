"""What the kiosk refuses, each with its HTTP status and what to say about it in both languages.

A verdict is never here: a red card is an answer, told with 200. These are requests that were not understood,
or came from somebody who may not ask. Facts are sizes and names of ours, never what was scanned.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from cartes.errors import CarteError
from verifier.sentence import Sentence
from verifier.sentences import Language


class KioskRefused(CarteError):
    """The request was not served. `status` is the HTTP status of every leaf."""

    code: ClassVar[str] = "kiosk_refused"
    status: ClassVar[int] = 400


class HostNotAllowed(KioskRefused):
    """The Host header names another machine: a page elsewhere had its name point here (DNS rebinding)."""

    code = "host_not_allowed"
    status = 421


class OriginNotAllowed(KioskRefused):
    """A page of another origin asks."""

    code = "origin_not_allowed"
    status = 403


class TokenRefused(KioskRefused):
    """The token made at start is missing, or is another one's."""

    code = "token_refused"
    status = 401


class NoSuchAddress(KioskRefused):
    """Nothing is served there."""

    code = "no_such_address"
    status = 404


class MethodRefused(KioskRefused):
    """This address does not answer to that method. `allow` names the one it answers to."""

    code = "method_refused"
    status = 405


class BodyTooLarge(KioskRefused):
    """More bytes than any code or picture of one has."""

    code = "body_too_large"
    status = 413


class BodyUnreadable(KioskRefused):
    """Not the JSON, or not the members, that this address takes. `why` says which."""

    code = "body_unreadable"
    status = 400


class ReaderNotListed(KioskRefused):
    """That serial port is not among those this workstation has."""

    code = "reader_not_listed"
    status = 409


class KioskBroken(KioskRefused):
    """Something of ours failed; nothing was judged."""

    code = "kiosk_broken"
    status = 500


_SAID: Final[Mapping[str, tuple[Sentence, Sentence]]] = MappingProxyType(
    {
        "host_not_allowed": (
            Sentence("Cette adresse n’est pas celle du guichet.", "Ouvrez l’adresse affichée au démarrage."),
            Sentence("This is not the address of the till.", "Open the address shown at start."),
        ),
        "origin_not_allowed": (
            Sentence("Une autre page a voulu parler au guichet.", "Fermez-la ; rien n’a été vérifié."),
            Sentence("Another page tried to speak to the till.", "Close it; nothing was checked."),
        ),
        "token_refused": (
            Sentence(
                "Cette page n’a pas la clé du guichet, ou le guichet a redémarré depuis.",
                "Ouvrez l’adresse complète affichée au démarrage du guichet.",
            ),
            Sentence(
                "This page does not have the till’s key, or the till was started again since.",
                "Open the whole address shown when the till starts.",
            ),
        ),
        "no_such_address": (
            Sentence("Il n’y a rien à cette adresse.", "Revenez à la page du guichet."),
            Sentence("There is nothing at this address.", "Go back to the till’s page."),
        ),
        "method_refused": (
            Sentence("Cette adresse ne se demande pas ainsi.", "Voyez docs/kiosk.md."),
            Sentence("This address is not asked in that way.", "See docs/kiosk.md."),
        ),
        "body_too_large": (
            Sentence("C’est trop gros pour être un code.", "Envoyez un seul code, ou une image plus petite."),
            Sentence("That is too large to be a code.", "Send one code alone, or a smaller picture."),
        ),
        "body_unreadable": (
            Sentence("La demande ne se lit pas.", "Voyez docs/kiosk.md."),
            Sentence("The request cannot be read.", "See docs/kiosk.md."),
        ),
        "reader_not_listed": (
            Sentence("Ce port n’est pas celui d’une douchette branchée.", "Branchez-la et relisez la liste."),
            Sentence("That port is not one of a plugged reader.", "Plug it in, then read the list again."),
        ),
        "kiosk_broken": (
            Sentence("Le guichet a rencontré une erreur ; rien n’a été vérifié.", "Scannez de nouveau."),
            Sentence("The till met an error; nothing was checked.", "Scan again."),
        ),
    }
)


def said_of(code: str, language: Language) -> Sentence | None:
    """What to say about a refusal of this page's own; None for the codes of other tables."""
    pair = _SAID.get(code)
    return None if pair is None else pair[0 if language is Language.FRENCH else 1]
