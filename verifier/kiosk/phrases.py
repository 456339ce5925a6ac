"""What the screen says that the command line does not: headlines, and advice that names a button.

The sentences for reasons are those of `verifier.sentences`; here stand only the few whose advice is a command
to type, said again for somebody who has a screen and a patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verifier.kiosk.refusals import said_of
from verifier.sentence import Sentence
from verifier.sentences import Language, sentence_for

_PHRASES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "green_apcv_headline": ("Carte vérifiée", "Card checked"),
        "amber_apcv_headline": ("Carte vérifiée, à regarder de près", "Card checked, look closer"),
        "green_ecps_headline": ("Professionnel vérifié", "Professional checked"),
        "amber_ecps_headline": (
            "Professionnel vérifié, à regarder de près",
            "Professional checked, look closer",
        ),
        "green_amc_headline": ("Contrat complémentaire vérifié", "Complementary contract checked"),
        "amber_amc_headline": ("Contrat vérifié, à regarder de près", "Contract checked, look closer"),
        "pair_green_headline": ("Carte et complémentaire vérifiées", "Card and contract checked"),
        "pair_amber_headline": (
            "Carte et complémentaire vérifiées, à regarder de près",
            "Card and contract checked, look closer",
        ),
        "contract_red_headline": (
            "Complémentaire refusée. La carte du patient, elle, est vérifiée.",
            "Contract refused. The patient’s card itself is checked.",
        ),
        "contract": ("Droits AMC", "Complementary (AMC)"),
        "contract_shown": ("Complémentaire présentée", "Contract shown"),
        "contract_of_another": ("ne va pas avec cette carte", "does not go with this card"),
        "contract_refused": ("refusée", "refused"),
        "proof_hour": ("Geste du porteur à", "Holder’s gesture at"),
        "read_ago": ("{at} (il y a {age})", "{at} ({age} ago)"),
        "contract_as_of": ("Contrat lu chez l’assureur le", "Contract read at the insurer"),
        "red_headline": ("Carte refusée", "Card refused"),
        "other_word": ("AUTRE CODE", "OTHER CODE"),
        "other_headline": ("Pas une carte de ce système", "Not a card of this system"),
        "authorised": ("Ce poste est autorisé", "This till is authorised"),
        "synced_badge": ("clé synchronisée", "synced key"),
        "born_label": ("Né(e) le", "Born"),
        "check_face": (
            "Est-ce bien la personne devant vous ? Comparez le nom et la date de naissance.",
            "Is this the person before you? Compare the name and the birth date.",
        ),
        "check_delegate": (
            "La personne devant vous présente la carte d’une autre.",
            "The person before you shows the card of somebody else.",
        ),
        "check_professional": (
            "Est-ce bien le professionnel devant vous, ou celui de l’ordonnance ?",
            "Is this the professional before you, or the one of the prescription?",
        ),
        "no_end": ("{open}, sans date de fin", "{open}, no last day"),
        "check_contract": (
            "Un contrat ne nomme personne : lisez aussi la carte du patient, sur le même téléphone.",
            "A contract names nobody: read the patient’s card too, on the same phone.",
        ),
        "delegate": (
            "Présentée par {who} ({link}), pour {whom}, {until}.",
            "Shown by {who} ({link}), for {whom}, {until}.",
        ),
    }
)

_AT_THE_TILL: Final[Mapping[str, tuple[Sentence, Sentence]]] = MappingProxyType(
    {
        "trust_store_stale": (
            Sentence(
                "Les données de confiance ont plus de 72 heures : ce poste ne peut plus rien vérifier.",
                "Branchez le réseau et choisissez « Actualiser » ; sans ce bouton, appelez votre support. En "
                "attendant, prenez la carte plastique ou la feuille de secours.",
            ),
            Sentence(
                "The trust data are more than 72 hours old: this till can check nothing any more.",
                "Plug in the network and choose “Refresh”; without that button, call your support. Meanwhile "
                "take the plastic card or the paper.",
            ),
        ),
        "trust_store_unusable": (
            Sentence(
                "Les données de confiance de ce poste sont absentes ou abîmées.",
                "Choisissez « Actualiser » ; si cela ne suffit pas, appelez votre support. En attendant, "
                "prenez la carte plastique ou la feuille de secours.",
            ),
            Sentence(
                "The trust data of this till are missing or damaged.",
                "Choose “Refresh”; if that is not enough, call your support. Meanwhile take the plastic "
                "card or the paper sheet.",
            ),
        ),
        "never_refreshed": (
            Sentence(
                "Ce poste n’a encore jamais reçu de données de confiance.",
                "Branchez le réseau et choisissez « Actualiser » ; sans ce bouton, appelez votre support.",
            ),
            Sentence(
                "This till never received trust data yet.",
                "Plug in the network and choose “Refresh”; without that button, call your support.",
            ),
        ),
        "source_invalid": (
            Sentence(
                "L’adresse d’où ce poste prend ses données n’en est pas une.",
                "Prévenez votre support ; ce poste continue avec ce qu’il sait.",
            ),
            Sentence(
                "The address this till takes its data from is none.",
                "Tell your support; this till goes on with what it knows.",
            ),
        ),
        "no_store": (
            Sentence(
                "Ce poste n’a pas encore de données de confiance.",
                "Votre support doit l’initialiser avec la racine remise par l’éditeur. En attendant, prenez "
                "la carte plastique.",
            ),
            Sentence(
                "This till has no trust data yet.",
                "Your support must start it with the publisher’s root. Until then, take the plastic card.",
            ),
        ),
        "answer_unreadable": (
            Sentence(
                "Cette réponse ne s’ouvre avec aucune demande de ce poste : elle est pour un autre poste, "
                "arrive trop tard, ou a été altérée.",
                "Demandez au patient de lire de nouveau le code affiché ici.",
            ),
            Sentence(
                "This answer opens with no request of this till: it is for another till, comes too late, or "
                "was altered.",
                "Ask the patient to read again the code shown here.",
            ),
        ),
        "till_not_authorised": (
            Sentence(
                "Aucun professionnel n’a autorisé ce poste à demander une carte.",
                "Choisissez « Double sens » et présentez l’e-CPS.",
            ),
            Sentence(
                "No professional has authorised this till to ask for a card.",
                "Choose “Two-way” and show the e-CPS.",
            ),
        ),
        "till_key_past_hours": (
            Sentence(
                "Les heures pour lesquelles ce poste était autorisé sont passées.",
                "Choisissez « Double sens » et présentez l’e-CPS de nouveau.",
            ),
            Sentence(
                "The hours this till was authorised for are over.",
                "Choose “Two-way” and show the e-CPS again.",
            ),
        ),
        "till_hours_too_long": (
            Sentence(
                "Les heures demandées dépassent douze heures après le geste du professionnel.",
                "Vérifiez l’heure du poste et du téléphone, puis recommencez.",
            ),
            Sentence(
                "The hours asked for go beyond twelve hours after the professional’s gesture.",
                "Check the time of the till and of the phone, then begin again.",
            ),
        ),
        "till_session_unusable": (
            Sentence(
                "Ce que ce poste garde de sa session à double sens ne peut être ni lu ni écrit.",
                "Recommencez « Double sens » ; si cela se répète, appelez votre support.",
            ),
            Sentence(
                "What this till keeps of its two-way session can be neither read nor written.",
                "Begin “Two-way” again; if it happens again, call your support.",
            ),
        ),
        "not_sq1": (
            Sentence(
                "Ce code n’est pas une carte de ce système.",
                "Une boîte, une ordonnance, une autre application ? Demandez d’ouvrir la carte dans "
                "l’application et de toucher « Présenter ma carte ».",
            ),
            Sentence(
                "This code is not a card of this system.",
                "A box, a prescription, another application? Ask to open the card in the application and to "
                "touch “Show my card”.",
            ),
        ),
    }
)


def phrase(name: str, language: Language) -> str:
    """One of this screen's own phrases."""
    return _PHRASES[name][0 if language is Language.FRENCH else 1]


def sentence_at_the_till(code: str, language: Language) -> Sentence:
    """What to say about `code` to somebody before this screen."""
    own = _AT_THE_TILL.get(code)
    if own is not None:
        return own[0 if language is Language.FRENCH else 1]
    return said_of(code, language) or sentence_for(code, language)
