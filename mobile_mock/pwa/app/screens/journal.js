/* Who looked at my data, or at that of somebody I answer for: the journal's lines, in the sentences the server
   gives, and a way to say that one of them is not right, or to object to the insurer that asked. */

import { actions, button, el } from "../../shared/app/dom.js";
import * as holder from "../holder.js";
import * as pocket from "../../shared/app/pocket.js";
import { momentWords, nameWords, printed, t } from "../words.js";
import { objections, objectionsList, objectScreen } from "./objections.js";

const MINE = { path: "/v1/journal", name: null };

/** The journal of the person, or of one they answer for: `of` says whose, `before` where an older page begins. */
export async function journalScreen(app, of = MINE, before = "") {
  const { entries, next } = await holder.signed("GET", before ? `${of.path}?before=${encodeURIComponent(before)}` : of.path);
  const isMine = of === MINE;
  const standing = isMine ? await objections(app) : new Map();
  const again = () => journalScreen(app, of, before);
  const nameOf = (number) => entries.find((entry) => entry.insurer === number)?.who;
  return {
    title: titleOf(of),
    body: [
      el("p", {}, t(isMine ? "journal_says" : "journal_of_says", { name: of.name ?? "" })),
      isMine ? null : actions(button(t("journal_mine"), () => app.show(() => journalScreen(app)))),
      isMine && !before ? await othersList(app) : null,
      objectionsList(app, standing, nameOf, again),
      entries.length ? el("ul", { class: "plain" }, entries.map((entry) => el("li", {}, line(app, of, entry, standing)))) : el("p", {}, t("journal_none")),
      next ? actions(button(t("journal_older"), () => app.show(() => journalScreen(app, of, next)))) : null,
    ],
  };
}

const titleOf = (of) => (of === MINE ? t("journal_title") : t("journal_of", { name: of.name }));

/** Those whose journal this phone may read: not of who may keep things to themselves (a child of sixteen, whom one helps). */
async function othersList(app) {
  const held = ((await pocket.get("represented")) ?? []).filter((one) => one.given && !one.exclut_confidentiel);
  if (!held.length) return null;
  return actions(held.map((one) => {
    const of = { path: `/v1/representations/${encodeURIComponent(one.reference)}/journal`, name: nameWords(one.given, one.use_name) };
    return button(t("journal_of", { name: of.name }), () => app.show(() => journalScreen(app, of)));
  }));
}

function line(app, of, entry, standing) {
  const back = () => journalScreen(app, of);
  const after = el("p", { class: "small" }, t("journal_contested"));
  return [
    el("p", {}, el("strong", {}, printed(entry.what))),
    el("p", { class: "small" }, [entry.who, entry.why].filter(Boolean).map(printed).concat(momentWords(entry.at)).join(" · ")),
    entry.contested_at ? after : entry.who ? button(t(of === MINE ? "journal_contest" : "journal_contest_of"), () => app.show(sure), "quiet") : null,
    objection(),
  ];

  function objection() {
    if (of !== MINE || app.kind !== "apcv" || !entry.insurer) return null;
    if (standing.has(entry.insurer)) return el("p", { class: "small" }, t("objections_stands"));
    const ask = () => objectScreen(app, entry, back);
    return button(t("objections_open"), () => app.show(ask), "quiet");
  }

  function sure() {
    return {
      title: titleOf(of),
      body: [
        el("p", {}, el("strong", {}, printed(entry.what))),
        el("p", { class: "small" }, momentWords(entry.at)),
        el("p", { class: "notice care" }, t("journal_contest_sure")),
        actions(button(t("journal_contest_yes"), contest, "main"), button(t("cancel"), () => app.show(back))),
      ],
    };
  }

  async function contest() {
    await app.busy(t("loading"), async () => {
      await holder.signed("POST", `${of.path}/${encodeURIComponent(entry.entry)}/incident`);
      await app.show(back);
    }, () => app.show(back));
  }
}
