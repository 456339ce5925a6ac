/* HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, one message.

   `info` is the request's own digest, so that an answer opens for one request only. What travels
   is `enc || ciphertext`. Written from the RFC, section numbers beside each step. */

import { concat, utf8 } from "./bytes.js";
import { Refused } from "./refused.js";
import { uncompressed } from "./p256.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const VERSION = utf8("HPKE-v1");
const KEM = concat(utf8("KEM"), Uint8Array.of(0x00, 0x10));
const SUITE = concat(utf8("HPKE"), Uint8Array.of(0x00, 0x10, 0x00, 0x01, 0x00, 0x01));
const NONE = new Uint8Array(0);
const ENC_SIZE = 65;

/** Seal `plaintext` to a compressed point, for one request. */
export async function seal(plaintext, recipientPoint, info) {
  const recipient = uncompressed(recipientPoint);
  const theirs = await crypto.subtle.importKey("raw", recipient, CURVE, true, []);
  const ephemeral = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const { key, nonce } = await schedule(await sharedSecret(ephemeral.privateKey, theirs, enc, recipient), info);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, plaintext);
  return concat(enc, new Uint8Array(sealed));
}

/** Open what `seal` made, with the recipient's private key and its 65-byte point. */
export async function open(answer, privateKey, recipient, info) {
  const enc = answer.slice(0, ENC_SIZE);
  try {
    const theirs = await crypto.subtle.importKey("raw", enc, CURVE, true, []);
    const { key, nonce } = await schedule(await sharedSecret(privateKey, theirs, enc, recipient), info);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, answer.slice(ENC_SIZE)));
  } catch {
    throw new Refused("answer_unreadable");
  }
}

/** 4.1, ExtractAndExpand over the Diffie-Hellman result. */
async function sharedSecret(mine, theirs, enc, recipient) {
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine, 256));
  const prk = await extract(NONE, concat(VERSION, KEM, utf8("eae_prk"), dh));
  return expand(prk, concat(length(32), VERSION, KEM, utf8("shared_secret"), enc, recipient), 32);
}

/** 5.1, KeySchedule in base mode. */
async function schedule(shared, info) {
  const labeled = (label, ikm) => concat(VERSION, SUITE, utf8(label), ikm);
  const pskIdHash = await extract(NONE, labeled("psk_id_hash", NONE));
  const infoHash = await extract(NONE, labeled("info_hash", info));
  const context = concat(Uint8Array.of(0), pskIdHash, infoHash);
  const secret = await extract(shared, labeled("secret", NONE));
  const raw = await expand(secret, concat(length(16), VERSION, SUITE, utf8("key"), context), 16);
  const nonce = await expand(secret, concat(length(12), VERSION, SUITE, utf8("base_nonce"), context), 12);
  return { key: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]), nonce };
}

const length = (size) => Uint8Array.of(size >> 8, size & 0xff);

async function hmac(key, data) {
  // HMAC pads a short key with zeros, and WebCrypto refuses an empty one (RFC 2104 section 2).
  const padded = key.length ? key : new Uint8Array(32);
  const imported = await crypto.subtle.importKey("raw", padded, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** HKDF-Extract (RFC 5869 section 2.2). */
const extract = (salt, ikm) => hmac(salt, ikm);

/** HKDF-Expand for at most one block (RFC 5869 section 2.3). */
const expand = async (prk, info, size) => (await hmac(prk, concat(info, Uint8Array.of(1)))).slice(0, size);
