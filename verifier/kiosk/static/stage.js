// The left of the screen: ready, or one verdict, readable from two steps away.

import { facts, make, notice, shape } from "/draw.js";
import { say, told } from "/words.js";

export function ready(blocked = false) {
  const drawing = shape(blocked ? "red" : "ready");
  drawing.setAttribute("fill", "none");
  drawing.setAttribute("stroke", "currentColor");
  drawing.setAttribute("stroke-width", "3");
  return make("div", { name: blocked ? "ready blocked" : "ready" }, drawing,
    make("p", { name: "large", text: say(blocked ? "blocked" : "ready") }), make("p", { text: say(blocked ? "blocked_hint" : "ready_hint") }));
}

export function happened(one) {
  if (one.what === "reader_test") return notice("good", say("test_read"), say("test_read_do"));
  if (one.what === "refused") return make("div", {}, banner("other", "—", one.reasons[0].said), reasons(one.reasons));
  return verdict(one);
}

function verdict(one) {
  const by = say("read_at", { at: one.at, by: say(`read_by_${one.source}`) });
  const whole = make("article", {}, banner(one.light, one.word, one.headline));
  whole.dataset.light = one.light;
  whole.append(...(one.person ? [person(one)] : []), ...(one.reasons.length ? [reasons(one.reasons, one.light)] : []));
  const badges = [...one.badges, ...(one.answered ? [say("answered")] : [])];
  if (badges.length) whole.append(make("p", { name: "badges" }, ...badges.map((text) => make("span", { name: "badge", text }))));
  if (one.rights.length) whole.append(rights(one.rights));
  const rows = [...one.rows, ...one.ages];
  if (rows.length) whole.append(make("section", { name: "ages", "aria-label": say("details") }, facts(rows)));
  whole.append(make("p", { name: "small", text: by }));
  return whole;
}

function banner(light, word, headline) {
  return make("div", { name: `verdict ${light}` }, shape(light),
    make("div", {}, make("p", { name: "word", text: word }), make("p", { text: headline })));
}

function person(one) {
  const who = make("div", { name: "who" }, make("p", { name: "person", text: one.person }));
  if (one.born) who.append(make("p", { name: "birth" }, make("small", { text: `${one.born_label} ` }), one.born));
  if (one.title) who.append(make("p", { name: "birth", text: one.title }));
  if (one.birth_name) who.append(make("p", { text: told(one.birth_name_label, one.birth_name) }));
  if (one.delegate) who.append(make("div", { name: "notice care" }, make("p", {}, make("strong", { text: one.delegate })), make("p", { text: one.check_face })));
  else who.append(make("p", { text: one.check_face }));
  return who;
}

function reasons(list, light) {
  const tone = { amber: "care", red: "bad", green: "good" }[light] ?? "";
  return make("ul", { name: "reasons" }, ...list.map(({ code, said, to_do }) =>
    make("li", { name: `notice ${tone}`, "data-code": code }, make("p", { name: "said", text: said }), make("p", { name: "to-do", text: to_do }))));
}

function rights(list) {
  return make("ul", { name: "rights" }, ...list.map(({ label, open, text }) =>
    make("li", { name: open === null ? "" : open ? "open" : "closed" }, label, make("strong", { text }))));
}
