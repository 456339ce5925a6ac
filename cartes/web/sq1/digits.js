/* The text of a code: the decimal digits of the integer `first byte || data`.

   Four things travel this way, and one is never taken for another: a card (01), and in the
   two-way mode a till's request (02), a phone's sealed answer (03) and the key a till asks a
   professional to authorise (04). See `docs/formats/qr.md` and `docs/formats/two-way.md`. */

import { Refused, invalid } from "./refused.js";

const LONGEST = 449 + 161;
const SHORTEST = 200;

function form(firstByte, least, most) {
  return {
    firstByte,
    least,
    most,
    leastDigits: (BigInt(firstByte) << BigInt(8 * least)).toString().length,
    mostDigits: (BigInt(firstByte + 1) << BigInt(8 * most)).toString().length,
  };
}

export const CARD = form(1, SHORTEST, LONGEST);
export const REQUEST = form(2, SHORTEST + 170, LONGEST + 171);
export const ANSWER = form(3, SHORTEST + 81, LONGEST + 81);
export const OFFER = form(4, 41, 41);
export const MAX_CARD_BYTES = LONGEST;

/** Write bytes as decimal text, in one of the four forms. */
export function pack(data, as = CARD) {
  if (data.length > as.most) throw invalid("sq1", "too_long");
  let text = as.firstByte.toString(16).padStart(2, "0");
  for (const byte of data) text += byte.toString(16).padStart(2, "0");
  return BigInt(`0x${text}`).toString();
}

/** Read decimal text of one form back to its bytes: check 1. Throws `not_sq1` or `bad_transport`. */
export function unpack(text, as = CARD) {
  if (!/^[1-9][0-9]*$/.test(text)) {
    const all = [...text];
    const digits = all.filter((one) => one >= "0" && one <= "9").length;
    if (digits >= as.leastDigits && digits >= 0.9 * all.length) throw new Refused("bad_transport", { why: "not_plain_digits" });
    throw new Refused("not_sq1", { why: "not_digits" });
  }
  if (text.length < as.leastDigits) throw new Refused("not_sq1", { why: "too_short" });
  if (text.length > as.mostDigits) throw new Refused("bad_transport", { why: "too_long" });
  let written = BigInt(text).toString(16);
  if (written.length % 2) written = `0${written}`;
  const data = Uint8Array.from(written.match(/../g), (pair) => Number.parseInt(pair, 16));
  if (data[0] !== as.firstByte || data.length - 1 < as.least || data.length - 1 > as.most) {
    throw new Refused("bad_transport", { why: "first_byte" });
  }
  return data.slice(1);
}

/** Whether the digits begin as this form does and have its length; nothing more is said of them. */
export function isForm(text, as) {
  try {
    unpack(text, as);
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
  return true;
}
