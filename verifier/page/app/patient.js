/* The patient in front of the nurse: their card and their contract, whichever is shown first.

   The rules of `verifier/kiosk/patient.py`: a contract is theirs when it names the slot of their card and one
   phone key holds both. One patient at a time, for two minutes after their last showing, in memory only. */

import { goesWith } from "../shared/sq1/seal.js";

const KEPT_S = 120;

export class Patient {
  #card = null;
  #contract = null;
  #isTold = false;

  /** What becomes of a verdict at `at`, and the other card: `[judged, beside]`, `beside` null or `{judged, goesWith}`. */
  shown(judged, at) {
    if (this.#card && Math.abs(at - this.#card.at) >= KEPT_S) this.#card = null;
    if (this.#contract && Math.abs(at - this.#contract.at) >= KEPT_S) this.#contract = null;
    if (judged.kind === "amc") return this.#contractShown(judged, at);
    if (judged.kind === "apcv") return [judged, this.#cardShown(judged, at)];
    return [judged, null];
  }

  #contractShown(judged, at) {
    const card = this.#card?.judged;
    if (!card) {
      if (judged.card) [this.#contract, this.#isTold] = [{ judged, at }, false];
      return [judged, null];
    }
    this.#card.at = at;
    if (!judged.card) return [judged, { judged: card, goesWith: false }];
    [this.#contract, this.#isTold] = [{ judged, at }, true];
    if (goesWith(judged, card)) return [judged, { judged: card, goesWith: true }];
    const { kind, freshness } = judged;
    return [{ light: "red", reasons: ["amc_of_another_card"], kind, card: null, freshness }, { judged: card, goesWith: false }];
  }

  #cardShown(judged, at) {
    if (!judged.card) {
      this.#card = null;
      return null;
    }
    this.#card = { judged, at };
    const contract = this.#contract?.judged;
    if (!contract) return null;
    if (goesWith(contract, judged)) {
      this.#contract.at = at;
      this.#isTold = true;
      return { judged: contract, goesWith: true };
    }
    this.#contract = null;
    return this.#isTold ? null : { judged: contract, goesWith: false };
  }
}
