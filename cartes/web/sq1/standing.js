/* Check 7: is the card revoked or suspended, as far as this reader knows? */

import { Refused } from "./refused.js";

export const STATUS_MAX_AGE_S = 96 * 3600;

/** When the list that answered was made; a list may only speak of its own kind of card. */
export function checkStanding(known, card, at) {
  const { list, idx } = card.slot;
  const revoked = known.revoked.get(list);
  const suspended = known.suspended.get(list);
  if (!revoked || !suspended || known.trust.statusLists.get(list) !== card.kind) {
    throw new Refused("status_list_unknown", { list });
  }
  const madeAt = Math.min(revoked.issuedAt, suspended.issuedAt);
  if (at - madeAt > STATUS_MAX_AGE_S) throw new Refused("status_stale", { age_s: Math.floor(at - madeAt) });
  if (revoked.isSet(idx)) throw new Refused("revoked");
  if (suspended.isSet(idx)) throw new Refused("suspended");
  return madeAt;
}
