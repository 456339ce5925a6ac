/* What the page that verifies makes of several codes shown one after the other: a question of the Python tests. */

import { readFileSync } from "node:fs";

import { Patient } from "../../../verifier/page/app/patient.js";
import { fromBase64url } from "../../../cartes/web/sq1/bytes.js";
import { canonical } from "../../../cartes/web/sq1/json.js";
import { BESIDE, POLICIES } from "../../../cartes/web/sq1/policy.js";
import { StatusList } from "../../../cartes/web/sq1/status.js";
import { readTrustList } from "../../../cartes/web/sq1/trust.js";
import { MemorySeen, judge } from "../../../cartes/web/sq1/verify.js";

const instant = (text) => Date.parse(text) / 1000;
const lists = (told) => new Map(Object.entries(told).map(([number, text]) => [Number(number), StatusList.read(fromBase64url(text))]));

const { store, screen, shown } = JSON.parse(readFileSync(0, "utf8"));
const known = {
  usable: true,
  trust: await readTrustList(canonical(store.trust)),
  revoked: lists(store.revoked),
  suspended: lists(store.suspended),
  signedAt: instant(store.signed_at),
  expiresAt: instant(store.expires_at),
  floor: instant(store.floor),
};
const patient = new Patient(), seen = new MemorySeen(), told = [];
for (const { text, at } of shown) {
  const options = { beside: BESIDE[screen] ?? null };
  const [judged, beside] = patient.shown(await judge(text, POLICIES[screen], known, seen, instant(at), options), instant(at));
  told.push({ kind: judged.kind, light: judged.light, reasons: judged.reasons, beside: beside && { kind: beside.judged.kind, goes_with: beside.goesWith } });
}
process.stdout.write(JSON.stringify(told));
