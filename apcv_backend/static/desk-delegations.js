// Open a delegation on a proof seen, see those of a person, end one.

import { byId, day, el, json, onSubmit, say, sureButton, t } from "./staff-door.js";

const form = byId("open");
const proof = byId("proof");
const until = byId("until");
const done = byId("done");
const BY = ["mandant", "mandataire", "juge", "autorite"];
let asked = null;

byId("seen").dataset.wrong = t("must_see_proof");
until.dataset.wrong = t("until_needed");

const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

function groundChosen() {
  const { proofs, until: most } = form.querySelector("[name=type]:checked").dataset;
  const allowed = proofs.split(" ");
  for (const option of proof.options) option.hidden = option.disabled = !allowed.includes(option.value);
  if (!allowed.includes(proof.value)) proof.value = allowed[0];
  const days = Number(most);
  byId("until-box").hidden = !days;
  until.required = days > 0;
  until.disabled = !days;
  until.min = inDays(0);
  until.max = days ? inDays(days) : "";
  byId("until-hint").textContent = days ? `${t("until_most")} ${days}` : t("until_none");
}

async function open({ beneficiary, delegate, type, proof: seen, until: last }) {
  done.hidden = true;
  const order = {
    beneficiary: beneficiary.trim().toUpperCase(),
    delegate: delegate.trim().toUpperCase(),
    type,
    proof: seen,
  };
  if (last) order.until = last;
  const opened = await json("POST", "/v1/desk/delegations", order);
  form.reset();
  groundChosen();
  say(`${t("delegation_opened")} ${opened.reference}`, done);
  done.focus();
}

function line(one) {
  const title = el(
    "p",
    {},
    el("strong", {}, t(`type_${one.type}`)),
    `, ${t(one.represents ? "represents" : "is_represented")}, ${t("from")} ${day(one.starts_on)} ${t("to")} ${day(one.ends_on)} `,
    el("span", { class: "badge" }, t(one.in_force ? "in_force" : "over")),
  );
  const reference = el("p", { class: "small" }, `${t("reference")} ${one.reference}`);
  if (!one.in_force) return el("li", {}, title, reference);
  const name = `by-${one.reference}`;
  const by = el("select", { id: name }, ...BY.map((word) => el("option", { value: word }, t(`by_${word}`))));
  const end = sureButton(t("end_delegation"), t("sure_end"), async () => {
    await json("POST", "/v1/desk/delegations/end", { reference: one.reference, by: by.value });
    await show();
    say(t("delegation_ended"), done);
    done.focus();
  });
  return el("li", {}, title, reference, el("label", { for: name }, t("end_by")), by, end);
}

async function show() {
  const some = await json("POST", "/v1/desk/delegations/search", { person: asked });
  byId("delegations").replaceChildren(...some.map(line));
  byId("found-told").textContent = some.length ? `${t("delegations_count")} ${some.length}` : t("no_delegation");
  byId("found-several").hidden = some.length < 2;
  byId("found").hidden = false;
}

form.addEventListener("change", groundChosen);
groundChosen();
onSubmit(form, open);
onSubmit(byId("search"), async ({ person }) => {
  done.hidden = true;
  asked = person.trim().toUpperCase();
  await show();
  byId("found").focus();
});
