// What takes two people: propose, read again, approve with one's own key.

import { busy, byId, el, facts, json, known, moment, onSubmit, say, t, useKey } from "./staff-door.js";

const me = document.body.dataset.member;
const box = byId("proposals");
const half = byId("half");
const change = byId("change");
const member = byId("change-member");
const ORDER = ["member_id", "name", "role", "structure", "place", "daily_codes", "account", "people_a_day"];
let people = new Map();

const nameOf = (memberId) => people.get(memberId)?.name ?? "?";
const said = (name, value) => (name === "role" ? t(`role_${value}`) : String(value));

/** A word of a proposal, and what it is today where that differs: what the second person compares. */
function word(wanted, name) {
  if (name === "member_id") return nameOf(wanted.member_id);
  const asked = said(name, wanted[name]);
  const today = people.get(wanted.member_id)?.[name];
  return today === undefined || today === wanted[name] ? asked : `${asked} (${t("now")} ${said(name, today)})`;
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
  const asked = ORDER.filter((name) => name in proposal.wanted);
  const wanted = asked.map((name) => [known(name) ? t(name) : name, word(proposal.wanted, name)]);
  facts(
    list,
    ...wanted,
    [t("proposed_by"), `${nameOf(proposal.proposed_by)}, ${moment(proposal.proposed_at)}`],
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
  people = new Map(members.map((one) => [one.member_id, one]));
  const others = members.filter((one) => one.member_id !== me);
  const chosen = member.value;
  member.replaceChildren(
    ...(others.length
      ? others.map((one) => el("option", { value: one.member_id }, `${one.name} (${t(`role_${one.role}`)})`))
      : [el("option", { value: "" }, t("nobody_else"))]),
  );
  if (others.some((one) => one.member_id === chosen)) member.value = chosen;
  changeShown();
  const waiting = await json("GET", "/v1/staff/proposals");
  box.replaceChildren(...(waiting.length ? waiting.map(card) : [el("p", {}, t("none_waiting"))]));
}

async function propose(wanted, form) {
  half.hidden = true;
  const made = await json("POST", "/v1/staff/proposals", wanted);
  form.reset();
  accountShown();
  await show();
  if (made.first_half) showHalf(t("first_half_title"), made.first_half);
  else say(t("proposed"), byId("done"));
}

/** Show the boxes of what is asked, and no others: a box that is not shown is not sent. */
function boxes(id, shown) {
  byId(id).hidden = !shown;
  for (const box of byId(id).querySelectorAll("input, select")) box.disabled = !shown;
}

function changeShown() {
  const { kind, role, structure, place } = change.elements;
  boxes("limit-box", kind.value === "raise_limit");
  boxes("role-box", kind.value === "change_role");
  const today = people.get(member.value);
  if (today) [role.value, structure.value, place.value] = [today.role, today.structure, today.place];
}

const accountShown = () => boxes("people-box", byId("account").elements.kind.value === "set_ceiling");

onSubmit(byId("add"), (told) => {
  const wanted = Object.fromEntries(Object.entries(told).map(([name, value]) => [name, value.trim()]));
  return propose({ kind: "add_member", ...wanted }, byId("add"));
});
onSubmit(change, ({ kind, member_id, daily_codes, role, structure, place }) => {
  const wanted = { kind, member_id };
  if (kind === "raise_limit") wanted.daily_codes = Number(daily_codes);
  if (kind === "change_role") Object.assign(wanted, { role, structure: structure.trim(), place: place.trim() });
  return propose(wanted, change);
});
onSubmit(byId("account"), ({ kind, account, people_a_day }) =>
  propose(
    kind === "set_ceiling"
      ? { kind, account: account.trim(), people_a_day: Number(people_a_day) }
      : { kind, account: account.trim() },
    byId("account"),
  ),
);
for (const name of ["kind", "member_id"]) {
  for (const box of change.querySelectorAll(`[name=${name}]`)) box.addEventListener("change", changeShown);
}
byId("account").addEventListener("change", accountShown);
busy(box, show);
