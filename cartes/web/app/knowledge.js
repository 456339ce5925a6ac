/* What this phone trusts: the publication's signed files, kept whole, and what was seen revoked in them.

   The phone's app knows by it who asks in the two-way mode; the page that verifies judges cards by it. What is
   kept is the files, not what was read in them: each time they are needed they are proven again from the
   newest root on. The first root comes with the enrolment, from the same server, once. */

import { concat } from "../sq1/bytes.js";
import { believed, renewTrust } from "../sq1/continuity.js";
import { Refused } from "../sq1/refused.js";
import { bad } from "../sq1/tuf.js";
import * as clock from "./clock.js";
import * as pocket from "./pocket.js";

const PUBLICATION = "/publication/";

const FIRST_ROOT = "metadata/1.root.json";
const MAX_FIRST_ROOT = 1 << 16;
const TIMEOUT_MS = 30000;

/** The bytes of a file of the publication, or null; past `most` nothing more is read. */
async function fetchFile(path, most) {
  try {
    const options = { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await fetch(PUBLICATION + path, options);
    clock.heard(answer.headers.get("Date"));
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Refused("backend_unwell", { status: answer.status });
    return await read(answer.body.getReader(), most);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("offline");
  }
}

async function read(reader, most) {
  const parts = [];
  let size = 0;
  while (size <= most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  await reader.cancel();
  return concat(...parts);
}

/** Fetch the publication and keep it, if it is genuine and no older than what is kept. */
export async function refresh() {
  const kept = await pocket.get("trust");
  const root = kept ? null : await fetchFile(FIRST_ROOT, MAX_FIRST_ROOT);
  if (!kept && root === null) throw bad("1.root.json", "missing");
  const { held } = await renewTrust(kept, root, fetchFile, clock.now());
  await pocket.keep("trust", held);
}

/** What this phone may believe at this moment, every signature proven again. */
export async function load() {
  const kept = await pocket.get("trust");
  if (!kept) throw new Refused("trust_store_unusable");
  return believed(kept, clock.now());
}
