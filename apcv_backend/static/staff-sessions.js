// One's own sessions: see them, close one, leave.

import { busy, byId, el, go, json, moment, t } from "./staff-door.js";

const list = byId("sessions");

async function leave() {
  await json("DELETE", "/v1/staff/session");
  go("/staff/sign-in?why=left");
}

function line(one) {
  const close = el("button", { type: "button" }, t("close_session"));
  close.addEventListener("click", () =>
    busy(close, async () => {
      await json("DELETE", `/v1/staff/sessions/${one.session_id}`);
      await show();
    }),
  );
  return el(
    "li",
    {},
    el(
      "p",
      {},
      `${t("opened")} ${moment(one.opened_at)}, ${t("last_used")} ${moment(one.last_used_at)} `,
      one.this_session ? el("span", { class: "badge" }, t("this_session")) : null,
    ),
    one.this_session ? null : close,
  );
}

async function show() {
  list.replaceChildren(...(await json("GET", "/v1/staff/sessions")).map(line));
}

const out = byId("sign-out");
out.addEventListener("click", () => busy(out, leave));
busy(list, show);
