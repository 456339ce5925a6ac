"""Why a refresh was refused. The store keeps what it had, whatever the reason.

These are not refusals of a card: a till that could not refresh still judges, with what it knows and its age.
Facts name files and roles of the publication, never a person.
"""

from __future__ import annotations

from typing import ClassVar

from cartes.errors import CarteError


class RefreshRefused(CarteError):
    """The root of this tree."""

    code: ClassVar[str] = "refresh_refused"


class SourceUnreachable(RefreshRefused):
    """The publication did not answer, answered an error, or took too long. Try again later."""

    code = "source_unreachable"


class SourceInvalid(RefreshRefused):
    """What was given as a source is neither an http(s) address nor a folder."""

    code = "source_invalid"


class TrustForged(RefreshRefused):
    """What was offered is not signed, hashed or shaped as the roles this till trusts demand."""

    code = "trust_forged"


class TrustRolledBack(RefreshRefused):
    """What was offered is genuine but older than what this till has already seen."""

    code = "trust_rolled_back"


class TrustFrozen(RefreshRefused):
    """What was offered is genuine but has expired: the source no longer follows the publisher."""

    code = "trust_frozen"


class StoreNotWritten(RefreshRefused):
    """The disk refused (full, read-only); the store is as it was."""

    code = "store_not_written"


class StoreAlreadyInitialised(RefreshRefused):
    """The folder is already a store with another first root; a till changes its root by refresh only."""

    code = "store_already_initialised"


class RootUnusable(RefreshRefused):
    """The file given to start a store is not a root signed by itself."""

    code = "root_unusable"
