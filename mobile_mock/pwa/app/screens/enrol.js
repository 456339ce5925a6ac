/* Enrol this phone with a code, typed or scanned; then show the loss code, once. */

import { actions, button, el, facts, link } from "../../shared/app/dom.js";
import { askPersistence } from "../install.js";
import * as holder from "../holder.js";
import * as knowledge from "../../shared/app/knowledge.js";
import { t } from "../words.js";
import { readCode } from "./scan.js";

const REFERENCE = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b(?!-)/g;
const SECRET = /\b[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}\b/g;

/** The reference and the secrets a sheet's code holds, whatever stands around them; null if it is not one. */
export function readSheet(text) {
  const secrets = text.match(SECRET) ?? [];
  const reference = text.replace(SECRET, " ").match(REFERENCE)?.[0];
  return reference && secrets.length ? { reference, secrets } : null;
}

function field(id, label, hint, attributes = {}) {
  return [
    el("label", { for: id }, t(label)),
    hint && el("span", { class: "hint", id: `${id}-hint` }, t(hint)),
    el("input", {
      id,
      name: id,
      required: true,
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
      "aria-describedby": hint ? `${id}-hint` : null,
      ...attributes,
    }),
  ];
}

/** `sheet` fills the form; `read` says what became of a scan: true, or false for a code that is no sheet. */
export async function enrolScreen(app, { sheet, read } = {}) {
  const pro = app.kind === "ecps";
  const problem = el("p", { class: "error", role: "alert", hidden: true });
  const secretNames = pro ? ["enrol_secret_sms", "enrol_secret_mail"] : ["enrol_secret"];
  const inputs = {};
  const form = el(
    "form",
    { novalidate: true, onsubmit: submit },
    field("reference", "enrol_reference", "enrol_reference_hint", { class: "code" }),
    secretNames.map((label, at) => field(`secret${at}`, label, "enrol_secret_hint", { class: "code" })),
    field("device", "enrol_name", "enrol_name_hint", { maxlength: "60", autocapitalize: "sentences" }),
    problem,
    el("p", { class: "small" }, t("enrol_wait")),
    actions(el("button", { type: "submit", class: "main large" }, t("enrol_submit"))),
  );
  for (const input of form.querySelectorAll("input")) inputs[input.id] = input;
  inputs.device.value = t("enrol_name_value");
  if (sheet) fill(sheet);

  function fill({ reference, secrets }) {
    inputs.reference.value = reference;
    secrets.forEach((secret, at) => {
      if (inputs[`secret${at}`]) inputs[`secret${at}`].value = secret;
    });
  }

  async function scan() {
    const text = await readCode(app);
    if (text === null) return app.go("#/enrol");
    const found = readSheet(text);
    return app.show(() => enrolScreen(app, { sheet: found, read: found !== null }));
  }

  async function submit(event) {
    event.preventDefault();
    const reference = inputs.reference.value.trim().toUpperCase();
    const secrets = secretNames.map((_, at) => inputs[`secret${at}`].value.trim().toUpperCase());
    if (!reference || secrets.some((secret) => !secret)) {
      problem.textContent = t("enrol_missing");
      problem.hidden = false;
      const empty = [...form.querySelectorAll("input")].find((input) => !input.value.trim());
      empty.setAttribute("aria-invalid", "true");
      empty.focus();
      return;
    }
    await app.busy(t("enrol_wait"), async () => {
      app.checkClock();
      const enrolled = await holder.enrol(app.kind, { reference, secrets }, inputs.device.value.trim() || t("enrol_name_value"));
      await askPersistence();
      // The card itself comes without another gesture: the app key was just proven.
      await holder.fetchCards();
      if (app.kind === "apcv") await beside();
      await knowledge.refresh().catch(() => null);
      app.show(() => enrolledScreen(enrolled));
    }, () => app.show(() => enrolScreen(app, { sheet: { reference, secrets } })));
  }

  const heard = read === undefined ? null : read
    ? el("p", { class: "notice good", role: "status" }, t("enrol_scanned"))
    : el("p", { class: "notice care", role: "alert" }, t("enrol_not_a_sheet"));
  const intro = heard ?? el("p", {}, t(pro ? "enrol_intro_pro" : "enrol_intro"));
  // A sheet is scanned before anything is typed; two messages are typed, unless they hold a code.
  const scanning = actions(button(t("enrol_scan"), scan));
  return { title: t("enrol_title"), body: pro ? [intro, form, scanning] : [intro, scanning, sheet ? null : el("p", {}, t("enrol_or_type")), form] };
}

/** The cards that stand beside mine; without them mine still works, and they come at the next start. */
async function beside() {
  for (const fetch of [holder.fetchRepresented, holder.fetchContracts]) await fetch().catch(() => null);
}

function enrolledScreen({ lossCode, reference }) {
  return {
    title: t("enrolled_title"),
    body: [
      el("p", { class: "notice care" }, t(lossCode ? "enrolled_loss" : "enrolled_loss_gone")),
      el("div", { class: "sheet" }, facts([t("enrolled_reference"), reference], [t("enrolled_loss_code"), lossCode])),
      actions(link(t("enrolled_noted"), "#/", "button main large")),
    ],
  };
}
