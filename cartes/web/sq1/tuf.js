/* Bring trust data from the publication, every signature, version and hash checked on the way.

   The order of the TUF client workflow (specification 5.3 to 5.7), as `mobile_mock/trust_publication.py`:
   the chain of roots from one that was given, the timestamp, the snapshot, the targets, the
   delegated `status`, then each file by length and SHA-256. What is refused has the till's words:
   `trust_frozen` (genuine, and past its end), `trust_rolled_back` (genuine, and older than what
   was seen), `trust_forged` (anything else). `facts` name the file and say why in a word. */

import { fromHex, hex, sha256 } from "./bytes.js";
import { isObject, olpc, parse } from "./json.js";
import { ECDSA, fromDer, holds } from "./p256.js";
import { Refused } from "./refused.js";
import { REVOKED, SUSPENDED, StatusList } from "./status.js";
import { readTrustList, seconds } from "./trust.js";

// The longest of each, as for a till: a source that never stops sending is cut there.
const MOST = { root: 1 << 16, timestamp: 1 << 14, snapshot: 1 << 18, targets: 1 << 20 };
const MAX_TARGET = 8 << 20;
const MOST_ROOTS = 64;
const ROLES = ["timestamp", "snapshot", "targets"];
const PURPOSES = [["revoked", REVOKED], ["suspended", SUSPENDED]];

const CODES = { expired: "trust_frozen", rolled_back: "trust_rolled_back" };

export const bad = (file, why) => new Refused(CODES[why] ?? "trust_forged", { file, why });

/** The files of a whole publication, by path, proven from `root` on.

    `fetch(path, most)` gives bytes, or null for no such file; past `most` it need not read on. */
export async function fetchTrust(root, fetch, at) {
  const files = {};
  const get = async (path, most) => {
    const data = await fetch(path, most);
    if (data !== null && data.length > most) throw bad(path.slice(path.lastIndexOf("/") + 1), "too_long");
    files[path] = data;
    return data;
  };
  const chain = await newestRoot(root, get);
  const newest = chain.role;
  const keys = {};
  for (const name of ROLES) keys[name] = await authority(newest, name);
  const timestamp = await role(get, "metadata/timestamp.json", "timestamp", "timestamp.json", keys.timestamp);
  const snapshot = await listed(get, timestamp, "snapshot", "snapshot.json", keys.snapshot);
  const targets = await listed(get, snapshot, "targets", "targets.json", keys.targets);
  keys.status = await statusAuthority(targets);
  const status = await listed(get, snapshot, "targets", "status.json", keys.status);
  const roles = [newest, timestamp, snapshot, targets, status];
  for (const one of roles) if (one.expiresAt <= at) throw bad(one.file, "expired");
  const trustBytes = await target(get, targets, "trust.json");
  const lists = { revoked: new Map(), suspended: new Map() };
  const trust = await wrapped("trust.json", () => readTrustList(trustBytes));
  for (const number of trust.statusLists.keys()) {
    for (const [word, purpose] of PURPOSES) {
      const name = `status/${number}-${word}`;
      const data = await target(get, status, name);
      const list = await wrapped(name, () => StatusList.read(data));
      if (list.listId !== number || list.purpose !== purpose || list.number !== 0) throw bad(name, "another_list");
      await wrapped(name, () => list.checkWhole());
      lists[word].set(number, list);
    }
  }
  return {
    usable: true,
    trust,
    ...lists,
    signedAt: momentOf("timestamp.json", timestamp.body, "issued_at"),
    expiresAt: Math.min(...roles.map((one) => one.expiresAt)),
    versions: { timestamp: timestamp.body.version, snapshot: snapshot.body.version, targets: targets.body.version,
      status: status.body.version, root: newest.body.version, trust: trust.version },
    root: chain.bytes,
    keys,
    files,
  };
}

/** Whether enough of `keys` signed this metadata of type `kind`. */
export async function isSigned(data, kind, file, keys) {
  try {
    await check(parseRole(data, kind, file), keys);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

async function newestRoot(root, get) {
  let unverified = parseRole(root, "root", "root.json");
  let current = await check(unverified, await authority(unverified, "root"));
  let bytes = root;
  for (let count = 0; count < MOST_ROOTS; count += 1) {
    const version = current.body.version + 1;
    const file = `${version}.root.json`;
    const data = await get(`metadata/${file}`, MOST.root);
    if (data === null) return { role: current, bytes };
    unverified = parseRole(data, "root", file);
    // Signed by the one before and by itself.
    const next = await check(unverified, await authority(current, "root"));
    await check(unverified, await authority(next, "root"));
    if (next.body.version !== version) throw bad(file, "version");
    current = next;
    bytes = data;
  }
  throw bad("root.json", "too_many");
}

function parseRole(data, kind, file) {
  let whole;
  try {
    whole = parse(data, MOST.targets);
  } catch {
    throw bad(file, "not_json");
  }
  const body = members(file, members(file, whole).signed);
  if (body._type !== kind) throw bad(file, "type");
  if (!String(body.spec_version ?? "").startsWith("1.")) throw bad(file, "spec_version");
  if (!Number.isInteger(body.version) || body.version < 1) throw bad(file, "version");
  if (!Array.isArray(whole.signatures)) throw bad(file, "signatures");
  return { file, body, signatures: whole.signatures };
}

/** Prove that at least `threshold` different keys of the role signed. */
async function check(unverified, { keys, threshold }) {
  const { file, body } = unverified;
  let message;
  try {
    message = olpc(body);
  } catch {
    throw bad(file, "not_canonical");
  }
  const good = new Set();
  for (const item of unverified.signatures) {
    const { keyid, sig } = members(file, item);
    const key = keys.get(keyid);
    if (!key) continue;
    let signature;
    try {
      signature = fromDer(fromHex(sig));
    } catch {
      continue;
    }
    // One key listed under two names still counts once.
    if (await holds(key.key, signature, message)) good.add(key.point);
  }
  if (good.size < threshold) throw bad(file, "signature");
  return { file, body, expiresAt: momentOf(file, body, "expires") };
}

function authority(root, name) {
  return roleKeys(root.file, root.body.keys, members(root.file, members(root.file, root.body.roles)[name]));
}

async function roleKeys(file, table, described) {
  const { keyids, threshold } = described;
  if (!Array.isArray(keyids) || !Number.isInteger(threshold) || threshold < 1) throw bad(file, "role");
  const keys = new Map();
  for (const keyid of keyids) keys.set(keyid, await publicKey(file, members(file, members(file, table)[keyid])));
  return { keys, threshold };
}

async function publicKey(file, { keytype, scheme, keyval }) {
  if (keytype !== "ecdsa" || scheme !== "ecdsa-sha2-nistp256") throw bad(file, "key_scheme");
  const pem = String(members(file, keyval).public);
  const body = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?$/.exec(pem);
  if (!body) throw bad(file, "key");
  try {
    const der = Uint8Array.from(atob(body[1].replaceAll("\n", "")), (character) => character.charCodeAt(0));
    const key = await crypto.subtle.importKey("spki", der, ECDSA, true, ["verify"]);
    return { key, point: hex(new Uint8Array(await crypto.subtle.exportKey("raw", key))) };
  } catch {
    throw bad(file, "key");
  }
}

async function role(get, path, kind, file, keys) {
  const data = await get(path, MOST[kind]);
  if (data === null) throw bad(file, "missing");
  return { ...(await check(parseRole(data, kind, file), keys)), bytes: data };
}

/** The version of a role that `parent` lists, and no other. */
async function listed(get, parent, kind, file, keys) {
  const entry = members(file, members(parent.file, parent.body.meta)[file], "not_listed");
  if (!Number.isInteger(entry.version)) throw bad(file, "version");
  const found = await role(get, `metadata/${entry.version}.${file}`, kind, file, keys);
  if (found.body.version !== entry.version) throw bad(file, "mix_and_match");
  if ("length" in entry && entry.length !== found.bytes.length) throw bad(file, "length");
  if ("hashes" in entry) await checkHash(file, entry, found.bytes);
  return found;
}

function statusAuthority(targets) {
  const delegations = members(targets.file, targets.body.delegations);
  const roles = delegations.roles;
  if (!Array.isArray(roles) || roles.length !== 1) throw bad(targets.file, "delegations");
  const described = members(targets.file, roles[0]);
  const paths = described.paths;
  const ours = Array.isArray(paths) && paths.length === 1 && paths[0] === "status/*";
  if (described.name !== "status" || !ours) throw bad(targets.file, "delegations");
  return roleKeys(targets.file, delegations.keys, described);
}

/** A target file, of the length and hash its role says. */
async function target(get, from, name) {
  const entry = members(name, members(from.file, from.body.targets)[name], "not_listed");
  const digest = members(name, entry.hashes).sha256;
  if (!/^[0-9a-f]{64}$/.test(digest ?? "")) throw bad(name, "hash");
  const cut = name.lastIndexOf("/") + 1;
  if (!Number.isInteger(entry.length)) throw bad(name, "length");
  if (entry.length > MAX_TARGET) throw bad(name, "too_long");
  const data = await get(`targets/${name.slice(0, cut)}${digest}.${name.slice(cut)}`, entry.length);
  if (data === null) throw bad(name, "missing");
  if (data.length !== entry.length) throw bad(name, "length");
  await checkHash(name, entry, data);
  return data;
}

async function checkHash(file, entry, data) {
  const told = members(file, entry.hashes).sha256;
  if (hex(await sha256(data)) !== told) throw bad(file, "hash");
}

function members(file, value, why = "shape") {
  if (!isObject(value)) throw bad(file, why);
  return value;
}

function momentOf(file, body, name) {
  try {
    return seconds(body[name]);
  } catch {
    throw bad(file, name);
  }
}

async function wrapped(file, read) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused) throw bad(file, error.code);
    throw error;
  }
}
