/* Answer one question of the Python tests: a JSON object on standard input, one on standard output. */

import { existsSync, readFileSync } from "node:fs";

import { birthWords, dayWords, momentWords, speak } from "../../../cartes/web/app/wording.js";
import { base64url, fromBase64url } from "../../../cartes/web/sq1/bytes.js";
import { decode, encode } from "../../../cartes/web/sq1/cbor.js";
import { believed, renewTrust } from "../../../cartes/web/sq1/continuity.js";
import { ANSWER, pack } from "../../../cartes/web/sq1/digits.js";
import { newAppKey, prove } from "../../../cartes/web/sq1/dpop.js";
import { seal } from "../../../cartes/web/sq1/hpke.js";
import { canonical } from "../../../cartes/web/sq1/json.js";
import { buildPresentation, challengeFor } from "../../../cartes/web/sq1/presentation.js";
import { Refused } from "../../../cartes/web/sq1/refused.js";
import { StatusList } from "../../../cartes/web/sq1/status.js";
import { readTrustList } from "../../../cartes/web/sq1/trust.js";
import { MemorySeen, judge } from "../../../cartes/web/sq1/verify.js";

const instant = (text) => Date.parse(text) / 1000;
const lists = (told) => new Map(Object.entries(told).map(([number, text]) => [Number(number), StatusList.read(fromBase64url(text))]));

/** A publication in a folder, as a phone fetches it; nothing is read past what was asked for. */
const folder = (path) => async (name, most) =>
  existsSync(`${path}/${name}`) ? new Uint8Array(readFileSync(`${path}/${name}`)).slice(0, most + 1) : null;

const ANSWERS = {
  /** One phone that renews what it trusts from each publication in turn: what the last one gave. */
  async trust({ steps }) {
    let kept = null;
    let told = null;
    for (const { path, at, root } of steps) {
      try {
        const renewed = await renewTrust(kept, root && fromBase64url(root), folder(path), at);
        kept = renewed.held;
        told = { code: "ok", versions: renewed.offered.versions };
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        told = { code: error.code, file: error.facts.file, why: error.facts.why };
      }
    }
    return { ...told, held: kept && kept.versions };
  },
  /** One phone that has met each publication in turn: which of these slots it says are revoked, and suspended. */
  async standing({ steps, at, list, slots }) {
    let kept = null;
    for (const step of steps) kept = (await renewTrust(kept, fromBase64url(step.root), folder(step.path), step.at)).held;
    const known = await believed(structuredClone(kept), at);
    const among = (lists) => slots.filter((slot) => lists.get(list).isSet(slot));
    return { revoked: among(known.revoked), suspended: among(known.suspended) };
  },
  async build({ credential, t, flags, counter, profile, signature }) {
    const data = fromBase64url(credential);
    const proof = { t, flags, counter, profile, signature: fromBase64url(signature) };
    return { text: pack(buildPresentation(data, proof)), challenge: base64url(await challengeFor(data, t)) };
  },
  async seal({ data, epk, ctx }) {
    return { text: pack(await seal(fromBase64url(data), fromBase64url(epk), fromBase64url(ctx)), ANSWER) };
  },
  async prove({ method, url, at }) {
    return { proof: await prove(await newAppKey(), method, url, at, { nonce: "a nonce", claims: { rqh: "digest" } }) };
  },
  /** Dates as pages write them, on a French clock. */
  words({ language, births = [], days = [], moments = [] }) {
    process.env.TZ = "Europe/Paris";
    globalThis.document = { documentElement: {} }; // `speak` tells it the language
    speak(language);
    return { births: births.map(birthWords), days: days.map(dayWords), moments: moments.map(momentWords) };
  },
  canonical: ({ value }) => ({ bytes: base64url(canonical(value)) }),
  cbor: ({ bytes }) => ({ bytes: base64url(encode(decode(fromBase64url(bytes)))) }),
  status: ({ bytes }) => ({ indices: StatusList.read(fromBase64url(bytes)).indices() }),
  async judge({ texts, store, at }) {
    const known = {
      usable: true,
      trust: await readTrustList(canonical(store.trust)),
      revoked: lists(store.revoked),
      suspended: lists(store.suspended),
      signedAt: instant(store.signed_at),
      expiresAt: instant(store.expires_at),
      floor: instant(store.floor),
    };
    const screen = { expects: "apcv", judge: () => [] };
    const codes = [];
    for (const text of texts) {
      codes.push((await judge(text, screen, known, new MemorySeen(), instant(at))).reasons[0] ?? "ok");
    }
    return { codes };
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await ANSWERS[asked.what](asked)));
