/* Look at a card before keeping it: readable, of the kind asked for, for this phone's key, alive?

   The phone does not judge the seal; the workstation will. What is refused here would otherwise
   fail at the counter, in front of its owner. */

import { equal, fromBase64url } from "./bytes.js";
import { readClaims } from "./claims.js";
import { split } from "./cose.js";
import { Refused } from "./refused.js";

const SKEW_S = 300;

/** What a credential says of itself, its seal not looked at; `card_not_mine` for another kind. */
export function readUnverified(credential, kind) {
  let said;
  try {
    said = readClaims(split(credential).payload);
  } catch (error) {
    if (error instanceof Refused) throw new Refused("card_not_mine", { why: "unreadable" });
    throw error;
  }
  if (said.card.kind !== kind) throw new Refused("card_not_mine", { why: "kind" });
  return said;
}

/** One member of `credentials` in the answer of an issuance, checked: what the pocket keeps. */
export function checkReceived(entry, kind, holderKey, at) {
  const name = entry?.exercice ?? entry?.shape ?? entry?.contract;
  if (typeof entry?.credential !== "string" || typeof name !== "string") throw new Refused("backend_nonsense");
  const credential = fromBase64url(entry.credential);
  const said = readUnverified(credential, kind);
  if (!equal(said.holderKey, holderKey)) throw new Refused("card_not_mine", { why: "key" });
  if (kind === "apcv" && said.card.shape !== name) throw new Refused("card_not_mine", { why: "shape" });
  if (said.expiresAt <= at) throw new Refused("card_not_mine", { why: "expired" });
  if (said.issuedAt > at + SKEW_S) throw new Refused("card_not_mine", { why: "not_yet_valid" });
  return { kind, name, credential, issuedAt: said.issuedAt, expiresAt: said.expiresAt, asOf: said.card.asOf };
}
