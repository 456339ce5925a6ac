/* The owner's gesture: WebAuthn, with the bytes put in and taken out by hand, so that it works the
   same in browsers that have no `parse…FromJSON`. What a person can meet has a word each. */

import { base64url, fromBase64url } from "../shared/sq1/bytes.js";
import { Refused } from "../shared/sq1/refused.js";

const bytes = (buffer) => new Uint8Array(buffer);

/** Whether this browser can keep a card's key at all; throws `no_passkey` otherwise. */
export async function checkSupport() {
  if (!window.isSecureContext || !window.PublicKeyCredential) throw new Refused("no_passkey");
}

// Refused gestures since the last one that went through: the second time, another reason is likelier.
let inARow = 0;

/** One gesture at a time, whichever tab asks for it: two at once would unlock who knows what. */
async function alone(act) {
  if (!navigator.locks) return act();
  return navigator.locks.request("gesture", { ifAvailable: true }, (held) => {
    if (!held) throw new Refused("another_tab");
    return act();
  });
}

async function tried(act) {
  await checkSupport();
  try {
    const made = await alone(act);
    inARow = 0;
    return made;
  } catch (error) {
    switch (error.name) {
      case "NotAllowedError":
      case "AbortError":
        inARow += 1;
        throw new Refused(inARow > 1 ? "gesture_refused_again" : "gesture_refused");
      case "OperationError":
        throw new Refused("another_tab");
      case "InvalidStateError":
        throw new Refused("already_enrolled_here");
      case "NotSupportedError":
      case "ConstraintError":
        throw new Refused("no_passkey");
      case "SecurityError":
        throw new Refused("wrong_host");
      default:
        throw error;
    }
  }
}

/** Make the phone's key: a RegistrationResponseJSON and the key's 65-byte point. */
export async function create(options) {
  const publicKey = {
    ...options,
    challenge: fromBase64url(options.challenge),
    user: { ...options.user, id: fromBase64url(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: fromBase64url(one.id) })),
  };
  const made = await tried(() => navigator.credentials.create({ publicKey }));
  const { response } = made;
  const key = await crypto.subtle.importKey("spki", response.getPublicKey(), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  return {
    point: bytes(await crypto.subtle.exportKey("raw", key)),
    credential: {
      ...said(made),
      response: {
        clientDataJSON: base64url(bytes(response.clientDataJSON)),
        attestationObject: base64url(bytes(response.attestationObject)),
        transports: response.getTransports?.() ?? [],
      },
    },
  };
}

/** Unlock the phone over 32 bytes: an AuthenticationResponseJSON, and its raw parts. */
export async function sign(challenge, rpId, credentialId) {
  const publicKey = {
    challenge,
    rpId,
    userVerification: "required",
    allowCredentials: [{ type: "public-key", id: fromBase64url(credentialId) }],
    timeout: 60000,
  };
  const made = await tried(() => navigator.credentials.get({ publicKey }));
  const { response } = made;
  const parts = {
    authenticatorData: bytes(response.authenticatorData),
    clientDataJSON: bytes(response.clientDataJSON),
    signature: bytes(response.signature),
  };
  const written = Object.fromEntries(Object.entries(parts).map(([name, data]) => [name, base64url(data)]));
  if (response.userHandle?.byteLength) written.userHandle = base64url(bytes(response.userHandle));
  return { ...parts, assertion: { ...said(made), response: written } };
}

const said = (made) => ({
  id: made.id,
  rawId: base64url(bytes(made.rawId)),
  type: made.type,
  clientExtensionResults: {},
  ...(made.authenticatorAttachment ? { authenticatorAttachment: made.authenticatorAttachment } : {}),
});
