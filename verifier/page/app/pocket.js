/* The phone's memory: one small IndexedDB store. The app key lies in it as a WebCrypto key that no
   script can read; the WebAuthn key lies in the phone itself and never comes here. */

// One store for each place this is served from: the phone and a page that verifies share nothing.
const NAME = new URL("..", import.meta.url).pathname;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function asked(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(NAME, mode);
      const request = act(transaction.objectStore(NAME));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What is kept under a name, or undefined. */
export const get = (name) => asked("readonly", (store) => store.get(name));

/** Keep a value under a name. */
export const keep = (name, value) => asked("readwrite", (store) => store.put(value, name));

/** Forget one name. */
export const forget = (name) => asked("readwrite", (store) => store.delete(name));

/** Forget the card, the phone's registration and all that came with it. */
export async function empty() {
  for (const name of ["device", "cards", "represented", "pending", "answered"]) await forget(name);
}
