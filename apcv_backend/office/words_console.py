"""The words of the insurer's console."""

from __future__ import annotations

from collections.abc import Mapping

CONSOLE: Mapping[str, tuple[str, str]] = {
    "purpose": ("Motif", "Purpose"),
    "purpose_contract": ("Gestion du contrat", "Contract management"),
    "purpose_third_party_payment": ("Tiers payant", "Third-party payment"),
    "care_date": ("Date des soins", "Care date"),
    "line": ("Ligne", "Line"),
    "field": ("Champ", "Field"),
    "reference": ("Votre référence", "Your reference"),
    "what_is_wrong": ("Ce qui ne va pas", "What is wrong"),
    # --- one question
    "query_title": ("Les droits d'un adhérent", "A member's rights"),
    "query_text": (
        "Vos adhérents seulement : sans contrat publié pour cette personne, la question reste sans réponse.",
        "Your own members only: without a contract you published for them, there is no answer.",
    ),
    "query_told": (
        "Chaque question s'inscrit au journal de la personne : votre organisme, le motif, l'heure.",
        "Every question is written in the person's journal: your organisation, the purpose, the time.",
    ),
    "nir": ("Numéro de sécurité sociale", "Social security number"),
    "nir_hint": (
        "15 caractères, clé comprise ; les espaces sont ignorés.",
        "15 characters, key included; spaces are ignored.",
    ),
    "child_summary": ("Un enfant sans numéro", "A child without a number"),
    "child_hint": (
        "Le numéro ci-dessus est alors celui du parent qui ouvre ses droits.",
        "The number above is then that of the parent who opens their rights.",
    ),
    "birth_date": ("Date de naissance, AAAAMMJJ", "Birth date, YYYYMMDD"),
    "rank": ("Rang de naissance", "Birth rank"),
    "query_button": ("Demander", "Ask"),
    # --- a file
    "file_title": ("Un fichier de questions", "A file of questions"),
    "file_text": (
        (
            "Une ligne par adhérent, 100 000 au plus. Seul le numéro est obligatoire ; la référence "
            "est la vôtre, "
            "elle revient telle quelle. Une ligne fausse n'empêche pas les autres."
        ),
        (
            "One line per member, 100,000 at most. Only the number is needed; the reference is yours "
            "and comes back as it was. A wrong line does not affect the others."
        ),
    ),
    "file_choose": ("Le fichier", "The file"),
    "file_hint": ("CSV (séparateur « ; ») ou NDJSON, en UTF-8.", "CSV (separator “;”) or NDJSON, in UTF-8."),
    "file_button": ("Envoyer les questions", "Send the questions"),
    "file_stop": ("Arrêter", "Stop"),
    "file_progress": ("Avancement", "Progress"),
    "file_resume": ("Reprendre là où cela s'est arrêté", "Go on where it stopped"),
    "file_save": ("Enregistrer les réponses (CSV)", "Save the answers (CSV)"),
    "file_errors": ("Lignes sans réponse", "Lines without an answer"),
    "file_errors_hint": (
        (
            "Les numéros sont ceux des lignes de votre fichier. Les 500 premières sont montrées ; "
            "toutes sont dans "
            "le fichier de réponses."
        ),
        "Line numbers are those of your file. The first 500 are shown; all are in the file of answers.",
    ),
    # --- contracts
    "contracts_title": ("Publier des contrats", "Publish contracts"),
    "contracts_text": (
        (
            "Un fichier CSV, une ligne par bénéficiaire. Les bonnes lignes sont enregistrées, les mauvaises "
            "vous sont signalées. Renvoyer le même fichier ne change rien : il confirme vos contrats."
        ),
        (
            "A CSV file, one line per beneficiary. Good lines are saved, wrong ones are reported to you. "
            "Sending the same file again changes nothing: it confirms your contracts."
        ),
    ),
    "contracts_header": ("La première ligne du fichier", "The first line of the file"),
    "contracts_choose": ("Le fichier des contrats", "The file of contracts"),
    "contracts_hint": (
        "CSV (séparateur « ; »), UTF-8, 32 Mo au plus.",
        "CSV (separator “;”), UTF-8, 32 MB at most.",
    ),
    "contracts_button": ("Publier", "Publish"),
    "report_title": ("Résultat", "Result"),
    "report_errors": ("Lignes à corriger", "Lines to correct"),
    "report_more": (
        "Les 500 premières lignes sont listées ici ; le fichier les contient toutes.",
        "The first 500 lines are listed here; the file has all of them.",
    ),
    "report_save": ("Enregistrer les lignes refusées (CSV)", "Save the refused lines (CSV)"),
    "report_errors_hint": (
        (
            "La ligne 1 est l'en-tête. Le contenu des lignes n'est pas réaffiché. Corrigez-les et "
            "renvoyez le fichier entier."
        ),
        (
            "Line 1 is the header. What lines hold is not shown again. Correct them and send "
            "the whole file "
            "again."
        ),
    ),
    # --- figures
    "figures_title": ("Vos chiffres", "Your figures"),
    "figures_text": (
        "Des nombres, jamais des personnes. Jours en temps universel.",
        "Numbers, never people. Days in universal time.",
    ),
    "tile_contracts": ("Contrats publiés", "Contracts published"),
    "tile_current": ("Confirmés depuis moins de 45 jours", "Confirmed within 45 days"),
    "tile_current_note": (
        "Les autres sont montrés « inconnu » : republiez-les.",
        "The others are shown as “inconnu”: publish them again.",
    ),
    "tile_asked": ("Questions en trente jours", "Questions in thirty days"),
    "plot_queries": ("Vos questions", "Your questions"),
    "plot_queries_unit": ("questions par jour", "questions a day"),
    "plot_queries_text": (
        "Questions posées depuis la console par votre organisme, par jour et par issue.",
        "Questions your organisation asked from the console, by day and outcome.",
    ),
    "plot_publications": ("Vos publications", "Your publications"),
    "plot_publications_unit": ("contrats par jour", "contracts a day"),
    "plot_publications_text": (
        "Contrats, selon leur dernier jour de publication.",
        "Contracts, by the day they were last published.",
    ),
    "series_answered": ("répondues", "answered"),
    "series_refused": ("sans réponse", "not answered"),
    "series_stopped": ("arrêtées par un plafond", "stopped by a limit"),
    "series_contracts": ("contrats", "contracts"),
    # --- what scripts say
    "js_answered": ("Réponses", "Answered"),
    "js_not_answered": ("Sans réponse", "Not answered"),
    "js_amo_open": ("Droits de base ouverts", "Basic rights open"),
    "js_amo_closed": ("Droits de base fermés à cette date", "Basic rights closed on that date"),
    "js_amc_open": ("Votre contrat est ouvert", "Your contract is open"),
    "js_amc_closed": (
        "Votre contrat n'est pas ouvert à cette date",
        "Your contract is not open on that date",
    ),
    "js_as_of": ("Droits lus à leur source le", "Rights read at their source on"),
    "js_care_date": ("Date des soins :", "Care date:"),
    "js_regime": ("Régime, caisse, centre", "Scheme, fund, centre"),
    "js_member_number": ("Numéro d'adhérent", "Member number"),
    "js_period": ("Période", "Period"),
    "js_no_end": ("sans fin connue", "no known end"),
    "js_answer_title": ("Réponse", "Answer"),
    "js_nothing_told": (
        "Aucune information sur cette personne ne peut vous être donnée",
        "No information about this person can be given to you",
    ),
    "js_nothing_told_why": (
        (
            "Elle n'est pas connue, ou vous n'avez pas publié de contrat pour elle à cette date. "
            "Relisez le numéro "
            "; si elle est bien adhérente, publiez son contrat."
        ),
        (
            "They are not known, or you published no contract for them on that date. Read the number "
            "again; if they "
            "are your member, publish their contract."
        ),
    ),
    "js_bad_nir": ("Un numéro a 15 caractères, clé comprise.", "A number has 15 characters, key included."),
    "js_no_file": ("Choisissez un fichier.", "Choose a file."),
    "js_file_empty": (
        "Ce fichier n'a pas de ligne de questions.",
        "This file has no line of questions.",
    ),
    "js_file_too_long": (
        "Plus de 100 000 lignes : partagez le fichier en deux.",
        "More than 100,000 lines: split the file in two.",
    ),
    "js_file_sending": ("Envoi du fichier…", "Sending the file…"),
    "js_file_line_of": ("Ligne {done} sur {all}", "Line {done} of {all}"),
    "js_file_done": ("Terminé : {all} lignes.", "Done: {all} lines."),
    "js_file_stopped": ("Arrêté à la ligne {done} sur {all}.", "Stopped at line {done} of {all}."),
    "js_stop_ceiling_reached": (
        "Le plafond du jour est atteint. Reprenez demain, ou demandez à l'exploitant de le relever.",
        "Today's limit is reached. Go on tomorrow, or ask the operator to raise it.",
    ),
    "js_stop_account_frozen": (
        (
            "Un plafond a été atteint : cet accès attend d'être revu par l'exploitant. Rien n'est "
            "perdu, vous "
            "reprendrez ensuite à la même ligne."
        ),
        (
            "A limit was reached: this access waits for the operator. Nothing is lost, you will go "
            "on at the same "
            "line."
        ),
    ),
    "js_stop_batch_in_progress": (
        "Ce fichier est déjà en cours dans une autre fenêtre.",
        "This file is being worked on in another window.",
    ),
    "js_stop_network": (
        "La connexion s'est coupée. Rien n'est perdu : reprenez quand le réseau revient.",
        "The connection broke. Nothing is lost: go on when the network is back.",
    ),
    "js_stop_stopped": ("Vous avez arrêté.", "You stopped it."),
    "js_line_malformed": ("Ligne mal formée", "Malformed line"),
    "js_rights_not_answered": ("Inconnu, ou pas votre adhérent", "Unknown, or not your member"),
    "js_contracts_working": ("Lecture du fichier…", "Reading the file…"),
    "js_all_taken": ("Toutes les lignes sont enregistrées.", "Every line is saved."),
    "js_contracts_broken": (
        "La connexion s'est coupée avant la fin. Renvoyez le même fichier : il reprend.",
        "The connection broke before the end. Send the same file again: it goes on.",
    ),
    "js_some_refused": (
        "Des lignes ont été refusées : elles sont listées plus bas. Les autres sont enregistrées.",
        "Some lines were refused: they are listed below. The others are saved.",
    ),
    "js_entered": ("Nouveaux contrats", "New contracts"),
    "js_changed": ("Contrats changés", "Contracts changed"),
    "js_same": ("Confirmés sans changement", "Confirmed, unchanged"),
    "js_refused": ("Lignes refusées", "Lines refused"),
    "js_why_not_csv": ("guillemets ou séparateurs mal placés", "quotes or separators out of place"),
    "js_why_wrong_number_of_fields": ("pas le bon nombre de champs", "wrong number of fields"),
    "js_why_too_long": ("ligne trop longue", "line too long"),
    "js_why_not_a_day": ("ce n'est pas une date AAAA-MM-JJ", "not a date YYYY-MM-DD"),
    "js_file_why_header": (
        "La première ligne n'est pas l'en-tête attendu : copiez-la depuis cette page.",
        "The first line is not the header expected: copy it from this page.",
    ),
    "js_file_why_encoding": ("Le fichier n'est pas en UTF-8.", "The file is not in UTF-8."),
    "js_file_why_too_long": ("Plus de 200 000 lignes.", "More than 200,000 lines."),
}
