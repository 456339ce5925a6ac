/* Open the seal on a card: checks 2 to 6 of `docs/formats/qr.md`, in their order, one reason each.

   Nothing inside a card is looked at before the signature over it holds. Trust and time are given;
   instants are Unix seconds. Revocation is check 7, and not here. */

import { equal, hex, sha256 } from "./bytes.js";
import { readClaims } from "./claims.js";
import { split } from "./cose.js";
import { holds } from "./p256.js";
import { Refused } from "./refused.js";
import { longestLife } from "./trust.js";

export const CLOCK_SKEW_S = 300;

/** Open a credential as of `at`; with `expected`, a genuine card of another kind is refused too, but for one `beside` it. */
export async function openSeal(credential, trust, at, expected = null, beside = null) {
  // 2, 3. The array of four; ES256, said where it is signed.
  const sign1 = split(credential);
  // 4. A known key, and its signature. Several keys may share four bytes: all are tried.
  const issuer = await whoSigned(sign1, trust);
  // 5. Only now is anything inside believed to be what the issuer wrote.
  const said = readClaims(sign1.payload);
  const { kind, binding } = said.card;
  if (issuer.revokedAt !== null && issuer.revokedAt <= at) throw new Refused("issuer_key_revoked");
  const policy = trust.kinds.get(kind);
  if (!issuer.kinds.has(kind) || !policy) throw new Refused("issuer_not_authorised_for_type", { kind });
  if (!(issuer.validFrom <= said.issuedAt && said.issuedAt < issuer.validUntil)) {
    throw new Refused("issuer_key_out_of_validity");
  }
  // 6. Its dates, and the kind this screen asked for.
  const most = longestLife(policy, binding);
  if (said.expiresAt - said.issuedAt > most) throw new Refused("ttl_too_long", { most_s: most });
  if (said.issuedAt > at + CLOCK_SKEW_S) throw new Refused("not_yet_valid", { issued_at: said.issuedAt });
  if (at >= said.expiresAt) throw new Refused("credential_expired", { expired_at: said.expiresAt });
  if (expected !== null && kind !== expected && kind !== beside) throw new Refused("wrong_card_type", { expected, kind });
  return { ...said, digest: await sha256(credential), policy, env: trust.env };
}

/** Whether an insurer's card and an apCV, each `{card, holderKey}` and proven, are one person's on one phone. */
export const goesWith = (amc, apcv) =>
  amc.card.kind === "amc" &&
  apcv.card.kind === "apcv" &&
  amc.card.link.list === apcv.card.slot.list &&
  amc.card.link.idx === apcv.card.slot.idx &&
  equal(amc.holderKey, apcv.holderKey);

async function whoSigned(sign1, trust) {
  const issuers = trust.issuers.filter((issuer) => equal(issuer.kid, sign1.kid));
  if (!issuers.length) throw new Refused("issuer_unknown", { kid: hex(sign1.kid) });
  for (const issuer of issuers) {
    if (await holds(issuer.key, sign1.signature, sign1.signed)) return issuer;
  }
  throw new Refused("issuer_signature_invalid", { kid: hex(sign1.kid) });
}
