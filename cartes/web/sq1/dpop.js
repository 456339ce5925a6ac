/* Proofs by the app key (DPoP, RFC 9449): the phone's second key, used without a gesture.

   It is made by WebCrypto as non-extractable and kept as such; nothing here can read it. */

import { base64url, utf8 } from "./bytes.js";
import { ECDSA, sign } from "./p256.js";

/** A new app key, whose private half no script can read. */
export const newAppKey = () => crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);

/** The public JWK: `kty`, `crv`, `x`, `y`. */
export async function publicJwk(publicKey) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { kty, crv, x, y };
}

/** A proof for one request; `at` is Unix seconds, `claims` and `nonce` what the server asks to be signed. */
export async function prove(keys, method, url, at, { nonce, claims = {} } = {}) {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: await publicJwk(keys.publicKey) };
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const payload = { ...claims, jti, htm: method, htu: url.split(/[?#]/)[0], iat: Math.floor(at) };
  if (nonce !== undefined) payload.nonce = nonce;
  const signed = [header, payload].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  return `${signed}.${base64url(await sign(keys.privateKey, utf8(signed)))}`;
}
