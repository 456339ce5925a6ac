// The accounts that are open, and closing one: at once, and alone.

import { busy, byId, el, json, sureButton, t } from "./staff-door.js";

const me = document.body.dataset.member;
const body = byId("members").tBodies[0];

function row(one) {
  const close = sureButton(t("close_account"), t("sure_close"), async () => {
    await json("DELETE", `/v1/staff/members/${one.member_id}`);
    await show();
  });
  const state = one.member_id === me ? t("you") : close;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, one.name, one.has_key ? null : el("small", {}, ` (${t("no_key_yet")})`)),
    el("td", {}, t(`role_${one.role}`)),
    el("td", {}, one.structure),
    el("td", {}, one.place),
    el("td", { class: "number" }, String(one.daily_codes)),
    el("td", {}, state),
  );
}

async function show() {
  body.replaceChildren(...(await json("GET", "/v1/staff/members")).map(row));
}

busy(body, show);
