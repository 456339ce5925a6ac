/* A card with its phone's fresh proof: what a QR carries, how a phone builds it, and checks 8 to 13.

   The proof is a WebAuthn assertion from which everything a reader can rebuild was left out. The
   signature is over all of it, so a wrong guess simply does not hold. The moment `t` is the
   phone's own; the two-way mode (`ctx`) is for what a clock cannot stop. */

import { base64url, concat, equal, sha256, uint32, utf8 } from "./bytes.js";
import { decode, encode } from "./cbor.js";
import { MAX_CARD_BYTES } from "./digits.js";
import { MAX_UINT32 } from "./fields.js";
import { isObject, parse as parseJson } from "./json.js";
import { fromDer, holds, verifyingKey } from "./p256.js";
import { Refused, invalid } from "./refused.js";
import { CLOCK_SKEW_S } from "./seal.js";
import { RESERVED_PROFILE } from "./trust.js";

export const PROOF_MAX_AGE_S = 60;
const PROOF_MAX_AHEAD_S = 15;
export const REPLAY_WINDOW_S = 76;
const MAX_TAIL = 160;
const POP = utf8("FR-SQ1-POP\0");
const ISSUE = utf8("FR-ISSUE\0");
const CLIENT_DATA_START = utf8('{"type":"webauthn.get","challenge":"');
const AFTER_CHALLENGE = CLIENT_DATA_START.length + 43;
const UP = 0x01;
const UV = 0x04;
const BE = 0x08;
const BS = 0x10;
const NEVER = 0xe2;
const STANDARD = ["type", "challenge", "origin", "crossOrigin", "topOrigin", "androidPackageName"];
const EMPTY = new Uint8Array(0);

const isUint = (value, most) => typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

/** Cut SQ1 bytes into credential and proof: check 2. Nothing is proven. */
export function parsePresentation(data) {
  const whole = decode(data, MAX_CARD_BYTES);
  const bad = (why) => new Refused("bad_structure", { part: "presentation", why });
  if (!Array.isArray(whole) || whole.length !== 2) throw bad("shape");
  const [credential, proof] = whole;
  if (!(credential instanceof Uint8Array) || !Array.isArray(proof) || proof.length !== 5) throw bad("shape");
  const [t, flags, counter, profile, signature] = proof;
  if (!isUint(t, MAX_UINT32) || !isUint(flags, 0xff) || !isUint(counter, MAX_UINT32)) throw bad("proof");
  const inline = profile instanceof Uint8Array && profile.length >= 1 && profile.length <= MAX_TAIL;
  if (!inline && !isUint(profile, 0xff)) throw bad("profile");
  if (!(signature instanceof Uint8Array) || signature.length !== 64) throw bad("signature");
  return { credential, proof: { t, flags, counter, profile, signature } };
}

/** Write SQ1 bytes: what a phone turns into a QR. */
export const buildPresentation = (credential, { t, flags, counter, profile, signature }) =>
  encode([credential, [t, flags, counter, profile, signature]]);

/** The 32 bytes a phone signs to show this card at moment `t`, answering `ctx` in two-way mode. */
export const challengeFor = async (credential, t, ctx = EMPTY) => challenge(await sha256(credential), t, ctx);

const challenge = (digest, t, ctx) => sha256(concat(POP, digest, uint32(t), ctx));

/** The 32 bytes a phone signs to ask for cards: over the issuer's nonce and the canonical request. */
export const issuanceChallenge = async (nonce, request) => sha256(concat(ISSUE, nonce, await sha256(request)));

/** Reduce the assertion a phone just made at moment `t` to a proof. */
export function proofFromAssertion(authenticatorData, clientDataJson, signatureDer, t, policy) {
  if (authenticatorData.length !== 37) throw invalid("authenticator_data", "length");
  if (!equal(authenticatorData.subarray(0, 32), policy.rpIdHash)) throw invalid("authenticator_data", "rp_id_hash");
  const starts = equal(clientDataJson.subarray(0, CLIENT_DATA_START.length), CLIENT_DATA_START);
  if (!starts || clientDataJson.length <= AFTER_CHALLENGE) throw new Refused("client_profile_unknown", { why: "shape" });
  return {
    t,
    flags: authenticatorData[32],
    counter: new DataView(authenticatorData.buffer, authenticatorData.byteOffset).getUint32(33),
    profile: profileOf(clientDataJson.subarray(AFTER_CHALLENGE), policy),
    signature: fromDer(signatureDer),
  };
}

/** Check the proof over a card already opened and not revoked: `{proofTime, synced, replayKey}`. */
export async function checkHolderProof(unverified, opened, at, options = {}) {
  const { ctx = EMPTY, alsoAsked = [], requireDeviceBound = false, maxAgeS = PROOF_MAX_AGE_S } = options;
  const { proof } = unverified;
  const { policy } = opened;
  // 8. The holder's point is on the curve.
  let key;
  try {
    key = await verifyingKey(opened.holderKey);
  } catch {
    throw new Refused("holder_key_invalid");
  }
  // 9 is told by 12: the context does not travel, it is part of what is signed.
  // 10. The flags.
  checkFlags(proof.flags, opened.card.binding, requireDeviceBound);
  // 11. The client data this phone's platform writes.
  const suffix = suffixOf(proof.profile, policy);
  // 12. The signature, over everything that could be rebuilt.
  const authenticatorData = concat(policy.rpIdHash, Uint8Array.of(proof.flags), uint32(proof.counter));
  const holdsFor = async (context) => {
    const text = utf8(base64url(await challenge(opened.digest, proof.t, context)));
    const clientData = concat(CLIENT_DATA_START, text, suffix);
    return holds(key, proof.signature, concat(authenticatorData, await sha256(clientData)));
  };
  if (!(await holdsFor(ctx))) throw await whyNot(holdsFor, ctx, alsoAsked);
  // 13. The moment.
  const now = Math.floor(at);
  if (proof.t < now - maxAgeS) throw new Refused("proof_stale", { age_s: now - proof.t });
  if (proof.t > now + PROOF_MAX_AHEAD_S) throw new Refused("proof_from_future", { ahead_s: proof.t - now });
  if (proof.t < opened.issuedAt - CLOCK_SKEW_S) throw new Refused("proof_before_credential");
  return {
    proofTime: proof.t,
    synced: Boolean(proof.flags & BE) || opened.card.binding === "synced",
    replayKey: `${base64url(opened.digest)} ${proof.t}`,
  };
}

async function whyNot(holdsFor, ctx, alsoAsked) {
  for (const other of ctx.length ? [EMPTY, ...alsoAsked] : alsoAsked) {
    if (await holdsFor(other)) return new Refused(ctx.length ? "context_mismatch" : "context_unexpected");
  }
  return new Refused("holder_signature_invalid");
}

function checkFlags(flags, binding, requireDeviceBound) {
  if (!(flags & UP)) throw new Refused("user_not_present");
  if (!(flags & UV)) throw new Refused("user_not_verified");
  if (flags & NEVER || (flags & BS && !(flags & BE))) throw new Refused("authdata_flags_unexpected");
  if (flags & BE && (requireDeviceBound || binding !== "synced")) throw new Refused("key_not_device_bound");
  if (requireDeviceBound && binding === "synced") throw new Refused("key_not_device_bound");
}

function suffixOf(profile, policy) {
  if (profile instanceof Uint8Array) return extended(profile, policy);
  const suffix = policy.suffixes.get(profile);
  if (!suffix || profile === RESERVED_PROFILE) throw new Refused("client_profile_unknown", { profile });
  return suffix;
}

/** Profile 0 without its closing brace, and an inline tail that only adds members of its own. */
function extended(tail, policy) {
  const unknown = (why) => new Refused("client_profile_unknown", { why });
  const stem = policy.suffixes.get(0);
  if (!stem || tail[0] !== 0x2c || tail.at(-1) !== 0x7d) throw unknown("tail_shape");
  let members;
  try {
    members = parseJson(concat(utf8("{"), tail.subarray(1)));
  } catch {
    throw unknown("tail_not_json");
  }
  if (!isObject(members) || !Object.keys(members).length) throw unknown("tail_empty");
  if (STANDARD.some((name) => Object.hasOwn(members, name))) throw unknown("tail_repeats_a_member");
  return concat(stem.subarray(0, -1), tail);
}

/** The profile a phone's client data belongs to, or the tail it must carry. */
function profileOf(suffix, policy) {
  for (const [number, known] of policy.suffixes) if (equal(known, suffix)) return number;
  const stem = (policy.suffixes.get(0) ?? EMPTY).subarray(0, -1);
  const tail = suffix.slice(stem.length);
  if (!stem.length || !equal(suffix.subarray(0, stem.length), stem) || tail.length > MAX_TAIL) {
    throw new Refused("client_profile_unknown", { why: "shape" });
  }
  extended(tail, policy);
  return tail;
}
