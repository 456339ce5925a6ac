/* The first screen: my card and what it is, one large button, the cards of those I represent. */

import { isReached } from "../backend.js";
import { actions, button, el, facts, link } from "../dom.js";
import * as clock from "../clock.js";
import * as holder from "../holder.js";
import * as pocket from "../pocket.js";
import { professionWords } from "../professions.js";
import { birthWords, dayWords, language, momentWords, nameWords, t } from "../words.js";
import { readUnverified } from "../../sq1/received.js";

const SHAPES = ["identite", "soins", "complet"];
const SOON_S = 12 * 3600;

/** A card kept, with what it says of itself. */
export const read = (kept) => ({ ...kept, said: readUnverified(kept.credential, kept.kind).card });

/** The cards grouped as people see them: one a person and practice, with its shapes. */
export async function wallets() {
  const groups = new Map();
  for (const card of (await holder.cardsKept()).map(read)) {
    const key = card.kind === "ecps" ? card.name : (card.represents ?? "");
    groups.set(key, [...(groups.get(key) ?? []), card]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cards]) => cards);
}

const personOf = ({ said }) => (said.kind === "ecps" ? nameWords(said.given, said.name) : nameWords(said.given, said.useName || said.birthName));

export async function cardScreen(app) {
  await holder.device();
  const groups = await wallets();
  if (!groups.length) return { title: t("card_outdated"), body: [renewSoon(app)] };
  const shape = (await pocket.get("shape")) ?? "soins";
  return {
    title: t("nav_card"),
    cards: true,
    body: [
      !isReached() && el("p", { class: "notice" }, t("offline_note")),
      clock.isWrong() && el("p", { class: "notice bad", role: "alert" }, t("clock_note", { seconds: Math.round(clock.ahead()) })),
      groups.map((cards) => wallet(app, cards, shape)),
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

function wallet(app, cards, shape) {
  const [first] = cards;
  const { said } = first;
  const pro = said.kind === "ecps";
  const name = personOf(first);
  const dead = first.expiresAt <= clock.now();
  const choice = cards.find((card) => card.name === shape) ?? cards.find((card) => card.name === "soins") ?? first;
  const label = pro ? t("present_ecps") : first.represents ? t("present_for", { name }) : t("present_apcv");
  const present = button(label, () => app.present(chosen(), () => app.go("#/")), "main large");
  let picked = choice;
  const chosen = () => picked;
  return el(
    "section",
    { "aria-label": name },
    el(
      "div",
      { class: "card" },
      el("p", { class: "what" }, t(pro ? "card_ecps" : first.represents ? "card_of_other" : "card_apcv")),
      el("p", { class: "name" }, name),
      pro
        ? facts(
            [t("card_practice"), professionWords(said.profession, language())],
            [t("card_place"), said.structure.label],
          )
        : facts(
            [t("card_born"), birthWords(said.born)],
            [t("card_delegate"), said.delegate && t(`delegate_${said.delegate.type}`)],
            [t("card_until"), said.delegate && dayWords(said.delegate.until)],
          ),
    ),
    dead ? el("p", { class: "notice bad" }, t("card_expired_note")) : null,
    !dead && first.expiresAt - clock.now() < SOON_S ? el("p", { class: "notice care" }, t("renew_note")) : null,
    actions(dead ? link(t("renew"), "#/renew", "button main large") : present),
    !pro && !dead && cards.length > 1 ? shapes(cards, choice, (card) => {
      picked = card;
      pocket.keep("shape", card.name);
    }, first.represents ?? "mine") : null,
    el("div", { class: "sheet" }, facts([t("card_valid"), momentWords(first.expiresAt)], [t("card_as_of"), momentWords(first.asOf)])),
  );
}

function shapes(cards, choice, pick, group) {
  const ordered = SHAPES.map((name) => cards.find((card) => card.name === name)).filter(Boolean);
  return el(
    "fieldset",
    {},
    el("legend", {}, t("shape_title")),
    ordered.map((card) =>
      el(
        "label",
        { class: "choice" },
        el("input", { type: "radio", name: `shape-${group}`, value: card.name, checked: card === choice, onchange: () => pick(card) }),
        el("span", {}, t(`shape_${card.name}`), el("small", {}, t(`shape_${card.name}_says`))),
      ),
    ),
  );
}
