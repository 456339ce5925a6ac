/* The phone's memory: one small IndexedDB store. The app key lies in it as a WebCrypto key that no
   script can read; the WebAuthn key lies in the phone itself and never comes here.

   A browser may keep nothing (`storage_blocked`), have no room left (`storage_full`), or throw away
   what it kept: `hasForgotten` says so, as long as it kept that one word. */

import { Refused } from "../sq1/refused.js";
import { recall, remember } from "./remembered.js";

// One store for each place this is served from: the phone and a page that verifies share nothing.
const NAME = new URL("../..", import.meta.url).pathname; // the app's own folder: `/app/`, `/verifier/`
const OWNED = `${NAME} holds a card`;

// Other tabs hear that the card here is no longer the one they show.
const others = typeof BroadcastChannel === "function" ? new BroadcastChannel(NAME) : null;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function asked(mode, act) {
  let database;
  try {
    database = await opened();
  } catch {
    throw new Refused("storage_blocked");
  }
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(NAME, mode);
      const request = act(transaction.objectStore(NAME));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } catch (error) {
    throw new Refused(error?.name === "QuotaExceededError" ? "storage_full" : "storage_blocked");
  } finally {
    database.close();
  }
}

/** What is kept under a name, or undefined. */
export const get = (name) => asked("readonly", (store) => store.get(name));

/** Keep a value under a name. */
export const keep = (name, value) => asked("readwrite", (store) => store.put(value, name));

/** Make a new value of what is kept under a name, in one step whichever tabs do the same; gives the new one. */
export async function change(name, make) {
  let made;
  await asked("readwrite", (store) => {
    const request = store.get(name);
    request.onsuccess = () => {
      made = make(request.result);
      if (made !== undefined) store.put(made, name);
    };
    return request;
  });
  return made;
}

/** Forget one name. */
export const forget = (name) => asked("readwrite", (store) => store.delete(name));

/** Forget the card, the phone's registration and all that came with it. */
export async function empty() {
  for (const name of ["device", "cards", "represented", "pending", "answered"]) await forget(name);
  remember(OWNED, null);
  others?.postMessage("emptied");
}

/** Remember that a card is here, and tell the other tabs. */
export function own() {
  remember(OWNED, "yes");
  others?.postMessage("owned");
}

/** Whether a card was here that nobody took away: the browser threw it out. */
export const hasForgotten = async () => recall(OWNED) !== null && (await get("device")) === undefined;

/** Be told when another tab changed whose card is here. */
export function onChange(listener) {
  if (others) others.onmessage = listener;
}
