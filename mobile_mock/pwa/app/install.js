/* Ask the browser to keep what this phone holds, and keep the app itself for when there is no network. */

/** Ask that the pocket not be emptied to make room; the browser may say no. */
export async function askPersistence() {
  await navigator.storage?.persist?.().catch(() => false);
}

/** Keep the app on the phone. */
export async function keepApp() {
  await navigator.serviceWorker?.register("service-worker.js").catch(() => null);
}
