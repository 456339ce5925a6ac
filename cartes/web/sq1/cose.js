/* COSE_Sign1 (RFC 9052 section 4.2) as SQ1 writes it: the bare array of four, ES256, a four-byte key
   identifier, an empty unprotected header. This module cuts; `seal.js` checks signatures. */

import { utf8 } from "./bytes.js";
import { decode, encode } from "./cbor.js";
import { Refused } from "./refused.js";

const ES256 = -7;
const ALG = 1;
const KID = 4;

const bad = (part) => new Refused("bad_structure", { part });

/** Cut a credential into `{kid, payload, signature, signed}`: checks 2 and 3. Nothing is proven. */
export function split(data) {
  const parts = decode(data);
  if (!Array.isArray(parts) || parts.length !== 4) throw bad("sign1");
  const [protectedHeader, unprotected, payload, signature] = parts;
  if (!(protectedHeader instanceof Uint8Array) || !(payload instanceof Uint8Array) || !(unprotected instanceof Map)) {
    throw bad("sign1");
  }
  if (!(signature instanceof Uint8Array) || signature.length !== 64) throw bad("signature");
  if (unprotected.size) {
    if (unprotected.has(ALG)) throw new Refused("alg_not_allowed", { why: "outside_protected_header" });
    throw bad("unprotected_header");
  }
  // Sig_structure of RFC 9052 section 4.4, external_aad being the empty string.
  const signed = encode(["Signature1", protectedHeader, utf8(""), payload]);
  return { kid: kidOf(protectedHeader), payload, signature, signed };
}

function kidOf(protectedHeader) {
  const header = protectedHeader.length ? decode(protectedHeader, 64) : new Map();
  if (!(header instanceof Map)) throw bad("protected_header");
  if (header.get(ALG) !== ES256) throw new Refused("alg_not_allowed", { why: "not_es256" });
  const kid = header.get(KID);
  if (header.size !== 2 || !(kid instanceof Uint8Array) || kid.length !== 4) throw bad("protected_header");
  return kid;
}
