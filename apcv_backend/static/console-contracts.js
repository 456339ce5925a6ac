// Publish a file of contracts: what was taken, and every line that was not.

import { ask, byId, el, facts, known, onSubmit, Refusal, t } from "./staff-door.js";

const box = byId("report");
const working = byId("working");
const save = byId("save");
const SHOWN = 500;

byId("file").dataset.wrong = t("no_file");

/** What an answer tells line by line: every line that was refused, and the counts, which come last. */
async function read(answer) {
  const refused = [];
  let counts = null;
  const broken = () => {
    throw new Refusal(t("contracts_broken"), "network");
  };
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(broken);
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const said = JSON.parse(line);
      if (said.done) counts = said;
      else refused.push(said);
    }
  }
  if (!counts) broken();
  return { counts, refused };
}

const why = (one) => (known(`why_${one.code}`) ? t(`why_${one.code}`) : one.code);

function show({ counts, refused }) {
  const bad = refused.length;
  const told = byId("report-told");
  told.className = `notice ${bad ? "care" : "good"}`;
  told.textContent = t(bad ? "some_refused" : "all_taken");
  facts(
    byId("counts"),
    [t("entered"), counts.entered],
    [t("changed"), counts.changed],
    [t("same"), counts.same],
    [t("refused"), bad],
  );
  byId("errors-box").hidden = !bad;
  byId("errors").tBodies[0].replaceChildren(
    ...refused
      .slice(0, SHOWN)
      .map((one) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, String(one.line)),
          el("td", {}, one.field ? el("code", {}, one.field) : "–"),
          el("td", {}, why(one)),
        ),
      ),
  );
  offer(refused);
  box.hidden = false;
  box.focus();
}

/** Beyond what the page shows, every refused line in a file of its own; its words are ours, and need no quotes. */
function offer(refused) {
  byId("more").hidden = refused.length <= SHOWN;
  if (save.href) URL.revokeObjectURL(save.href);
  save.removeAttribute("href");
  if (refused.length <= SHOWN) return;
  const rows = refused.map((one) => [one.line, one.field, why(one)].join(";"));
  const csv = ["ligne;champ;erreur", ...rows].join("\r\n");
  save.href = URL.createObjectURL(new Blob(["\uFEFF", csv, "\r\n"], { type: "text/csv" }));
}

onSubmit(byId("contracts"), async ({ file }) => {
  box.hidden = true;
  working.textContent = t("contracts_working");
  try {
    const answer = await ask("POST", "/v1/console/contracts", {
      body: file,
      type: "text/csv",
      headers: { Accept: "application/x-ndjson, application/problem+json" },
    });
    show(await read(answer));
  } catch (refused) {
    const sentence = `file_why_${refused.facts?.why}`;
    throw refused.code === "contract_file_refused" && known(sentence) ? new Refusal(t(sentence)) : refused;
  } finally {
    working.textContent = "";
  }
});
