// The accounts that are open, and closing one: at once, and alone.

import { busy, byId, el, json, sureButton, t } from "./staff-door.js";

const me = document.body.dataset.member;
const table = byId("members");
const body = table.tBodies[0];
const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);

function row(one) {
  const close = sureButton(t("close_account"), t("sure_close"), async () => {
    await json("DELETE", `/v1/staff/members/${one.member_id}`);
    await show();
  });
  const state = one.member_id === me ? t("you") : close;
  return el(
    "tr",
    { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, one.name, one.has_key ? null : el("small", {}, ` (${t("no_key_yet")})`)),
    ...[t(`role_${one.role}`), one.structure, one.place, String(one.daily_codes), state].map((said, at) =>
      el("td", { role: "cell", "data-label": labels[at + 1], class: at === 3 ? "number" : null }, said),
    ),
  );
}

async function show() {
  body.replaceChildren(...(await json("GET", "/v1/staff/members")).map(row));
}

busy(body, show);
