"""What the till says in English, and what to do about it: one pair for each reason code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verifier.sentence import Sentence

ENGLISH: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "verifier_clock_behind": Sentence(
            "This workstation’s clock is behind.",
            "Set the clock right, then scan again.",
        ),
        "trust_store_stale": Sentence(
            "This workstation’s trust data are more than 72 hours old: it can no longer judge anything.",
            "Connect the workstation and refresh. Meanwhile, use the plastic card.",
        ),
        "trust_store_unusable": Sentence(
            "This workstation’s trust data are missing or damaged.",
            "Start the store again (init), then refresh. Meanwhile, use the plastic card.",
        ),
        "not_sq1": Sentence(
            "This code is not a card of this system.",
            "Ask for the application itself to be opened and the card shown.",
        ),
        "bad_transport": Sentence(
            "The code was misread.",
            "Scan again; wipe the screen, raise its brightness, check the reader.",
        ),
        "answer_unreadable": Sentence(
            "This answer opens with none of the requests waiting here: it is for another till, "
            "comes too late, or was altered.",
            "Show the patient a new request (challenge), then scan the answer.",
        ),
        "till_not_authorised": Sentence(
            "No professional has authorised this workstation to ask.",
            "Run: python -m verifier authorise-till --store DIR",
        ),
        "till_key_past_hours": Sentence(
            "The hours this workstation was authorised for have ended.",
            "Ask the professional to authorise it again (authorise-till).",
        ),
        "till_hours_too_long": Sentence(
            "The hours asked for reach beyond twelve hours after the professional’s gesture.",
            "Check both clocks, then start the authorisation again (authorise-till).",
        ),
        "till_session_unusable": Sentence(
            "What this workstation keeps of its two-way session cannot be read or written.",
            "Check the disk’s space and permissions, then start again (authorise-till).",
        ),
        "bad_cbor": Sentence(
            "What the code holds is damaged or was not made by the rules.",
            "Scan again. If it happens again, do not accept this card.",
        ),
        "bad_structure": Sentence(
            "What the code holds does not have the shape of a card.",
            "Scan again. If it happens again, do not accept this card.",
        ),
        "alg_not_allowed": Sentence(
            "The card is signed in a way that is forbidden.",
            "Do not accept this card.",
        ),
        "issuer_unknown": Sentence(
            "This workstation does not know the issuer of this card.",
            "Refresh the trust data. If it happens again, do not accept this card.",
        ),
        "issuer_signature_invalid": Sentence(
            "The issuer’s signature is wrong: the card was altered or forged.",
            "Do not accept this card.",
        ),
        "issuer_key_revoked": Sentence(
            "The key that signed this card was withdrawn from its issuer.",
            "Ask the holder to go online and receive a new card.",
        ),
        "issuer_not_authorised_for_type": Sentence(
            "The issuer may not issue this kind of card.",
            "Do not accept this card.",
        ),
        "issuer_key_out_of_validity": Sentence(
            "The card was signed outside the dates of its issuer’s key.",
            "Ask the holder to go online and receive a new card.",
        ),
        "ttl_too_long": Sentence(
            "The card claims to last longer than allowed.",
            "Do not accept this card.",
        ),
        "not_yet_valid": Sentence(
            "The card was issued in the future, by this workstation’s clock.",
            "Check the workstation’s clock, then scan again.",
        ),
        "credential_expired": Sentence(
            "The card has expired.",
            "Ask the holder to connect their phone: the card renews itself.",
        ),
        "wrong_card_type": Sentence(
            "This is not the kind of card expected here.",
            "Ask for the other card, or change screens.",
        ),
        "status_list_unknown": Sentence(
            "This workstation lacks the list that would tell whether this card is revoked.",
            "Refresh the trust data, then scan again.",
        ),
        "status_stale": Sentence(
            "The list of revoked cards is too old to judge by.",
            "Refresh the trust data, then scan again.",
        ),
        "status_index_out_of_range": Sentence(
            "The card names a place the revocation list does not have.",
            "Refresh the trust data. If it happens again, do not accept this card.",
        ),
        "revoked": Sentence(
            "The card was revoked.",
            "Do not accept this card. Its holder may call the body that issued it.",
        ),
        "suspended": Sentence(
            "The card is suspended.",
            "Do not accept this card today. Its holder may call the body that issued it.",
        ),
        "holder_key_invalid": Sentence(
            "The phone key written in the card is not valid.",
            "Do not accept this card; ask the holder to enrol the phone again.",
        ),
        "context_mismatch": Sentence(
            "This answer is not the one to this workstation’s request.",
            "Start the request again from this workstation.",
        ),
        "context_unexpected": Sentence(
            "This answer was made for another workstation’s request.",
            "Ask for the card to be shown again, here.",
        ),
        "user_not_present": Sentence(
            "The phone did not feel its holder’s gesture.",
            "Ask for the card to be shown again.",
        ),
        "user_not_verified": Sentence(
            "The phone did not verify its holder (finger, face or code).",
            "Ask the holder to unlock and show the card again.",
        ),
        "authdata_flags_unexpected": Sentence(
            "The phone’s proof carries marks that are forbidden.",
            "Ask for the card to be shown again. If it happens again, do not accept this card.",
        ),
        "key_not_device_bound": Sentence(
            "This phone’s key can be copied to another device: this use forbids it.",
            "Ask for a card issued to a phone whose key cannot be copied, or for the plastic card.",
        ),
        "client_profile_unknown": Sentence(
            "This workstation does not know the phone’s application.",
            "Refresh the trust data; ask the holder to update the application.",
        ),
        "holder_signature_invalid": Sentence(
            "This is not the phone the card was issued to, or the proof was altered.",
            "Do not accept this card.",
        ),
        "proof_stale": Sentence(
            "The code is more than a minute old: a screenshot, or a slow scan.",
            "Ask for the card to be shown again, in front of you.",
        ),
        "proof_from_future": Sentence(
            "The phone’s clock is ahead of this workstation’s.",
            "Check both clocks, then scan again.",
        ),
        "proof_before_credential": Sentence(
            "The holder’s gesture is older than the card.",
            "Ask for the card to be shown again; check the phone’s clock.",
        ),
        "replayed": Sentence(
            "This code was already shown at this till.",
            "Ask for the card to be shown again: each code serves once.",
        ),
        "till_memory_unusable": Sentence(
            "This workstation can neither read nor write what it has already seen.",
            "Check the disk’s space and permissions, then scan again.",
        ),
        "trust_data_too_old_to_prescribe": Sentence(
            "The trust data are more than 24 hours old: too old to prescribe.",
            "Refresh the trust data, then show the card again.",
        ),
        "trust_data_old": Sentence(
            "This workstation’s trust data are more than 24 hours old.",
            "Refresh as soon as you can; a recent revocation may be missing.",
        ),
        "binding_below_policy": Sentence(
            "This phone protects its key less well than this till asks for.",
            "Compare with an identity document.",
        ),
        "amo_unknown": Sentence(
            "The card as shown says nothing of the compulsory cover.",
            "Ask for the “soins” shape, or look the rights up online.",
        ),
        "amo_not_open": Sentence(
            "The card is good, but the compulsory cover is not open today.",
            "Look the rights up online, or bill without third-party payment.",
        ),
        "amc_not_open": Sentence(
            "The card is good, but the complementary contract is not open today.",
            "Ask for a recent certificate, or bill without complementary third-party payment.",
        ),
        "amc_of_another_card": Sentence(
            "This complementary contract does not go with the card read just before.",
            "Do not use it. Ask for the card and the contract of the same person, on the same phone.",
        ),
        "amc_suspended": Sentence(
            "The card is genuine, but the insurer has suspended this complementary contract.",
            "Bill without complementary third-party payment, or call the insurer.",
        ),
        "amc_state_unknown": Sentence(
            "The insurer cannot say today whether this complementary contract is open.",
            "Conclude nothing from it: ask online, or ask for a recent statement.",
        ),
        "amc_domain_not_covered": Sentence(
            "This contract does not announce third-party payment for your domain.",
            "Ask the insurer, or bill without complementary third-party payment.",
        ),
        "delegate_expired": Sentence(
            "The permission of the person who shows this card has ended.",
            "Check their link to the patient before going further.",
        ),
        "in_training": Sentence(
            "This professional is in training.",
            "Check that they act within their placement or replacement.",
        ),
        "profession_does_not_prescribe": Sentence(
            "This profession does not prescribe.",
            "Ask who prescribes.",
        ),
        "prescribes_within_limits": Sentence(
            "This profession prescribes within a list of its own.",
            "Check that the prescription is on it.",
        ),
        "no_code_found": Sentence(
            "There is no readable QR code in this image.",
            "Take a sharper, straighter picture, with the whole code and its white margin.",
        ),
        "no_such_file": Sentence(
            "This file does not exist or cannot be opened.",
            "Check its name and permissions.",
        ),
        "not_a_file": Sentence(
            "This name is not that of a file.",
            "Give an image.",
        ),
        "file_too_large": Sentence(
            "This file is too large to be the picture of a code.",
            "Give an image of less than 32 MB.",
        ),
        "not_an_image": Sentence(
            "This file is not an image this workstation can read.",
            "Give a PNG, JPEG, WebP, BMP, GIF, TIFF or PPM image.",
        ),
        "damaged_image": Sentence(
            "This image is damaged or incomplete.",
            "Take a new picture.",
        ),
        "too_many_pixels": Sentence(
            "This image has too many pixels.",
            "Give an image of less than 64 million pixels.",
        ),
        "text_too_long": Sentence(
            "This text is too long to be that of a QR code.",
            "Check that the reader sends one code at a time.",
        ),
        "no_store": Sentence(
            "This workstation has no trust data there.",
            "Start with: python -m verifier init --root FILE --store DIR",
        ),
        "port_taken": Sentence(
            "This port is taken: a till may already be open on this workstation.",
            "Go back to the page already open, or give another port (--port 0 takes a free one).",
        ),
        "never_refreshed": Sentence(
            "This workstation has never received trust data.",
            "Run: python -m verifier refresh --from URL --store DIR",
        ),
        "time_unreadable": Sentence(
            "The instant given to --at cannot be read.",
            "Write it so: 2026-11-21T12:00:00+01:00 or 2026-11-21T11:00:00Z",
        ),
        "time_without_zone": Sentence(
            "The instant given to --at has no time zone.",
            "Add it: 2026-11-21T12:00:00+01:00 or 2026-11-21T11:00:00Z",
        ),
        "two_inputs": Sentence(
            "Give an image or a text, not both.",
            "Keep --image or --text.",
        ),
        "source_unreachable": Sentence(
            "The source of trust data does not answer.",
            "This workstation goes on with what it knows; try again later.",
        ),
        "source_invalid": Sentence(
            "The source given is neither an http(s) address nor a folder.",
            "Check the address given to --from.",
        ),
        "trust_forged": Sentence(
            "The data received are not signed as they must be: they were refused.",
            "Tell your support; this workstation goes on with what it knows.",
        ),
        "trust_rolled_back": Sentence(
            "The data received are older than this workstation’s: they were refused.",
            "Try again later; if it lasts, tell your support.",
        ),
        "trust_frozen": Sentence(
            "The data received have expired: the source is no longer kept current.",
            "Try again later; if it lasts, tell your support.",
        ),
        "store_not_written": Sentence(
            "The disk refuses to be written; nothing changed.",
            "Check the disk’s space and permissions.",
        ),
        "store_already_initialised": Sentence(
            "This folder already follows another root of trust.",
            "Choose another folder.",
        ),
        "root_unusable": Sentence(
            "This file is not a root of trust signed by itself.",
            "Take the root.json file given by the publisher.",
        ),
    }
)
