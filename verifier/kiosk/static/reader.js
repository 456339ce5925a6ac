// Try a reader: how it arrives (keys or serial line), with which keyboard layout, how fast, and what to set.

import { make, notice } from "/draw.js";
import { AZERTY, Burst, listen } from "/keyboard.js";
import { call, follow, hasToken, Refused } from "/link.js";
import { say, speak, told as labelled } from "/words.js";

const SLOW_S = 4;
const at = (id) => document.getElementById(id);
let expected = "", listed = "", picked = null;

speak("reader_page_title");
if (!hasToken()) alarm("no_token");
else begin();

function begin() {
  listen(new Burst({ onProgress: progress, onEnd: judge }));
  at("ports-form").addEventListener("submit", (event) => { event.preventDefault(); usePort(); });
  at("ports-again").addEventListener("click", drawPorts);
  at("ports").addEventListener("change", () => { picked = at("ports").value; });
  follow({
    onHappening: heard,
    onBatch: () => { at("alarm").replaceChildren(); drawCode(); drawPorts(); },
    onStopped: () => alarm("stopped"), onRefused: () => alarm("no_token"),
  });
}

async function drawCode() {
  if (expected) return;
  let test;
  try { test = await call("GET", "/api/reader-test"); } catch { return; }
  expected = test.text;
  at("code").replaceChildren(make("img", { src: `data:image/png;base64,${test.png}`, alt: say("reader_code") }));
}

function heard(one, old) {
  if (old || one.source !== "serial") return;
  if (one.what === "reader_test") tell([notice("good", say("reader_serial_ok"), say("test_read_do"))]);
  else tell([notice("care", say("reader_serial_other"), say("reader_serial_other_do"))]);
}

function progress(count) {
  at("typing").hidden = false;
  at("typed").value = Math.min(count, 900);
}

function judge({ typed, byKey, suffix, took }) {
  at("typing").hidden = true;
  const seconds = took / 1000;
  const repaired = [...typed].map((key) => AZERTY[key] ?? key).join("");
  const layout = typed === expected ? "same" : repaired === expected ? "azerty" : byKey === expected ? "shift" : "broken";
  const told = [make("p", { text: say("reader_kb_ok", { chars: typed.length, seconds: seconds.toFixed(1), rate: Math.round(typed.length / seconds) }) })];
  if (layout === "broken") {
    told.push(notice("bad", say("reader_layout_broken", { wrong: differences(repaired) }), say("reader_layout_broken_do")));
  } else {
    const slow = seconds > SLOW_S;
    told.push(make("p", { text: say(`reader_layout_${layout}`) }));
    told.push(make("p", { text: say(suffix === "Enter" ? "reader_end_enter" : suffix === "Tab" ? "reader_end_tab" : "reader_end_none") }));
    told.unshift(notice(slow ? "care" : "good", say("test_read"), say(slow ? "reader_slow" : "reader_fast", { seconds: seconds.toFixed(0) })));
  }
  told.forEach((one) => { one.dataset.layout = layout; });
  tell(told);
}

function differences(text) {
  let wrong = Math.abs(text.length - expected.length);
  for (let here = 0; here < Math.min(text.length, expected.length); here += 1) if (text[here] !== expected[here]) wrong += 1;
  return wrong;
}

function tell(children) { at("told").replaceChildren(...children); }

async function drawPorts() {
  let told;
  try { told = await call("GET", "/api/reader"); } catch { return; }
  const names = new Set(told.ports.map((port) => port.name));
  const options = [make("option", { value: "", text: say("reader_port_none") })];
  if (told.port && !names.has(told.port)) options.push(make("option", { value: told.port, text: told.port }));
  for (const port of told.ports) options.push(make("option", { value: port.name, text: port.about === "n/a" ? port.name : `${port.name} — ${port.about}` }));
  // A list that is open stays open, and what somebody is choosing stays chosen, while it can be.
  const now = JSON.stringify(told.ports) + told.port;
  if (now !== listed) {
    listed = now;
    at("ports").replaceChildren(...options);
  }
  if (picked !== "" && !names.has(picked)) picked = null;
  at("ports").value = picked ?? told.port ?? "";
  at("ports-none").hidden = options.length > 1;
  at("port-state").textContent = labelled(say("reader_state"), say(`serial_${told.state}`));
}

async function usePort() {
  try {
    await call("POST", "/api/reader", { port: at("ports").value || null });
    picked = null;
    await drawPorts();
  } catch (problem) {
    if (problem instanceof Refused && problem.said) at("port-state").textContent = `${problem.said.said} ${problem.said.to_do}`;
  }
}

function alarm(name) { at("alarm").replaceChildren(notice("bad", say(name), say(`${name}_do`))); }
