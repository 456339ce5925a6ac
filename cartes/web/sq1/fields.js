/* Read the fields of a claim: one small question each, `bad_structure` for any other answer. */

import { Refused } from "./refused.js";

export const MAX_UINT32 = 0xffffffff;
const DAY_ZERO = Date.UTC(1900, 0, 1) / 86400000;
const MAX_DAY = Date.UTC(2199, 11, 31) / 86400000 - DAY_ZERO;

/** A field is not what the format says. */
export const bad = (field) => new Refused("bad_structure", { field });

/** An unsigned integer of at most `most`. */
export function uint(value, field, most) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) throw bad(field);
  return value;
}

/** True or false, and not 1 or 0. */
export function boolean(value, field) {
  if (typeof value !== "boolean") throw bad(field);
  return value;
}

/** Text of at most `most` characters, none of which could move a cursor or hide another. */
export function text(value, field, most) {
  if (typeof value !== "string" || [...value].length > most || !isPrintable(value)) throw bad(field);
  return value;
}

/** Whether every character is one that shows, or a plain space. */
export const isPrintable = (value) => /^(?:[^\p{C}\p{Z}]| )*$/u.test(value);

/** Text that a pattern matches whole. */
export function matching(value, field, pattern) {
  if (typeof value !== "string" || !pattern.test(value)) throw bad(field);
  return value;
}

/** An array of one of these sizes. */
export function array(value, field, least, most = least) {
  if (!Array.isArray(value) || value.length < least || value.length > most) throw bad(field);
  return value;
}

/** One of the values of a table, by what travels. */
export function known(table, value, field) {
  if (!table.has(value)) throw bad(field);
  return table.get(value);
}

/** Unix seconds in 32 bits. */
export const instant = (value, field) => uint(value, field, MAX_UINT32);

/** Days since 1 January 1900, as `YYYY-MM-DD`. */
export const day = (value, field) => dayText(uint(value, field, MAX_DAY));

/** A period: `{from, until}` as `YYYY-MM-DD`, `until` null when no end is known. */
export function period(first, days, field) {
  const from = uint(first, field, MAX_DAY);
  if (days === null) return { from: dayText(from), until: null };
  return { from: dayText(from), until: dayText(from + uint(days, field, MAX_DAY - from)) };
}

/** Whether rights are open on `day`; days compare as their text does. */
export const openOn = (rights, on) => rights.from <= on && (rights.until === null || on <= rights.until);

const dayText = (number) => new Date((DAY_ZERO + number) * 86400000).toISOString().slice(0, 10);
