/* CBOR as this house reads and writes it: one encoding for one value, and nothing but plain data.

   Integers of 64 bits, byte strings, text, arrays, maps whose keys are integers or text, true,
   false, null. No tags, no floats, no indefinite lengths. Reading refuses everything but the
   deterministic encoding (RFC 8949 section 4.2.1). Maps are `Map`; an integer beyond 2^53 is a
   BigInt, which no field of a card accepts. The same rules as `cartes/wire/strict_cbor.py`. */

import { concat, utf8 } from "./bytes.js";
import { Refused, invalid } from "./refused.js";

const MAX_DEPTH = 16;
const MAX_SIZE = 65536;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const bad = (why) => new Refused("bad_cbor", { why });

/** Read one value, or throw `bad_cbor`. */
export function decode(data, maxSize = MAX_SIZE) {
  if (data.length > maxSize) throw bad("too_long");
  const reader = { data, at: 0 };
  const value = read(reader, 0);
  if (reader.at !== data.length) throw bad("trailing_bytes");
  return value;
}

function read(reader, depth) {
  if (depth > MAX_DEPTH) throw bad("too_deep");
  const first = byte(reader);
  const major = first >> 5;
  const info = first & 31;
  if (major === 7) return simple(info);
  const count = head(reader, info);
  switch (major) {
    case 0:
      return count;
    case 1:
      return typeof count === "bigint" || count === Number.MAX_SAFE_INTEGER ? -1n - BigInt(count) : -1 - count;
    case 2:
      return take(reader, count).slice();
    case 3:
      return text(take(reader, count));
    case 4: {
      const items = [];
      for (let left = count; left > 0; left -= 1) items.push(read(reader, depth + 1));
      return items;
    }
    case 5:
      return map(reader, count, depth);
    default:
      throw bad("tag");
  }
}

function map(reader, count, depth) {
  const members = new Map();
  let before = null;
  for (let left = count; left > 0; left -= 1) {
    const from = reader.at;
    const key = read(reader, depth + 1);
    if (typeof key !== "number" && typeof key !== "string" && typeof key !== "bigint") throw bad("map_key_type");
    const encoded = reader.data.subarray(from, reader.at);
    // Bytewise order of the encodings; the same key twice is out of order too.
    if (before !== null && compare(before, encoded) >= 0) throw bad("map_order");
    before = encoded;
    members.set(key, read(reader, depth + 1));
  }
  return members;
}

function simple(info) {
  if (info === 20) return false;
  if (info === 21) return true;
  if (info === 22) return null;
  throw bad("type_not_allowed");
}

function head(reader, info) {
  if (info < 24) return info;
  if (info > 27) throw bad("indefinite");
  const size = 1 << (info - 24);
  let value = 0n;
  for (const one of take(reader, size)) value = (value << 8n) | BigInt(one);
  const least = size === 1 ? 24n : 1n << BigInt(4 * size);
  if (value < least) throw bad("longer_than_needed");
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function byte(reader) {
  if (reader.at >= reader.data.length) throw bad("ends_early");
  reader.at += 1;
  return reader.data[reader.at - 1];
}

function take(reader, count) {
  if (typeof count === "bigint" || count > reader.data.length - reader.at) throw bad("ends_early");
  reader.at += count;
  return reader.data.subarray(reader.at - count, reader.at);
}

function text(data) {
  try {
    return DECODER.decode(data);
  } catch {
    throw bad("not_utf8");
  }
}

function compare(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) if (a[at] !== b[at]) return a[at] - b[at];
  return a.length - b.length;
}

/** Write a value in its deterministic encoding; `invalid_value` if it holds anything but plain data. */
export function encode(value) {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return value >= 0 ? written(0, value) : written(1, -1 - value);
  }
  if (typeof value === "string") {
    const data = utf8(value);
    return concat(written(3, data.length), data);
  }
  if (value instanceof Uint8Array) return concat(written(2, value.length), value);
  if (Array.isArray(value)) return concat(written(4, value.length), ...value.map(encode));
  if (value instanceof Map) {
    const members = [...value].map(([key, held]) => [encode(key), encode(held)]);
    members.sort(([a], [b]) => compare(a, b));
    return concat(written(5, members.length), ...members.flat());
  }
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  throw invalid("cbor", "type_not_allowed");
}

function written(major, count) {
  const top = major << 5;
  if (count < 24) return Uint8Array.of(top | count);
  const size = count < 0x100 ? 1 : count < 0x10000 ? 2 : count < 0x100000000 ? 4 : 8;
  const head = new Uint8Array(1 + size);
  head[0] = top | (24 + Math.log2(size));
  let left = BigInt(count);
  for (let at = size; at > 0; at -= 1) {
    head[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  return head;
}
