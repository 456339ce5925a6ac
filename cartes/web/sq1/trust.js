/* Whom a reader trusts: which key may sign which kind of card, and what the phones' proofs look like.

   Canonical JSON in (RFC 8785), refused when anything is odd. Several issuers may share a key
   identifier of four bytes; the signature decides. That the bytes come from the right publisher
   was proven before (`tuf.js`), or is not proven at all. */

import { equal, fromBase64url, sha256, utf8 } from "./bytes.js";
import { canonical, isObject, parse } from "./json.js";
import { verifyingKey } from "./p256.js";
import { Refused, invalid } from "./refused.js";

const MAX_SIZE = 1 << 20;
const KINDS = ["apcv", "ecps", "amc"];
const SUFFIX_START = '","origin":"';
export const RESERVED_PROFILE = 32;
const SYNCED_MAX_LIFE_S = 86400;

const bad = (why) => invalid("trust_list", why);

/** Read a trust list from its bytes. */
export async function readTrustList(data) {
  const whole = parse(data, MAX_SIZE);
  exactly(whole, "env", "issued_at", "issuers", "kinds", "status_lists", "version");
  if (!equal(canonical(whole), data)) throw bad("not_canonical");
  if (!Number.isInteger(whole.version) || whole.version < 1) throw bad("version");
  if (!["test", "demo", "production"].includes(whole.env)) throw bad("env");
  if (!Array.isArray(whole.issuers) || !isObject(whole.kinds) || !isObject(whole.status_lists)) throw bad("shape");
  const issuers = await Promise.all(whole.issuers.map(readIssuer));
  if (new Set(whole.issuers.map((one) => one.public_key)).size !== issuers.length) throw bad("same_key_twice");
  const kinds = new Map();
  for (const [kind, members] of Object.entries(whole.kinds)) kinds.set(known(kind), await readPolicy(members));
  checkRpIds(kinds);
  const statusLists = new Map();
  for (const [number, kind] of Object.entries(whole.status_lists)) statusLists.set(small(number, 0xffff), known(kind));
  return { version: whole.version, issuedAt: seconds(whole.issued_at), env: whole.env, issuers, kinds, statusLists };
}

/** What holds for all cards of one kind, from the trust list or from the issuer's metadata. */
export async function readPolicy(members) {
  exactly(members, "max_ttl_s", "profiles", "rp_id");
  const { rp_id: rpId, profiles, max_ttl_s: maxTtlS } = members;
  if (typeof rpId !== "string" || !/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(rpId)) throw bad("rp_id");
  if (!Number.isInteger(maxTtlS) || maxTtlS < 1 || maxTtlS > 0xffffffff) throw bad("max_ttl_s");
  if (!isObject(profiles)) throw bad("profiles");
  const suffixes = new Map();
  for (const [number, suffix] of Object.entries(profiles)) suffixes.set(small(number, 0xff), checkSuffix(number, suffix));
  return { rpId, rpIdHash: await sha256(utf8(rpId)), suffixes, maxTtlS };
}

/** The longest a card may live under a policy: never more than a day on a key that may be copied. */
export const longestLife = (policy, binding) =>
  binding === "synced" ? Math.min(policy.maxTtlS, SYNCED_MAX_LIFE_S) : policy.maxTtlS;

/** A proof made for one key must never serve the other. An insurer's card is held by the apCV's key. */
function checkRpIds(kinds) {
  const heldAs = (kind) => (kind === "amc" ? "apcv" : kind);
  const byRpId = new Map();
  for (const [kind, { rpId }] of kinds) {
    if (byRpId.has(rpId) && byRpId.get(rpId) !== heldAs(kind)) throw bad("rp_id_shared_by_two_kinds");
    byRpId.set(rpId, heldAs(kind));
    const held = kinds.get(heldAs(kind));
    if (held && held.rpId !== rpId) throw bad("rp_id_not_its_holders");
  }
}

async function readIssuer(members) {
  exactly(members, "kinds", "name", "public_key", "revoked_at", "valid_from", "valid_until");
  const point = fromBase64url(members.public_key);
  const kinds = members.kinds;
  if (!Array.isArray(kinds) || kinds.some((kind, at) => known(kind) && at > 0 && kinds[at - 1] >= kind)) throw bad("kinds");
  if (typeof members.name !== "string") throw bad("name");
  const validFrom = seconds(members.valid_from);
  const validUntil = seconds(members.valid_until);
  if (validUntil <= validFrom) throw bad("ends_before_it_starts");
  return {
    name: members.name,
    kinds: new Set(kinds),
    validFrom,
    validUntil,
    revokedAt: members.revoked_at === null ? null : seconds(members.revoked_at),
    kid: (await sha256(point)).slice(0, 4),
    key: await verifyingKey(point),
  };
}

function checkSuffix(number, suffix) {
  if (Number(number) === RESERVED_PROFILE || typeof suffix !== "string") throw bad("profile");
  if (suffix.length > 1024 || !suffix.startsWith(SUFFIX_START)) throw bad("profile");
  const members = parse(`{"challenge":"${suffix}`);
  if (!isObject(members) || (members.crossOrigin ?? false) !== false) throw bad("cross_origin");
  if ("type" in members || "topOrigin" in members) throw bad("profile");
  return utf8(suffix);
}

function known(kind) {
  if (!KINDS.includes(kind)) throw bad("kind");
  return kind;
}

function small(text, most) {
  if (!/^(?:0|[1-9][0-9]{0,5})$/.test(text) || Number(text) > most) throw bad("number");
  return Number(text);
}

function exactly(value, ...names) {
  if (!isObject(value)) throw bad("shape");
  const found = Object.keys(value).sort();
  if (found.length !== names.length || found.some((name, at) => name !== names[at])) throw bad("members");
}

/** Unix seconds of `YYYY-MM-DDTHH:MM:SSZ`, written in no other way. */
export function seconds(text) {
  const at = typeof text === "string" ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().replace(".000Z", "Z") !== text) {
    throw new Refused("invalid_value", { what: "trust_list", why: "time" });
  }
  return at / 1000;
}
