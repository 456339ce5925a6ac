/* How this phone knows who asks in the two-way mode: the publication's signed files, kept whole.

   What is kept is the files, not what was read in them: each time they are needed they are proven
   again from the first root on. That root comes with the enrolment, from the same server, once. */

import { Refused } from "../sq1/refused.js";
import { checkNoOlder, fetchTrust } from "../sq1/tuf.js";
import { checkKnowledge } from "../sq1/verify.js";
import * as clock from "./clock.js";
import * as pocket from "./pocket.js";

const PUBLICATION = "/publication/";

async function fetchFile(path) {
  let answer;
  try {
    answer = await fetch(PUBLICATION + path, { cache: "no-store", credentials: "omit" });
  } catch {
    throw new Refused("offline");
  }
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Refused("backend_unwell", { status: answer.status });
  return new Uint8Array(await answer.arrayBuffer());
}

/** Fetch the publication and keep it, if it is genuine and no older than what is kept. */
export async function refresh() {
  const at = clock.now();
  const kept = await pocket.get("trust");
  const root = kept?.root ?? (await fetchFile("metadata/1.root.json"));
  if (root === null) throw new Refused("trust_refused");
  const offered = await fetchTrust(root, fetchFile, at);
  checkNoOlder(offered, kept);
  const { signedAt, versions, files } = offered;
  await pocket.keep("trust", { root, newest: offered.root, signedAt, versions, files, provenAt: at });
  return offered;
}

/** What this phone may believe at this moment, every signature proven again. */
export async function load() {
  const kept = await pocket.get("trust");
  if (!kept) throw new Refused("trust_store_unusable");
  const at = clock.now();
  // The files are judged as of the moment they were fetched; their age is judged as of now.
  const known = await fetchTrust(kept.root, async (path) => kept.files[path] ?? null, Math.min(at, kept.provenAt));
  const whole = { ...known, floor: Math.max(known.signedAt, kept.signedAt) };
  checkKnowledge(whole, at);
  return whole;
}
