/* One code on a white screen, at full brightness, for a minute; then it says that it is over. */

import { actions, announce, button, el } from "../../shared/app/dom.js";
import * as clock from "../../shared/app/clock.js";
import { drawQr } from "../drawing.js";
import { t } from "../words.js";

const FRESH_S = 60;
const SAID_AT = [30, 10];

/** The screen of a presentation. `again` makes another one; `leave` goes back; `to` names who reads it. */
export function showScreen(app, { text, shownAt, shape, to }, again, leave) {
  const count = el("p", { class: "countdown", "aria-hidden": "true" });
  const figure = el("div", { class: "qr" }, drawQr(text, t("show_label")));
  const stage = el("div", {}, figure, count);
  const tip = el("p", { class: "small" }, t("show_bright"));
  const choices = actions(button(t("done"), leave, "large"));
  let lock = null;
  let isOver = false;
  const said = new Set();

  const tick = () => {
    const left = Math.max(0, Math.ceil(shownAt + FRESH_S - clock.now()));
    count.textContent = t("show_seconds", { seconds: left });
    const passed = SAID_AT.find((second) => left <= second && !said.has(second));
    if (passed !== undefined && left > 0) {
      for (const second of SAID_AT) if (second >= passed) said.add(second);
      announce(count.textContent);
    }
    if (left === 0) over();
  };
  const timer = setInterval(tick, 250);

  function over() {
    stop();
    document.querySelector("#content h1").textContent = t("show_over");
    stage.replaceChildren(el("div", { class: "notice care", role: "alert" }, el("p", {}, t("show_over_says"))));
    tip.remove();
    if (again) choices.prepend(button(t("show_again"), again, "main large"));
    document.documentElement.classList.remove("bright");
  }

  function stop() {
    isOver = true;
    clearInterval(timer);
    document.documentElement.classList.remove("bright");
    lock?.release().catch(() => null);
    lock = null;
  }

  document.documentElement.classList.add("bright");
  // The screen stays lit while the code is worth something; a browser may say no.
  navigator.wakeLock?.request("screen").then((held) => {
    // Granted after the screen was left: nothing would let it go.
    if (isOver) held.release().catch(() => null);
    else lock = held;
  }, () => null);
  tick();
  return {
    title: t("show_title"),
    bare: true,
    body: [
      stage,
      shape && el("p", { class: "small" }, t("show_shape", { shape: `${t(`shape_${shape}`)} (${t(`shape_${shape}_says`)})` })),
      to && el("p", { class: "small" }, t("show_to", { name: to })),
      choices,
      tip,
    ],
    leave: stop,
  };
}
