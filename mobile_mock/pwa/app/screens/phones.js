/* The person's phones: seen, and withdrawn after one question. */

import { actions, button, el, facts, link } from "../../shared/app/dom.js";
import * as holder from "../holder.js";
import * as pocket from "../../shared/app/pocket.js";
import { momentWords, t } from "../words.js";

export async function phonesScreen(app) {
  const phones = await holder.signed("GET", "/v1/devices");
  const notices = await holder.signed("GET", "/v1/notices");
  return {
    title: t("phones_title"),
    body: [
      el("ul", { class: "plain" }, phones.map((phone) => el("li", {}, phoneCard(app, phone)))),
      notices.length
        ? [
            el("h2", {}, t("phones_notices")),
            el("ul", { class: "plain" }, notices.map((one) =>
              el("li", {}, t(`notice_${one.kind}`, { name: one.device_name }) ?? one.kind, el("p", { class: "small" }, momentWords(one.at))))),
          ]
        : null,
    ],
  };
}

function phoneCard(app, phone) {
  return el(
    "div",
    {},
    el("p", {}, el("strong", {}, phone.name), " ", phone.this_device ? el("span", { class: "badge" }, t("phones_this")) : null),
    facts(
      [t("enrolled_reference"), phone.reference],
      [t("phones_since"), momentWords(phone.enrolled_at)],
      [t("phones_used"), momentWords(phone.last_used_at)],
    ),
    actions(button(t(wordOf(phone), { name: phone.name }), () => app.show(() => sureScreen(app, phone)), "danger")),
  );
}

// From this one a card is taken away; another one is where it should not be.
const wordOf = (phone) => (phone.this_device ? "phones_withdraw" : "phones_lost");

function sureScreen(app, phone) {
  return {
    title: t("phones_title"),
    body: [
      el("p", { class: "notice bad" }, t(`${wordOf(phone)}_sure`, { name: phone.name })),
      actions(button(t("cancel"), () => app.show(() => phonesScreen(app)), "main"), button(t(`${wordOf(phone)}_yes`), withdraw, "danger")),
    ],
  };

  async function withdraw() {
    await app.busy(t("loading"), async () => {
      await holder.signed("DELETE", `/v1/devices/${encodeURIComponent(phone.device_id)}`);
      if (!phone.this_device) return app.show(() => phonesScreen(app));
      await pocket.empty();
      return app.show(() => ({
        title: t("withdrawn_title"),
        body: [el("p", {}, t("device_withdrawn_says")), actions(link(t("enrol_submit"), "#/enrol", "button"))],
      }));
    }, () => app.show(() => phonesScreen(app)));
  }
}
