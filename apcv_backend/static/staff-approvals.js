// What takes two people: propose, read again, approve with one's own key.

import { busy, byId, el, facts, json, known, moment, onSubmit, say, t, useKey } from "./staff-door.js";

const me = document.body.dataset.member;
const box = byId("proposals");
const half = byId("half");
let names = new Map();

function word(name, value) {
  if (name === "role") return t(`role_${value}`);
  if (name === "member_id") return names.get(value) ?? value;
  return value;
}

function showHalf(title, secret) {
  half.replaceChildren(
    el("p", { class: "what" }, title),
    el("p", { class: "big-digits long" }, el("code", {}, secret)),
    el("p", {}, t("half_once")),
  );
  half.hidden = false;
  half.focus();
}

async function approve(proposal) {
  const path = `/v1/staff/proposals/${proposal.proposal_id}`;
  const begun = await json("POST", `${path}/challenge`);
  const credential = await useKey(begun.public_key);
  const done = await json("POST", `${path}/approval`, { ceremony_id: begun.ceremony_id, credential });
  if (done.second_half) showHalf(t("second_half_title"), done.second_half);
  await show();
}

function card(proposal) {
  const mine = proposal.proposed_by === me || proposal.wanted.member_id === me;
  const list = el("dl", { class: "facts" });
  const wanted = Object.entries(proposal.wanted).map(([name, value]) => [
    known(name) ? t(name) : name,
    word(name, value),
  ]);
  facts(
    list,
    ...wanted,
    [t("proposed_by"), `${names.get(proposal.proposed_by) ?? "?"}, ${moment(proposal.proposed_at)}`],
    [t("until"), moment(proposal.expires_at)],
  );
  const yes = el("button", { type: "button", class: "main" }, t("approve"));
  const no = el("button", { type: "button" }, t("set_aside"));
  yes.addEventListener("click", () => busy(yes, () => approve(proposal)));
  no.addEventListener("click", () =>
    busy(no, async () => {
      await json("DELETE", `/v1/staff/proposals/${proposal.proposal_id}`);
      await show();
    }),
  );
  const title = t(`kind_${proposal.kind}`);
  return el(
    "section",
    { class: "sheet", "aria-label": title },
    el("h3", {}, title),
    list,
    mine ? el("p", { class: "small" }, t("yours")) : null,
    el("div", { class: "actions" }, mine ? null : yes, no),
  );
}

async function show() {
  const members = await json("GET", "/v1/staff/members");
  names = new Map(members.map((one) => [one.member_id, one.name]));
  const select = byId("change-member");
  select.replaceChildren(
    ...members
      .filter((one) => one.member_id !== me)
      .map((one) => el("option", { value: one.member_id }, `${one.name} (${t(`role_${one.role}`)})`)),
  );
  const waiting = await json("GET", "/v1/staff/proposals");
  box.replaceChildren(...(waiting.length ? waiting.map(card) : [el("p", {}, t("none_waiting"))]));
}

async function propose(wanted, form) {
  half.hidden = true;
  const made = await json("POST", "/v1/staff/proposals", wanted);
  form.reset();
  limitShown();
  await show();
  if (made.first_half) showHalf(t("first_half_title"), made.first_half);
  else say(t("proposed"), byId("done"));
}

function limitShown() {
  const asked = byId("change").elements.kind.value === "raise_limit";
  byId("limit-box").hidden = !asked;
  byId("change-codes").disabled = !asked;
}

onSubmit(byId("add"), (told) => {
  const wanted = Object.fromEntries(Object.entries(told).map(([name, value]) => [name, value.trim()]));
  return propose({ kind: "add_member", ...wanted }, byId("add"));
});
onSubmit(byId("change"), ({ kind, member_id, daily_codes }) =>
  propose(
    kind === "raise_limit" ? { kind, member_id, daily_codes: Number(daily_codes) } : { kind, member_id },
    byId("change"),
  ),
);
onSubmit(byId("account"), ({ kind, account, people_a_day }) =>
  propose(
    kind === "set_ceiling"
      ? { kind, account: account.trim(), people_a_day: Number(people_a_day) }
      : { kind, account: account.trim() },
    byId("account"),
  ),
);
byId("change").addEventListener("change", limitShown);
busy(box, show);
