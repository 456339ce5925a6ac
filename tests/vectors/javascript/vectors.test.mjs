/* The golden vectors through the JavaScript SQ1: the same files, the same one reason each. */

import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { base64url, concat, equal, fromBase64url, fromHex, hex } from "../../../cartes/web/sq1/bytes.js";
import { ANSWER, isForm, pack, unpack } from "../../../cartes/web/sq1/digits.js";
import { open } from "../../../cartes/web/sq1/hpke.js";
import { canonical } from "../../../cartes/web/sq1/json.js";
import { POLICIES } from "../../../cartes/web/sq1/policy.js";
import { Refused } from "../../../cartes/web/sq1/refused.js";
import { checkRequester, openRequest } from "../../../cartes/web/sq1/request.js";
import { StatusList } from "../../../cartes/web/sq1/status.js";
import { readTrustList } from "../../../cartes/web/sq1/trust.js";
import { MemorySeen, judge } from "../../../cartes/web/sq1/verify.js";

const folder = (name) => new URL(`../${name}/`, import.meta.url);
const files = (name) =>
  readdirSync(folder(name))
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(new URL(file, folder(name)), "utf8")));
const instant = (text) => Date.parse(text) / 1000;
const lists = (told) =>
  new Map(Object.entries(told).map(([number, text]) => [Number(number), StatusList.read(fromBase64url(text))]));

async function store(told) {
  if (!told.usable) return { usable: false };
  return {
    usable: true,
    trust: await readTrustList(canonical(told.trust)),
    revoked: lists(told.revoked),
    suspended: lists(told.suspended),
    signedAt: instant(told.signed_at),
    expiresAt: instant(told.expires_at),
    floor: instant(told.floor),
  };
}

for (const vector of [...files("sq1"), ...files("amc")]) {
  test(`sq1 ${vector.name}`, async () => {
    const at = instant(vector.at);
    const seen = new MemorySeen();
    for (const one of vector.seen) seen.firstTime(`${base64url(fromHex(one.credential_sha256))} ${one.t}`, at, at + 76);
    const screen = {
      expects: vector.expected_kind ?? vector.kind,
      deviceBoundOnly: vector.require_device_bound,
      judge: () => [],
    };

    const verdict = await judge(vector.text, screen, await store(vector.store), seen, at, {
      ctx: fromHex(vector.ctx),
      alsoAsked: vector.also_asked.map(fromHex),
    });

    assert.deepEqual(verdict.reasons, vector.expected === "ok" ? [] : [vector.expected]);
    assert.equal(verdict.light, vector.expected === "ok" ? "green" : "red");
    assert.equal(verdict.card !== null, vector.expected === "ok");
  });
}

/** A status list of nothing but what a two-way vector says: its files carry slots, not bytes. */
const plainList = (issuedAt, slots) => ({ issuedAt, isSet: (idx) => slots.includes(idx) });

async function knowledge(told) {
  const trust = await readTrustList(canonical(told.trust));
  const madeAt = instant(told.status_issued_at);
  const every = (slots) =>
    new Map([...trust.statusLists.keys()].map((number) => [number, plainList(madeAt, slots[String(number)] ?? [])]));
  return { usable: true, trust, revoked: every(told.revoked ?? {}), suspended: every({}), signedAt: madeAt,
    expiresAt: instant(told.at), floor: madeAt };
}

const twoWay = files("two_way_mode");

for (const vector of twoWay.filter((one) => one.name.startsWith("request_"))) {
  test(`two-way ${vector.name}`, async () => {
    const at = instant(vector.at);
    let said = ["ok", null];
    try {
      const request = await openRequest(vector.text, at);
      assert.equal(hex(request.ctx), vector.ctx);
      const asker = await checkRequester(request, await knowledge(vector), at);
      assert.equal(asker.card.kind, "ecps");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said = [error.code, error.facts.reason ?? null];
    }

    assert.deepEqual(said, [vector.expected, vector.reason ?? null]);
  });
}

async function opened(vector) {
  const answer = unpack(vector.text, ANSWER);
  for (const waits of [...vector.waiting].reverse()) {
    const curve = createECDH("prime256v1");
    curve.setPrivateKey(waits.ephemeral_secret, "hex");
    const point = new Uint8Array(curve.getPublicKey());
    const part = (from, to) => base64url(point.slice(from, to));
    const jwk = { kty: "EC", crv: "P-256", x: part(1, 33), y: part(33, 65), d: base64url(fromHex(waits.ephemeral_secret)) };
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
    try {
      return { ctx: fromHex(waits.ctx), shown: await open(answer, key, point, fromHex(waits.ctx)) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  throw new Refused(vector.waiting.length ? "answer_unreadable" : "context_unexpected");
}

for (const vector of twoWay.filter((one) => one.name.startsWith("answer_"))) {
  test(`two-way ${vector.name}`, async () => {
    const at = instant(vector.at);
    let codes;
    try {
      assert.ok(isForm(vector.text, ANSWER));
      const { ctx, shown } = await opened(vector);
      const alsoAsked = vector.waiting.map((one) => fromHex(one.ctx)).filter((other) => !equal(other, ctx));
      const known = await knowledge(vector);
      const verdict = await judge(pack(shown), POLICIES.officine, known, new MemorySeen(), at, { ctx, alsoAsked });
      codes = verdict.card ? ["ok"] : verdict.reasons;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      codes = [error.code];
    }

    assert.deepEqual(codes, [vector.expected]);
  });
}

test("base64url is one text for one byte string", () => {
  assert.equal(base64url(Uint8Array.of(0xff, 0xfe)), "__4");
  assert.deepEqual(fromBase64url("__4"), Uint8Array.of(0xff, 0xfe));
  for (const odd of ["__5", "__4=", "_", "a+/b"]) assert.throws(() => fromBase64url(odd), Refused);
  assert.equal(concat(Uint8Array.of(1), Uint8Array.of(2)).length, 2);
});
