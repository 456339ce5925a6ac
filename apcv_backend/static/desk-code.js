// Open a code for somebody present, and print the sheet they leave with.

import { ask, busy, byId, facts, json, moment, onSubmit, say, t } from "./staff-door.js";

const form = byId("person");
const print = byId("print");
let handed = null;

byId("present").dataset.wrong = t("must_be_present");

async function open({ card, person }) {
  handed = await json("POST", "/v1/desk/codes", { card, person: person.trim().toUpperCase() });
  const secrets = handed.secrets.map((secret, at) => [t(at ? "secret_second" : "secret"), secret]);
  facts(
    byId("facts"),
    [t("card"), t(`card_${handed.card}`)],
    [t("reference"), handed.reference],
    ...secrets,
    [t("expires"), moment(handed.expires_at)],
  );
  form.reset();
  byId("ask").hidden = true;
  byId("handed").hidden = false;
  byId("handed-told").textContent = t("code_open");
  byId("handed-told").focus();
}

async function sheet() {
  const told = byId("sheet-told");
  told.textContent = t("making_sheet");
  try {
    const { card, reference, secrets, expires_at } = handed;
    const body = JSON.stringify({ card, reference, secrets, expires_at, language: document.documentElement.lang });
    const answer = await ask("POST", "/v1/desk/sheets", { body, headers: { Accept: "application/pdf" } });
    const address = URL.createObjectURL(await answer.blob());
    const tab = window.open(address, "_blank");
    if (!tab) {
      // A browser that opens no tab takes a file instead.
      const link = Object.assign(document.createElement("a"), { href: address, download: "fiche-activation.pdf" });
      link.click();
    }
    told.textContent = t(tab ? "sheet_ready" : "sheet_blocked");
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (refused) {
    told.textContent = refused.message;
  }
}

function next() {
  handed = null;
  byId("facts").replaceChildren();
  byId("sheet-told").textContent = "";
  byId("handed").hidden = true;
  byId("ask").hidden = false;
  say("");
  byId("person-number").focus();
}

onSubmit(form, open);
print.addEventListener("click", () => busy(print, sheet));
byId("next").addEventListener("click", next);
// Codes are shown once: whoever leaves with one unprinted is asked first.
window.addEventListener("beforeunload", (event) => {
  if (handed && !byId("sheet-told").textContent) event.preventDefault();
});
