/* Who looked at my data: the journal's lines about this person, in the sentences the server gives, and
   a way to say that one of them is not right, or to object to the insurer that asked. */

import { actions, button, el } from "../../shared/app/dom.js";
import * as holder from "../holder.js";
import { momentWords, printed, t } from "../words.js";
import { objections, objectionsList, objectScreen } from "./objections.js";

const JOURNAL = "/v1/journal";

export async function journalScreen(app, before = "") {
  const { entries, next } = await holder.signed("GET", before ? `${JOURNAL}?before=${encodeURIComponent(before)}` : JOURNAL);
  const standing = await objections(app);
  const again = () => journalScreen(app, before);
  const nameOf = (number) => entries.find((entry) => entry.insurer === number)?.who;
  return {
    title: t("journal_title"),
    body: [
      el("p", {}, t("journal_says")),
      objectionsList(app, standing, nameOf, again),
      entries.length ? el("ul", { class: "plain" }, entries.map((entry) => el("li", {}, line(app, entry, standing)))) : el("p", {}, t("journal_none")),
      next ? actions(button(t("journal_older"), () => app.show(() => journalScreen(app, next)))) : null,
    ],
  };
}

function line(app, entry, standing) {
  const after = el("p", { class: "small" }, t("journal_contested"));
  return [
    el("p", {}, el("strong", {}, printed(entry.what))),
    el("p", { class: "small" }, [entry.who, entry.why].filter(Boolean).map(printed).concat(momentWords(entry.at)).join(" · ")),
    entry.contested_at ? after : entry.who ? button(t("journal_contest"), () => app.show(sure), "quiet") : null,
    objection(),
  ];

  function objection() {
    if (app.kind !== "apcv" || !entry.insurer) return null;
    if (standing.has(entry.insurer)) return el("p", { class: "small" }, t("objections_stands"));
    const ask = () => objectScreen(app, entry, () => journalScreen(app));
    return button(t("objections_open"), () => app.show(ask), "quiet");
  }

  function sure() {
    return {
      title: t("journal_title"),
      body: [
        el("p", {}, el("strong", {}, printed(entry.what))),
        el("p", { class: "small" }, momentWords(entry.at)),
        el("p", { class: "notice care" }, t("journal_contest_sure")),
        actions(button(t("journal_contest_yes"), contest, "main"), button(t("cancel"), () => app.show(() => journalScreen(app)))),
      ],
    };
  }

  async function contest() {
    await app.busy(t("loading"), async () => {
      await holder.signed("POST", `${JOURNAL}/${encodeURIComponent(entry.entry)}/incident`);
      await app.show(() => journalScreen(app));
    }, () => app.show(() => journalScreen(app)));
  }
}
