// The till: whatever a reader gives becomes a verdict on this page, without a click between two patients.

import { Camera } from "/camera.js";
import { make, notice, shape } from "/draw.js";
import { Burst, listen } from "/keyboard.js";
import { call, follow, hasToken } from "/link.js";
import { beep, soundIsOn, switchSound } from "/sound.js";
import { happened, ready } from "/stage.js";
import { TwoWay } from "/two_way.js";
import { say, speak } from "/words.js";

const at = (id) => document.getElementById(id);
const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const twoWay = new TwoWay(at("two-way"));
let state = null, onStage = 0, newest = 0, answered = false;

speak("page_title");
at("shown").replaceChildren(ready());
const camera = new Camera(at("video"), { onChange: drawWays, onRead: seen });

if (!hasToken()) alarm("no_token");
else begin();

function begin() {
  listen(new Burst({ onProgress: typing, onEnd: typed }));
  wire();
  follow({ onHappening: draw, onBatch: refreshState, onStopped: () => alarm("stopped"), onRefused: () => alarm("no_token") });
  setInterval(refreshState, 15_000);
  if (remembered("camera") === "on") camera.start();
}

function draw(one, old) {
  // A verdict comes by the answer to its frame, then by the thread of happenings: it is drawn once.
  if (one.seq <= newest) return;
  onStage = newest = one.seq;
  at("typing").hidden = true;
  at("shown").replaceChildren(happened(one));
  at("after").hidden = false;
  answered ||= Boolean(one.answered);
  if (!old) beep(one.light ?? "other");
  const { top } = at("stage").getBoundingClientRect();
  if (!old && (top < 0 || top > innerHeight / 4)) at("stage").scrollIntoView({ block: "start" });
}

function seen(one, takenAt) {
  // From the frame's being taken to its verdict's being painted, for whoever wants to know.
  draw(one, false);
  requestAnimationFrame(() => setTimeout(() => { at("stage").dataset.frameToVerdictMs = (performance.now() - takenAt).toFixed(1); }));
}

// --- a reader in keyboard mode

function typing(count) {
  at("typing").hidden = false;
  at("typed").value = Math.min(count, 900);
}

async function typed({ text }) {
  try {
    const { happening } = await call("POST", "/api/typed", { text });
    if (happening) draw(happening, false);
  } catch { /* the till says by itself that it has stopped */ }
  at("typing").hidden = true;
}

// --- the workstation

async function refreshState() {
  try { state = await call("GET", "/api/state"); } catch { return; }
  if (onStage && state.on_screen === 0) {
    onStage = 0;
    at("after").hidden = true;
  }
  if (!onStage) replaceIfChanged(at("shown"), [ready(state.trust.light === "red")]);
  at("env").hidden = !["test", "demo"].includes(state.trust.env);
  at("env").textContent = say(`env_${state.trust.env}`);
  drawAsked();
  drawWays();
  drawToday();
  await twoWay.draw(state.two_way, answered);
  answered = false;
}

function drawAsked() {
  const { policy, once } = state.asked;
  at("asked-now").firstElementChild.textContent = say(`asked_${once ?? policy}`) + (once ? ` (${say("asked_once")})` : "");
  at("ask-usual").hidden = once === null;
  for (const button of at("asks").querySelectorAll("[data-policy]")) button.hidden = once !== null || button.dataset.policy === policy;
}

function drawWays() {
  at("camera").hidden = !camera.on;
  at("camera-button").textContent = say(camera.on ? "camera_off" : "camera_on");
  if (!state) return;
  const tones = { green: "good", amber: "care", red: "bad" };
  const rows = [
    ["way_trust", state.trust.env ? say("trust_age", { age: state.trust.age }) : say("trust_unknown"), tones[state.trust.light]],
    ["way_camera", say(camera.on ? "camera_is_on" : "camera_is_off"), camera.problem ? "care" : ""],
    ["way_keyboard", say(document.hasFocus() ? "keyboard_ready" : "keyboard_away"), ""],
    ["way_serial", say(`serial_${state.reader.state}`), { ready: "good", not_asked: "" }[state.reader.state] ?? "care"],
  ];
  at("ways").replaceChildren(...rows.flatMap(([name, text, tone]) => [make("dt", { text: say(name) }), make("dd", { text, name: tone })]));
  const problems = [];
  if (camera.problem) problems.push(notice("care", say(`problem_${camera.problem}`), say(`problem_${camera.problem}_do`)));
  if (!["ready", "not_asked"].includes(state.reader.state)) problems.push(notice("care", say(`problem_serial_${state.reader.state}`), say(`problem_serial_${state.reader.state}_do`)));
  if (state.refresh.problem) problems.push(notice("", say("refresh_failed", { at: state.refresh.tried_at, said: state.refresh.problem.said }), state.refresh.problem.to_do));
  replaceIfChanged(at("ways-problems"), problems);
  // What keeps the till from judging at all stands above everything.
  const grave = state.trust.problem;
  replaceIfChanged(at("alarm"), grave ? [notice(tones[state.trust.light], grave.said, grave.to_do)] : []);
  at("refresh-button").hidden = !state.refresh.configured;
}

function drawToday() {
  const list = state.today.map((entry) => make("li", { name: "entry" },
    make("span", { text: entry.at }),
    make("span", { name: entry.light, title: entry.word }, shape(entry.light), make("span", { name: "for-ears", text: entry.word })),
    make("span", { text: entry.who || "—" }, entry.why ? make("small", { text: entry.why }) : null)));
  replaceIfChanged(at("today"), list.length ? list : [make("li", { text: say("today_none") })]);
}

function replaceIfChanged(place, children) {
  // A live region that is drawn again is read again: only what changed is.
  const next = make("div", {}, ...children);
  if (next.innerHTML !== place.innerHTML) place.replaceChildren(...next.childNodes);
}

function alarm(name) {
  replaceIfChanged(at("alarm"), [notice("bad", say(name), say(`${name}_do`), make("p", {}, make("a", { href: "/paper.html", text: say("nav_paper") })))]);
  // The till is not there to say when a person must leave the screen, or when the night has come.
  onStage = 0;
  at("after").hidden = true;
  replaceIfChanged(at("shown"), [ready(true)]);
  at("today").replaceChildren();
}

function wire() {
  const press = (id, does) => at(id).addEventListener("click", does);
  press("blank", () => call("POST", "/api/blank", {}));
  press("ask-usual", () => call("POST", "/api/screen", { policy: state.asked.policy }));
  for (const button of at("asks").querySelectorAll("[data-policy]")) {
    button.addEventListener("click", () => call("POST", "/api/screen", { policy: button.dataset.policy, once: true }));
  }
  press("refresh-button", async () => {
    await call("POST", "/api/refresh", {});
    at("ways-problems").replaceChildren(make("p", { role: "status", text: say("refreshing") }));
  });
  press("camera-button", () => {
    if (camera.on) camera.stop(); else camera.start();
    localStorage.setItem("camera", camera.wanted ? "on" : "off");
  });
  const drawSound = () => { at("sound-button").textContent = say(soundIsOn() ? "sound_off" : "sound_on"); };
  press("sound-button", () => { switchSound(); drawSound(); });
  drawSound();
  addEventListener("focus", drawWays);
  addEventListener("blur", drawWays);
}
