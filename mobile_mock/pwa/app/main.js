/* The app: one page, a screen for each address after `#/`, and one way for every failure. */

import { Refused } from "../shared/sq1/refused.js";
import * as backend from "./backend.js";
import * as clock from "../shared/app/clock.js";
import { announce, button, el } from "../shared/app/dom.js";
import * as holder from "./holder.js";
import { keepApp } from "./install.js";
import * as knowledge from "../shared/app/knowledge.js";
import * as pocket from "../shared/app/pocket.js";
import { cardScreen } from "./screens/card.js";
import { enrolScreen } from "./screens/enrol.js";
import { failureScreen } from "./screens/failure.js";
import { journalScreen } from "./screens/journal.js";
import { phonesScreen } from "./screens/phones.js";
import { follow, scan } from "./screens/scan.js";
import { showScreen } from "./screens/show.js";
import { signinScreen } from "./screens/signin.js";
import { language, speak, t } from "./words.js";

const MENU = [["#/", "nav_card"], ["#/scan", "nav_scan"], ["#/signin", "nav_signin"], ["#/journal", "nav_journal"], ["#/phones", "nav_phones"]];

const app = {
  kind: null,
  enrolled: false,
  showsCards: false,
  leave: null,
  go(address) {
    if (location.hash === address) route();
    else location.hash = address;
  },
  checkClock() {
    if (clock.isWrong()) throw new Refused("clock_wrong", { ahead_s: clock.ahead() });
  },
  show,
  busy,
  present,
};

let turn = 0;

/** Put a screen on the page: `{title, body, bare, leave}`, or a promise of one. */
async function show(make, again = null) {
  turn += 1;
  const mine = turn;
  let screen;
  try {
    screen = await make();
  } catch (error) {
    await letGo(error);
    screen = failureScreen(error, again ?? (() => show(make)));
  }
  const enrolled = (await pocket.get("device").catch(() => undefined)) !== undefined;
  // Somebody asked for another screen meanwhile: this one comes too late.
  if (mine !== turn) {
    screen.leave?.();
    return;
  }
  app.leave?.();
  app.leave = screen.leave ?? null;
  app.showsCards = Boolean(screen.cards);
  app.enrolled = enrolled;
  const title = el("h1", { tabindex: "-1" }, screen.title);
  const content = document.getElementById("content");
  content.replaceChildren(title, ...screen.body.flat(3).filter(Boolean));
  content.inert = false;
  document.title = `${screen.title} – ${t("app_name")}`;
  for (const id of ["top", "bottom"]) document.getElementById(id).hidden = Boolean(screen.bare);
  frame();
  window.scrollTo(0, 0);
  title.focus();
}

/** A phone that was withdrawn, by whomever, keeps no card: no till would take it. */
async function letGo(error) {
  if (error?.code === "device_withdrawn") await pocket.empty().catch(() => null);
}

/** Do something that takes a moment; whatever goes wrong has its screen, and `again` on it. */
async function busy(sentence, act, again) {
  turn += 1;
  app.showsCards = false;
  announce(sentence);
  const content = document.getElementById("content");
  content.setAttribute("aria-busy", "true");
  // A hand that trembles presses twice: the second press does nothing.
  content.inert = true;
  try {
    await act();
  } catch (error) {
    await show(() => {
      throw error;
    }, again);
  } finally {
    content.removeAttribute("aria-busy");
    content.inert = false;
  }
}

/** One gesture, then the code on the screen. */
async function present(card, leave, { request = null, ctx, to = null, again = true } = {}) {
  await busy(t("present_wait"), async () => {
    app.checkClock();
    const shown = await holder.present(card, { request, ctx });
    const shape = card.kind === "apcv" ? card.name : null;
    const more = again ? () => present(card, leave) : null;
    await show(() => showScreen(app, { ...shown, shape, to }, more, leave));
  }, again ? () => present(card, leave) : leave);
}

function frame() {
  const here = location.hash || "#/";
  const skip = document.getElementById("skip");
  skip.textContent = t("skip");
  // Its address would be a screen's: the jump is made by hand.
  skip.onclick = (event) => {
    event.preventDefault();
    document.querySelector("#content h1").focus();
  };
  document.getElementById("top").replaceChildren(...[
    el("strong", {}, t("app_name")),
    button(t("other_language"), () => {
      speak(language() === "fr" ? "en" : "fr");
      route();
    }, "quiet"),
    app.enrolled && el(
      "nav",
      { "aria-label": t("menu") },
      el("ul", {}, MENU.map(([address, key]) => el("li", {}, el("a", { href: address, "aria-current": here === address ? "page" : null }, t(key))))),
    ),
  ].filter(Boolean));
  const other = language() === "fr" ? "en" : "fr";
  document.querySelector("#top button").lang = other;
  document.getElementById("bottom").replaceChildren(el("p", {}, t("demonstration")));
}

/** Ask for new cards with no gesture, when half of the old ones' life is over and there is a network. */
async function renewQuietly() {
  const device = await pocket.get("device");
  if (!device || !navigator.onLine) return false;
  const due = holder.isDue(await holder.cardsKept());
  try {
    if (due) await holder.fetchCards();
    if (due && device.kind === "apcv") await holder.fetchContracts();
    const others = device.kind === "apcv" && (await holder.fetchRepresented());
    await knowledge.refresh();
    return due || others;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A refusal, where no network or a server in trouble is nobody's concern yet.
    const said = error.facts?.status === 403;
    if (said) await pocket.keep("told", { code: error.code, facts: error.facts });
    return said;
  }
}

async function renew() {
  await busy(t("present_wait"), async () => {
    app.checkClock();
    await holder.fetchCards({ withGesture: true });
    if (app.kind === "apcv") await holder.fetchContracts().catch(() => null);
    await knowledge.refresh().catch(() => null);
    app.go("#/");
  }, renew);
}

const SCREENS = {
  "#/": () => show(() => cardScreen(app)),
  "#/enrol": () => show(() => enrolScreen(app)),
  "#/scan": () => scan(app),
  "#/signin": () => show(() => signinScreen(app)),
  "#/journal": () => show(() => journalScreen(app)),
  "#/phones": () => show(() => phonesScreen(app)),
  "#/renew": renew,
};

async function route() {
  const address = location.hash || "#/";
  if (/^#[A-Za-z0-9_-]{22}$/.test(address)) {
    history.replaceState(null, "", "#/signin");
    return busy(t("loading"), () => follow(app, address), () => app.go("#/signin"));
  }
  const told = await pocket.get("told");
  if (address === "#/" && told) {
    await pocket.forget("told");
    return show(() => {
      throw new Refused(told.code, told.facts);
    });
  }
  if (address === "#/" && !(await pocket.get("device")) && !(await pocket.hasForgotten())) return show(() => enrolScreen(app));
  return (SCREENS[address] ?? SCREENS["#/"])();
}

async function start() {
  document.documentElement.lang = language();
  frame();
  try {
    app.kind = backend.kindOf(await backend.configuration());
    await holder.resume().catch(() => null);
  } catch (error) {
    return show(() => {
      throw error;
    }, start);
  }
  window.addEventListener("hashchange", route);
  pocket.onChange(() => (app.showsCards || !app.enrolled) && route());
  await route();
  keepApp();
  const changed = await renewQuietly();
  // What came is shown only where the card is what the screen shows: never over a code, or a form.
  if (changed && app.showsCards) await route();
  return undefined;
}

window.addEventListener("online", () => renewQuietly());
start();
