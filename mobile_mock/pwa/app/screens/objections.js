/* The insurers this person objects to: said from a line of the journal, after being told what it may cost;
   seen, and taken back. While it stands such an insurer is told nothing, unless the card is shown. */

import { actions, button, el } from "../../shared/app/dom.js";
import * as holder from "../holder.js";
import { momentWords, printed, t } from "../words.js";

const CONSENTS = "/v1/consents";

/** The objections in force: what was said of each insurer, by its number. Only the apCV speaks here. */
export async function objections(app) {
  if (app.kind !== "apcv") return new Map();
  const said = await holder.signed("GET", CONSENTS);
  return new Map(said.filter((one) => one.target === "organisation" && one.decision === "blocked").map((one) => [one.number, one]));
}

/** The list of them, each with the way back; `nameOf` gives an insurer's name, where a line told it. */
export function objectionsList(app, standing, nameOf, back) {
  if (!standing.size) return null;
  return [
    el("h2", {}, t("objections_title")),
    el("ul", { class: "plain" }, [...standing.values()].map((one) => {
      const name = printed(nameOf(one.number) ?? t("objections_number", { number: one.number }));
      return el("li", {}, el("p", {}, el("strong", {}, name)), el("p", { class: "small" }, `${t("sessions_since")} ${momentWords(one.since)}`), button(t("objections_lift", { name }), lift, "quiet"));

      async function lift() {
        await app.busy(t("loading"), async () => {
          await holder.signed("DELETE", `${CONSENTS}/${encodeURIComponent(one.consent_id)}`);
          await app.show(back);
        }, () => app.show(back));
      }
    })),
  ];
}

/** What it means, before it is said: third-party payment may stop. */
export function objectScreen(app, entry, back) {
  const name = printed(entry.who);
  return {
    title: t("objections_ask", { name }),
    body: [
      el("p", {}, t("objections_says", { name })),
      el("p", { class: "notice care" }, t("objections_costs")),
      el("p", { class: "small" }, t("objections_keeps")),
      actions(button(t("cancel"), () => app.show(back), "main"), button(t("objections_yes"), object, "danger")),
    ],
  };

  async function object() {
    await app.busy(t("loading"), async () => {
      const body = { target: "organisation", number: entry.insurer, decision: "blocked", scope: "rights" };
      await holder.signed("POST", CONSENTS, { body });
      await app.show(back);
    }, () => app.show(back));
  }
}
