"""The words of the desk: codes, phones, delegations. What stands on paper is in `sheet.py`."""

from __future__ import annotations

from collections.abc import Mapping

DESK: Mapping[str, tuple[str, str]] = {
    "card": ("Quelle carte", "Which card"),
    "card_apcv": ("Carte Vitale (apCV)", "Health insurance card (apCV)"),
    "card_ecps": ("Carte de professionnel (e-CPS)", "Professional's card (e-CPS)"),
    "person_number": ("Numéro de la personne", "The person's number"),
    "person_hint": (
        (
            "Sur ses papiers : 15 chiffres, clé comprise. Enfant sans numéro : celui du parent, puis "
            "/AAAAMMJJ/rang. Professionnel : RPPS."
        ),
        (
            "On their papers: 15 digits, key included. Child without a number: the parent's, then "
            "/YYYYMMDD/rank. "
            "Professional: RPPS."
        ),
    ),
    # --- a code
    "code_title": ("Ouvrir un code d'activation", "Open an activation code"),
    "code_text": (
        (
            "Pour une personne devant vous, sa pièce d'identité en main. Elle reçoit une fiche, et "
            "met sa carte "
            "dans son téléphone avant l'heure qui y est écrite."
        ),
        (
            "For somebody in front of you, identity document in hand. They get a sheet, and put "
            "their card in "
            "their phone before the time written on it."
        ),
    ),
    "present": (
        "La personne est devant moi et j'ai vu sa pièce d'identité.",
        "The person is in front of me and I saw their identity document.",
    ),
    "present_hint": (
        "Votre nom et votre lieu restent au journal de cette personne.",
        "Your name and place stay in this person's journal.",
    ),
    "code_button": ("Ouvrir le code", "Open the code"),
    "code_once": (
        "Ces codes ne sont montrés qu'ici, une seule fois. Imprimez la fiche avant de quitter la page.",
        "These codes are shown here only, once. Print the sheet before you leave the page.",
    ),
    "print_sheet": ("Imprimer la fiche (PDF)", "Print the sheet (PDF)"),
    "next_person": ("Personne suivante", "Next person"),
    # --- phones
    "phones_title": ("Téléphones d'une personne", "A person's phones"),
    "phones_text": (
        "Pour voir ses téléphones, ou retirer celui qu'elle a perdu. La personne est devant vous.",
        "To see their phones, or withdraw one that was lost. The person is in front of you.",
    ),
    "phones_button": ("Voir ses téléphones", "See their phones"),
    "phones_found": ("Ses téléphones", "Their phones"),
    # --- delegations
    "delegations_title": ("Délégations", "Delegations"),
    "delegations_text": (
        (
            "Une personne présente la carte d'une autre, depuis son propre téléphone. Vous ouvrez ce "
            "droit sur un "
            "justificatif que vous avez en main."
        ),
        "One person presents another's card from their own phone. You open that right on a proof you see.",
    ),
    "delegation_open": ("Ouvrir une délégation", "Open a delegation"),
    "beneficiary": ("Qui est représenté", "Who is represented"),
    "beneficiary_hint": (
        "Son numéro de 15 chiffres. Enfant sans numéro : celui du parent, puis /AAAAMMJJ/rang.",
        "Their 15 digits. Child without a number: the parent's, then /YYYYMMDD/rank.",
    ),
    "delegate": ("Qui représente", "Who represents"),
    "delegate_hint": ("Son numéro de 15 chiffres.", "Their 15 digits."),
    "ground": ("À quel titre", "On what ground"),
    "type_parent": ("Parent d'un mineur", "Parent of a minor"),
    "type_parent_hint": ("S'arrête seul aux dix-huit ans.", "Ends by itself at eighteen."),
    "type_mesure_protection": ("Mesure de protection", "Protection measure"),
    "type_mesure_protection_hint": ("Jusqu'à la date du jugement.", "Until the day the judgment says."),
    "type_aidant_demarche": ("Aidant", "Carer"),
    "type_aidant_demarche_hint": ("Un an au plus.", "A year at most."),
    "type_tiers_ponctuel": ("Quelqu'un, pour quelques jours", "Somebody, for a few days"),
    "type_tiers_ponctuel_hint": ("Sept jours au plus.", "Seven days at most."),
    "proof": ("Justificatif vu", "Proof seen"),
    "proof_hint": (
        "Aucune copie n'est gardée : votre nom et votre lieu le sont.",
        "No copy is kept: your name and place are.",
    ),
    "proof_livret_famille": ("Livret de famille", "Family record book"),
    "proof_jugement": ("Jugement", "Judgment"),
    "proof_mandat": ("Mandat signé", "Signed mandate"),
    "proof_guichet_mfs": ("Accord donné ici, en personne", "Agreement given here, in person"),
    "until": ("Dernier jour", "Last day"),
    "proof_seen": ("J'ai ce justificatif sous les yeux.", "I have this proof in front of me."),
    "delegation_button": ("Ouvrir la délégation", "Open the delegation"),
    "delegation_search": ("Voir ou arrêter", "See or end"),
    "delegation_search_button": ("Voir ses délégations", "See their delegations"),
    "delegations_several": (
        (
            "Aucun nom n'est montré ici. Pour arrêter la bonne, cherchez plutôt par le numéro de la personne "
            "représentée : seules les siennes s'afficheront."
        ),
        (
            "No name is shown here. To end the right one, search by the number of the person represented "
            "instead: only theirs will be shown."
        ),
    ),
    "delegation_found": ("Ses délégations", "Their delegations"),
    # --- what scripts say
    "js_card_apcv": ("Carte Vitale (apCV)", "Health insurance card (apCV)"),
    "js_card_ecps": ("Carte de professionnel (e-CPS)", "Professional's card (e-CPS)"),
    "js_must_be_present": (
        "Cochez la case : un code ne s'ouvre que pour une personne présente.",
        "Tick the box: a code is opened only for somebody present.",
    ),
    "js_code_open": (
        "Le code est ouvert. Imprimez la fiche et remettez-la à la personne.",
        "The code is open. Print the sheet and hand it to the person.",
    ),
    "js_card": ("Carte", "Card"),
    "js_reference": ("Référence", "Reference"),
    "js_secret": ("Code d'activation", "Activation code"),
    "js_secret_second": ("Second code", "Second code"),
    "js_expires": ("À utiliser avant le", "To use before"),
    "js_making_sheet": ("La fiche se prépare…", "The sheet is being made…"),
    "js_sheet_ready": ("La fiche est ouverte dans un onglet.", "The sheet is open in a tab."),
    "js_sheet_blocked": (
        "La fiche a été enregistrée dans les téléchargements.",
        "The sheet was saved in the downloads.",
    ),
    "js_no_phone": (
        "Aucun téléphone n'est enrôlé à ce numéro. Si la personne en attend un, relisez le numéro.",
        "No phone is enrolled under this number. If the person expects one, read the number again.",
    ),
    "js_phones_count": ("Téléphones trouvés :", "Phones found:"),
    "js_enrolled_on": ("enrôlé le", "enrolled on"),
    "js_used_on": ("utilisé le", "used on"),
    "js_lost": ("Perdu ou volé : retirer", "Lost or stolen: withdraw"),
    "js_sure_lost": ("Oui, retirer ce téléphone", "Yes, withdraw this phone"),
    "js_withdrawn": (
        (
            "Ce téléphone est retiré : ses cartes ne marchent plus, la personne est avertie. Elle peut "
            "remettre sa "
            "carte dans un autre téléphone avec un nouveau code."
        ),
        (
            "This phone is withdrawn: its cards no longer work, and the person is told. They "
            "can put their "
            "card in another phone with a new code."
        ),
    ),
    "js_type_parent": ("Parent d'un mineur", "Parent of a minor"),
    "js_type_mesure_protection": ("Mesure de protection", "Protection measure"),
    "js_type_aidant_demarche": ("Aidant", "Carer"),
    "js_type_tiers_ponctuel": ("Quelques jours", "A few days"),
    "js_must_see_proof": (
        "Cochez la case : une délégation ne s'ouvre que sur un justificatif vu.",
        "Tick the box: a delegation opens only on a proof that was seen.",
    ),
    "js_until_needed": ("Donnez le dernier jour.", "Give the last day."),
    "js_until_none": ("Laissez vide : elle s'arrête aux 18 ans.", "Leave empty: it ends at 18."),
    "js_until_most": ("Au plus tard dans (jours) :", "At most within (days):"),
    "js_delegation_opened": (
        (
            "La délégation est ouverte. Le téléphone de qui représente la verra à sa prochaine connexion. "
            "Référence :"
        ),
        (
            "The delegation is open. The representative's phone will see it the next time it connects. "
            "Reference:"
        ),
    ),
    "js_no_delegation": ("Aucune délégation.", "No delegation."),
    "js_delegations_count": ("Délégations trouvées :", "Delegations found:"),
    "js_from": ("du", "from"),
    "js_to": ("au", "to"),
    "js_represents": ("représente quelqu'un", "represents somebody"),
    "js_is_represented": ("est représentée", "is represented"),
    "js_in_force": ("en cours", "in force"),
    "js_over": ("terminée", "over"),
    "js_end_delegation": ("Arrêter", "End"),
    "js_sure_end": ("Oui, arrêter maintenant", "Yes, end it now"),
    "js_end_by": ("À la demande de", "At the request of"),
    "js_by_mandant": ("la personne représentée", "the person represented"),
    "js_by_mandataire": ("qui la représente", "whoever represents"),
    "js_by_juge": ("un juge", "a judge"),
    "js_by_autorite": ("une autre autorité", "another authority"),
    "js_delegation_ended": (
        "La délégation est arrêtée : les cartes délivrées à ce titre ne marchent plus.",
        "The delegation has ended: cards issued under it no longer work.",
    ),
}
