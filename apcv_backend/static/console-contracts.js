// Publish a file of contracts: what was taken, and every line that was not.

import { ask, byId, el, facts, known, onSubmit, Refusal, t } from "./staff-door.js";

const box = byId("report");
const working = byId("working");

byId("file").dataset.wrong = t("no_file");

function show(report) {
  const bad = report.refused_lines;
  const told = byId("report-told");
  told.className = `notice ${bad ? "care" : "good"}`;
  told.textContent = t(bad ? "some_refused" : "all_taken");
  facts(
    byId("counts"),
    [t("entered"), report.entered],
    [t("changed"), report.changed],
    [t("same"), report.same],
    [t("refused"), bad],
  );
  byId("errors-box").hidden = !bad;
  byId("errors").tBodies[0].replaceChildren(
    ...report.refused.map((one) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, String(one.line)),
        el("td", {}, one.field ? el("code", {}, one.field) : "–"),
        el("td", {}, known(`why_${one.code}`) ? t(`why_${one.code}`) : one.code),
      ),
    ),
  );
  box.hidden = false;
  box.focus();
}

onSubmit(byId("contracts"), async ({ file }) => {
  box.hidden = true;
  working.textContent = t("contracts_working");
  try {
    const answer = await ask("POST", "/v1/console/contracts", { body: file, type: "text/csv" });
    show(await answer.json());
  } catch (refused) {
    const why = refused.facts?.why;
    throw refused.code === "contract_file_refused" && known(`file_why_${why}`) ? new Refusal(t(`file_why_${why}`)) : refused;
  } finally {
    working.textContent = "";
  }
});
