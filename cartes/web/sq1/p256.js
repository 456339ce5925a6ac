/* ES256 on P-256 with WebCrypto, and the little of the curve that WebCrypto does not offer everywhere.

   Compressed points are optional in browsers, so they are opened here; a point off the curve
   is refused by the same step. Nothing here touches a secret: private keys never leave WebCrypto. */

import { concat } from "./bytes.js";
import { invalid } from "./refused.js";

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

const number = (data) => data.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

function thirtyTwo(value) {
  const text = value.toString(16).padStart(64, "0");
  return Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));
}

function power(base, exponent) {
  let result = 1n;
  let square = base % P;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** The 65 bytes of a compressed point; `invalid_value` when it is not one of the curve. */
export function uncompressed(point) {
  if (point.length !== 33 || (point[0] !== 2 && point[0] !== 3)) throw invalid("public_key", "not_on_curve");
  const x = number(point.subarray(1));
  if (x >= P) throw invalid("public_key", "not_on_curve");
  const square = (x * x * x - 3n * x + B) % P;
  const positive = ((square % P) + P) % P;
  const root = power(positive, (P + 1n) / 4n);
  if ((root * root) % P !== positive) throw invalid("public_key", "not_on_curve");
  const y = (root & 1n) === BigInt(point[0] & 1) ? root : P - root;
  return concat(Uint8Array.of(4), thirtyTwo(x), thirtyTwo(y));
}

/** The 33 bytes of a point given as 65. */
export function compressed(point) {
  if (point.length !== 65 || point[0] !== 4) throw invalid("public_key", "not_uncompressed");
  return concat(Uint8Array.of(2 + (point[64] & 1)), point.subarray(1, 33));
}

/** The WebCrypto key of a compressed point. */
export async function verifyingKey(point) {
  const whole = uncompressed(point);
  try {
    return await crypto.subtle.importKey("raw", whole, ECDSA, true, ["verify"]);
  } catch {
    throw invalid("public_key", "not_on_curve");
  }
}

/** Whether `signature` (r || s) over SHA-256 of `message` is the key's. */
export async function holds(key, signature, message) {
  if (signature.length !== 64) return false;
  const r = number(signature.subarray(0, 32));
  const s = number(signature.subarray(32));
  if (!(r > 0n && r < ORDER && s > 0n && s < ORDER)) return false;
  return crypto.subtle.verify(SIGNING, key, signature, message);
}

/** Sign with a WebCrypto private key: r || s. */
export const sign = async (key, message) => new Uint8Array(await crypto.subtle.sign(SIGNING, key, message));

/** The 64 bytes r || s of a DER signature, as WebAuthn and TUF give them. */
export function fromDer(der) {
  let at = 0;
  const next = () => {
    if (at >= der.length) throw invalid("signature", "not_der");
    at += 1;
    return der[at - 1];
  };
  const integer = () => {
    if (next() !== 2) throw invalid("signature", "not_der");
    const size = next();
    const data = der.subarray(at, at + size);
    at += size;
    if (size < 1 || size > 33 || data.length !== size || data[0] & 0x80) throw invalid("signature", "not_der");
    if (size > 1 && data[0] === 0 && !(data[1] & 0x80)) throw invalid("signature", "not_der");
    return number(data);
  };
  if (next() !== 0x30 || next() !== der.length - 2) throw invalid("signature", "not_der");
  const r = integer();
  const s = integer();
  if (at !== der.length) throw invalid("signature", "not_der");
  if (!(r > 0n && r < ORDER && s > 0n && s < ORDER)) throw invalid("signature", "out_of_range");
  return concat(thirtyTwo(r), thirtyTwo(s));
}
