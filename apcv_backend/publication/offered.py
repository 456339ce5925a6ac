"""What comes back from the keepers of offline keys, to be put in force: a root, a trust list, or both."""

from __future__ import annotations

from dataclasses import dataclass

from cartes.signing_draft import SigningDraft


@dataclass(frozen=True, slots=True)
class Offered:
    """Signed drafts, nothing proven yet. A root in force already may be offered again."""

    unverified_root: SigningDraft | None = None
    unverified_targets: SigningDraft | None = None
