// The page that waits for a phone: it listens (server-sent events), asks again when it cannot, and goes on when the
// server says so. What an approval on this same device left in the address is brought to the server, once.

const page = document.body.dataset;
const told = document.getElementById("state");
const sentences = { pending: page.pending, scanned: page.scanned };
const POLL_MS = 2000;
let state = page.state;

function hear(now) {
  if (now === state) return;
  state = now;
  if (now in sentences) told.textContent = sentences[now];
  else location.replace(page.address);
}

async function ask() {
  try {
    const answer = await fetch(`${page.address}/state`, { cache: "no-store" });
    if (answer.ok) hear((await answer.json()).state);
  } catch {
    // No network just now: the next round asks again.
  }
}

function listen() {
  if (!("EventSource" in window)) {
    setInterval(ask, POLL_MS);
    return;
  }
  const stream = new EventSource(`${page.address}/events`);
  stream.addEventListener("state", (event) => hear(event.data));
  stream.addEventListener("error", () => {
    // A stream that ended is opened again by the browser; one that is refused for good is replaced by asking.
    if (stream.readyState === EventSource.CLOSED) setInterval(ask, POLL_MS);
  });
}

function countDown() {
  const left = document.getElementById("left");
  document.getElementById("left-line").hidden = false;
  const until = Date.now() + Number(page.expires) * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds === 0) location.replace(page.address);
    else setTimeout(tick, 1000);
  };
  tick();
}

async function bringBack(ticket) {
  history.replaceState(null, "", page.address);
  await fetch(`${page.address}/return`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
  }).catch(() => undefined);
  location.replace(page.address);
}

const ticket = new URLSearchParams(location.hash.slice(1)).get("r");
if (ticket) bringBack(ticket);
else {
  listen();
  countDown();
}
