/* Bytes, as this house joins, compares and writes them. No copy is shared, nothing is guessed. */

import { Refused } from "./refused.js";

const ENCODER = new TextEncoder();
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

/** The UTF-8 bytes of a text. */
export const utf8 = (text) => ENCODER.encode(text);

/** One array of all the parts. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same bytes. Not for secrets: it stops at the first difference. */
export const equal = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Lower-case hexadecimal. */
export const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of a hexadecimal text; `bad_hex` for anything else. */
export function fromHex(text) {
  if (typeof text !== "string" || text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) throw new Refused("bad_hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Four bytes, the most significant first. */
export function uint32(value) {
  const written = new Uint8Array(4);
  new DataView(written.buffer).setUint32(0, value);
  return written;
}

/** SHA-256. */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/** Unpadded base64url (RFC 4648 section 5). */
export function base64url(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const left = data.length - at;
    const group = (data[at] << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    text += ALPHABET[group >> 18] + ALPHABET[(group >> 12) & 63];
    if (left > 1) text += ALPHABET[(group >> 6) & 63];
    if (left > 2) text += ALPHABET[group & 63];
  }
  return text;
}

/** The bytes of an unpadded base64url text; padding, other characters and unused bits that are set are refused. */
export function fromBase64url(text) {
  if (typeof text !== "string" || text.length % 4 === 1) throw new Refused("invalid_value", { what: "base64url" });
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = VALUES.get(character);
    if (value === undefined) throw new Refused("invalid_value", { what: "base64url" });
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at] = held >> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  if (held) throw new Refused("invalid_value", { what: "base64url" });
  return data;
}
