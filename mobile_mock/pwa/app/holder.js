/* What a person does with this phone, one function a gesture (walks A to C of `docs/walks/`).

   The JavaScript twin of `mobile_mock/holder.py`: keys are kept before they are announced, every card
   received is looked at, and showing a card needs no network. */

import { base64url, concat, fromBase64url, sha256, utf8 } from "../shared/sq1/bytes.js";
import { CARD, pack } from "../shared/sq1/digits.js";
import { newAppKey, publicJwk } from "../shared/sq1/dpop.js";
import { canonical } from "../shared/sq1/json.js";
import { compressed } from "../shared/sq1/p256.js";
import { buildPresentation, challengeFor, issuanceChallenge, proofFromAssertion } from "../shared/sq1/presentation.js";
import { checkReceived } from "../shared/sq1/received.js";
import { Refused } from "../shared/sq1/refused.js";
import { answerText } from "../shared/sq1/request.js";
import { readPolicy } from "../shared/sq1/trust.js";
import { ask, askSigned } from "./backend.js";
import * as clock from "../shared/app/clock.js";
import * as gesture from "./gesture.js";
import * as pocket from "../shared/app/pocket.js";

const UNKNOWN_TO_IT = [401, 403, 404];

/** Register this phone: prove who we are, make the key, send it. Gives the loss code, shown once. */
export async function enrol(kind, code, deviceName) {
  await gesture.checkSupport();
  const keys = await newAppKey();
  const secrets = kind === "ecps" ? { secrets: code.secrets } : { secret: code.secrets[0] };
  const begun = await ask("POST", "/v1/enrolments", {
    body: {
      card: kind,
      proof: { method: "activation_code", reference: code.reference, ...secrets },
      device_name: deviceName,
      app_key: await publicJwk(keys.publicKey),
    },
  });
  const made = await gesture.create({ ...begun.public_key, attestation: await attestationWanted(kind, begun.public_key) });
  const device = { kind, keys, credentialId: made.credential.id, holderKey: compressed(made.point) };
  await pocket.keep("pending", device);
  const path = `/v1/enrolments/${encodeURIComponent(begun.ceremony_id)}`;
  let told;
  try {
    told = await askSigned(keys, "POST", path, { body: { credential: made.credential }, nonce: begun.public_key.challenge });
  } catch (error) {
    if (error.code !== "offline") {
      await pocket.forget("pending");
      throw error;
    }
    // The answer was lost: did it take place?
    const resumed = await resume();
    if (!resumed) throw error;
    return { lossCode: null, reference: resumed.reference };
  }
  await settle({ ...device, deviceId: told.device_id, reference: told.reference, binding: told.binding, renewUntil: told.renew_until });
  return { lossCode: told.loss_code, reference: told.reference };
}

/** Whom the hardware comes from is told only where a card needs it: elsewhere browsers warn, or refuse. */
async function attestationWanted(kind, options) {
  const { kinds } = await pocket.get("configuration");
  return kinds[kind].binding === "hardware_attested" ? options.attestation : "none";
}

/** Find out whether an enrolment whose last answer was lost took place. */
export async function resume() {
  const pending = await pocket.get("pending");
  if (!pending) return null;
  try {
    const mine = (await askSigned(pending.keys, "GET", "/v1/devices")).find((one) => one.this_device);
    if (!mine) throw new Refused("unknown_device", { status: 404 });
    const device = { ...pending, deviceId: mine.device_id, reference: mine.reference, binding: mine.binding };
    await settle(device);
    return device;
  } catch (error) {
    if (!UNKNOWN_TO_IT.includes(error.facts?.status)) throw error;
    await pocket.forget("pending");
    return null;
  }
}

async function settle(device) {
  await pocket.empty();
  await pocket.keep("device", device);
  pocket.own();
}

/** This phone's registration; `not_enrolled` when there is none, `storage_gone` when the browser lost it. */
export async function device() {
  const kept = await pocket.get("device");
  if (!kept) throw new Refused((await pocket.hasForgotten()) ? "storage_gone" : "not_enrolled");
  return kept;
}

/** Fetch cards: silently by the app key, or with the owner's gesture. `represents` names a delegation,
    `kind` another card than this phone's first one: the insurers' (`amc`). */
export async function fetchCards({ withGesture, represents, kind: asked } = {}) {
  const held = await device();
  const kind = asked ?? held.kind;
  const policy = await refreshedPolicy(kind);
  const { c_nonce: nonce } = await ask("POST", "/v1/nonce");
  const request = { credential_configuration_id: kind, nonce, ...(represents ? { for: represents } : {}) };
  const headers = { "Idempotency-Key": base64url(crypto.getRandomValues(new Uint8Array(16))) };
  const written = canonical(request);
  let answer;
  if (withGesture) {
    const challenge = await issuanceChallenge(fromBase64url(nonce), written);
    const { assertion } = await gesture.sign(challenge, policy.rpId, held.credentialId);
    answer = await ask("POST", "/v1/credential", { body: { ...request, proofs: { webauthn: [assertion] } }, headers });
  } else {
    const claims = { rqh: base64url(await sha256(written)) };
    answer = await askSigned(held.keys, "POST", "/v1/credential", { body: request, headers, nonce, claims });
  }
  // Every card of the batch is looked at; one that is not ours and nothing is kept.
  const at = clock.now();
  const received = answer.credentials.map((entry) => checkReceived(entry, kind, held.holderKey, at));
  const cards = received.map((card) => ({ ...card, represents: represents ?? null }));
  // Withdrawn meanwhile, in another tab: what comes too late is not kept.
  const renewed = (device) => device?.deviceId === held.deviceId ? { ...device, renewUntil: answer.renew_until ?? device.renewUntil } : undefined;
  if (!(await pocket.change("device", renewed))) throw new Refused("not_enrolled");
  const isOther = (card) => card.kind !== kind || card.represents !== (represents ?? null);
  await pocket.change("cards", (kept = []) => [...kept.filter(isOther), ...cards]);
  return cards;
}

/** Those this person represents, their cards and their contracts: asked with no gesture. Says whether anything changed. */
export async function fetchRepresented() {
  const held = await device();
  const { held: represented } = await askSigned(held.keys, "GET", "/v1/representations");
  await pocket.keep("represented", represented);
  const references = represented.map((one) => one.reference);
  // What ended leaves the phone.
  let ended = false;
  const kept = await pocket.change("cards", (before = []) => {
    const stay = before.filter((card) => !card.represents || references.includes(card.represents));
    ended = stay.length !== before.length;
    return stay;
  });
  const due = represented.filter((one) => one.scope.includes("presenter_droits") && isDue(kept, one.reference));
  for (const { reference } of due) {
    await fetchCards({ represents: reference });
    await fetchContracts(reference);
  }
  return ended || due.length > 0;
}

/** The insurers' cards of this person, or of whom `represents` names, asked with no gesture; what no insurer
    says any more leaves the phone. */
export async function fetchContracts(represents = null) {
  try {
    return await fetchCards({ kind: "amc", represents });
  } catch (error) {
    if (error.code !== "contract_unknown") throw error;
    const stays = (card) => card.kind !== "amc" || card.represents !== represents;
    await pocket.change("cards", (kept = []) => kept.filter(stays));
    return [];
  }
}

/** Whether cards are missing, or half of their life is over: `represents` names whose, null is the owner's. */
export function isDue(cards, represents = null) {
  const theirs = cards.filter((card) => card.kind !== "amc" && card.represents === represents);
  const half = ({ issuedAt, expiresAt }) => issuedAt + (expiresAt - issuedAt) / 2;
  return !theirs.length || theirs.some((card) => clock.now() > half(card));
}

/** The cards kept, oldest word first. */
export const cardsKept = async () => (await pocket.get("cards")) ?? [];

/** Show a card: one gesture, no network. Answers `request` when there is one; gives the digits. */
export async function present(card, { ctx = new Uint8Array(0), request = null } = {}) {
  const held = await device();
  if (card.expiresAt <= clock.now()) throw new Refused("card_outdated");
  const policy = await keptPolicy(card.kind);
  const t = Math.floor(clock.now());
  const challenge = await challengeFor(card.credential, t, request ? request.ctx : ctx);
  const made = await gesture.sign(challenge, policy.rpId, held.credentialId);
  const proof = proofFromAssertion(made.authenticatorData, made.clientDataJSON, made.signature, t, policy);
  const data = buildPresentation(card.credential, proof);
  return { text: request ? await answerText(data, request) : pack(data, CARD), shownAt: t };
}

/** Sign an approval of a sign-in: the whole request as its owner saw it, the digits, the moment. */
export async function signApproval(statement) {
  const held = await device();
  const policy = await keptPolicy(held.kind);
  const challenge = await sha256(concat(utf8("FR-SIGNIN\0"), canonical(statement)));
  return (await gesture.sign(challenge, policy.rpId, held.credentialId)).assertion;
}

/** One request signed by this phone. */
export async function signed(method, path, options) {
  return askSigned((await device()).keys, method, path, options);
}

async function refreshedPolicy(kind) {
  const told = await ask("GET", "/v1/issuer");
  await pocket.keep("issuer", told);
  return policyOf(told, kind);
}

async function keptPolicy(kind) {
  const told = await pocket.get("issuer");
  if (!told) throw new Refused("no_card");
  return policyOf(told, kind);
}

function policyOf(told, kind) {
  const { rp_id, profiles, max_ttl_s } = told.kinds?.[kind] ?? {};
  return readPolicy({ rp_id, profiles, max_ttl_s });
}
