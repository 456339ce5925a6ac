// One question about a member, and its answer in words.

import { byId, day, el, facts, json, moment, onSubmit, Refusal, t } from "./staff-door.js";

const box = byId("answer");

byId("nir").dataset.wrong = t("bad_nir");

const period = (cover) => `${day(cover.debut)} – ${cover.fin ? day(cover.fin) : t("no_end")}`;

function block(open, whenOpen, whenClosed, covers, told) {
  const list = covers.map((cover) => {
    const made = el("dl", { class: "facts" });
    facts(made, ...told(cover), [t("period"), period(cover)]);
    return made;
  });
  return el(
    "div",
    { class: `notice ${open ? "good" : "care"}` },
    el("p", {}, el("strong", {}, `${open ? "✓" : "✕"} ${t(open ? whenOpen : whenClosed)}`)),
    ...list,
  );
}

function show(answer) {
  const blocks = [];
  if (answer.amo) {
    blocks.push(
      block(answer.amo.open, "amo_open", "amo_closed", answer.amo.covers, (one) => [
        [t("regime"), `${one.code_regime} · ${one.caisse_gestionnaire} · ${one.centre_gestionnaire}`],
      ]),
    );
  }
  if (answer.amc) {
    blocks.push(
      block(answer.amc.open, "amc_open", "amc_closed", answer.amc.covers, (one) => [
        [t("member_number"), one.numero_adherent],
      ]),
    );
  }
  box.replaceChildren(
    el("h2", {}, t("answer_title")),
    ...blocks,
    el("p", { class: "small" }, `${t("care_date")} ${day(answer.care_date)}. ${t("as_of")} ${moment(answer.as_of)}.`),
  );
}

onSubmit(byId("query"), async (told) => {
  box.hidden = true;
  const patient = { nir: told.nir.replace(/\s/g, "").toUpperCase() };
  if (told.birth_date) Object.assign(patient, { birth_date: told.birth_date, rank: Number(told.rank) || 1 });
  const body = { purpose: told.purpose, care_date: told.care_date, patient };
  try {
    show(await json("POST", "/v1/console/queries", body));
  } catch (refused) {
    if (!(refused instanceof Refusal) || refused.code !== "rights_not_answered") throw refused;
    box.replaceChildren(
      el("h2", {}, t("answer_title")),
      el(
        "div",
        { class: "notice care" },
        el("p", {}, el("strong", {}, t("nothing_told"))),
        el("p", {}, t("nothing_told_why")),
      ),
    );
  }
  box.hidden = false;
  box.focus();
});
