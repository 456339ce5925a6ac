"""What the vault says to people, in French: one sentence a code, with the facts of the refusal after it."""

from __future__ import annotations

from keys.errors import KeyRefused

_SENTENCES = {
    "key_uri_malformed": "La référence de clé est mal écrite.",
    "key_uri_unsupported": "Ce genre de référence de clé est inconnu : utilisez file: ou pkcs11:.",
    "pkcs11_not_available": "Pour ouvrir un jeton PKCS#11, installez le complément hsm (python-pkcs11).",
    "token_unusable": "Le jeton PKCS#11, ou la clé qu'il devrait tenir, est inutilisable.",
    "key_extractable": "Cette clé peut être copiée hors de son jeton : elle est refusée.",
    "rotation_refused": "Le changement de clé est refusé ; rien n'a été écrit.",
    "key_file_unusable": "Un fichier de clé ou de secret est absent ou inutilisable.",
    "key_file_exposed": "Un fichier du coffre est lisible par d'autres que son propriétaire (chmod 600).",
    "keyring_unusable": "Le trousseau (keyring.json) est absent ou mal formé.",
    "no_key_for_purpose": "Aucune clé active ne sert cet usage à cette date.",
    "no_such_secret": "Le trousseau ne connaît pas ce secret.",
    "custody_unusable": "Ce dossier ne tient pas une clé hors ligne utilisable.",
    "signing_refused": "Rien n'a été signé.",
    "ceremony_refused": "La cérémonie est refusée ; rien n'a été écrit.",
}

_WHY = {
    "inside_git": "Ce dossier est dans un dépôt git qui ne l'ignore pas : une clé y serait publiée un jour.",
    "inside_git_unknown": "Ce dossier est dans un dépôt git, et git est introuvable pour dire s'il l'ignore.",
    "not_empty": "Ce dossier n'est pas vide : une cérémonie n'écrase jamais rien.",
    "not_a_folder": "Ce chemin n'est pas un dossier.",
    "ceremony_in_progress": "Une cérémonie est en cours ici, ou a été interrompue : videz le dossier.",
    "threshold": "Il y a moins de clés que de signatures exigées.",
    "one_key_two_roles": "Une même clé servirait deux rôles.",
    "threshold_of_one": "Un seuil d'une seule signature n'est pas un seuil : prenez la cérémonie simple.",
    "another_role": "Cette clé est d'un autre rôle que la place qu'on lui donne.",
    "no_roots": "Ce dossier ne tient aucune racine (N.root.json).",
    "unknown_key": "Aucune clé de la racine en vigueur n'a cette empreinte.",
    "two_in_one_folder": "Deux clés hors ligne iraient dans le même dossier.",
    "not_a_draft": "Ce fichier n'est pas un projet à signer.",
    "roots": "Les racines jointes ne forment pas une chaîne de signatures.",
    "another_root": "Les racines jointes ne continuent pas celle que ce dossier connaît.",
    "standing": "Ce qui est donné comme étant en vigueur n'est pas signé par les gardiens.",
    "not_my_role": "Cette clé n'est pas de celles qui signent ce rôle.",
    "version": "La version proposée ne suit pas celle en vigueur.",
    "already_signed_another": "Cette clé a déjà signé autre chose sous cette version ou une suivante.",
    "life": "La durée proposée est passée, ou plus longue que ce rôle ne le permet.",
    "files": "Les fichiers joints ne sont pas ceux que les métadonnées décrivent.",
    "delegation": "Le projet délègue autre chose que les listes d'états.",
    "trust_version": "La liste de confiance proposée est plus ancienne que celle en vigueur.",
    "clock_behind": "L'horloge de cette machine retarde sur ce que cette clé a déjà signé.",
    "no_such_module": "La bibliothèque PKCS#11 de la référence est introuvable.",
    "no_such_token": "Aucun jeton ne porte ce nom.",
    "pin_incorrect": "Le code du jeton est faux ; il n'est pas essayé deux fois.",
    "name_taken": "Le dossier tient déjà une clé de ce nom : une clé n'en remplace jamais une autre.",
    "pin_in_the_new_folder": "Le fichier du code (pin-source) doit être hors du dossier à créer.",
    "label_taken": "Le jeton tient déjà un objet de ce nom : une clé n'en remplace jamais une autre.",
    "not_in_the_calendar": "Cette clé n'est pas du calendrier, qui tourne celles des cartes et des jetons : "
    "voyez docs/operations/keys.md.",
    "no_such_kid": "Le trousseau ne tient pas cette clé.",
    "several_such_kids": "Plusieurs clés portent cet identifiant : donnez l'empreinte entière.",
    "already_revoked": "Cette clé est déjà révoquée.",
    "no_key_waits": "Aucune clé n'attend de prendre le relais.",
    "not_known_to_tills_yet": "La clé en attente n'est pas encore connue de tous les postes.",
    "days": "La durée doit être d'un jour au moins, de cent ans au plus.",
}


def sentence(refusal: KeyRefused) -> str:
    """What to say for a refusal: what happened, why when a reason is known, then its code and facts."""
    told = [_SENTENCES.get(refusal.code, "Le coffre a refusé.")]
    why = _WHY.get(str(refusal.facts.get("why")))
    if why is not None:
        told.append(why)
    told.append(f"[{refusal}]")
    return " ".join(told)
