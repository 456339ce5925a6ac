/* What a till shows a patient's phone in the two-way mode, and the whole chain behind it, offline.

   A request is signed by the till's key; that key was authorised by a professional's e-CPS
   presentation inside the request. The order of the refusals is that of `docs/formats/two-way.md`. */

import { concat, hex, sha256, uint32, utf8 } from "./bytes.js";
import { decode } from "./cbor.js";
import { ANSWER, OFFER, REQUEST, pack, unpack } from "./digits.js";
import { MAX_UINT32 } from "./fields.js";
import { seal } from "./hpke.js";
import { holds, verifyingKey } from "./p256.js";
import { checkHolderProof, parsePresentation } from "./presentation.js";
import { Refused } from "./refused.js";
import { openSeal } from "./seal.js";
import { checkStanding } from "./standing.js";

const MAX_SESSION_S = 12 * 3600;
export const REQUEST_MAX_AGE_S = 60;
export const REQUEST_MAX_AHEAD_S = 15;
const TILL = utf8("FR-SQ1-TILL\0");
const ASK = utf8("FR-SQ1-ASK\0");

const bad = (part) => new Refused("request_invalid", { part });

/** Read a request and check all it proves by itself, as of `at`. */
export async function openRequest(text, at) {
  // 1, 2. The digits; deterministic CBOR, shapes, points on the curve.
  const data = bytesOf(text, REQUEST);
  const [body, signature] = arrayOf(cborOf(data, REQUEST.most), 2);
  if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array) || signature.length !== 64) throw bad("request");
  const [presentation, tillKey, until, askedAt, nonce, epk] = arrayOf(cborOf(body, REQUEST.most), 6);
  if (!(presentation instanceof Uint8Array)) throw bad("presentation");
  if (!(nonce instanceof Uint8Array) || nonce.length !== 16) throw bad("nonce");
  const offer = { tillKey, until: momentOf(until), key: await keyOf(tillKey) };
  momentOf(askedAt);
  await keyOf(epk);
  // 3. The till key's signature.
  if (!(await holds(offer.key, signature, concat(ASK, body)))) throw new Refused("request_signature_invalid");
  // 4. Made seconds ago.
  const age = Math.floor(at) - askedAt;
  if (age > REQUEST_MAX_AGE_S) throw new Refused("request_stale", { age_s: age });
  if (age < -REQUEST_MAX_AHEAD_S) throw new Refused("request_from_future", { ahead_s: -age });
  // 5. Within the key's hours.
  checkHours(offer, at);
  return { unverifiedPresentation: presentation, offer, askedAt, nonce, epk, ctx: await sha256(data) };
}

/** Prove who asks: `{card, authorisedAt, until}`; `requester_not_proven` says which check failed. */
export async function checkRequester(request, known, at) {
  let opened;
  let held;
  try {
    const unverified = parsePresentation(request.unverifiedPresentation);
    opened = await openSeal(unverified.credential, known.trust, at, "ecps");
    checkStanding(known, opened.card, at);
    const ctx = await authorisationContext(request.offer);
    held = await checkHolderProof(unverified, opened, at, { ctx, maxAgeS: MAX_SESSION_S });
  } catch (error) {
    if (error instanceof Refused) throw new Refused("requester_not_proven", { reason: error.code });
    throw error;
  }
  checkSession(request.offer, held.proofTime);
  return { card: opened.card, authorisedAt: held.proofTime, until: Math.min(request.offer.until, opened.expiresAt) };
}

/** The key a till asks a professional to authorise, and the twelve characters both screens show. */
export async function readOffer(text) {
  const [tillKey, until] = arrayOf(cborOf(bytesOf(text, OFFER), OFFER.most), 2);
  const offer = { tillKey, until: momentOf(until), key: await keyOf(tillKey) };
  const digest = hex(await sha256(tillKey));
  return { ...offer, mark: `${digest.slice(0, 4)}-${digest.slice(4, 8)}-${digest.slice(8, 12)}` };
}

/** SHA-256("FR-SQ1-TILL" || 00 || till_key || uint32(until)): what the professional's phone signs over. */
export const authorisationContext = (offer) => sha256(concat(TILL, offer.tillKey, uint32(offer.until)));

/** Refuse a till key whose session has ended. */
export function checkHours(offer, at) {
  if (at >= offer.until) throw new Refused("till_key_past_hours", { until: offer.until });
}

/** Refuse hours that reach further than twelve from the gesture. */
export function checkSession(offer, authorisedAt) {
  if (offer.until - authorisedAt > MAX_SESSION_S) throw new Refused("till_hours_too_long");
}

/** The digits of an answer: SQ1 bytes sealed to the request's key, for that request alone. */
export const answerText = async (presentation, request) => pack(await seal(presentation, request.epk, request.ctx), ANSWER);

function bytesOf(text, form) {
  try {
    return unpack(text, form);
  } catch (error) {
    if (error instanceof Refused) throw new Refused("request_unreadable", error.facts);
    throw error;
  }
}

function cborOf(data, most) {
  try {
    return decode(data, most);
  } catch (error) {
    if (error instanceof Refused) throw new Refused("request_invalid", error.facts);
    throw error;
  }
}

function arrayOf(value, size) {
  if (!Array.isArray(value) || value.length !== size) throw bad("array");
  return value;
}

function momentOf(value) {
  if (!Number.isInteger(value) || value < 0 || value > MAX_UINT32) throw bad("moment");
  return value;
}

async function keyOf(point) {
  if (!(point instanceof Uint8Array) || point.length !== 33) throw bad("point");
  try {
    return await verifyingKey(point);
  } catch {
    throw bad("point");
  }
}
