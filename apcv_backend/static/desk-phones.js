// A person's phones, and withdrawing the one they lost. The number stays in the page, never in an address.

import { byId, el, json, moment, onSubmit, say, sureButton, t } from "./staff-door.js";

const form = byId("person");
const found = byId("found");
let asked = null;

function line(phone) {
  const withdraw = sureButton(t("lost"), t("sure_lost"), async () => {
    await json("POST", "/v1/desk/lost-phones", { ...asked, reference: phone.reference });
    await show();
    byId("found-told").textContent = t("withdrawn");
    byId("found").focus();
  });
  return el(
    "li",
    {},
    el("p", {}, el("strong", {}, phone.name), ` · ${t(`card_${phone.card}`)}`),
    el("p", { class: "small" }, `${phone.reference} · ${t("enrolled_on")} ${moment(phone.enrolled_at)} · ${t("used_on")} ${moment(phone.last_used_at)}`),
    withdraw,
  );
}

async function show() {
  const phones = await json("POST", "/v1/desk/phones", asked);
  byId("phones").replaceChildren(...phones.map(line));
  byId("found-told").textContent = phones.length ? `${t("phones_count")} ${phones.length}` : t("no_phone");
  found.hidden = false;
}

onSubmit(form, async ({ card, person }) => {
  found.hidden = true;
  asked = { card, person: person.trim().toUpperCase() };
  await show();
  found.focus();
});
byId("next").addEventListener("click", () => {
  asked = null;
  form.reset();
  byId("phones").replaceChildren();
  found.hidden = true;
  say("");
  byId("person-number").focus();
});
