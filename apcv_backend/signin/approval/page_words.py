"""The words of the sign-in pages, French then English; services' names are as they registered them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apcv_backend.typesetting import typeset

WORDS: Mapping[str, tuple[str, str]] = {
    "skip": (
        "Aller au contenu",
        "Skip to content",
    ),
    "other_language": (
        "English",
        "Français",
    ),
    "independent": (
        (
            "Projet de démonstration, personnes fictives. Ni l'Assurance Maladie, ni l'Agence du "
            "Numérique en Santé."
        ),
        (
            "A demonstration, fictitious people. Neither the Assurance Maladie nor the Agence du "
            "Numérique en Santé."
        ),
    ),
    "who": (
        "Qui demande",
        "Who asks",
    ),
    "where": (
        "D'où",
        "From where",
    ),
    "purpose": (
        "Motif",
        "Purpose",
    ),
    "scopes": (
        "Ce qu'il saura",
        "What it will know",
    ),
    # --- waiting
    "waiting_title": (
        "Approuvez sur votre téléphone",
        "Approve on your phone",
    ),
    "to_sign_in_at": (
        "Connexion à",
        "Signing in to",
    ),
    "step_scan": (
        "Ouvrez votre application carte, touchez « Scanner », et visez ce code.",
        "Open your card application, touch “Scan”, and aim at this code.",
    ),
    "step_named": (
        "Ouvrez votre application carte : la demande s'y affiche. Sinon, scannez ce code.",
        "Open your card application: the request is there. If not, scan this code.",
    ),
    "step_digits": (
        "Tapez-y ces deux chiffres. Ne les dites à personne, même au téléphone.",
        "Type these two digits there. Tell them to nobody, not even on the phone.",
    ),
    "digits_label": (
        "Les deux chiffres à taper :",
        "The two digits to type:",
    ),
    "qr_label": (
        "Code à scanner avec votre application carte",
        "Code to scan with your card application",
    ),
    "state_pending": (
        "En attente de votre téléphone.",
        "Waiting for your phone.",
    ),
    "state_scanned": (
        "Votre téléphone a la demande : tapez-y les deux chiffres.",
        "Your phone has the request: type the two digits there.",
    ),
    "time_left": (
        "Temps restant :",
        "Time left:",
    ),
    "no_script": (
        "La page se recharge seule toutes les cinq secondes.",
        "The page reloads by itself every five seconds.",
    ),
    "same_device": (
        "Ma carte est sur cet appareil",
        "My card is on this device",
    ),
    "cancel": (
        "Annuler",
        "Cancel",
    ),
    # --- the same device
    "here_title": (
        "Approuver sur cet appareil",
        "Approve on this device",
    ),
    "here_why": (
        "N'approuvez que si vous venez de demander cette connexion, ici même, à l'instant.",
        "Approve only if you asked for this sign-in, right here, just now.",
    ),
    "here_button": (
        "Approuver avec ma carte",
        "Approve with my card",
    ),
    "here_working": (
        "Déverrouillez votre appareil…",
        "Unlock your device…",
    ),
    "here_back": (
        "C'est approuvé, retour au service…",
        "Approved, going back to the service…",
    ),
    "here_none": (
        (
            "Cet appareil n'a pas de carte utilisable ici, ou vous avez annulé. Revenez en arrière et "
            "scannez le code avec votre téléphone."
        ),
        "This device has no card to use here, or you cancelled. Go back and scan the code with your phone.",
    ),
    "here_unsupported": (
        (
            "Ce navigateur ne sait pas utiliser votre carte. Revenez en arrière et scannez le code avec "
            "votre téléphone."
        ),
        "This browser cannot use your card. Go back and scan the code with your phone.",
    ),
    "here_refused": (
        "L'approbation n'a pas été acceptée.",
        "The approval was not accepted.",
    ),
    "here_needs_script": (
        (
            "Il faut JavaScript pour utiliser votre carte sur cet appareil ; le code à scanner, lui, s'en"
            " passe."
        ),
        "Using your card on this device needs JavaScript; the code to scan does not.",
    ),
    # --- exercice
    "exercice_title": (
        "Sous quel exercice ?",
        "Under which practice?",
    ),
    "exercice_why": (
        "Vous exercez à plusieurs titres. Le service agira sous celui que vous choisissez.",
        "You practise in several ways. The service will act under the one you choose.",
    ),
    "exercice_legend": (
        "Votre exercice",
        "Your practice",
    ),
    "exercice_button": (
        "Continuer",
        "Continue",
    ),
    # --- ends
    "done_title": (
        "C'est fait",
        "Done",
    ),
    "done_text": (
        "Vous êtes connecté. Retour au service…",
        "You are signed in. Going back to the service…",
    ),
    "refused_title": (
        "Connexion annulée",
        "Sign-in cancelled",
    ),
    "refused_text": (
        "Elle a été refusée sur le téléphone, ou annulée ici. Rien n'a été transmis au service.",
        "It was refused on the phone, or cancelled here. Nothing was passed on to the service.",
    ),
    "locked_title": (
        "Demande verrouillée",
        "Request locked",
    ),
    "locked_text": (
        "Trois fois, les chiffres tapés n'étaient pas ceux de cette page. Recommencez depuis le service.",
        "Three times, the digits typed were not those of this page. Begin again at the service.",
    ),
    "expired_title": (
        "Le temps est écoulé",
        "Time is up",
    ),
    "expired_text": (
        "Personne n'a répondu à temps. Recommencez depuis le service, téléphone en main.",
        "Nobody answered in time. Begin again at the service, with your phone at hand.",
    ),
    "back_to_client": (
        "Revenir au service",
        "Back to the service",
    ),
    "lost_title": (
        "Cette page ne mène nulle part",
        "This page leads nowhere",
    ),
    "lost_text": (
        (
            "Cette connexion n'existe pas ou n'existe plus. Recommencez depuis le service où vous vouliez"
            " vous connecter."
        ),
        "This sign-in does not exist, or no longer. Begin again at the service you wanted to sign in to.",
    ),
    "browser_title": (
        "Ce n'est pas le bon navigateur",
        "Not the right browser",
    ),
    "browser_text": (
        (
            "Cette connexion a été commencée dans un autre navigateur, ou celui-ci refuse les cookies. "
            "Recommencez depuis le service, ici."
        ),
        (
            "This sign-in was begun in another browser, or this one refuses cookies. Begin again at the "
            "service, here."
        ),
    ),
    # --- a QR opened with the camera application
    "scan_title": (
        "Scannez ce code avec votre application carte",
        "Scan this code with your card application",
    ),
    "scan_text": (
        (
            "L'appareil photo ne suffit pas : ouvrez l'application de votre carte, touchez « Scanner », "
            "puis visez ce code. Si quelqu'un vous a envoyé ce code, n'en faites rien."
        ),
        (
            "The camera alone is not enough: open your card's application, touch “Scan”, then aim at it. "
            "If somebody sent you this code, do nothing with it."
        ),
    ),
}


def words_in(language: str) -> Callable[[str], str]:
    """Gives the words of a page in one language."""
    column = 1 if language == "en" else 0
    return lambda name: typeset(WORDS[name][column], language)
