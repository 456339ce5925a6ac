/* Status lists: which slots are revoked or suspended, exactly, Rice-coded (`cartes/status.py`).

   `[version, list, purpose, number, size, issued_at, count, directory, bits]` in deterministic CBOR.
   Reading opens one shard of 2^20 slots, or more, when a slot is asked for; `checkWhole` proves all
   of them, once, when the list arrives. The work is bounded by the bytes given. */

import { decode } from "./cbor.js";
import { array, instant, uint } from "./fields.js";
import { Refused, invalid } from "./refused.js";

const VERSION = 2;
const MAX_ENCODED = 8 << 20;
const MAX_SLOTS = 1 << 27;
const SHARD_WIDTH = 20;
const FULL_SHARD = 8192;
export const REVOKED = 0;
export const SUSPENDED = 1;

const bad = (why) => invalid("status_list", why);

/** The number of low bits written plainly. */
export function riceParameter(size, count) {
  if (count === 0) return 0;
  const mean = Math.floor((962 * size) / (1000 * count));
  return mean === 0 ? 0 : Math.floor(Math.log2(mean));
}

function shardWidth(size, count) {
  let width = SHARD_WIDTH;
  while (2 ** width < size && count * 2 ** (width + 1) <= FULL_SHARD * size) width += 1;
  return width;
}

/** A status list as it travels; its head and directory are proven to be what the publisher writes. */
export class StatusList {
  static read(data) {
    try {
      return new StatusList(data);
    } catch (error) {
      if (error instanceof Refused && ["bad_cbor", "bad_structure"].includes(error.code)) throw bad(error.code);
      throw error;
    }
  }

  constructor(data) {
    const [version, list, purpose, number, size, issuedAt, count, directory, bits] = array(
      decode(data, MAX_ENCODED),
      "status_list",
      9,
    );
    if (version !== VERSION || !(directory instanceof Uint8Array) || !(bits instanceof Uint8Array)) throw bad("shape");
    this.listId = uint(list, "list", 0xffff);
    this.purpose = uint(purpose, "purpose", 1);
    this.number = uint(number, "number", 0xffffffff);
    this.size = uint(size, "size", MAX_SLOTS);
    this.issuedAt = instant(issuedAt, "issued_at");
    this.count = uint(count, "count", this.size);
    this.width = shardWidth(this.size, this.count);
    this.bits = bits;
    this.shards = shardsOf(directory);
    this.opened = new Map();
    const told = this.shards.reduce((sum, shard) => sum + shard.count, 0);
    if (this.shards.length !== Math.ceil(this.size / 2 ** this.width) || told !== this.count) throw bad("directory");
    if ((this.shards.at(-1)?.end ?? 0) !== bits.length) throw bad("directory");
  }

  /** Whether slot `idx` is set; `status_index_out_of_range` when the list has no such slot. */
  isSet(idx) {
    if (idx < 0 || idx >= this.size) throw new Refused("status_index_out_of_range", { list: this.listId });
    const place = Math.floor(idx / 2 ** this.width);
    if (!this.opened.has(place)) this.opened.set(place, new Set(this.#read(place)));
    return this.opened.get(place).has(idx % 2 ** this.width);
  }

  /** Prove every shard, keeping none. */
  checkWhole() {
    for (let place = 0; place < this.shards.length; place += 1) this.#read(place);
  }

  /** Every set slot, in order. */
  indices() {
    return this.shards.flatMap((_, place) => this.#read(place).map((inside) => place * 2 ** this.width + inside));
  }

  #read(place) {
    const { start, end, count } = this.shards[place];
    const slots = Math.min(2 ** this.width, this.size - place * 2 ** this.width);
    return readGaps(this.bits.subarray(start, end), riceParameter(this.size, this.count), count, slots);
  }
}

function shardsOf(directory) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const byte of directory) {
    value += (byte & 0x7f) * 2 ** shift;
    if (byte & 0x80) {
      shift += 7;
      if (shift > 28) throw bad("directory");
      continue;
    }
    if (shift && !byte) throw bad("directory");
    numbers.push(value);
    value = 0;
    shift = 0;
  }
  if (shift || numbers.length % 2) throw bad("directory");
  const shards = [];
  let start = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    shards.push({ start, end: start + numbers[at + 1], count: numbers[at] });
    start += numbers[at + 1];
  }
  return shards;
}

/** The sorted integers below `slots` of a code: each gap in unary and `k` low bits; zeros to the byte. */
export function readGaps(bits, k, count, slots) {
  const length = bits.length * 8;
  if (length < count * (k + 1)) throw bad("bits_end_early");
  let at = 0;
  const bit = () => {
    if (at >= length) throw bad("bits_end_early");
    const value = (bits[at >> 3] >> (7 - (at & 7))) & 1;
    at += 1;
    return value;
  };
  const found = [];
  let index = -1;
  for (let left = count; left > 0; left -= 1) {
    let high = 0;
    while (bit()) high += 1;
    let low = 0;
    for (let one = 0; one < k; one += 1) low = low * 2 + bit();
    index += 1 + high * 2 ** k + low;
    if (index >= slots) throw bad("index_out_of_range");
    found.push(index);
  }
  if (length - at >= 8) throw bad("bits_left_over");
  while (at < length) if (bit()) throw bad("bits_left_over");
  return found;
}
