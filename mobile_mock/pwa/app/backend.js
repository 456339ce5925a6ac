/* The way to the issuer: same origin, JSON, problem documents turned into refusals with their word.

   Proofs by the app key name the public address, which the configuration gives; it is kept, so
   that a phone starts without a network. What may be asked again is asked again by its caller. */

import { prove } from "../shared/sq1/dpop.js";
import { isObject } from "../shared/sq1/json.js";
import { Refused } from "../shared/sq1/refused.js";
import * as clock from "../shared/app/clock.js";
import * as pocket from "../shared/app/pocket.js";
import { language } from "./words.js";

const TIMEOUT_MS = 10000;

let reached = true;

/** Whether the server answered when it was last asked: browsers' own word on it is not to be relied on. */
export const isReached = () => reached && navigator.onLine;

/** One request: the JSON of the answer, or a refusal (`offline`, or the backend's own word). */
export async function ask(method, path, { body, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: {
        Accept: "application/json, application/problem+json",
        "Accept-Language": language(),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    reached = false;
    throw new Refused("offline");
  }
  reached = true;
  clock.heard(answer.headers.get("Date"));
  if (answer.status === 204) return null;
  let told;
  try {
    told = await answer.json();
  } catch {
    throw new Refused(answer.ok ? "backend_nonsense" : "backend_unwell", { status: answer.status });
  }
  if (answer.ok) return told;
  const code = told?.code ?? told?.error;
  const word = typeof code === "string" ? code : "backend_unwell";
  throw new Refused(word, { ...told, status: answer.status, said: told?.title });
}

/** The configuration, from the network when there is one, else as it was last heard. */
export async function configuration() {
  const kept = await pocket.get("configuration");
  try {
    const told = await ask("GET", "/v1/configuration");
    if (!makesSense(told)) throw new Refused("backend_nonsense");
    clock.heard(told.now);
    await pocket.keep("configuration", told);
    return told;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

const makesSense = (told) =>
  isObject(told) && typeof told.public_url === "string" && isObject(told.kinds) && Object.values(told.kinds).every(isObject);

/** Which card this host is for, from the configuration. */
export function kindOf(told) {
  const found = Object.entries(told.kinds).find(([, host]) => host.rp_id === location.hostname);
  if (!found) throw new Refused("wrong_host", { hosts: Object.values(told.kinds).flatMap((host) => host.origins) });
  return found[0];
}

/** One request signed by the phone's app key (DPoP). */
export async function askSigned(keys, method, path, { body, headers = {}, nonce, claims } = {}) {
  const { public_url: base } = await pocket.get("configuration");
  const proof = await prove(keys, method, base + path, clock.now(), { nonce, claims });
  return ask(method, path, { body, headers: { ...headers, DPoP: proof } });
}
