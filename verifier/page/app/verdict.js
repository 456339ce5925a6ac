/* The verdict as people see it: a colour, a shape and a word; the person, large; then why. */

import { el, facts } from "../shared/app/dom.js";
import { professionWords } from "../shared/app/professions.js";
import { birthWords, dayWords, language, momentWords, nameWords, t } from "./words.js";
import { openOn } from "../shared/sq1/fields.js";
import { lightOf } from "../shared/sq1/policy.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = { green: "M4 13l5 5L20 6", amber: "M12 4v10M12 18v2", red: "M5 5l14 14M19 5L5 19" };

function shape(light) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const drawn = { d: SHAPES[light], fill: "none", stroke: "currentColor", "stroke-width": "3.5", "stroke-linecap": "round" };
  for (const [name, value] of Object.entries(drawn)) path.setAttribute(name, value);
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", class: "shape", "aria-hidden": "true" })) svg.setAttribute(name, value);
  svg.append(path);
  return svg;
}

/** The elements of a verdict, and of the other card of the same patient. A red one by itself names nobody. */
export function drawVerdict(judged, beside = null) {
  if (beside === null) return drawn(judged, judged.card && judged.card.kind !== "amc" ? rights(judged.card, judged.day) : null);
  const isContract = judged.kind === "amc";
  const [card, contract] = isContract ? [beside.judged, judged] : [judged, beside.judged];
  const reasons = beside.goesWith ? [...new Set([...card.reasons, ...contract.reasons])] : isContract ? [...contract.reasons, ...card.reasons] : card.reasons;
  const light = beside.goesWith ? lightOf(reasons) : judged.light;
  const theirs = beside.goesWith ? contractRights(contract) : facts([t("contract"), t(whyNot(contract))]);
  const note = isContract && !beside.goesWith ? el("p", { class: "notice bad" }, t("contract_red")) : null;
  return drawn({ ...card, light, reasons }, [rights({ ...card.card, amc: null }, card.day), theirs], note);
}

const whyNot = (contract) =>
  contract.card || contract.reasons.includes("amc_of_another_card") ? "contract_of_another" : "contract_refused";

function contractRights({ card, day, freshness }) {
  const ends = [card.until, card.endedOn].filter(Boolean).sort();
  const said = { suspendu: t("state_suspended"), inconnu: t("state_unknown") }[card.state] ?? period({ from: card.from, until: ends[0] ?? null }, day);
  return facts(
    [t("contract"), `${card.insurer} (${card.number}), ${said}`],
    [t("contract_domains"), card.domains.join(", ")],
    [t("contract_as_of"), freshness.asOf && momentWords(freshness.asOf)],
  );
}

function drawn({ light, reasons, card, synced, freshness }, details, note = null) {
  return [
    el("div", { class: `verdict ${light}` }, shape(light), el("p", { class: "word" }, t(`light_${light}`))),
    note,
    card ? person(card) : null,
    reasons.length ? el("ul", {}, reasons.map((code) => el("li", {}, t(code) ?? code))) : null,
    synced && card ? el("p", {}, el("span", { class: "badge" }, t("synced"))) : null,
    details ? el("div", { class: "sheet" }, details) : null,
    el(
      "p",
      { class: "small" },
      [
        freshness.asOf && t("read_on", { moment: momentWords(freshness.asOf) }),
        freshness.trustSignedAt && t("known_since", { moment: momentWords(freshness.trustSignedAt) }),
      ].filter(Boolean).join(" "),
    ),
    reasons.length ? el("p", { class: "small" }, t("codes"), " ", el("code", {}, reasons.join(", "))) : null,
  ];
}

function person(card) {
  if (card.kind === "amc") {
    return [el("p", { class: "person" }, card.insurer), el("p", { class: "birth" }, card.number), el("p", { class: "notice" }, t("contract_alone"))];
  }
  if (card.kind === "ecps") return [el("p", { class: "person" }, nameWords(card.given, card.name)), el("p", { class: "birth" }, professionWords(card.profession, language()))];
  const born = t("born", { day: birthWords(card.born) });
  return [
    el("p", { class: "person" }, nameWords(card.given, card.useName || card.birthName)),
    el("p", { class: "birth" }, born),
    card.delegate ? el("p", { class: "notice" }, t("held_by", { name: nameWords(card.delegate.name) })) : null,
    el("p", {}, t("compare")),
  ];
}

function period(rights, day) {
  const state = t(openOn(rights, day) ? "open" : "closed");
  return rights.until ? `${state}, ${t("until", { day: dayWords(rights.until) })}` : state;
}

function rights(card, day) {
  if (card.kind === "ecps") return facts([t("place"), card.structure.label], [t("number"), card.nationalId]);
  return facts(
    [t("amo"), card.amo && period(card.amo, day)],
    [t("amc"), card.amc && period(card.amc, day)],
    [t("ald"), card.ald.length ? t("yes") : null],
    [t("c2s"), card.c2s && period(card.c2s, day)],
    [t("shown"), t(`shape_${card.shape}`)],
  );
}
