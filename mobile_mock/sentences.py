"""What the phone says to people, French first: a sentence for each of its own refusals.

What the backend refused is told in the backend's own words, which are already in the person's language.
"""

from __future__ import annotations

from cartes.errors import CarteError
from mobile_mock.errors import BackendRefused

_SENTENCES: dict[str, tuple[str, str]] = {
    "bad_options": (
        "Le serveur a envoyé des options WebAuthn inutilisables.",
        "The server sent WebAuthn options that cannot be used.",
    ),
    "wrong_origin": (
        "Le serveur demande une clé pour un autre site que le sien : refusé.",
        "The server asks for a key of another site than its own: refused.",
    ),
    "no_supported_algorithm": (
        "Le serveur ne veut pas d'ES256, seul algorithme de ce téléphone.",
        "The server does not want ES256, this phone's only algorithm.",
    ),
    "already_registered": (
        "Ce téléphone est déjà enregistré pour cette carte. Pour recommencer, retirez-le d'abord (devices).",
        "This phone is already registered for this card. To begin again, withdraw it first (devices).",
    ),
    "no_such_key": (
        "Ce téléphone n'a plus la clé de cette carte. Enrôlez-le de nouveau (enrol).",
        "This phone no longer holds the key of this card. Enrol it again (enrol).",
    ),
    "signin_code_unreadable": (
        "Ce code n'est pas une connexion du serveur de votre carte. Ne tapez rien, et prévenez le service.",
        "This code is no sign-in of your card's server. Type nothing, and tell the service.",
    ),
    "user_verification_unavailable": (
        "Ce téléphone n'a pas de verrouillage : il ne peut pas porter de carte.",
        "This phone has no lock: it cannot hold a card.",
    ),
    "attestation_unavailable": (
        "Ce modèle atteste ses clés : donnez l'autorité des fabricants (--makers DOSSIER).",
        "This model attests its keys: give the makers' authority (--makers FOLDER).",
    ),
    "pocket_error": (
        "La mémoire du téléphone ne peut pas être écrite ; rien n'a changé.",
        "The phone's memory cannot be written; nothing changed.",
    ),
    "pocket_missing": (
        "Il n'y a pas de téléphone dans ce dossier. Commencez par enrol.",
        "There is no phone in that folder. Begin with enrol.",
    ),
    "pocket_damaged": (
        "Un fichier de la mémoire du téléphone est illisible.",
        "A file of the phone's memory cannot be read.",
    ),
    "pocket_exposed": (
        "Un fichier privé du téléphone est lisible par d'autres : chmod 600, ou enrôlez-le de nouveau.",
        "A private file of the phone can be read by others: chmod 600, or enrol it again.",
    ),
    "pocket_busy": (
        "Une autre commande utilise ce téléphone. Réessayez quand elle aura fini.",
        "Another command is using this phone. Try again when it is done.",
    ),
    "not_enrolled": (
        "Ce téléphone n'est pas enrôlé pour cette carte. Commencez par enrol.",
        "This phone is not enrolled for this card. Begin with enrol.",
    ),
    "no_card": (
        "Ce téléphone n'a pas cette carte. Demandez-la (card).",
        "This phone does not hold that card. Ask for it (card).",
    ),
    "contract_unclear": (
        "Plusieurs contrats complémentaires conviennent : dites lequel (--contract).",
        "Several complementary contracts are meant: say which (--contract).",
    ),
    "card_outdated": (
        "Cette carte a expiré. Renouvelez-la (renew), ou redemandez-la (card).",
        "This card has expired. Renew it (renew), or ask for it again (card).",
    ),
    "backend_unreachable": (
        "Le serveur ne répond pas. Vérifiez l'adresse et le réseau, puis recommencez.",
        "The server does not answer. Check the address and the network, then try again.",
    ),
    "backend_nonsense": (
        "La réponse du serveur n'est pas celle attendue.",
        "The server's answer is not what was expected.",
    ),
    "card_not_mine": (
        "Le serveur a envoyé une carte inutilisable par ce téléphone ; elle n'a pas été gardée.",
        "The server sent a card that this phone cannot use; it was not kept.",
    ),
    "cannot_draw": ("Ce QR ne peut pas être dessiné.", "This QR cannot be drawn."),
    "request_unreadable": (
        "Ce code n'est pas la demande d'un poste, ou il a été mal lu. Lisez-le de nouveau.",
        "This code is not a till's request, or was misread. Read it again.",
    ),
    "request_invalid": (
        "Cette demande n'a pas été faite selon les règles : rien n'a été envoyé.",
        "This request was not made by the rules: nothing was sent.",
    ),
    "request_signature_invalid": (
        "La signature de cette demande est fausse : rien n'a été envoyé.",
        "The signature of this request is wrong: nothing was sent.",
    ),
    "request_stale": (
        "Cette demande a plus d'une minute. Demandez-en une nouvelle.",
        "This request is more than a minute old. Ask for a new one.",
    ),
    "request_from_future": (
        "Cette demande est en avance sur l'horloge de ce téléphone. Vérifiez les deux horloges.",
        "This request is ahead of this phone's clock. Check both clocks.",
    ),
    "till_key_past_hours": (
        "Les heures pour lesquelles ce poste était autorisé sont passées.",
        "The hours this till was authorised for have ended.",
    ),
    "till_hours_too_long": (
        "Ce poste demande plus de douze heures : refusé.",
        "This till asks for more than twelve hours: refused.",
    ),
    "requester_not_proven": (
        "Rien ne prouve qui demande : ne répondez pas, rien n'a été envoyé.",
        "Nothing proves who asks: do not answer, nothing was sent.",
    ),
    "request_already_answered": (
        "Ce téléphone a déjà répondu à cette demande. Demandez-en une nouvelle.",
        "This phone already answered this request. Ask for a new one.",
    ),
    "request_declined": (
        "Vous avez refusé : rien n'a été signé ni envoyé.",
        "You said no: nothing was signed or sent.",
    ),
    "trust_store_stale": (
        "Ce téléphone ne sait plus qui peut demander : connectez-le et actualisez (trust).",
        "This phone no longer knows who may ask: connect it and refresh (trust).",
    ),
    "trust_store_unusable": (
        "Ce téléphone ne sait pas qui peut demander : actualisez d'abord (trust).",
        "This phone does not know who may ask: refresh first (trust).",
    ),
    "verifier_clock_behind": (
        "L'horloge de ce téléphone est en retard. Mettez-la à l'heure.",
        "This phone's clock is behind. Set it right.",
    ),
    "trust_refused": (
        "Ces données de confiance ne sont pas authentiques, ou sont trop anciennes : refusées.",
        "These trust data are not genuine, or too old: refused.",
    ),
    "no_code_read": (
        "Il n'y a pas de code QR lisible dans cette image.",
        "There is no readable QR code in this picture.",
    ),
    "client_profile_unknown": (
        "Ce téléphone signe dans une forme qu'aucune caisse ne saurait relire.",
        "This phone signs in a shape that no till could rebuild.",
    ),
}

_REFUSED = ("Le serveur a refusé.", "The server refused.")
_FAILED = ("Le téléphone ne peut pas faire cela.", "The phone cannot do this.")


def sentence(error: CarteError, language: str) -> str:
    """One sentence for a person, then the code and facts in brackets. `language` is `fr` or `en`."""
    other = int(language == "en")
    if isinstance(error, BackendRefused):
        told = error.detail or _REFUSED[other]
        return f"{''.join(char for char in told if char.isprintable())} [{error.refusal}]"
    return f"{_SENTENCES.get(error.code, _FAILED)[other]} [{error}]"
