/* Judge one scanned text with no network: checks 0 to 15 of `docs/formats/qr.md`, in their order.

   Never throws on bad input: whatever was scanned, the answer is a verdict. A red one names
   nobody. `known` is `{usable, trust, revoked, suspended, signedAt, expiresAt, floor}`, instants
   in Unix seconds; `seen` remembers presentations: `firstTime(replayKey, at, until)`. */

import { unpack } from "./digits.js";
import { lightOf } from "./policy.js";
import { REPLAY_WINDOW_S, checkHolderProof, parsePresentation } from "./presentation.js";
import { Refused } from "./refused.js";
import { CLOCK_SKEW_S, openSeal } from "./seal.js";
import { checkStanding } from "./standing.js";

const GRACE_S = 48 * 3600;
const TRUST_MAX_AGE_S = 72 * 3600;

/** Check 0: a clock set back makes expired things live again; old knowledge judges nothing. */
export function checkKnowledge(known, at) {
  if (!known?.usable) throw new Refused("trust_store_unusable");
  if (at < known.floor - CLOCK_SKEW_S) throw new Refused("verifier_clock_behind", { behind_s: Math.floor(known.floor - at) });
  if (at > known.expiresAt + GRACE_S || at - known.signedAt > TRUST_MAX_AGE_S) {
    throw new Refused("trust_store_stale", { age_s: Math.floor(at - known.signedAt) });
  }
}

/** The verdict `{light, reasons, kind, card, synced, holderKey, freshness}` of a text for a screen.

    `options.beside` is another screen's policy: a card of the kind it expects is judged by it. */
export async function judge(text, screen, known, seen, at, { beside = null, ...options } = {}) {
  const told = { kind: null, freshness: { checkedAt: at, trustSignedAt: known?.signedAt ?? null } };
  try {
    // 0. What does this reader trust, how old is that, and is its clock believable?
    checkKnowledge(known, at);
    // 1, 2. Is it the decimal text of one of ours, with the shapes and sizes of SQ1?
    const unverified = parsePresentation(unpack(text));
    // 3-6. Did a trusted issuer seal this card, may it, and is the card inside its dates?
    const opened = await openSeal(unverified.credential, known.trust, at, screen.expects, beside?.expects ?? null);
    told.kind = opened.card.kind;
    const policy = told.kind === beside?.expects ? beside : screen;
    Object.assign(told.freshness, { issuedAt: opened.issuedAt, expiresAt: opened.expiresAt, asOf: opened.card.asOf });
    // 7. Neither revoked nor suspended, as far as this reader knows?
    told.freshness.statusIssuedAt = checkStanding(known, opened.card, at);
    // 8-13. The phone it was issued to, unlocked by its owner seconds ago, for us?
    const held = await checkHolderProof(unverified, opened, at, {
      ...options,
      requireDeviceBound: policy.deviceBoundOnly ?? false,
    });
    told.freshness.proofTime = held.proofTime;
    // 14. New to this reader?
    if (!seen.firstTime(held.replayKey, at, at + REPLAY_WINDOW_S)) throw new Refused("replayed");
    // 15. What this screen needs, on the French day.
    const trustAgeS = Math.max(0, Math.floor(at - known.signedAt));
    const reasons = policy.judge({ card: opened.card, day: parisDay(at), trustAgeS });
    const { card, holderKey } = opened;
    return { light: lightOf(reasons), reasons, card, holderKey, synced: held.synced, day: parisDay(at), ...told };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { light: lightOf([error.code]), reasons: [error.code], facts: error.facts, card: null, ...told };
  }
}

/** The day in France at an instant, `YYYY-MM-DD`. */
export const parisDay = (at) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris", year: "numeric", month: "2-digit", day: "2-digit" }).format(at * 1000);

/** What a reader has already seen, in its own memory. */
export class MemorySeen {
  #until = new Map();

  firstTime(replayKey, at, until) {
    for (const [key, end] of this.#until) if (end < at) this.#until.delete(key);
    if (this.#until.has(replayKey)) return false;
    this.#until.set(replayKey, until);
    return true;
  }
}
