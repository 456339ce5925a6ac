"""The holder of a phone: what a person does with it, one method a gesture (walks A and B of `docs/walks/`).

Everything is true to a phone: keys are made by the authenticator, kept before they are announced, and used
only for the page that asks. Time is an argument of each method (`at`, aware UTC); randomness is given once.

    holder = Holder(pocket, backend, random=secrets.token_bytes, ca=makers)
    holder.enrol(CardKind.APCV, ActivationCode("7K2M…", ("…",)), "Mon téléphone", at)
    holder.fetch_card(CardKind.APCV, at)
    holder.show_qr(CardKind.APCV, at, name="soins").png()
    holder.phones.list(CardKind.APCV, at)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cartes import presentation
from cartes.cards import CardKind, Shape
from cartes.sealed_answer import answer_text, seal_answer
from cartes.till_request import TillOffer
from cartes.trust import KindPolicy
from cartes.wire import base64url, qr, strict_json
from mobile_mock.answer_members import bytes_of, moment_of, text_of
from mobile_mock.answering import Consent, agree_to_answer, agree_to_authorise
from mobile_mock.answers import ActivationCode, Enrolled
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.backend_client import BackendClient
from mobile_mock.client_data import Client
from mobile_mock.contracts import choose, kept_contracts
from mobile_mock.errors import (
    BackendNonsense,
    BackendRefused,
    BackendUnreachable,
    CardOutdated,
    NoSuchKey,
)
from mobile_mock.issuer_facts import policy_of
from mobile_mock.own_journal import OwnJournal
from mobile_mock.own_phones import OwnPhones
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Device, KeptCard
from mobile_mock.received import check_received
from mobile_mock.record_consents import RecordConsents
from mobile_mock.showing import Presentation
from mobile_mock.signin import Signins
from mobile_mock.trust_data import PocketTrust, TrustData

_UNKNOWN_TO_IT = (401, 403, 404)  # what the backend answers an app key it does not know
_USUAL_SHAPE = "soins"  # the one-way default of `docs/formats/qr.md`


class Holder:
    """A person with this phone in hand.

    Args:
        pocket: the phone's memory, open.
        backend: the way to the issuer.
        random: `secrets.token_bytes` on a real run.
        ca: the makers' development authority, for models that attest.
        trust: how it knows who asks in the two-way mode; what its pocket keeps, unless told otherwise.
    """

    def __init__(
        self,
        pocket: Pocket,
        backend: BackendClient,
        *,
        random: Callable[[int], bytes],
        ca: AttestationCa | None = None,
        trust: TrustData | None = None,
    ) -> None:
        self._pocket = pocket
        self._backend = backend
        self._random = random
        self._ca = ca
        self._trust = trust if trust is not None else PocketTrust(pocket)
        self.phones = OwnPhones(pocket, backend, random=random)
        self.journal = OwnJournal(pocket, backend, random=random)
        self.consents = RecordConsents(pocket, backend, random=random)
        self.signins = Signins(pocket, backend, random=random, gesture=self._signin_gesture)

    # --- walk A, enrolment

    def enrol(self, kind: CardKind, code: ActivationCode, device_name: str, at: datetime) -> Enrolled:
        """Register this phone for one kind of card, in place of an earlier registration of the same phone.

        Raises:
            BackendRefused: the backend's named refusal; the phone is as before.
            BackendUnreachable: no answer. If the last answer was lost, `resume` finds out later.
            CeremonyRefused: the authenticator will not do what the backend asks.
        """
        # 1. Prove who we are, with a fresh app key.
        app_key = AppKey.make(self._random)
        begun = self._backend.begin_enrolment(kind.value, code.members(), device_name, app_key.jwk)
        ceremony_id, options = text_of(begun, "ceremony_id"), begun.get("public_key")
        if not isinstance(options, dict):
            raise BackendNonsense(what="public_key")
        # 5. Make the key in the phone, and keep it before anybody hears of it.
        authenticator = self._authenticator()
        made = authenticator.create(options, self._client(text_of(options.get("rp"), "id")))
        credential_id = base64url.decode(str(made["id"]))
        pending = Device(kind, "", "", "", credential_id, app_key, at, None)
        before = self._pocket.keys
        self._pocket.keep_keys(authenticator.keys)
        self._pocket.keep_pending(pending)
        # 6. Send it, proving the app key over the same challenge.
        url = self._backend.url(self._backend.finish_path(ceremony_id))
        proof = app_key.proof("POST", url, at, random=self._random, nonce=text_of(options, "challenge"))
        try:
            answer = self._backend.finish_enrolment(ceremony_id, made, proof)
        except BackendRefused:
            self._pocket.keep_keys(before)
            self._pocket.keep_pending(None)
            raise
        except BackendUnreachable:
            resumed = self.resume(at)
            if resumed is None:
                raise
            return Enrolled(resumed, "", None)
        device = Device(
            kind,
            text_of(answer, "device_id"),
            str(answer.get("reference", "")),
            str(answer.get("binding", "")),
            credential_id,
            app_key,
            at,
            moment_of(answer.get("renew_until")),
        )
        self._settle(device)
        return Enrolled(device, str(answer.get("attestation_format", "")), text_of(answer, "loss_code"))

    def resume(self, at: datetime) -> Device | None:
        """Find out whether an enrolment whose last answer was lost took place; None when it did not.

        Its loss code was in that answer and is gone: the phone can still be withdrawn from another one.
        """
        pending = self._pocket.pending
        if pending is None:
            return None
        try:
            mine = [one for one in self.phones.known_to(pending, at) if one.is_this_one]
        except BackendRefused as refused:
            if refused.status not in _UNKNOWN_TO_IT:
                raise
            mine = []
        if not mine:
            self._pocket.keep_keys(
                key for key in self._pocket.keys if key.credential_id != pending.credential_id
            )
            self._pocket.keep_pending(None)
            return None
        told = mine[0]
        device = replace(pending, device_id=told.device_id, reference=told.reference, binding=told.binding)
        self._settle(device)
        return device

    def _settle(self, device: Device) -> None:
        """The phone is registered: an older registration and its cards are forgotten, its key too."""
        old = {one.credential_id for one in self._pocket.devices if one.kind is device.kind}
        self._pocket.forget_kind(device.kind)
        self._pocket.keep_backend(self._backend.address.public_url)
        self._pocket.keep_device(device)
        self._pocket.keep_pending(None)
        self._pocket.keep_keys(key for key in self._pocket.keys if key.credential_id not in old)

    # --- walk A, issuance

    def fetch_card(
        self, kind: CardKind, at: datetime, exercice: str | None = None, *, represents: str = ""
    ) -> tuple[KeptCard, ...]:
        """Ask for a batch of cards with a gesture (a fresh WebAuthn assertion), and keep it.

        With `represents`, the reference of a delegation, the card is that other person's.

        Raises:
            NotEnrolled, BackendRefused, BackendUnreachable, BackendNonsense, CardNotMine.
        """
        device = self._pocket.device(kind.held_as)
        policy = self._refreshed_policy(kind)
        # 10. A nonce, the request, and the owner's gesture over both.
        request = self._request(kind, exercice, represents)
        nonce = bytes_of(request["nonce"], "c_nonce")
        challenge = presentation.issuance_challenge(nonce, strict_json.canonical(request))
        assertion = self._gesture(device, policy, challenge)
        body = {**request, "proofs": {"webauthn": [assertion]}}
        answer = self._backend.credential(body, self._idempotency_key())
        return self._keep_batch(device, kind, answer, at, represents)

    def renew(
        self, kind: CardKind, at: datetime, exercice: str | None = None, *, represents: str = ""
    ) -> tuple[KeptCard, ...]:
        """Ask for a batch of cards without a gesture, by the app key (DPoP), and keep it.

        Possible for 90 days after the last gesture; later the backend refuses and `fetch_card` is needed.
        """
        device = self._pocket.device(kind.held_as)
        self._refreshed_policy(kind)
        request = self._request(kind, exercice, represents)
        digest = base64url.encode(hashlib.sha256(strict_json.canonical(request)).digest())

        def prove() -> str:
            return device.app_key.proof(
                "POST",
                self._backend.url("/v1/credential"),
                at,
                random=self._random,
                nonce=str(request["nonce"]),
                claims={"rqh": digest},
            )

        answer = self._backend.credential(request, self._idempotency_key(), prove)
        return self._keep_batch(device, kind, answer, at, represents)

    def _request(self, kind: CardKind, exercice: str | None, represents: str) -> dict[str, object]:
        asked: dict[str, object] = {
            "credential_configuration_id": kind.value,
            "nonce": self._backend.nonce(),
        }
        if represents:
            asked["for"] = represents
        return asked if exercice is None else {**asked, "exercice": exercice}

    def _keep_batch(
        self, device: Device, kind: CardKind, answer: dict[str, Any], at: datetime, represents: str
    ) -> tuple[KeptCard, ...]:
        """18. Every card of the batch is looked at; one that is not ours and nothing is kept."""
        entries = answer.get("credentials")
        if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
            raise BackendNonsense(what="credentials")
        holder_key = self._holder_key(device)
        cards = tuple(check_received(entry, kind, holder_key, at, represents) for entry in entries)
        kept = {
            (card.represents, card.name): card
            for card in self._pocket.cards
            # Of another person's, or an insurer's, what is not given any more is not kept either.
            if card.kind is kind
            and not ((represents or kind is CardKind.AMC) and card.represents == represents)
        }
        if answer.get("renew_until") is not None:
            self._pocket.keep_device(replace(device, renew_until=moment_of(answer["renew_until"])))
        fresh = {(card.represents, card.name): card for card in cards}
        self._pocket.keep_cards(kind, {**kept, **fresh}.values())
        return cards

    # --- walk B, step 0

    def show_qr(
        self,
        kind: CardKind,
        at: datetime,
        *,
        name: str | None = None,
        ctx: bytes = b"",
        represents: str = "",
    ) -> Presentation:
        """Show a card: one gesture, no network.

        Args:
            kind: which card.
            at: now; the proof is worth a minute from it.
            name: an apCV's shape (`soins` when not said), an e-CPS's exercice (the first when not said).
            ctx: the till's request in the two-way mode; empty otherwise.
            represents: the delegation under which another person's card is shown; empty for one's own.

        Raises:
            NotEnrolled, NoCard: nothing to show. CardOutdated: it has expired. NoSuchKey: its key is gone.
            ClientProfileUnknown: this client writes what no till could rebuild.
        """
        usual = _USUAL_SHAPE if kind is CardKind.APCV else None
        device = self._pocket.device(kind.held_as)
        return self._show(device, self._pocket.card(kind, name or usual, represents), at, ctx)

    def show_contract(
        self,
        at: datetime,
        *,
        contract: str = "",
        shape: Shape = Shape.SOINS,
        ctx: bytes = b"",
        represents: str = "",
    ) -> Presentation:
        """Show an insurer's card, as its own code: `contract` is the insurer's number or name, if several.

        Raises:
            ContractUnclear: several contracts are meant. The rest as `show_qr`.
        """
        device = self._pocket.device(CardKind.AMC.held_as)
        held = kept_contracts(self._pocket.cards, represents)
        return self._show(device, choose(held, contract, shape), at, ctx)

    def _show(self, device: Device, card: KeptCard, at: datetime, ctx: bytes) -> Presentation:
        if card.expires_at <= at:
            raise CardOutdated(expired_at=card.expires_at.isoformat())
        policy = policy_of(self._pocket.issuer, card.kind)
        moment = int(at.timestamp())
        assertion = self._gesture(device, policy, presentation.challenge_for(card.credential, moment, ctx))
        response = assertion["response"]
        proof = presentation.proof_from_assertion(
            base64url.decode(response["authenticatorData"]),
            base64url.decode(response["clientDataJSON"]),
            base64url.decode(response["signature"]),
            moment,
            policy,
        )
        data = presentation.build(card.credential, proof)
        return Presentation(card, data, qr.pack(data), datetime.fromtimestamp(moment, UTC))

    # --- walk C, the two-way mode

    def answer(
        self,
        request_text: str,
        kind: CardKind,
        at: datetime,
        consent: Consent,
        *,
        name: str | None = "complet",
        represents: str = "",
    ) -> Presentation:
        """Answer a till's request, sealed so that this till alone can read it. No network.

        Args:
            request_text: the digits of the till's code.
            kind: which card answers.
            at: now.
            consent: shows the owner who asks, and gives yes or no.
            name: an apCV's shape, an e-CPS's exercice (None: the first).
            represents: as for `show_qr`.

        Raises:
            RequestRefused: a leaf says why; nothing was signed.
            TrustStoreUnusable, TrustStoreStale, VerifierClockBehind: this phone cannot know who asks.
            NotEnrolled, NoCard, CardOutdated, NoSuchKey, ClientProfileUnknown: as for `show_qr`.
        """
        request = agree_to_answer(request_text, at, self._trust, self._pocket, consent)
        # 8. The gesture, over this card, this moment and this request; 9. sealed to the key it gives.
        shown = self.show_qr(kind, at, name=name, ctx=request.ctx, represents=represents)
        answer = seal_answer(shown.data, request.epk, request.ctx)
        return replace(shown, data=answer, text=answer_text(answer))

    def authorise_till(
        self,
        offer_text: str,
        at: datetime,
        consent: Callable[[TillOffer], bool],
        *,
        name: str | None = None,
    ) -> Presentation:
        """Authorise a till's key for its session, with this professional's e-CPS: one gesture.

        `consent` shows the till's mark and the end of its hours. Raises as `answer` does.
        """
        offer = agree_to_authorise(offer_text, at, consent)
        return self.show_qr(CardKind.ECPS, at, name=name, ctx=offer.context)

    # --- inside

    def _authenticator(self) -> Authenticator:
        return Authenticator(self._pocket.phone.model, self._random, ca=self._ca, keys=self._pocket.keys)

    def _client(self, rp_id: str) -> Client:
        return self._pocket.phone.client(self._backend.address.origin_of(rp_id))

    def _signin_gesture(self, device: Device, challenge: bytes) -> dict[str, Any]:
        return self._gesture(device, self._refreshed_policy(device.kind), challenge)

    def _gesture(self, device: Device, policy: KindPolicy, challenge: bytes) -> dict[str, Any]:
        """The owner unlocks the phone: one assertion over `challenge`, the counter kept before it leaves."""
        authenticator = self._authenticator()
        options = {
            "challenge": base64url.encode(challenge),
            "rpId": policy.rp_id,
            "userVerification": "required",
            "allowCredentials": [{"type": "public-key", "id": base64url.encode(device.credential_id)}],
        }
        assertion = authenticator.get(options, self._client(policy.rp_id))
        self._pocket.keep_keys(authenticator.keys)
        return assertion

    def _holder_key(self, device: Device) -> bytes:
        for key in self._pocket.keys:
            if key.credential_id == device.credential_id:
                return key.public_key
        raise NoSuchKey(kind=device.kind.value)

    def _refreshed_policy(self, kind: CardKind) -> KindPolicy:
        metadata = self._backend.issuer()
        policy = policy_of(metadata, kind)
        self._pocket.keep_issuer(metadata)
        return policy

    def _idempotency_key(self) -> str:
        return base64url.encode(self._random(24))
