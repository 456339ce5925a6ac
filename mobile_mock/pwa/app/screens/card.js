/* The first screen: my card and what it is, one large button, the cards of those I represent. */

import { isReached } from "../backend.js";
import { actions, button, el, facts, link } from "../../shared/app/dom.js";
import * as clock from "../../shared/app/clock.js";
import * as holder from "../holder.js";
import * as pocket from "../../shared/app/pocket.js";
import { professionWords } from "../../shared/app/professions.js";
import { birthWords, clockWords, dayWords, language, momentWords, nameWords, t } from "../words.js";
import { readUnverified } from "../../shared/sq1/received.js";

const SHAPES = ["identite", "soins", "complet"];
// Mine first, then those I represent, each with their contracts, then the contracts of mine.
const GROUP = {
  apcv: (card) => (card.represents ? `1${card.represents}` : ""),
  ecps: (card) => card.name,
  amc: (card) => `${card.represents ? `1${card.represents} ` : "2"}${card.name.slice(0, card.name.lastIndexOf("."))}`,
};
const WHAT = { ecps: "card_ecps", amc: "card_amc" };
const PRESENT = { ecps: "present_ecps", amc: "present_amc" };
const SOON_S = 12 * 3600;

/** A card kept, with what it says of itself. */
export const read = (kept) => ({ ...kept, said: readUnverified(kept.credential, kept.kind).card });

/** The cards grouped as people see them: one a person and practice, with its shapes. */
export async function wallets() {
  const groups = new Map();
  for (const card of (await holder.cardsKept()).map(read)) {
    const key = GROUP[card.kind](card);
    groups.set(key, [...(groups.get(key) ?? []), card]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cards]) => cards);
}

const shapeOf = (card) => (card.kind === "amc" ? card.said.shape : card.name);

function personOf({ said }) {
  if (said.kind === "amc") return said.insurer;
  return said.kind === "ecps" ? nameWords(said.given, said.name) : nameWords(said.given, said.useName || said.birthName);
}

/** What a card says of itself, beside a name. */
function factsOf(said) {
  if (said.kind === "ecps") return [[t("card_practice"), professionWords(said.profession, language())], [t("card_place"), said.structure.label]];
  if (said.kind === "amc") return [[t("amc_state"), t(`amc_state_${said.state}`)], [t("card_until"), said.until && dayWords(said.until)]];
  return [
    [t("card_born"), birthWords(said.born)],
    [t("card_delegate"), said.delegate && t(`delegate_${said.delegate.type}`)],
    [t("card_until"), said.delegate && dayWords(said.delegate.until)],
  ];
}

export async function cardScreen(app) {
  await holder.device();
  const groups = await wallets();
  if (!groups.length) return { title: t("card_outdated"), body: [renewSoon(app)] };
  const shape = (await pocket.get("shape")) ?? "soins";
  const alive = groups.some(([first]) => first.expiresAt > clock.now());
  return {
    title: t("nav_card"),
    cards: true,
    body: [
      !isReached() && alive && el("p", { class: "notice" }, t("offline_note")),
      clock.isWrong() && el("p", { class: "notice bad", role: "alert" }, `${t(...clockWords(clock.ahead()))} ${t("clock_note")}`),
      groups.map((cards) => wallet(app, cards, shape, nameOf(groups, cards[0]))),
    ],
  };
}

function renewSoon(app) {
  return el(
    "div",
    {},
    el("p", { class: "notice care" }, t("card_expired_note")),
    actions(link(t("renew"), "#/renew", "button main large")),
  );
}

/** The name on the carte Vitale a contract goes with; null for my own. */
function nameOf(groups, { represents }) {
  const [theirs] = groups.find(([card]) => represents && card.kind === "apcv" && card.represents === represents) ?? [];
  return theirs ? personOf(theirs) : null;
}

/** One card of somebody: `whose` is the name of whom it is presented for, null when it is mine. */
function wallet(app, cards, shape, whose) {
  const [first] = cards;
  const { said } = first;
  const name = personOf(first);
  const dead = first.expiresAt <= clock.now();
  const choice = cards.find((card) => shapeOf(card) === shape) ?? cards.find((card) => shapeOf(card) === "soins") ?? first;
  const forOther = said.kind === "amc" ? "present_amc_for" : "present_for";
  const label = first.represents ? t(forOther, { name: whose ?? name }) : t(PRESENT[said.kind] ?? "present_apcv");
  const present = button(label, () => app.present(chosen(), () => app.go("#/")), "main large");
  let picked = choice;
  const chosen = () => picked;
  return el(
    "section",
    { "aria-label": whose && whose !== name ? `${name} · ${whose}` : name },
    el(
      "div",
      { class: "card" },
      el("p", { class: "what" }, t(WHAT[said.kind] ?? (first.represents ? "card_of_other" : "card_apcv"))),
      el("p", { class: "name" }, name),
      facts([t("amc_of"), said.kind === "amc" && whose], ...factsOf(said)),
    ),
    dead ? el("p", { class: "notice bad" }, t(said.kind === "amc" ? "amc_expired_note" : "card_expired_note")) : null,
    !dead && first.expiresAt - clock.now() < SOON_S ? el("p", { class: "notice care" }, t("renew_note")) : null,
    actions(dead ? link(t(said.kind === "amc" ? "renew_amc" : "renew"), "#/renew", "button main large") : present),
    said.kind !== "ecps" && !dead && cards.length > 1 ? shapes(cards, choice, (card) => {
      picked = card;
      if (card.kind === "apcv") pocket.keep("shape", card.name);
    }, GROUP[said.kind](first) || "mine") : null,
    el("div", { class: "sheet" }, facts([t(dead ? "card_ended" : "card_valid"), momentWords(first.expiresAt)], [t(`card_as_of_${said.kind}`), momentWords(first.asOf)])),
  );
}

function shapes(cards, choice, pick, group) {
  const ordered = SHAPES.map((name) => cards.find((card) => shapeOf(card) === name)).filter(Boolean);
  const says = cards[0].kind === "amc" ? "amc_shape" : "shape";
  return el(
    "fieldset",
    {},
    el("legend", {}, t("shape_title")),
    ordered.map((card) =>
      el(
        "label",
        { class: "choice" },
        el("input", { type: "radio", name: `shape-${group}`, value: shapeOf(card), checked: card === choice, onchange: () => pick(card) }),
        el("span", {}, t(`shape_${shapeOf(card)}`), el("small", {}, t(`${says}_${shapeOf(card)}_says`))),
      ),
    ),
  );
}
