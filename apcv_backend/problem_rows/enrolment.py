"""Enrolment: who is there, the phone, and requests signed by a phone."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

ENROLMENT: Mapping[str, Problem] = {
    # --- enrolment: who is there
    "activation_code_refused": Problem(
        403,
        "Ce code n'a pas été accepté. Vérifiez-le ; après cinq erreurs, il faut en demander un autre.",
        "This code was not accepted. Check it; after five errors, ask for another one.",
    ),
    "person_unknown": Problem(
        404,
        "Ce numéro n'est connu ni des droits, ni de l'annuaire.",
        "Nobody is known under this number, neither to the rights nor to the directory.",
    ),
    "code_malformed": Problem(
        422, "Ce texte n'a pas la forme d'un code.", "This text does not have the shape of a code."
    ),
    # --- enrolment and issuance: who may hold a card
    "deceased": Problem(403, "La personne est décédée.", "The person has died."),
    "ame_not_eligible": Problem(
        403,
        "L'aide médicale de l'État ne donne pas de carte Vitale.",
        "State medical aid does not come with a carte Vitale.",
    ),
    "under_16": Problem(
        403,
        "Il faut avoir seize ans pour tenir sa carte ; avant, un parent la tient.",
        "One holds one's own card from sixteen; before, a parent does.",
    ),
    "tutelle_requires_delegation": Problem(
        403,
        "La personne est sous tutelle : sa carte passe par une délégation à son tuteur.",
        "The person is under guardianship: the card goes by delegation to the guardian.",
    ),
    "identity_not_qualified": Problem(
        403,
        "L'identité de la personne n'est pas qualifiée : adressez-vous à la caisse.",
        "The person's identity is not qualified: ask the caisse.",
    ),
    "struck_off": Problem(
        403, "Le professionnel est radié de son ordre.", "The professional was struck off the register."
    ),
    "retired": Problem(
        403, "Le professionnel n'a plus d'exercice actif.", "The professional has no active practice."
    ),
    "card_opposed": Problem(
        403, "La carte du professionnel est en opposition.", "The professional's card was opposed."
    ),
    # --- enrolment: the phone
    "ceremony_gone": Problem(
        410,
        "Cet enrôlement a expiré ou est déjà terminé : recommencez depuis le code.",
        "This enrolment has expired or is already finished: begin again with the code.",
    ),
    "ceremony_refused": Problem(
        403,
        "La réponse du téléphone n'a pas pu être acceptée.",
        "The phone's answer could not be accepted.",
    ),
    "attestation_refused": Problem(
        403,
        "Ce que le téléphone dit de lui-même n'est pas prouvé.",
        "What the phone says about itself is not proven.",
    ),
    "attestation_too_weak": Problem(
        403,
        "Ce téléphone ne prouve pas assez fermement sa clé pour cette carte.",
        "This phone does not vouch firmly enough for its key to hold this card.",
        ("binding", "required"),
    ),
    "key_can_be_copied": Problem(
        403,
        "La clé de ce téléphone peut être copiée dans un autre : cette carte ne l'accepte pas.",
        "This phone's key can be copied to another one: this card does not accept that.",
        ("required",),
    ),
    "too_many_devices": Problem(
        409,
        "La personne a déjà trop de téléphones : retirez-en un d'abord.",
        "The person already has too many phones: withdraw one first.",
        ("limit",),
    ),
    "credential_already_registered": Problem(
        409, "Cette clé est déjà enregistrée.", "This key is already registered."
    ),
    "app_key_refused": Problem(
        422,
        "La clé d'application n'est pas une clé publique P-256 de signature.",
        "The app key is not a public P-256 key for signatures.",
        ("why",),
    ),
    # --- requests signed by a phone
    "dpop_refused": Problem(
        401,
        "La preuve de la clé d'application (DPoP) manque ou n'est pas valable pour cette demande.",
        "The proof by the app key (DPoP) is missing or does not hold for this request.",
        ("why",),
    ),
    "device_unknown": Problem(
        401, "Aucun téléphone n'est enregistré avec cette clé.", "No phone is registered with this key."
    ),
    "device_withdrawn": Problem(
        403, "Ce téléphone a été retiré ou déclaré perdu.", "This phone was withdrawn or reported lost."
    ),
    "device_not_found": Problem(
        404, "Cette personne n'a pas de tel téléphone.", "This person has no such phone."
    ),
    "loss_report_refused": Problem(
        403,
        "Cette déclaration n'a pas pu être acceptée. Vérifiez la référence et le code de perte.",
        "This report could not be accepted. Check the reference and the loss code.",
    ),
}
