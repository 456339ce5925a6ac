"""Sign-in: what a phone is told when its answer is not taken."""

from __future__ import annotations

from collections.abc import Mapping

from apcv_backend.problem_rows.row import Problem

SIGNIN_APPROVAL: Mapping[str, Problem] = {
    "signin_request_not_found": Problem(
        404,
        "Cette demande de connexion n'existe pas, ou n'est pas pour vous.",
        "This sign-in request does not exist, or is not for you.",
    ),
    "signin_request_over": Problem(
        409,
        "Cette demande de connexion est terminée. Recommencez depuis le service.",
        "This sign-in request is over. Begin again at the service.",
        ("state",),
    ),
    "signin_digits_wrong": Problem(
        403,
        "Ce ne sont pas les deux chiffres affichés. Relisez-les sur l'autre écran ; si vous n'avez rien "
        "demandé, refusez.",
        "These are not the two digits shown. Read them again on the other screen; if you asked for nothing, "
        "refuse.",
        ("left",),
    ),
    "signin_moment_refused": Problem(
        403,
        "L'horloge du téléphone n'est pas à l'heure : réglez-la et recommencez.",
        "The phone's clock is wrong: set it and try again.",
    ),
    "signin_exercice_required": Problem(
        422, "Choisissez l'exercice sous lequel vous vous connectez.", "Choose the practice you sign in as."
    ),
    "signin_exercice_refused": Problem(
        403,
        "Cet exercice n'est pas l'un des vôtres aujourd'hui.",
        "This practice is not one of yours today.",
    ),
    "signin_representation_refused": Problem(
        403, "Vous ne représentez pas cette personne.", "You do not represent this person."
    ),
    "signin_another_browser": Problem(
        403,
        "Cette connexion a été commencée dans un autre navigateur. Recommencez depuis le service.",
        "This sign-in was begun in another browser. Begin again at the service.",
    ),
}
