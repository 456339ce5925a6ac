/* JSON as this house reads it, and the two forms in which it is hashed or signed.

   Reading refuses what readers disagree about: duplicate members, integers a double cannot
   hold, lone surrogates, a byte order mark, anything but UTF-8. `canonical` is RFC 8785 without
   floats; `olpc` is the other canonical form, the one TUF signs. A number with a fraction or an
   exponent is read as a `Fraction`, which neither form can write. */

import { utf8 } from "./bytes.js";
import { Refused, invalid } from "./refused.js";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const MAX_SIZE = 65536;
const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const BLANK = /[ \t\n\r]*/y;

const bad = (why) => new Refused("bad_json", { why });

/** A number that is not written as an integer. */
export class Fraction {
  constructor(value) {
    this.value = value;
  }
}

/** Read one JSON text (bytes or string) of at most `maxSize` bytes, or throw `bad_json`. */
export function parse(data, maxSize = MAX_SIZE) {
  const size = typeof data === "string" ? utf8(data).length : data.length;
  if (size > maxSize) throw bad("too_long");
  let text = data;
  if (typeof data !== "string") {
    try {
      text = DECODER.decode(data);
    } catch {
      throw bad("not_utf8");
    }
  }
  const reader = { text, at: 0 };
  const value = read(reader, MAX_DEPTH);
  skip(reader);
  if (reader.at !== text.length) throw bad("not_decodable");
  return value;
}

function match(reader, pattern) {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found) reader.at = pattern.lastIndex;
  return found;
}

const skip = (reader) => match(reader, BLANK);

function read(reader, depth) {
  if (depth < 0) throw bad("too_deep");
  skip(reader);
  const first = reader.text[reader.at];
  if (first === "{") return object(reader, depth);
  if (first === "[") return array(reader, depth);
  if (first === '"') return string(reader);
  for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length;
      return value;
    }
  }
  const found = match(reader, NUMBER);
  if (!found) throw bad("not_decodable");
  const value = Number(found[0]);
  if (found[1] !== undefined || found[2] !== undefined) {
    if (!Number.isFinite(value)) throw bad("not_a_number");
    return new Fraction(value);
  }
  if (!Number.isSafeInteger(value)) throw bad("integer_too_wide");
  return value === 0 ? 0 : value;
}

function string(reader) {
  const found = match(reader, STRING);
  if (!found) throw bad("not_decodable");
  const value = JSON.parse(found[0]);
  if (!wellFormed(value)) throw bad("lone_surrogate");
  return value;
}

function array(reader, depth) {
  const items = [];
  reader.at += 1;
  skip(reader);
  if (reader.text[reader.at] === "]") {
    reader.at += 1;
    return items;
  }
  for (;;) {
    items.push(read(reader, depth - 1));
    if (follows(reader, "]")) return items;
  }
}

function object(reader, depth) {
  // Without a prototype, so that a member called `__proto__` is a member.
  const members = Object.create(null);
  reader.at += 1;
  skip(reader);
  if (reader.text[reader.at] === "}") {
    reader.at += 1;
    return members;
  }
  for (;;) {
    skip(reader);
    const name = string(reader);
    skip(reader);
    if (reader.text[reader.at] !== ":") throw bad("not_decodable");
    reader.at += 1;
    if (Object.hasOwn(members, name)) throw bad("duplicate_member");
    members[name] = read(reader, depth - 1);
    if (follows(reader, "}")) return members;
  }
}

/** True after the closing sign, false after a comma. */
function follows(reader, closing) {
  skip(reader);
  const sign = reader.text[reader.at];
  reader.at += 1;
  if (sign === closing) return true;
  if (sign === ",") return false;
  throw bad("not_decodable");
}

const wellFormed = (text) => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);

/** Whether a value is a JSON object, as `parse` or a literal makes them. */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Fraction);

/** The canonical form (RFC 8785), as bytes. */
export const canonical = (value) => utf8(write(value, (text) => JSON.stringify(text), (a, b) => (a < b ? -1 : 1)));

/** The OLPC canonical form that TUF signs: members by code point, only quote and backslash escaped. */
export const olpc = (value) => utf8(write(value, plainQuote, byCodePoint));

const plainQuote = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

function byCodePoint(a, b) {
  const [first, second] = [[...a], [...b]];
  for (let at = 0; at < Math.min(first.length, second.length); at += 1) {
    const difference = first[at].codePointAt(0) - second[at].codePointAt(0);
    if (difference) return difference;
  }
  return first.length - second.length;
}

function write(value, quote, order) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (typeof value === "string") {
    if (!wellFormed(value)) throw invalid("json", "lone_surrogate");
    return quote(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, quote, order)).join(",")}]`;
  if (isObject(value)) {
    const names = Object.keys(value).sort(order);
    return `{${names.map((name) => `${quote(name)}:${write(value[name], quote, order)}`).join(",")}}`;
  }
  throw invalid("json", "type_not_allowed");
}
