/* What an issuer signs: a card, the phone it is for and its dates, as a CWT claims set (RFC 8392). */

import { concat } from "./bytes.js";
import { decode } from "./cbor.js";
import { readAmc } from "./card_amc.js";
import { readApcv, readEcps } from "./cards.js";
import { boolean, instant, uint } from "./fields.js";
import { Refused } from "./refused.js";

const READERS = new Map([[1, readApcv], [2, readEcps], [3, readAmc]]);
const bad = (part) => new Refused("bad_structure", { part });

const hasExactly = (map, ...keys) => map instanceof Map && map.size === keys.length && keys.every((key) => map.has(key));

/** Read a payload: `{card, holderKey, issuedAt, expiresAt}`, instants in Unix seconds. Nothing is proven. */
export function readClaims(payload) {
  const claims = decode(payload);
  if (!hasExactly(claims, 4, 6, 8, -65537)) throw bad("claims");
  const issuedAt = instant(claims.get(6), "iat");
  const expiresAt = instant(claims.get(4), "exp");
  if (expiresAt <= issuedAt) throw bad("exp");
  const array = claims.get(-65537);
  if (!Array.isArray(array) || array.length <= 2) throw bad("card");
  const read = READERS.get(uint(array[2], "kind", 0xff));
  if (!read) throw bad("kind");
  return { card: read(array), holderKey: holderKey(claims.get(8)), issuedAt, expiresAt };
}

function holderKey(cnf) {
  if (!hasExactly(cnf, 1)) throw bad("cnf");
  const key = cnf.get(1);
  if (!hasExactly(key, 1, -1, -2, -3) || key.get(1) !== 2 || key.get(-1) !== 1) throw bad("cnf");
  const x = key.get(-2);
  if (!(x instanceof Uint8Array) || x.length !== 32) throw bad("cnf");
  return concat(Uint8Array.of(boolean(key.get(-3), "cnf") ? 3 : 2), x);
}
