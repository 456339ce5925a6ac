"""The INS, national health identity: a matricule (NIR or NIA) under the OID that says what it is worth.

This project knows the four OIDs and only ever *emits* the two test ones: `check_may_be_emitted` is the gate.
A NIA belongs under `…4.9` and a NIR under `…4.8`; the test OIDs take both (there is no separate test OID for
a NIA). Source: FR Core `fr-core-patient-ins`, and the "Format datamatrix INS" 2.2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir


class OidIns(enum.Enum):
    """The OIDs of an INS matricule."""

    NIR = "1.2.250.1.213.1.4.8"
    NIA = "1.2.250.1.213.1.4.9"
    NIR_TEST = "1.2.250.1.213.1.4.10"
    NIR_DEMO = "1.2.250.1.213.1.4.11"

    @property
    def is_test(self) -> bool:
        """Whether this OID names fictitious people: the only ones this project emits."""
        return self in (OidIns.NIR_TEST, OidIns.NIR_DEMO)

    @property
    def urn(self) -> str:
        """The OID as a FHIR `system`: `urn:oid:…`."""
        return f"urn:oid:{self.value}"

    @classmethod
    def parse(cls, text: str) -> OidIns:
        """One of the four OIDs, in dots or as a `urn:oid:`. Raises `InvalidValue` (`what="oid_ins"`)."""
        try:
            return cls(text.removeprefix("urn:oid:"))
        except ValueError as unknown:
            raise InvalidValue(what="oid_ins", why="unknown") from unknown


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule under its OID; printed masked, since the matricule is.

    Building one refuses a number with warnings of the `TEST` mode under a production OID, and a NIA under
    the NIR's production OID (or the reverse). A lenient matricule turns those into `warnings`.
    """

    matricule: Nir
    oid: OidIns
    warnings: tuple[str, ...] = field(init=False, compare=False, repr=False, default=())

    def __post_init__(self) -> None:
        warnings = list(self.matricule.warnings)
        if self.matricule.mode is Mode.TEST and warnings and not self.oid.is_test:
            raise InvalidValue(what="ins", why="test_matricule_under_production_oid")
        if (self.oid is OidIns.NIA) != self.matricule.is_nia and not self.oid.is_test:
            if self.matricule.mode is not Mode.LENIENT:
                raise InvalidValue(what="ins", why="oid_does_not_match_matricule")
            warnings.append("oid_does_not_match_matricule")
        object.__setattr__(self, "warnings", tuple(warnings))

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings


def check_may_be_emitted(ins: Ins) -> None:
    """Raise `InvalidValue` unless this project may write this INS onto something.

    Only the test OIDs, and never a number that only a lenient reading let through.
    """
    if not ins.oid.is_test:
        raise InvalidValue(what="ins", why="production_oid_never_emitted")
    if ins.matricule.mode is Mode.LENIENT and not ins.is_strict:
        raise InvalidValue(what="ins", why="lenient_matricule_never_emitted")
