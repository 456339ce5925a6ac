/* Who looked at my data: the journal's lines about this person, in the sentences the server gives. */

import { el } from "../dom.js";
import * as holder from "../holder.js";
import { momentWords, t } from "../words.js";

export async function journalScreen() {
  const told = await holder.signed("GET", "/v1/journal");
  const lines = Array.isArray(told) ? told : (told.entries ?? told.lines ?? []);
  return {
    title: t("journal_title"),
    body: [
      el("p", {}, t("journal_says")),
      lines.length
        ? el("ul", { class: "plain" }, lines.map((line) =>
            el("li", {}, el("p", {}, line.sentence ?? line.text ?? line.event), el("p", { class: "small" }, momentWords(line.at)))))
        : el("p", {}, t("journal_none")),
    ],
  };
}
