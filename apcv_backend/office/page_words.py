"""The words of the staff's pages, French then English: the frame, coming in, what takes two people.

Each page's own words stand in a module of their own (`words_desk`, `words_console`, `words_operations`,
`words_verdicts`). Names that begin with `js_` are handed to the pages' scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from apcv_backend.office.words_console import CONSOLE
from apcv_backend.office.words_desk import DESK
from apcv_backend.office.words_operations import OPERATIONS
from apcv_backend.office.words_verdicts import VERDICTS
from apcv_backend.typesetting import typeset

_FOR_SCRIPTS = "js_"

FRAME: Mapping[str, tuple[str, str]] = {
    "house": ("Espace des agents", "Staff area"),
    "skip": ("Aller au contenu", "Skip to content"),
    "other_language": ("English", "Français"),
    "independent": (
        (
            "Projet de démonstration, personnes fictives. Ni l'Assurance Maladie, ni l'Agence du "
            "Numérique en "
            "Santé."
        ),
        (
            "A demonstration, fictitious people. Neither the Assurance Maladie nor the Agence du "
            "Numérique en "
            "Santé."
        ),
    ),
    "needs_script": (
        "Cette page a besoin de JavaScript. Activez-le, ou demandez à qui gère ce poste.",
        "This page needs JavaScript. Turn it on, or ask whoever looks after this computer.",
    ),
    "nav_label": ("Pages", "Pages"),
    "nav_approvals": ("À deux", "Two people"),
    "nav_colleagues": ("Collègues", "Colleagues"),
    "nav_sessions": ("Mes sessions", "My sessions"),
    "nav_code": ("Ouvrir un code", "Open a code"),
    "nav_phones": ("Téléphones", "Phones"),
    "nav_delegations": ("Délégations", "Delegations"),
    "nav_operations": ("Exploitation", "Operations"),
    "nav_query": ("Une question", "One question"),
    "nav_file": ("Un fichier", "A file"),
    "nav_contracts": ("Contrats", "Contracts"),
    "nav_figures": ("Chiffres", "Figures"),
    "role_administrator": ("administration", "administrator"),
    "role_desk_agent": ("guichet", "desk"),
    "role_operator": ("exploitation", "operations"),
    "role_insurer_clerk": ("organisme complémentaire", "insurer"),
    # --- coming in
    "sign_in": ("Se connecter", "Sign in"),
    "sign_in_title": ("Se connecter", "Sign in"),
    "sign_in_how": (
        (
            "Branchez votre clé de sécurité, ou préparez votre lecteur d'empreinte, puis touchez le "
            "bouton. Il "
            "n'y a pas de mot de passe."
        ),
        (
            "Plug in your security key, or have your fingerprint reader ready, then press the "
            "button. There is no "
            "password."
        ),
    ),
    "signed_out_text": ("Vous êtes déconnecté.", "You are signed out."),
    "registered_text": (
        "Votre clé est enregistrée. Connectez-vous avec elle.",
        "Your key is registered. Sign in with it.",
    ),
    "first_time_title": ("Première fois ?", "First time?"),
    "first_time_text": (
        "Deux administrateurs vous ont remis chacun la moitié d'une invitation.",
        "Two administrators each gave you half of an invitation.",
    ),
    "first_time_link": ("Enregistrer ma clé", "Register my key"),
    "lost_key_title": ("Clé perdue ?", "Lost your key?"),
    "lost_key_text": (
        (
            "Prévenez un administrateur tout de suite : il demandera une nouvelle clé pour vous, "
            "qu'un deuxième "
            "approuvera. L'ancienne ne marchera plus."
        ),
        (
            "Tell an administrator at once: they will ask for a new key for you, and a second one "
            "will approve it. "
            "The old one stops working."
        ),
    ),
    "registration_title": ("Enregistrer ma clé", "Register my key"),
    "registration_step_halves": (
        "Tapez les deux moitiés de votre invitation. Elles viennent de deux personnes différentes.",
        "Type the two halves of your invitation. They come from two different people.",
    ),
    "registration_step_key": (
        "Branchez votre clé de sécurité et touchez-la quand le navigateur le demande.",
        "Plug in your security key and touch it when the browser asks.",
    ),
    "registration_step_end": (
        "C'est fini : l'invitation ne peut plus servir.",
        "That is all: the invitation cannot be used again.",
    ),
    "first_half": ("Première moitié", "First half"),
    "first_half_hint": ("Remise par la personne qui vous a proposé.", "From whoever proposed you."),
    "second_half": ("Seconde moitié", "Second half"),
    "second_half_hint": ("Remise par la personne qui a approuvé.", "From whoever approved."),
    "registration_button": ("Enregistrer ma clé", "Register my key"),
    "back_to_sign_in": ("J'ai déjà une clé enregistrée", "My key is registered already"),
    "refused_ended_title": ("Votre session est terminée", "Your session has ended"),
    "refused_ended_text": (
        (
            "Votre session est terminée : après quinze minutes sans rien faire, dix heures, ou parce "
            "que votre "
            "compte a changé. Reconnectez-vous pour continuer."
        ),
        (
            "Your session has ended: after fifteen idle minutes, ten hours, or because your account "
            "changed. Sign "
            "in again to go on."
        ),
    ),
    "refused_nobody_title": ("Connectez-vous d'abord", "Sign in first"),
    "refused_nobody_text": (
        "Cette page est réservée aux agents. Connectez-vous avec votre clé.",
        "This page is for staff. Sign in with your key.",
    ),
    "refused_role_title": ("Cette page n'est pas pour votre rôle", "This page is not for your role"),
    "refused_role_text": (
        (
            "Vous êtes bien connecté, mais votre rôle n'ouvre pas cette page. Si vous devriez y avoir accès, "
            "parlez-en à un administrateur."
        ),
        "You are signed in, but your role does not open this page. If it should, talk to an administrator.",
    ),
    "refused_role_way_out": ("Aller à ma page", "Go to my page"),
    "refused_role_other": ("Me connecter avec un autre compte", "Sign in as somebody else"),
    "sessions_title": ("Mes sessions", "My sessions"),
    "sessions_text": (
        "Une session que vous ne reconnaissez pas ? Fermez-la, puis prévenez un administrateur.",
        "A session you do not recognise? Close it, then tell an administrator.",
    ),
    "nav_leave": ("Se déconnecter", "Sign out"),
    "sign_out": ("Me déconnecter d'ici", "Sign out here"),
    # --- what takes two people
    "approvals_title": ("Ce qui demande deux personnes", "What takes two people"),
    "approvals_text": (
        (
            "Ajouter un collègue, changer son rôle, sa clé ou son plafond : l'un propose, un autre "
            "vérifie et signe "
            "avec sa propre clé. Fermer un compte n'en demande qu'une."
        ),
        (
            "Adding a colleague, changing their role, key or cap: one proposes, another checks "
            "and signs with "
            "their own key. Closing an account takes one."
        ),
    ),
    "approvals_waiting": ("En attente d'une deuxième personne", "Waiting for a second person"),
    "propose_title": ("Proposer", "Propose"),
    "propose_add": ("Un nouveau collègue", "A new colleague"),
    "propose_change": ("Un changement pour un collègue", "A change for a colleague"),
    "propose_what": ("Quoi", "What"),
    "propose": ("Proposer", "Propose"),
    "name": ("Nom", "Name"),
    "role": ("Rôle", "Role"),
    "structure": ("Structure", "Structure"),
    "structure_hint": (
        "FINESS ou SIRET ; pour un organisme complémentaire, son numéro AMC.",
        "FINESS or SIRET; for an insurer, its AMC number.",
    ),
    "place": ("Lieu", "Place"),
    "place_hint": (
        "Comme il figurera au journal : « Accueil de Corte ».",
        "As the journal will show it: “Accueil de Corte”.",
    ),
    "colleague": ("Collègue", "Colleague"),
    "kind_raise_limit": ("Changer son plafond du jour", "Change their daily cap"),
    "kind_change_role": ("Changer son rôle ou son lieu", "Change their role or place"),
    "kind_change_role_hint": (
        "Ses sessions se ferment dès la seconde signature.",
        "Their sessions close with the second signature.",
    ),
    "kind_new_key": ("Remplacer sa clé perdue", "Replace their lost key"),
    "kind_new_key_hint": (
        "L'ancienne clé ne marche plus dès la seconde signature.",
        "The old key stops working with the second signature.",
    ),
    "propose_account": ("Un accès qui pose des questions", "An account that asks questions"),
    "account_name": ("Accès", "Account"),
    "account_hint": (
        "Comme les alarmes le nomment : « client:mutuelle-exemple ».",
        "As alarms name it: “client:mutuelle-exemple”.",
    ),
    "kind_lift_account": ("Dégeler", "Lift the freeze"),
    "kind_set_ceiling": ("Convenir d'un autre plafond", "Agree on another ceiling"),
    "people_a_day": ("Personnes par jour", "People a day"),
    "js_account": ("Accès", "Account"),
    "js_people_a_day": ("Personnes par jour", "People a day"),
    "daily_codes": ("Codes par jour, 500 au plus", "Codes a day, 500 at most"),
    "daily_codes_short": ("Codes par jour", "Codes a day"),
    "account": ("Compte", "Account"),
    "colleagues_title": ("Collègues", "Colleagues"),
    "colleagues_text": (
        "Un compte fermé ne se rouvre pas : sa clé et ses sessions cessent aussitôt de marcher.",
        "A closed account is never opened again: its key and its sessions stop working at once.",
    ),
    # --- what scripts say
    "js_failed": (
        "Le serveur n'a pas répondu. Vérifiez le réseau, puis réessayez.",
        "The server did not answer. Check the network, then try again.",
    ),
    "js_no_passkey": (
        (
            "Ce navigateur ne sait pas utiliser une clé de sécurité. Prenez une version récente de Firefox, "
            "Chrome, Edge ou Safari."
        ),
        "This browser cannot use a security key. Use a recent Firefox, Chrome, Edge or Safari.",
    ),
    "js_key_refused": (
        (
            "La clé n'a pas répondu, ou vous avez annulé. Vérifiez qu'elle est branchée et que c'est bien la "
            "vôtre, puis réessayez."
        ),
        (
            "The key did not answer, or you cancelled. Check that it is plugged in and that it is "
            "yours, then try "
            "again."
        ),
    ),
    "js_key_known": (
        "Cette clé est déjà enregistrée ici. Prenez-en une autre, ou connectez-vous avec elle.",
        "This key is registered here already. Use another one, or sign in with it.",
    ),
    "js_key_why_authenticator_denied": (
        "Ce modèle de clé n'est pas admis ici. Prenez une clé de sécurité, puis recommencez.",
        "This model of key is not admitted here. Use a security key, then try again.",
    ),
    "js_key_why_synced_key_not_allowed": (
        "Cette clé se copie d'un appareil à l'autre. Prenez une clé de sécurité, ou celle de cet ordinateur.",
        "This key is copied from one device to another. Use a security key, or this computer's own.",
    ),
    "js_key_why_user_verification_missing": (
        "La clé n'a pas vérifié que c'était vous : donnez-lui un code ou une empreinte, puis recommencez.",
        "The key did not check that it was you: give it a PIN or a fingerprint, then try again.",
    ),
    "js_key_why_other": (
        "Cette clé n'a pas pu être acceptée. Recommencez, ou prenez-en une autre.",
        "This key could not be accepted. Try again, or use another one.",
    ),
    "js_working": ("Touchez votre clé…", "Touch your key…"),
    "js_fill_in": ("Remplissez la case signalée.", "Fill in the box marked."),
    "js_this_session": ("celle-ci", "this one"),
    "js_opened": ("Ouverte le", "Opened on"),
    "js_last_used": ("dernière activité", "last used"),
    "js_close_session": ("Fermer cette session", "Close this session"),
    "js_none_waiting": ("Rien en attente.", "Nothing is waiting."),
    "js_kind_add_member": ("Ajouter un collègue", "Add a colleague"),
    "js_kind_change_role": ("Changer de rôle", "Change role"),
    "js_kind_raise_limit": ("Changer un plafond", "Change a cap"),
    "js_kind_new_key": ("Remplacer une clé", "Replace a key"),
    "js_kind_lift_account": ("Rouvrir un accès gelé", "Lift a frozen account"),
    "js_kind_set_ceiling": ("Changer le plafond d'un accès", "Change an account's ceiling"),
    "js_name": ("Nom", "Name"),
    "js_role": ("Rôle", "Role"),
    "js_structure": ("Structure", "Structure"),
    "js_place": ("Lieu", "Place"),
    "js_daily_codes": ("Codes par jour", "Codes a day"),
    "js_member_id": ("Collègue", "Colleague"),
    "js_proposed_by": ("Proposé par", "Proposed by"),
    "js_until": ("Jusqu'au", "Until"),
    "js_approve": ("Approuver avec ma clé", "Approve with my key"),
    "js_set_aside": ("Écarter", "Discard"),
    "js_yours": (
        "Une autre personne doit approuver : ni vous qui proposez, ni qui cela concerne.",
        "Somebody else must approve: neither you who propose, nor whom it concerns.",
    ),
    "js_now": ("aujourd'hui :", "now:"),
    "js_nobody_else": (
        "Vous êtes seul : ajoutez d'abord un collègue.",
        "You are alone: add a colleague first.",
    ),
    "js_approved": ("Approuvé.", "Approved."),
    "js_proposed": (
        "Proposé. Une deuxième personne doit maintenant approuver.",
        "Proposed. A second person must now approve.",
    ),
    "js_first_half_title": ("Première moitié de l'invitation", "First half of the invitation"),
    "js_second_half_title": ("Seconde moitié de l'invitation", "Second half of the invitation"),
    "js_half_once": (
        "Montrée une seule fois. Remettez-la vous-même à la personne, et à elle seule.",
        "Shown once. Hand it yourself to that person, and to nobody else.",
    ),
    "js_role_administrator": ("administration", "administrator"),
    "js_role_desk_agent": ("guichet", "desk"),
    "js_role_operator": ("exploitation", "operations"),
    "js_role_insurer_clerk": ("organisme complémentaire", "insurer"),
    "js_no_key_yet": ("clé pas encore enregistrée", "no key registered yet"),
    "js_you": ("vous", "you"),
    "js_close_account": ("Fermer le compte", "Close the account"),
    "js_sure_close": ("Fermer ? Oui, tout de suite", "Close? Yes, at once"),
    "js_closed": ("Compte fermé.", "Account closed."),
}

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {**FRAME, **DESK, **CONSOLE, **OPERATIONS, **VERDICTS}
)


def words_in(language: str) -> Callable[[str], str]:
    """Gives the words of a page in one language."""
    column = 1 if language == "en" else 0
    return lambda name: typeset(WORDS[name][column], language)


def script_words(language: str) -> Mapping[str, str]:
    """The words that scripts say, without their prefix."""
    words = words_in(language)
    return {name.removeprefix(_FOR_SCRIPTS): words(name) for name in WORDS if name.startswith(_FOR_SCRIPTS)}
