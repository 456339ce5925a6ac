// A file of questions: sent once, its answers read as they come, taken up again where they stopped.

import { ask, byId, el, facts, known, onSubmit, Refusal, say, t } from "./staff-door.js";

const MOST = 100_000;
const SHOWN = 500;
const SEPARATOR = ";";
const box = byId("progress");
const stop = byId("stop");
const resume = byId("resume");
const save = byId("save");
let job = null;
let stopping = null;

/** The questions of a CSV or NDJSON text, one JSON line each, and the number each line had in the file. */
export function readQuestions(text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const questions = [];
  lines.forEach((line, at) => {
    if (!line.trim() || (at === 0 && /^\s*nir\s*(;|$)/i.test(line))) return;
    if (line.trimStart().startsWith("{")) return questions.push({ line: at + 1, json: line.trim() });
    const [nir = "", birth = "", rank = "", ref = ""] = line.split(SEPARATOR).map((part) => part.trim().replace(/^"(.*)"$/, "$1"));
    const asked = { nir: nir.replace(/\s/g, "").toUpperCase() };
    if (birth) asked.birth_date = birth;
    if (rank) asked.rank = Number(rank);
    if (ref) asked.ref = ref;
    questions.push({ line: at + 1, json: JSON.stringify(asked) });
  });
  return questions;
}

const named = () => `console-${crypto.randomUUID()}`;
const wrong = (code) => (known(code) ? t(code) : code);
const filled = (sentence) => t(sentence).replace("{done}", job.done).replace("{all}", job.questions.length);

function told(sentence) {
  byId("progress-told").textContent = sentence;
}

function draw() {
  byId("bar").max = job.questions.length;
  byId("bar").value = job.done;
  facts(byId("counts"), [t("answered"), job.answered], [t("not_answered"), job.errors]);
  byId("errors-box").hidden = !job.errors;
}

function take(said) {
  if (!("line" in said)) return said;
  job.done = said.line;
  const asked = job.questions[said.line - 1];
  const reference = said.ref ?? "";
  if (said.error) {
    job.errors += 1;
    job.rows.push([asked.line, reference, "", "", said.error.code]);
    if (job.errors <= SHOWN) {
      byId("errors").tBodies[0].append(
        el("tr", {}, el("th", { scope: "row" }, String(asked.line)), el("td", {}, reference), el("td", {}, wrong(said.error.code))),
      );
    }
  } else {
    job.answered += 1;
    const flag = (block) => (block ? (block.open ? "oui" : "non") : "");
    job.rows.push([asked.line, reference, flag(said.answer.amo), flag(said.answer.amc), ""]);
  }
  return null;
}

async function read(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) last = take(JSON.parse(line)) ?? last;
    draw();
    told(filled("file_line_of"));
  }
  return last;
}

async function run() {
  stopping = new AbortController();
  stop.hidden = false;
  resume.hidden = save.hidden = true;
  const query = new URLSearchParams({ purpose: job.purpose, care_date: job.care_date, from_line: job.done + 1 });
  let why = "network";
  try {
    told(t("file_sending"));
    const answer = await ask("POST", `/v1/console/batches?${query}`, {
      body: job.body,
      type: "application/x-ndjson",
      headers: { "Batch-Id": job.name, Accept: "application/x-ndjson, application/problem+json" },
      signal: stopping.signal,
    });
    const last = await read(answer);
    if (last?.done) why = "";
    else if (last) why = last.error.code;
  } catch (failed) {
    if (failed instanceof Refusal && failed.code !== "network") {
      if (!job.done) {
        box.hidden = true;
        throw failed;
      }
      why = failed.code;
    } else if (failed.name === "AbortError") why = "stopped";
  } finally {
    stop.hidden = true;
  }
  draw();
  ended(why);
}

function ended(why) {
  if (!why) told(filled("file_done"));
  else told(`${filled("file_stopped")} ${known(`stop_${why}`) ? t(`stop_${why}`) : why}`);
  resume.hidden = !why;
  if (!job.rows.length) return;
  const quoted = (value) => (/[";\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : value);
  // A cell that begins as a formula would be one in a spreadsheet.
  const safe = (value) => quoted(/^[=+@\t-]/.test(String(value)) ? `'${value}` : value);
  const csv = [["ligne", "reference", "amo_ouvert", "amc_ouvert", "erreur"], ...job.rows].map((row) => row.map(safe).join(";")).join("\r\n");
  if (save.href) URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob(["\uFEFF", csv, "\r\n"], { type: "text/csv" }));
  save.hidden = false;
}

const again = () => run().catch((refused) => say(refused.message));

stop.addEventListener("click", () => stopping?.abort());
resume.addEventListener("click", again);
byId("file").dataset.wrong = t("no_file");
onSubmit(byId("file-form"), async ({ file, purpose, care_date }) => {
  const questions = readQuestions(await file.text());
  if (!questions.length) throw new Refusal(t("file_empty"));
  if (questions.length > MOST) throw new Refusal(t("file_too_long"));
  const body = questions.map((one) => `${one.json}\n`).join("");
  job = { name: named(), questions, body, purpose, care_date, done: 0, answered: 0, errors: 0, rows: [] };
  byId("errors").tBodies[0].replaceChildren();
  box.hidden = false;
  draw();
  box.focus();
  await run();
});
