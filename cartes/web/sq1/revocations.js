/* What this reader has seen revoked, kept for as long as a card on that slot could be shown.

   A revocation is for good, so a list that no longer names a slot cannot bring its cards back: whoever stole
   the publisher's online keys, and publishes empty lists with them, makes no revoked card pass where it was
   seen revoked. A suspension may end, and is not remembered. What is kept is slots and instants: nothing of
   anybody. The JavaScript twin of `verifier/revocation_memory.py`.

   A memory is a `Map` of lists by number, each a `Map` of slots and the Unix second each is kept until. */

const KEPT_AFTER_LAST_CARD_S = 96 * 3600;

/** `memory`, and what a publication just proven says is revoked; what is over is forgotten.

    "Over" is judged by the earlier of this clock and the publisher's signed word: a clock put forward and
    back forgets nothing. */
export function havingSeen(memory, { trust, revoked, signedAt }, at) {
  const over = Math.floor(Math.min(at, signedAt));
  const kept = new Map();
  for (const [number, slots] of memory) kept.set(number, new Map([...slots].filter(([, until]) => until >= over)));
  for (const [number, list] of revoked) {
    const longest = trust.kinds.get(trust.statusLists.get(number))?.maxTtlS ?? 0;
    // A list dated in the future must not be remembered for ever.
    const until = Math.floor(Math.min(list.issuedAt, at)) + longest + KEPT_AFTER_LAST_CARD_S;
    const slots = kept.get(number) ?? new Map();
    for (const idx of list.indices()) slots.set(idx, Math.max(until, slots.get(idx) ?? 0));
    kept.set(number, slots);
  }
  return kept;
}

/** A revoked list as this reader reads it at `at`: what it says, and what was seen before. */
export class RevokedAsSeen {
  #listed;
  #slots;
  #at;

  constructor(listed, memory, at) {
    this.#listed = listed;
    this.#slots = memory.get(listed.listId) ?? new Map();
    this.#at = Math.floor(at);
  }

  /** When the list was made (Unix seconds). */
  get issuedAt() {
    return this.#listed.issuedAt;
  }

  /** Whether slot `idx` is revoked; `status_index_out_of_range` when the list has no such slot. */
  isSet(idx) {
    return this.#listed.isSet(idx) || (this.#slots.get(idx) ?? 0) >= this.#at;
  }
}
