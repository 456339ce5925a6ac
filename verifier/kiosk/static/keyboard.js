// A hand reader in keyboard mode types some nine hundred keys, as fast as it is set to. Nobody has to click
// into a field first: the page listens, tells a reader from a person by the rhythm, and while a reader types
// no other key does anything.

const GAP_MS = 300;        // a reader on a busy machine is never slower than this between two keys
const BURST = 4;           // keys in that rhythm before we believe it is a reader
const LEAST = 8;           // shorter ones are somebody's fingers
const SILENCE_MS = 350;    // a reader that sends no Enter has ended, if what it typed may be a whole code
const STALL_MS = 1500;     // otherwise the machine was busy, and the rest is still to come
const DIGIT_KEY = /^(?:Digit|Numpad)([0-9])$/;
export const AZERTY = { "&": "1", "é": "2", '"': "3", "'": "4", "(": "5", "-": "6", "è": "7", "_": "8", "ç": "9", "à": "0", "§": "6", "!": "8" };
const REPAIRABLE = /^[0-9&é"'(\-è_çàÉÈÇÀ§!\s]*$/;

export class Burst {
  constructor({ onProgress, onEnd }) {
    this.onProgress = onProgress;
    this.onEnd = onEnd;
    this.suffixed = false;
    this.forget();
  }

  forget() {
    clearTimeout(this.timer);
    this.keys = [];
    this.codes = [];
    this.startedAt = this.lastAt = -Infinity;
  }

  // Says whether the key was a reader's, and must do nothing else.
  key({ key, code, at, modified }) {
    if (key === "Shift" || key === "CapsLock" || key === "AltGraph") return this.keys.length >= BURST;
    if (key === "Enter" || key === "Tab") {
      const reader = this.keys.length >= LEAST && at - this.lastAt <= STALL_MS;
      if (reader) this.end(key); else this.forget();
      return reader;
    }
    if (modified || (key.length !== 1 && key !== "Dead")) return this.keys.length >= BURST;
    if (at - this.lastAt > GAP_MS && this.keys.length < LEAST) this.forget();
    if (this.keys.length === 0) this.startedAt = at;
    this.lastAt = at;
    this.keys.push(key === "Dead" ? "^" : key);
    this.codes.push(DIGIT_KEY.exec(code ?? "")?.[1] ?? null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.silent(), SILENCE_MS);
    if (this.keys.length >= BURST) this.onProgress(this.keys.length);
    return this.keys.length >= BURST;
  }

  silent() {
    if (this.keys.length < LEAST) this.forget();
    else if (!this.suffixed && mayBeWhole(this.keys)) this.end("");
    else this.timer = setTimeout(() => this.end(""), STALL_MS - SILENCE_MS);
  }

  end(suffix) {
    this.suffixed = suffix !== "";
    const typed = this.keys.join("");
    const byKey = this.codes.every((digit) => digit !== null) ? this.codes.join("") : null;
    const took = Math.max(1, this.lastAt - this.startedAt);
    const told = { typed, byKey, suffix, took, text: REPAIRABLE.test(typed) || byKey === null ? typed : byKey };
    this.forget();
    this.onEnd(told);
  }
}

function mayBeWhole(keys) {
  // The digits of a code are those of a number whose first byte is 1 (a card) or 3 (a sealed answer), so its
  // length in bits is 1 or 2 more than whole bytes: of four codes cut short, one at most passes here.
  const digits = keys.map((key) => AZERTY[key] ?? key).join("");
  if (digits.length < 100 || !/^[0-9]+$/.test(digits)) return true;
  return [1, 2].includes(BigInt(digits).toString(2).length % 8);
}

export function listen(burst) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.target instanceof HTMLTextAreaElement) return;
    const theirs = burst.key({
      key: event.key, code: event.code, at: event.timeStamp,
      modified: event.ctrlKey || event.metaKey || (event.altKey && !event.getModifierState("AltGraph")),
    });
    if (theirs) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, { capture: true });
  // The key that ends a burst must not press a button on its way up.
  document.addEventListener("keyup", (event) => {
    if (burst.keys.length >= LEAST) event.preventDefault();
  }, { capture: true });
}
