/* Scan a code with this phone's own camera, or read it in a picture; then say what it asks. */

import { equal } from "../../shared/sq1/bytes.js";
import { OFFER, REQUEST, isForm } from "../../shared/sq1/digits.js";
import { Refused } from "../../shared/sq1/refused.js";
import { REQUEST_MAX_AGE_S, REQUEST_MAX_AHEAD_S, authorisationContext, checkHours, checkRequester, checkSession,
  openRequest, readOffer } from "../../shared/sq1/request.js";
import * as camera from "../../shared/app/camera.js";
import * as clock from "../../shared/app/clock.js";
import { actions, button, el, facts, link } from "../../shared/app/dom.js";
import * as knowledge from "../../shared/app/knowledge.js";
import * as pocket from "../../shared/app/pocket.js";
import { professionWords } from "../../shared/app/professions.js";
import { language, momentWords, nameWords, t } from "../words.js";
import { wallets } from "./card.js";
import { enrolScreen, readSheet } from "./enrol.js";
import { claimed } from "./signin.js";

/** Show the camera until a code is read; its text, or null when the person gave up. */
export function readCode(app) {
  return new Promise((resolve) => {
    const ended = new AbortController();
    const finish = (text) => {
      ended.abort();
      resolve(text);
    };
    app.show(() => {
      const video = el("video", { playsInline: true, muted: true, "aria-label": t("scan_looking") });
      const problem = el("p", { class: "error", role: "alert", hidden: true });
      const view = el("div", {});
      const picture = el("input", { type: "file", accept: "image/*", id: "picture", onchange: read });
      look();
      async function look() {
        view.replaceChildren(el("div", { class: "camera" }, video));
        try {
          const text = await camera.watch(video, ended.signal);
          if (text !== null) finish(text);
        } catch (error) {
          view.replaceChildren(...cameraNotice(error, look));
        }
      }
      async function read() {
        const text = picture.files[0] ? await camera.readPicture(picture.files[0]) : null;
        if (text !== null) return finish(text);
        problem.textContent = t("scan_nothing");
        problem.hidden = false;
      }
      return {
        title: t("scan_title"),
        body: [
          el("p", {}, t("scan_says")),
          view,
          el("label", { for: "picture" }, t("scan_picture")),
          picture,
          problem,
          actions(button(t("cancel"), () => finish(null))),
        ],
        // Gone elsewhere: the camera stops, and nobody is sent back.
        leave: () => ended.abort(),
      };
    });
  });
}

/** What happened to the camera, and a button that tries it again. */
function cameraNotice(error, again) {
  if (!(error instanceof Refused)) console.error(error);
  const word = error instanceof Refused ? error.code : "no_camera";
  return [
    el("div", { class: "notice bad", role: "alert" }, el("h2", {}, t(word)), el("p", {}, t(`${word}_says`)), el("p", {}, t(`${word}_do`))),
    word === "no_camera" ? null : actions(button(t("try_again"), again)),
  ].filter(Boolean);
}

/** Scan, and do what the code asks. */
export async function scan(app) {
  const text = await readCode(app);
  if (text === null) return app.go("#/");
  return app.busy(t("loading"), () => follow(app, text), () => scan(app));
}

/** A till's request, a till's offer, a sign-in, or an activation sheet. */
export async function follow(app, text) {
  if (isForm(text, REQUEST)) return answer(app, text);
  if (isForm(text, OFFER)) return authorise(app, text);
  const sheet = readSheet(text);
  if (sheet) return app.show(() => enrolScreen(app, { sheet, read: true }));
  const code = await signinCode(text);
  if (code) return claimed(app, code);
  throw new Refused("request_unreadable");
}

/** The code of a sign-in page of this very server, or of this app's own address; another server's is not ours to answer. */
async function signinCode(text) {
  const [, page, code] = /^(.*)#([A-Za-z0-9_-]{22})$/.exec(text) ?? [];
  if (!page) return code ?? null;
  const { public_url: ours } = await pocket.get("configuration");
  return page === `${ours}/s` ? code : null;
}

async function answer(app, text) {
  // 1-8. The request, then the professional behind it; nothing is signed before that.
  const at = clock.now();
  const request = await openRequest(text, at);
  await knowledge.refresh().catch(() => null);
  const asker = await checkRequester(request, await knowledge.load(), at);
  // 9. Not answered by this phone before.
  const isThis = (one) => equal(one.ctx, request.ctx);
  if (((await pocket.get("answered")) ?? []).some(isThis)) throw new Refused("request_already_answered");
  const mine = (await wallets()).flat();
  const card = mine.find((one) => !one.represents && one.name === "complet") ?? mine[0];
  if (!card) throw new Refused("no_card");
  const name = nameWords(asker.card.given, asker.card.name);
  // 10. The owner sees who asks.
  app.show(() => ({
    title: t("asked_title"),
    body: [
      el("p", {}, t("asked_says")),
      el(
        "div",
        { class: "card" },
        el("p", { class: "name" }, name),
        facts([t("asked_what"), professionWords(asker.card.profession, language())], [t("asked_where"), asker.card.structure.label]),
      ),
      actions(button(t("asked_yes"), yes, "main large"), button(t("asked_no"), no, "large")),
    ],
  }));

  async function yes() {
    await app.busy(t("present_wait"), async () => {
      await note();
      await app.present(card, () => app.go("#/"), { request, to: name, again: false });
    }, () => app.go("#/"));
  }

  /** Remembered before anything leaves the phone; another tab may have answered while this one asked. */
  async function note() {
    const until = at + REQUEST_MAX_AGE_S + REQUEST_MAX_AHEAD_S + 1;
    let answered = false;
    await pocket.change("answered", (kept = []) => {
      answered = kept.some(isThis);
      const fresh = kept.filter((one) => one.until >= at);
      return answered ? fresh : [...fresh, { ctx: request.ctx, until }];
    });
    if (answered) throw new Refused("request_already_answered");
  }

  function no() {
    app.show(() => ({
      title: t("declined_title"),
      body: [el("p", { class: "notice good" }, t("declined_says")), actions(link(t("back_to_card"), "#/", "button main"))],
    }));
  }
}

async function authorise(app, text) {
  if (app.kind !== "ecps") throw new Refused("request_unreadable");
  const offer = await readOffer(text);
  checkHours(offer, clock.now());
  checkSession(offer, clock.now());
  const [[card]] = await wallets();
  const ctx = await authorisationContext(offer);
  app.show(() => ({
    title: t("offer_title"),
    body: [
      el("p", {}, t("offer_says")),
      el("p", { class: "big-digits long" }, offer.mark),
      facts([t("offer_until"), momentWords(offer.until)]),
      actions(
        button(t("offer_yes"), () => app.present(card, () => app.go("#/"), { ctx, again: false }), "main large"),
        button(t("asked_no"), () => app.go("#/"), "large"),
      ),
    ],
  }));
}
