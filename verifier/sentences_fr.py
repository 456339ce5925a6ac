"""What the till says in French, and what to do about it: one pair for each reason code.

Short, for somebody who has a patient in front of them. No sentence accuses: a screenshot, a slow hand and
a fraud look alike from here. None says that rights are up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verifier.sentence import Sentence

FRENCH: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "verifier_clock_behind": Sentence(
            "L’horloge de ce poste est en retard.",
            "Mettez le poste à l’heure, puis scannez de nouveau.",
        ),
        "trust_store_stale": Sentence(
            "Les données de confiance de ce poste ont plus de 72 heures : il ne peut plus rien vérifier.",
            "Connectez le poste et actualisez (commande refresh). En attendant, prenez la carte plastique.",
        ),
        "trust_store_unusable": Sentence(
            "Les données de confiance de ce poste sont absentes ou abîmées.",
            "Initialisez le poste (commande init) et actualisez ; en attendant, prenez la carte plastique.",
        ),
        "not_sq1": Sentence(
            "Ce code n’est pas une carte de ce système.",
            "Demandez d’ouvrir l’application et de présenter la carte elle-même.",
        ),
        "bad_transport": Sentence(
            "Le code a été mal lu.",
            "Scannez de nouveau ; essuyez l’écran, augmentez sa luminosité, vérifiez la douchette.",
        ),
        "answer_unreadable": Sentence(
            "Cette réponse ne s’ouvre avec aucune demande en attente ici : elle est pour un autre poste, "
            "arrive trop tard, ou a été altérée.",
            "Montrez une nouvelle demande au patient (challenge), puis scannez la réponse.",
        ),
        "till_not_authorised": Sentence(
            "Aucun professionnel n’a autorisé ce poste à demander une carte.",
            "Lancez : python -m verifier authorise-till --store DIR",
        ),
        "till_key_past_hours": Sentence(
            "Les heures pour lesquelles ce poste était autorisé sont passées.",
            "Demandez au professionnel de l’autoriser de nouveau (authorise-till).",
        ),
        "till_hours_too_long": Sentence(
            "Les heures demandées dépassent douze heures après le geste du professionnel.",
            "Vérifiez les deux horloges, puis recommencez l’autorisation (authorise-till).",
        ),
        "till_session_unusable": Sentence(
            "Ce que ce poste garde de sa session à double sens ne peut être ni lu ni écrit.",
            "Vérifiez l’espace et les droits du disque, puis recommencez (authorise-till).",
        ),
        "bad_cbor": Sentence(
            "Le contenu du code est abîmé ou n’a pas été fabriqué dans les règles.",
            "Scannez de nouveau. Si cela se répète, n’acceptez pas cette carte.",
        ),
        "bad_structure": Sentence(
            "Le contenu du code n’a pas la forme d’une carte.",
            "Scannez de nouveau. Si cela se répète, n’acceptez pas cette carte.",
        ),
        "alg_not_allowed": Sentence(
            "La carte est signée d’une façon interdite.",
            "N’acceptez pas cette carte.",
        ),
        "issuer_unknown": Sentence(
            "L’émetteur de cette carte n’est pas connu de ce poste.",
            "Actualisez les données de confiance. Si cela se répète, n’acceptez pas cette carte.",
        ),
        "issuer_signature_invalid": Sentence(
            "La signature de l’émetteur est fausse : la carte a été modifiée ou fabriquée.",
            "N’acceptez pas cette carte.",
        ),
        "issuer_key_revoked": Sentence(
            "La clé qui a signé cette carte a été retirée à son émetteur.",
            "Demandez au porteur de se connecter pour recevoir une nouvelle carte.",
        ),
        "issuer_not_authorised_for_type": Sentence(
            "L’émetteur n’a pas le droit de délivrer ce type de carte.",
            "N’acceptez pas cette carte.",
        ),
        "issuer_key_out_of_validity": Sentence(
            "La carte a été signée hors des dates de la clé de son émetteur.",
            "Demandez au porteur de se connecter pour recevoir une nouvelle carte.",
        ),
        "ttl_too_long": Sentence(
            "La carte prétend durer plus longtemps que permis.",
            "N’acceptez pas cette carte.",
        ),
        "not_yet_valid": Sentence(
            "La carte a été émise dans le futur, d’après l’horloge de ce poste.",
            "Vérifiez l’heure du poste, puis scannez de nouveau.",
        ),
        "credential_expired": Sentence(
            "La carte a expiré.",
            "Demandez au porteur de connecter son téléphone : la carte se renouvelle toute seule.",
        ),
        "wrong_card_type": Sentence(
            "Ce n’est pas le type de carte attendu ici.",
            "Demandez l’autre carte, ou changez d’écran.",
        ),
        "status_list_unknown": Sentence(
            "Ce poste n’a pas la liste qui dirait si cette carte est révoquée.",
            "Actualisez les données de confiance, puis scannez de nouveau.",
        ),
        "status_stale": Sentence(
            "La liste des cartes révoquées est trop ancienne pour juger.",
            "Actualisez les données de confiance, puis scannez de nouveau.",
        ),
        "status_index_out_of_range": Sentence(
            "La carte désigne un emplacement qui n’existe pas dans la liste des révocations.",
            "Actualisez les données de confiance. Si cela se répète, n’acceptez pas cette carte.",
        ),
        "revoked": Sentence(
            "La carte a été révoquée.",
            "N’acceptez pas cette carte. Son titulaire peut appeler l’organisme qui l’a délivrée.",
        ),
        "suspended": Sentence(
            "La carte est suspendue.",
            "Ne l’acceptez pas aujourd’hui. Son titulaire peut appeler l’organisme qui l’a délivrée.",
        ),
        "holder_key_invalid": Sentence(
            "La clé du téléphone inscrite dans la carte n’est pas valable.",
            "N’acceptez pas cette carte ; demandez au porteur d’enrôler de nouveau son téléphone.",
        ),
        "context_mismatch": Sentence(
            "Cette réponse n’est pas celle de la demande affichée par ce poste.",
            "Recommencez la demande depuis ce poste.",
        ),
        "context_unexpected": Sentence(
            "Cette réponse a été faite pour la demande d’un autre poste.",
            "Demandez de présenter la carte de nouveau, ici.",
        ),
        "user_not_present": Sentence(
            "Le téléphone n’a pas senti le geste de son porteur.",
            "Demandez de présenter la carte de nouveau.",
        ),
        "user_not_verified": Sentence(
            "Le téléphone n’a pas vérifié son porteur (empreinte, visage ou code).",
            "Demandez de déverrouiller et de présenter la carte de nouveau.",
        ),
        "authdata_flags_unexpected": Sentence(
            "La preuve du téléphone contient des indications interdites.",
            "Demandez de présenter la carte de nouveau. Si cela se répète, n’acceptez pas cette carte.",
        ),
        "key_not_device_bound": Sentence(
            "La clé de ce téléphone peut être copiée sur un autre appareil : cet usage l’interdit.",
            "Demandez une carte délivrée sur un téléphone à clé non copiable, ou la carte plastique.",
        ),
        "client_profile_unknown": Sentence(
            "L’application du téléphone n’est pas connue de ce poste.",
            "Actualisez les données de confiance ; demandez au porteur de mettre son application à jour.",
        ),
        "holder_signature_invalid": Sentence(
            "Ce n’est pas le téléphone auquel cette carte a été délivrée, ou la preuve a été modifiée.",
            "N’acceptez pas cette carte.",
        ),
        "proof_stale": Sentence(
            "Le code a plus d’une minute : capture d’écran, ou lecture trop lente.",
            "Demandez de présenter la carte de nouveau, devant vous.",
        ),
        "proof_from_future": Sentence(
            "L’horloge du téléphone est en avance sur celle de ce poste.",
            "Vérifiez l’heure des deux, puis scannez de nouveau.",
        ),
        "proof_before_credential": Sentence(
            "Le geste du porteur est plus ancien que la carte.",
            "Demandez de présenter la carte de nouveau ; vérifiez l’heure du téléphone.",
        ),
        "replayed": Sentence(
            "Ce code a déjà été présenté à cette caisse.",
            "Demandez de présenter la carte de nouveau : chaque code ne sert qu’une fois.",
        ),
        "till_memory_unusable": Sentence(
            "Ce poste ne peut ni lire ni écrire la mémoire des codes déjà vus.",
            "Vérifiez l’espace et les droits du disque, puis scannez de nouveau.",
        ),
        "trust_data_too_old_to_prescribe": Sentence(
            "Les données de confiance ont plus de 24 heures : trop pour prescrire.",
            "Actualisez les données de confiance, puis présentez la carte de nouveau.",
        ),
        "trust_data_old": Sentence(
            "Les données de confiance de ce poste ont plus de 24 heures.",
            "Actualisez dès que possible ; une révocation récente a pu vous échapper.",
        ),
        "binding_below_policy": Sentence(
            "Ce téléphone protège sa clé moins bien que ce poste ne le demande.",
            "Comparez avec une pièce d’identité.",
        ),
        "amo_unknown": Sentence(
            "La carte présentée ne dit rien des droits à l’assurance maladie.",
            "Demandez la présentation « soins », ou consultez les droits en ligne.",
        ),
        "amo_not_open": Sentence(
            "La carte est bonne, mais les droits à l’assurance maladie ne sont pas ouverts aujourd’hui.",
            "Consultez les droits en ligne, ou facturez sans tiers payant.",
        ),
        "amc_not_open": Sentence(
            "La carte est bonne, mais le contrat complémentaire n’est pas ouvert aujourd’hui.",
            "Demandez une attestation récente, ou facturez sans tiers payant complémentaire.",
        ),
        "amc_of_another_card": Sentence(
            "Ce contrat complémentaire ne va pas avec la carte lue juste avant.",
            "Ne l’utilisez pas. Demandez la carte et la complémentaire de la même personne, sur le même "
            "téléphone.",
        ),
        "amc_suspended": Sentence(
            "La carte est bonne, mais l’assureur a suspendu ce contrat complémentaire.",
            "Facturez sans tiers payant complémentaire, ou appelez l’assureur.",
        ),
        "amc_state_unknown": Sentence(
            "L’assureur ne sait pas dire aujourd’hui si ce contrat complémentaire est ouvert.",
            "N’en concluez rien : interrogez-le en ligne, ou demandez une attestation.",
        ),
        "amc_domain_not_covered": Sentence(
            "Ce contrat n’annonce pas de tiers payant pour votre domaine.",
            "Interrogez l’assureur, ou facturez sans tiers payant complémentaire.",
        ),
        "delegate_expired": Sentence(
            "L’autorisation de la personne qui présente cette carte est terminée.",
            "Vérifiez le lien avec le patient avant d’aller plus loin.",
        ),
        "in_training": Sentence(
            "Ce professionnel est en formation.",
            "Vérifiez qu’il agit dans le cadre de son stage ou de son remplacement.",
        ),
        "profession_does_not_prescribe": Sentence(
            "Cette profession ne prescrit pas.",
            "Demandez qui prescrit.",
        ),
        "prescribes_within_limits": Sentence(
            "Cette profession prescrit dans les limites de sa propre liste.",
            "Vérifiez que la prescription y figure.",
        ),
        "no_code_found": Sentence(
            "Il n’y a pas de code QR lisible dans cette image.",
            "Prenez une image plus nette, plus droite, avec tout le code et sa marge blanche.",
        ),
        "no_such_file": Sentence(
            "Ce fichier n’existe pas ou ne peut pas être ouvert.",
            "Vérifiez son nom et ses droits.",
        ),
        "not_a_file": Sentence(
            "Ce nom désigne autre chose qu’un fichier.",
            "Donnez une image.",
        ),
        "file_too_large": Sentence(
            "Ce fichier est trop gros pour être l’image d’un code.",
            "Donnez une image de moins de 32 Mo.",
        ),
        "not_an_image": Sentence(
            "Ce fichier n’est pas une image que ce poste sait lire.",
            "Donnez une image PNG, JPEG, WebP, BMP, GIF, TIFF ou PPM.",
        ),
        "damaged_image": Sentence(
            "Cette image est abîmée ou incomplète.",
            "Prenez une nouvelle image.",
        ),
        "too_many_pixels": Sentence(
            "Cette image a trop de pixels.",
            "Donnez une image de moins de 64 millions de pixels.",
        ),
        "text_too_long": Sentence(
            "Ce texte est trop long pour être celui d’un code QR.",
            "Vérifiez que la douchette n’envoie qu’un code à la fois.",
        ),
        "no_store": Sentence(
            "Ce poste n’a pas de données de confiance à cet endroit.",
            "Commencez par : python -m verifier init --root FICHIER --store DOSSIER",
        ),
        "port_taken": Sentence(
            "Ce port est déjà pris : un guichet est peut-être déjà ouvert sur ce poste.",
            "Reprenez la page déjà ouverte, ou donnez un autre port (--port 0 en prend un libre).",
        ),
        "never_refreshed": Sentence(
            "Ce poste n’a encore jamais reçu de données de confiance.",
            "Lancez : python -m verifier refresh --from ADRESSE --store DOSSIER",
        ),
        "time_unreadable": Sentence(
            "L’instant donné à --at ne se lit pas.",
            "Écrivez-le ainsi : 2026-11-21T12:00:00+01:00 ou 2026-11-21T11:00:00Z",
        ),
        "time_without_zone": Sentence(
            "L’instant donné à --at n’a pas de fuseau horaire.",
            "Ajoutez-le : 2026-11-21T12:00:00+01:00 ou 2026-11-21T11:00:00Z",
        ),
        "two_inputs": Sentence(
            "Donnez une image ou un texte, pas les deux.",
            "Gardez --image ou --text.",
        ),
        "source_unreachable": Sentence(
            "La source des données de confiance ne répond pas.",
            "Ce poste continue avec ce qu’il sait ; réessayez plus tard.",
        ),
        "source_invalid": Sentence(
            "La source donnée n’est ni une adresse http(s), ni un dossier.",
            "Vérifiez l’adresse donnée à --from.",
        ),
        "trust_forged": Sentence(
            "Les données reçues ne sont pas signées comme il faut : elles ont été refusées.",
            "Prévenez votre support ; ce poste continue avec ce qu’il sait.",
        ),
        "trust_rolled_back": Sentence(
            "Les données reçues sont plus anciennes que celles de ce poste : elles ont été refusées.",
            "Réessayez plus tard ; si cela dure, prévenez votre support.",
        ),
        "trust_frozen": Sentence(
            "Les données reçues sont périmées : la source n’est plus tenue à jour.",
            "Réessayez plus tard ; si cela dure, prévenez votre support.",
        ),
        "store_not_written": Sentence(
            "Le disque refuse l’écriture ; rien n’a changé.",
            "Vérifiez l’espace et les droits du disque.",
        ),
        "store_already_initialised": Sentence(
            "Ce dossier suit déjà une autre racine de confiance.",
            "Choisissez un autre dossier.",
        ),
        "root_unusable": Sentence(
            "Ce fichier n’est pas une racine de confiance signée par elle-même.",
            "Prenez le fichier root.json donné par l’éditeur.",
        ),
    }
)
