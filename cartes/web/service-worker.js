/* Keep the app on the phone: every file of `PRECACHE`, which the server writes above this line,
   each with the SHA-256 of its content. Nothing of the API is ever kept; a card is shown from the pocket.

   A new version is fetched whole beside the old one, each file compared with its hash, and takes
   over at the next start. */

const FILES = self.PRECACHE ?? {};
const PREFIX = `${new URL(self.registration.scope).pathname} `;
const NAME = PREFIX + self.VERSION;

async function fetched(cache, path, digest) {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(path);
  const found = await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer());
  const text = Array.from(new Uint8Array(found), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (text !== digest) throw new Error(`${path} is not the announced one`);
  await cache.put(path, answer);
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME);
      await Promise.all(Object.entries(FILES).map(([path, digest]) => fetched(cache, path, digest)));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const scope = new URL(self.registration.scope);
  if (event.request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length) || "index.html";
  if (!(path in FILES)) return;
  event.respondWith(
    (async () => (await (await caches.open(NAME)).match(new URL(path, scope))) ?? fetch(event.request))(),
  );
});
