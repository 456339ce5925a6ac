// The thread between this page and the till: the token, one call, and what happens.
//
// The token arrives in the fragment of the address, which the browser sends to nobody; it leaves the address
// bar at once and stays in this tab. No cookie: another page could ride on one.

import { language } from "/words.js";

const KEY = "till-token";
const fromAddress = new URLSearchParams(location.hash.slice(1)).get("token");
if (fromAddress) {
  sessionStorage.setItem(KEY, fromAddress);
  history.replaceState(null, "", location.pathname);
}

export class Refused extends Error {
  constructor(status, said) { super(said?.code ?? String(status)); this.status = status; this.said = said; }
}

export const hasToken = () => sessionStorage.getItem(KEY) !== null;

export async function call(method, path, body, { signal, raw } = {}) {
  const address = new URL(path, location.origin);
  address.searchParams.set("lang", language);
  const headers = { "X-Till-Token": sessionStorage.getItem(KEY) ?? "" };
  if (body !== undefined) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
  const sent = body === undefined ? undefined : raw ? body : JSON.stringify(body);
  const answer = await fetch(address, { method, headers, body: sent, signal, cache: "no-store" });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export async function follow({ onHappening, onBatch, onStopped, onRefused }) {
  // Everything that happens, in order, for as long as the page lives. What happened before the page opened is
  // drawn without a sound.
  let last = 0, old = true;
  for (;;) {
    try {
      const told = await call("GET", `/api/happenings?after=${last}&wait=${old ? 0 : 20}`);
      last = told.last;
      const shown = told.happenings.filter((one) => one.what !== "state");
      for (const one of old ? shown.slice(-1) : shown) onHappening(one, old);
      old = false;
      onBatch();
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 401) { onRefused(); return; }
      onStopped();
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}
