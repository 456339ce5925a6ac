"""The journal in words, French first: what was done, by whom, why. One row an event.

An event nobody worded yet is told by its own name: a line is never left out because somebody forgot a
sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apcv_backend.patient_journal.rules import Line

_WHAT: Mapping[str, tuple[str, str]] = {
    "activation_code.opened": (
        "Un code d'activation a été ouvert à votre nom.",
        "An activation code was opened in your name.",
    ),
    "device.enrolled": ("Un téléphone a été ajouté.", "A phone was added."),
    "device.renamed": ("Un de vos téléphones a changé de nom.", "One of your phones was renamed."),
    "device.withdrawn": ("Un de vos téléphones a été retiré.", "One of your phones was withdrawn."),
    "device.lost": (
        "Un de vos téléphones a été déclaré perdu et retiré.",
        "One of your phones was reported lost and withdrawn.",
    ),
    "device.revoked": ("Un de vos téléphones a été révoqué.", "One of your phones was revoked."),
    "device.counter_regressed": (
        "Une clé de téléphone a été refusée : elle a pu être copiée.",
        "A phone's key was refused: it may have been copied.",
    ),
    "card.issuance": ("Une carte vous a été délivrée.", "A card was issued to you."),
    "card.issuance_to_delegate": (
        "Votre carte a été délivrée à une personne qui vous représente.",
        "Your card was issued to somebody who represents you.",
    ),
    "cards.suspended": ("Vos cartes ont été suspendues.", "Your cards were suspended."),
    "cards.resumed": ("La suspension de vos cartes est levée.", "Your cards are no longer suspended."),
    "exercice.revoked": (
        "Les cartes d'un exercice ont été révoquées.",
        "The cards of a practice were revoked.",
    ),
    "presence.redeemed": ("Votre carte a été présentée.", "Your card was shown."),
    "presence.uploaded": (
        "Votre carte avait été présentée hors connexion.",
        "Your card had been shown offline.",
    ),
    "presence.refused": (
        "Une présentation de votre carte a été refusée.",
        "A showing of your card was refused.",
    ),
    "rights.queried": ("Vos droits ont été consultés.", "Your rights were looked up."),
    "signin.approved": ("Vous avez approuvé une connexion.", "You approved a sign-in."),
    "signin.refused": ("Vous avez refusé une connexion.", "You refused a sign-in."),
    "signin.reported": (
        "Vous avez signalé une demande de connexion.",
        "You reported a sign-in request.",
    ),
    "signin.session_opened": ("Une session a été ouverte.", "A session was opened."),
    "signin.session_closed": ("Une session a été fermée.", "A session was closed."),
    "signin.session_opened_for_you": (
        "Une personne qui vous représente s'est connectée pour vous.",
        "Somebody who represents you signed in for you.",
    ),
    "signin.code_reused": (
        "Un code de connexion a servi deux fois : la session est fermée.",
        "A sign-in code was used twice: the session is closed.",
    ),
    "signin.refresh_reused": (
        "Un jeton de connexion a servi deux fois : la session est fermée.",
        "A sign-in token was used twice: the session is closed.",
    ),
    "record.permitted": (
        "L'accès à votre dossier médical a été accordé.",
        "Access to your medical record was granted.",
    ),
    "record.denied": (
        "L'accès à votre dossier médical a été refusé.",
        "Access to your medical record was denied.",
    ),
    "document.hidden": ("Vous avez masqué un document.", "You hid a document."),
    "document.shown": ("Vous avez rendu un document visible.", "You made a document visible."),
    "consent.granted": ("Vous avez donné un accord.", "You gave your agreement."),
    "consent.blocked": ("Vous avez bloqué un accès.", "You blocked an access."),
    "consent.blocked_insurer": (
        "Vous vous êtes opposé aux consultations d'un organisme complémentaire.",
        "You objected to an insurer's queries.",
    ),
    "consent.withdrawn": (
        "Vous avez repris un accord ou levé un blocage.",
        "You withdrew an agreement or lifted a block.",
    ),
    "representation.opened": (
        "Une personne peut désormais présenter votre carte.",
        "Somebody may now show your card.",
    ),
    "representation.ended": (
        "Une personne ne peut plus présenter votre carte.",
        "Somebody may no longer show your card.",
    ),
    "incident.opened": (
        "Vous avez signalé une ligne de ce journal : « ce n'était pas moi ».",
        'You reported a line of this journal: "this was not me".',
    ),
    "incident.opened_by_delegate": (
        "Une personne qui vous représente a signalé une ligne de ce journal.",
        "Somebody who represents you reported a line of this journal.",
    ),
    "incident.closed": ("Votre signalement a reçu une réponse.", "Your report was answered."),
    "person.erased": ("Vos données ont été effacées.", "Your data were erased."),
}

_WORDS: Mapping[str, tuple[str, str]] = {
    # grounds
    "presence": ("vous étiez présent", "you were present"),
    "presence_token": ("vous étiez présent", "you were present"),
    "consent": ("votre consentement", "your consent"),
    "membership": ("votre contrat chez cet organisme", "your contract with this insurer"),
    # purposes
    "contract": ("gestion de votre contrat", "managing your contract"),
    "soins": ("soins", "care"),
    "normal": ("soins", "care"),
    "care": ("soins", "care"),
    "billing": ("facturation", "billing"),
    "third_party_payment": ("tiers payant", "third-party payment"),
    "bris_de_glace": ("urgence (bris de glace)", "emergency (break the glass)"),
    "centre_15": ("appel au centre 15", "emergency call centre"),
    # outcomes
    "answered": ("répondu", "answered"),
    "refused": ("refusé", "refused"),
    "denied": ("refusé", "denied"),
    "unknown": ("rien à répondre", "nothing to answer"),
    "stopped": ("arrêté : trop de questions", "stopped: too many questions"),
    # how a person proved who they are, and methods and gestures
    "activation_code": ("code d'activation reçu", "activation code received"),
    "desk_agent": ("pièces vues au guichet", "papers seen at a desk"),
    "one_way": ("code montré par le téléphone", "code shown by the phone"),
    "two_way": ("échange dans les deux sens", "two-way exchange"),
    "gesture": ("avec votre geste", "with your gesture"),
    "renewal": ("renouvellement automatique", "automatic renewal"),
    "elsewhere": ("même téléphone vu ailleurs au même moment", "same phone seen elsewhere at that moment"),
    "redeemed": ("code déjà présenté", "code already shown"),
    "withdrawn": ("téléphone ou carte révoqués depuis", "phone or card revoked since"),
    "logged_out": ("déconnexion", "logged out"),
    # what a session died of (`signin/provider/session_rules.py`)
    "device_withdrawn": ("téléphone retiré", "phone withdrawn"),
    "card_revoked": ("carte révoquée", "card revoked"),
    "card_suspended": ("carte suspendue", "card suspended"),
    "card_opposed": ("carte en opposition", "card reported and blocked"),
    "exercice_closed": ("exercice terminé", "practice closed"),
    "struck_off": ("radiation", "struck off"),
    "retired": ("fin d'activité", "retired"),
    "deceased": ("décès", "deceased"),
    "representation_ended": ("fin de la représentation", "end of the representation"),
    "person_unknown": ("plus connu des registres", "no longer known to the registers"),
    "person_erased": ("effacement", "erasure"),
    "closed_on_phone": ("fermée depuis votre téléphone", "closed from your phone"),
    "digits": ("trop de chiffres faux", "too many wrong digits"),
    # who represents whom, and who ended it
    "parent": ("parent", "parent"),
    "mesure_protection": ("mesure de protection", "protection order"),
    "aidant_demarche": ("aidant", "helper"),
    "tiers_ponctuel": ("tiers, pour quelques jours", "third party, for a few days"),
    "mandant": ("la personne représentée", "the person represented"),
    "mandataire": ("la personne qui représente", "the representative"),
    "juge": ("un juge", "a judge"),
    "autorite": ("une autorité", "an authority"),
    # rules of access to the record
    "not_a_regulator": ("la personne n'est pas un médecin régulateur", "not an emergency regulator"),
    "opposed_beforehand": ("vous vous y étiez opposé d'avance", "you had opposed it beforehand"),
    "emergency": ("urgence", "emergency"),
    "confidential_to_representative": (
        "confidentiel pour votre représentant",
        "kept from your representative",
    ),
    "professional_blocked": ("vous avez bloqué ce professionnel", "you blocked this professional"),
    "structure_blocked": ("vous avez bloqué cet établissement", "you blocked this structure"),
    "organisation_blocked": (
        "vous vous êtes opposé aux consultations de cet organisme",
        "you objected to this insurer's queries",
    ),
    "document_hidden": ("vous avez masqué ce document", "you hid this document"),
    "professional_consented": ("votre accord à ce professionnel", "your agreement to this professional"),
    "structure_consented": ("votre accord à cet établissement", "your agreement to this structure"),
    "care_team": (
        "équipe de soins, selon ce que ce service déclare",
        "care team, as this service declares",
    ),
    "no_consent": ("pas d'accord de votre part", "no agreement of yours"),
}

_REASONS: Mapping[str, tuple[str, str]] = {
    "ground": ("motif", "ground"),
    "purpose": ("but", "purpose"),
    "rule": ("règle", "rule"),
    "method": ("moyen", "means"),
    "outcome": ("résultat", "outcome"),
    "why": ("raison", "reason"),
    "type": ("qualité", "capacity"),
    "by": ("décidé par", "decided by"),
    "reason": ("raison", "reason"),
}

_BY_DELEGATE: Mapping[str, str] = {
    "card.issuance": "card.issuance_to_delegate",
    "incident.opened": "incident.opened_by_delegate",
}
"""What an event is called when somebody who represents the person did it."""

_DECLARED: Mapping[str, tuple[str, str]] = {
    "confidential": ("vous gardez cela pour vous", "you keep this to yourself"),
    "to_representative": ("pour le montrer à qui vous représente", "to show it to whoever represents you"),
}
"""What a service said of a question about the record, and nobody checked: told as its own word. The care team
is told by the rule alone, when it decided."""

_ENDS = frozenset({"mandant", "mandataire", "juge", "autorite"})
"""Who may end a representation; journalled as `by`."""

_DESK, _DEVICE, _SUBJECT = "desk:", "device:", "subject:"


@dataclass(frozen=True, slots=True)
class NamesInLine:
    """The names behind the numbers of one line, already looked up; empty when unknown."""

    professional: str = ""
    structure: str = ""
    client: str = ""


def what_of(line: Line, language: str) -> str:
    """What was done."""
    told = _WHAT.get(_told_as(line))
    if told is None:
        return _one(("Événement : ", "Event: "), language) + line.event
    return _one(told, language)


def _told_as(line: Line) -> str:
    """The event; or what it is called of an insurer, or when somebody else held the card or signed in."""
    if line.event == "consent.blocked" and _insurer_decided_on(line):
        return "consent.blocked_insurer"
    return _BY_DELEGATE.get(line.event, line.event) if "delegate" in line.facts else line.event


def _insurer_decided_on(line: Line) -> str:
    """The number of the insurer the patient spoke of in this line; else empty."""
    return _text(line.facts, "number") if line.facts.get("target") == "organisation" else ""


def who_of(line: Line, names: NamesInLine, language: str) -> str:
    """Who did it, and where; empty when it was the patient's own phone and nobody else."""
    by = _text(line.facts, "by") if line.event.partition(".")[0] in {"presence", "rights", "record"} else ""
    named = [
        names.professional or by,
        names.client or _text(line.facts, "client"),
        names.structure or _text(line.facts, "structure"),
    ]
    told = ", ".join(part for part in named if part)
    if told:
        return told
    if line.actor.startswith(_DESK):
        agent, _, place = line.actor.removeprefix(_DESK).partition("@")
        at_desk = _one(("au guichet, par", "at a desk, by"), language)
        return f"{at_desk} {agent}" + (f" ({place})" if place else "")
    if line.actor.startswith((_DEVICE, _SUBJECT)) or line.actor in {"holder", "anyone"}:
        return ""
    if line.actor == "loss_slip":
        return _one(("avec votre fiche de perte", "with your loss slip"), language)
    if line.actor.startswith(("operator", "staff")):
        return _one(("l'exploitant du service", "the operator of the service"), language)
    return line.actor.partition("@")[2] or line.actor


def why_of(line: Line, language: str) -> str:
    """On what ground and for what, as the journal has it."""
    told, colon = [], ":" if language == "en" else " :"
    for name, label in _REASONS.items():
        value = _text(line.facts, name)
        if name == "by" and value not in _ENDS:
            continue  # a professional's number: said by `who_of`, with their name
        if value:
            word = _WORDS.get(value)
            told.append(f"{_one(label, language)}{colon} {_one(word, language) if word else value}")
    if insurer := _insurer_decided_on(line):
        told.append(f"{_one(('organisme n°', 'insurer no.'), language)} {insurer}")
    if line.answer:
        told.append(f"{_one(('réponse', 'answer'), language)}{colon} {line.answer}")
    declared = [_one(word, language) for name, word in _DECLARED.items() if line.facts.get(name) is True]
    if declared:
        said = _one(("déclaré par ce service", "declared by this service"), language)
        told.append(f"{said}{colon} {', '.join(declared)}")
    return ("; " if language == "en" else " ; ").join(told)


def _text(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""


def _one(told: tuple[str, str], language: str) -> str:
    return told[1] if language == "en" else told[0]
