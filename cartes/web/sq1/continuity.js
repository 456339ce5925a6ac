/* What was seen and still binds the publisher: versions and signed times do not go back, nor do revocations.

   A reader goes on from the newest root it has proven, never again from its first: whoever steals the
   keys of an old root rewrites nothing. And the way back from a stolen online key is that of the TUF
   specification (5.3.11): what was said by a key whose right the newest root took away binds no more.
   The JavaScript twin of `verifier/trust_continuity.py`. */

import { havingSeen, RevokedAsSeen } from "./revocations.js";
import { bad, fetchTrust, isSigned } from "./tuf.js";
import { checkKnowledge } from "./verify.js";

const STATUS = ["status", "targets"];
const BY_ROOT = [["timestamp", "timestamp"], ["snapshot", "snapshot"], ["targets", "targets"]];

/** Prove what `fetch` offers, from what is `kept` on, or from `root` when nothing is; refuse what is older.

    Gives `{offered, held}`: what may be believed, and what to keep of it. */
export async function renewTrust(kept, root, fetch, at) {
  const offered = await fetchTrust(kept?.root ?? root, fetch, at);
  if (kept) await checkNoOlder(offered, kept);
  const { signedAt, versions, files } = offered;
  // A pocket filled before revocations were remembered has none.
  const seen = havingSeen(kept?.seen ?? new Map(), offered, at);
  return { offered, held: { root: offered.root, signedAt, versions, files, seen, provenAt: at } };
}

/** What may be believed at `at` of what is `held`, with no network: every signature is proven again.

    What was seen revoked stays so, whatever the list says now (`revocations.js`). Refuses knowledge too old, or a clock behind what was signed (`checkKnowledge`). */
export async function believed(held, at) {
  // The files are judged as of the moment they were fetched; their age is judged as of now.
  const known = await fetchTrust(held.root, async (path) => held.files[path] ?? null, Math.min(at, held.provenAt));
  const seen = held.seen ?? new Map();
  const revoked = new Map([...known.revoked].map(([number, list]) => [number, new RevokedAsSeen(list, seen, at)]));
  const whole = { ...known, revoked, floor: Math.max(known.signedAt, held.signedAt) };
  checkKnowledge(whole, at);
  return whole;
}

async function checkNoOlder(offered, kept) {
  const binding = ["root"];
  for (const [name, kind] of [...BY_ROOT, STATUS]) {
    const data = kept.files[pathOf(name, kept.versions)];
    if (data && (await isSigned(data, kind, `${name}.json`, offered.keys[name]))) binding.push(name);
  }
  // The trust list's version goes with the role that names it.
  if (binding.includes("targets")) binding.push("trust");
  for (const name of binding) {
    if (offered.versions[name] < kept.versions[name]) throw bad(`${name}.json`, "rolled_back");
  }
  const before = binding.includes("timestamp") && offered.signedAt < kept.signedAt;
  if (before) throw bad("timestamp.json", "rolled_back");
}

const pathOf = (name, versions) =>
  name === "timestamp" ? "metadata/timestamp.json" : `metadata/${versions[name]}.${name}.json`;
