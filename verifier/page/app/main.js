/* The page that verifies, for a nurse on a home visit: no Python, no server, no network once opened.

   Everything is judged here by the modules of `shared/sq1/`, which pass the same golden vectors as the till.
   Trust data come from the publication, every signature checked, and are proven again at each
   opening. Nothing about a patient is kept: only which presentations were seen, for 76 seconds. */

import { drawVerdict } from "./verdict.js";
import { readPicture, watch } from "../shared/app/camera.js";
import * as clock from "../shared/app/clock.js";
import { actions, announce, button, el } from "../shared/app/dom.js";
import * as knowledge from "../shared/app/knowledge.js";
import { Patient } from "./patient.js";
import * as pocket from "../shared/app/pocket.js";
import { clockWords, language, momentWords, speak, t } from "./words.js";
import { BESIDE, POLICIES } from "../shared/sq1/policy.js";
import { Refused } from "../shared/sq1/refused.js";
import { MemorySeen, judge } from "../shared/sq1/verify.js";

const SCREENS = ["cabinet", "identite", "officine", "identite-pro", "prescription"];
const seen = new MemorySeen();
const patient = new Patient();
let leave = null;
let chosen = "cabinet";

function show(title, ...body) {
  leave?.();
  leave = null;
  // What the header or the verdict's banner says in large already is not written twice.
  const isShown = title === t("page_name") || body.flat(2).some((one) => one?.classList?.contains("verdict"));
  const heading = el("h1", { tabindex: "-1", class: isShown ? "for-ears" : null }, title);
  document.getElementById("content").replaceChildren(heading, ...body.flat(Infinity).filter(Boolean));
  document.title = `${title} – ${t("page_name")}`;
  frame();
  window.scrollTo(0, 0);
  heading.focus();
}

function frame() {
  const other = button(t("other_language"), () => {
    speak(language() === "fr" ? "en" : "fr");
    home();
  }, "quiet");
  other.lang = language() === "fr" ? "en" : "fr";
  document.getElementById("top").replaceChildren(el("strong", {}, t("page_name")), other);
  document.getElementById("bottom").replaceChildren(el("p", {}, t("demonstration")));
}

async function home() {
  let known = null;
  let why = "trust_store_unusable";
  try {
    known = await knowledge.load();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    why = error.code;
  }
  show(
    t("page_name"),
    clock.isWrong() && el("p", { class: "notice bad", role: "alert" }, t(...clockWords(clock.ahead()))),
    known ? null : el("p", { class: "notice bad", role: "alert" }, t(why)),
    el(
      "fieldset",
      {},
      el("legend", {}, t("what_for")),
      SCREENS.map((name) =>
        el(
          "label",
          { class: "choice" },
          el("input", { type: "radio", name: "screen", value: name, checked: name === chosen, onchange: () => (chosen = name) }),
          el("span", {}, t(`screen_${name}`)),
        ),
      ),
    ),
    actions(known && button(t("scan"), scan, "main large"), button(t("refresh"), refresh)),
    known && el("p", { class: "small" }, t("known_since", { moment: momentWords(known.signedAt) })),
  );
}

async function refresh() {
  announce(t("loading"));
  try {
    await knowledge.refresh();
    await home();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await home();
    document.querySelector("h1").after(el("p", { class: "notice bad", role: "alert" }, t(error.code) ?? t("backend_unwell")));
  }
}

async function scan() {
  const ended = new AbortController();
  const video = el("video", { playsInline: true, muted: true, "aria-label": t("looking") });
  const view = el("div", { class: "camera" }, video);
  const picture = el("input", { type: "file", accept: "image/*", id: "picture", onchange: chosenPicture });
  const problem = el("p", { class: "error", role: "alert", hidden: true });
  show(t("aim"), view, el("label", { for: "picture" }, t("picture")), picture, problem, actions(button(t("cancel"), home)));
  leave = () => ended.abort();
  try {
    const text = await watch(video, ended.signal, tellDark);
    if (text !== null) await verdict(text);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.hidden = true;
    view.replaceWith(el("p", { class: "notice bad", role: "alert" }, t(error.code)), actions(button(t("try_again"), scan)));
  }

  function tellDark(isDark) {
    problem.textContent = t("camera_black");
    problem.hidden = !isDark;
  }

  async function chosenPicture() {
    const text = picture.files[0] ? await readPicture(picture.files[0]) : null;
    if (text !== null) return verdict(text);
    problem.textContent = t("no_code_found");
    problem.hidden = false;
    return undefined;
  }
}

async function verdict(text) {
  const at = clock.now();
  const known = await knowledge.load().catch((error) => {
    if (error instanceof Refused) return { usable: error.code !== "trust_store_unusable", failed: error.code };
    throw error;
  });
  const judged = known.failed
    ? { light: "red", reasons: [known.failed], card: null, freshness: {} }
    : await judge(text, POLICIES[chosen], known, seen, at, { beside: BESIDE[chosen] ?? null });
  const [told, other] = patient.shown(judged, at);
  const beside = chosen in BESIDE ? other : null;
  show(t(`light_${told.light}`), drawVerdict(told, beside), actions(button(t("next"), scan, "main large"), button(t("home"), home)));
  announce([t(`light_${told.light}`), ...told.reasons.map((code) => t(code) ?? code)].join(". "));
}

async function start() {
  document.documentElement.lang = language();
  frame();
  await navigator.storage?.persist?.().catch(() => false);
  const mayRefresh = navigator.onLine && !(await pocket.get("trust").catch(() => null));
  if (mayRefresh) await knowledge.refresh().catch(() => null);
  await home();
  navigator.serviceWorker?.register("service-worker.js").catch(() => null);
  if (navigator.onLine && !mayRefresh) await knowledge.refresh().catch(() => null);
}

start();
