"""The words around the facts, in French and in English: labels, lights, and how a key is held.

Reasons have sentences (`sentences.py`); this is the rest of what a person reads on the till's card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cartes.amc import EtatContrat
from cartes.apcv import DelegationType
from cartes.cards import Binding
from cartes.nomenclatures.table import CodeTable
from verifier.lights import Light
from verifier.sentences import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words.

    `lights`, `bindings`, `delegations` and `states` are complete: tests walk their enums. `months` are
    twelve, or none where a day is written in digits alone.
    """

    language: Language
    lights: Mapping[Light, str]
    bindings: Mapping[Binding, str]
    delegations: Mapping[DelegationType, str]
    states: Mapping[EtatContrat, str]
    months: tuple[str, ...]
    at: str
    days: str
    key: str
    synced_badge: str
    birth_name: str
    born: str
    lunar: str
    rank: str
    shape: str
    od_nir: str
    shown_by: str
    until: str
    since: str
    before: str
    open: str
    closed: str
    not_said: str
    none: str
    unknown: str
    yes: str
    no: str
    amo: str
    amc: str
    ald: str
    c2s: str
    insurer: str
    convention: str
    domains: str
    member: str
    contract_state: str
    organisme: str
    alsace: str
    quality: str
    gp: str
    profession: str
    category: str
    mode: str
    national_id: str
    structure: str
    issued_at: str
    expires_at: str
    as_of: str
    as_of_directory: str
    proof_time: str
    trust_age: str
    signed_at: str
    issuers: str
    not_proven: str

    def code_label(self, code: CodeTable) -> str:
        """An official code in this language."""
        return code.label if self.language is Language.FRENCH else code.label_en


_FRENCH: Final = Words(
    language=Language.FRENCH,
    lights=MappingProxyType({Light.GREEN: "VERT", Light.AMBER: "ORANGE", Light.RED: "ROUGE"}),
    bindings=MappingProxyType(
        {
            Binding.SYNCED: "clé synchronisée entre appareils",
            Binding.DEVICE_BOUND_CLAIMED: "clé propre à ce téléphone (déclaré)",
            Binding.HARDWARE_ATTESTED: "clé propre à ce téléphone (attesté)",
        }
    ),
    delegations=MappingProxyType(
        {
            DelegationType.PARENT: "parent",
            DelegationType.MESURE_PROTECTION: "mesure de protection",
            DelegationType.AIDANT_DEMARCHE: "aidant",
            DelegationType.TIERS_PONCTUEL: "tiers de confiance",
        }
    ),
    states=MappingProxyType(
        {
            EtatContrat.OUVERT: "ouvert",
            EtatContrat.SUSPENDU: "SUSPENDU",
            EtatContrat.RESILIE: "résilié",
            EtatContrat.INCONNU: "inconnu de l’assureur",
        }
    ),
    months=(),
    at="à",
    days="j",
    key="Clé",
    synced_badge="⚠ présente, ou possible, sur plusieurs appareils du même compte",
    birth_name="Nom de naissance",
    born="Date de naissance",
    lunar="date incomplète à l’état civil",
    rank="Rang gémellaire",
    shape="Présentation",
    od_nir="NIR de l’ouvrant droit",
    shown_by="Présentée par",
    until="jusqu’au",
    since="depuis le",
    before="avant le",
    open="ouverts",
    closed="FERMÉS",
    not_said="non communiqué",
    none="aucun dans cette carte",
    unknown="inconnu",
    yes="déclaré",
    no="non déclaré",
    amo="Droits AMO",
    amc="Droits AMC",
    ald="Droits ALD",
    c2s="Droits C2S",
    insurer="Assureur",
    convention="Convention / CSR",
    domains="Tiers payant",
    member="N° d’adhérent",
    contract_state="État du contrat",
    organisme="Organisme",
    alsace="régime local d’Alsace-Moselle",
    quality="Qualité",
    gp="Médecin traitant",
    profession="Profession",
    category="Catégorie",
    mode="Mode d’exercice",
    national_id="Identifiant national",
    structure="Structure",
    issued_at="Carte émise le",
    expires_at="Carte expire le",
    as_of="Droits lus le",
    as_of_directory="Annuaire lu le",
    proof_time="Geste du porteur le",
    trust_age="Âge des données de confiance",
    signed_at="Signées le",
    issuers="Émetteurs connus",
    not_proven="NON PROUVÉ",
)

_ENGLISH: Final = Words(
    language=Language.ENGLISH,
    lights=MappingProxyType({Light.GREEN: "GREEN", Light.AMBER: "AMBER", Light.RED: "RED"}),
    bindings=MappingProxyType(
        {
            Binding.SYNCED: "key synced between devices",
            Binding.DEVICE_BOUND_CLAIMED: "key of this phone alone (claimed)",
            Binding.HARDWARE_ATTESTED: "key of this phone alone (attested)",
        }
    ),
    delegations=MappingProxyType(
        {
            DelegationType.PARENT: "parent",
            DelegationType.MESURE_PROTECTION: "protective measure",
            DelegationType.AIDANT_DEMARCHE: "carer",
            DelegationType.TIERS_PONCTUEL: "trusted third party",
        }
    ),
    states=MappingProxyType(
        {
            EtatContrat.OUVERT: "open",
            EtatContrat.SUSPENDU: "SUSPENDED",
            EtatContrat.RESILIE: "ended",
            EtatContrat.INCONNU: "unknown to the insurer",
        }
    ),
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    at="at",
    days="d",
    key="Key",
    synced_badge="⚠ is, or may be, on several devices of one account",
    birth_name="Birth name",
    born="Birth date",
    lunar="incomplete in the civil register",
    rank="Birth rank (twins)",
    shape="Shown as",
    od_nir="NIR opening the rights",
    shown_by="Shown by",
    until="until",
    since="since",
    before="before",
    open="open",
    closed="CLOSED",
    not_said="not said",
    none="none in this card",
    unknown="unknown",
    yes="declared",
    no="not declared",
    amo="Compulsory cover (AMO)",
    amc="Complementary (AMC)",
    ald="Long-term illness (ALD)",
    c2s="Solidarity cover (C2S)",
    insurer="Insurer",
    convention="Convention / routing",
    domains="Third-party payment",
    member="Member number",
    contract_state="State of the contract",
    organisme="Fund",
    alsace="Alsace-Moselle local scheme",
    quality="Link to the insured",
    gp="Attending doctor",
    profession="Profession",
    category="Category",
    mode="Mode of practice",
    national_id="National identifier",
    structure="Workplace",
    issued_at="Card issued",
    expires_at="Card expires",
    as_of="Rights read at source",
    as_of_directory="Directory read",
    proof_time="Holder’s gesture",
    trust_age="Age of trust data",
    signed_at="Signed",
    issuers="Known issuers",
    not_proven="NOT PROVEN",
)


def words_in(language: Language) -> Words:
    """The words of one language."""
    return _FRENCH if language is Language.FRENCH else _ENGLISH
