"""What each field of a code means, in French and in English: the words of `inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verifier.explain import Field
from verifier.inert import inert
from verifier.sentences import Language
from verifier.words import words_in

# By section: the French, then the English.
SECTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "text": ("Texte du code", "Text of the code"),
        "seal": ("Sceau de l’émetteur (COSE_Sign1)", "Issuer’s seal (COSE_Sign1)"),
        "claims": ("Enveloppe", "Envelope"),
        "card": ("Carte", "Card"),
        "proof": ("Preuve du téléphone (WebAuthn)", "Phone’s proof (WebAuthn)"),
    }
)

MEANINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "problem": ("illisible", "unreadable"),
        "digits": ("nombre de chiffres", "number of digits"),
        "bytes": ("nombre d’octets", "number of bytes"),
        "credential": ("la carte scellée", "the sealed card"),
        "alg": ("algorithme de signature", "signature algorithm"),
        "kid": ("clé de l’émetteur (4 octets)", "issuer’s key (4 bytes)"),
        "unprotected": ("en-tête non signé (doit être vide)", "unsigned header (must be empty)"),
        "signature": ("signature de l’émetteur", "issuer’s signature"),
        "iat": ("émise le (UTC)", "issued at (UTC)"),
        "exp": ("expire le (UTC)", "expires at (UTC)"),
        "cnf": ("clé du téléphone", "phone’s key"),
        "list": ("liste d’états", "status list"),
        "idx": ("emplacement dans la liste", "slot in the list"),
        "kind": ("type de carte", "kind of card"),
        "shape": ("présentation", "shape"),
        "binding": ("lien de la clé au téléphone", "binding of the key to the phone"),
        "as_of": ("droits ou annuaire lus le (UTC)", "rights or directory read at (UTC)"),
        "nir": ("NIR du bénéficiaire", "beneficiary’s NIR"),
        "od_nir": ("NIR de l’ouvrant droit", "NIR opening the rights"),
        "birth_name": ("nom de naissance", "birth name"),
        "use_name": ("nom utilisé", "name used"),
        "given": ("prénom", "given name"),
        "dob": ("date de naissance", "birth date"),
        "rank": ("rang gémellaire", "birth rank (twins)"),
        "quality": ("qualité du bénéficiaire", "link to the insured person"),
        "amo": ("droits AMO", "compulsory cover"),
        "ald": ("exonérations", "exonerations"),
        "c2s": ("complémentaire santé solidaire", "means-tested cover (C2S)"),
        "amc": ("complémentaire (AMC)", "complementary cover"),
        "gp_declared": ("médecin traitant déclaré", "attending doctor declared"),
        "delegate": ("présentée par", "shown by"),
        "national_id": ("identifiant national", "national identifier"),
        "name": ("nom d’exercice", "name in practice"),
        "title": ("civilité", "title"),
        "profession": ("profession", "profession"),
        "category": ("catégorie", "category"),
        "skills": ("savoir-faire", "skills"),
        "mode": ("mode d’exercice", "mode of practice"),
        "structure": ("structure (FINESS, SIRET, nom)", "workplace (FINESS, SIRET, name)"),
        "am": ("numéro de facturation", "billing number"),
        "link": ("emplacement de l’apCV qui va avec", "slot of the apCV it goes with"),
        "numero_amc": ("numéro de la complémentaire", "insurer’s number"),
        "nom_amc": ("nom de la complémentaire", "insurer’s name"),
        "convention": ("type de convention", "kind of agreement"),
        "csr": ("critère secondaire de routage", "secondary routing"),
        "member": ("numéro d’adhérent", "member’s number"),
        "lien": ("lien avec l’adhérent", "tie to the member"),
        "from": ("premier jour du contrat", "first day of the contract"),
        "days": ("jours de plus jusqu’au dernier", "days more until the last"),
        "responsable": ("contrat responsable", "“responsable” contract"),
        "gestion": ("mode de gestion", "management of claims"),
        "domaines": ("domaines de tiers payant", "third-party-payment domains"),
        "services": ("services de l’assureur", "insurer’s services"),
        "etat": ("état du contrat", "state of the contract"),
        "resilie_le": ("résilié, dernier jour", "ended, last day"),
        "t": ("geste du porteur le (UTC)", "holder’s gesture at (UTC)"),
        "flags": ("indicateurs WebAuthn", "WebAuthn flags"),
        "counter": ("compteur du téléphone", "phone’s counter"),
        "profile": ("forme des données du client", "client-data profile"),
        "sig": ("signature du téléphone", "phone’s signature"),
    }
)


def draw_fields(fields: tuple[Field, ...], language: Language = Language.FRENCH) -> str:
    """All fields under their sections, under a heading that says nothing here was proven."""
    column = 0 if language is Language.FRENCH else 1
    heading = (
        "rien de ce qui suit n’a été vérifié.",
        "nothing below was checked.",
    )[column]
    lines = [f"{words_in(language).not_proven} — {heading}"]
    section = ""
    for field in fields:
        if field.section != section:
            section = field.section
            lines += ["", SECTIONS[section][column]]
        meaning = MEANINGS.get(field.name, (field.name, field.name))[column]
        lines.append(f"  {field.name:<12} {meaning:<36} {inert(field.value)}")
    return "".join(f"{line}\n" for line in lines)
