/* Sign-in requests: who asks, from where, for what; the two digits are typed, never shown. */

import { Refused } from "../../shared/sq1/refused.js";
import * as clock from "../../shared/app/clock.js";
import { actions, announce, button, el, facts, link } from "../../shared/app/dom.js";
import * as holder from "../holder.js";
import { momentWords, t } from "../words.js";

const path = (request, word) => `/v1/signin-requests/${encodeURIComponent(request.attempt_id)}/${word}`;

export async function signinScreen(app) {
  const [requests, sessions] = [await holder.signed("GET", "/v1/signin-requests"), await openSessions()];
  return {
    title: t("signin_title"),
    body: [
      requests.length ? requests.map((one) => requestCard(app, one)) : [el("p", {}, t("signin_none")), el("p", { class: "small" }, t("signin_none_says"))],
      actions(button(t("signin_refresh"), () => app.show(() => signinScreen(app)))),
      sessions.length ? [el("h2", {}, t("sessions_title")), sessionList(app, sessions)] : null,
    ],
  };
}

/** A request claimed by its code, scanned from the other screen. */
export async function claimed(app, code) {
  const request = await holder.signed("POST", "/v1/signin-requests", { body: { code } });
  app.show(() => ({ title: t("signin_title"), body: [requestCard(app, request)] }));
}

async function openSessions() {
  try {
    return await holder.signed("GET", "/v1/sessions");
  } catch (error) {
    if (error instanceof Refused && error.facts.status === 404) return [];
    throw error;
  }
}

function requestCard(app, request) {
  const id = request.attempt_id;
  const digits = el("input", { id: `digits-${id}`, class: "digits", inputmode: "numeric", maxlength: "2", autocomplete: "off",
    pattern: "[0-9]{2}", "aria-describedby": `hint-${id}` });
  const problem = el("p", { class: "error", role: "alert", hidden: true });
  const as = choiceOf(request);
  return el(
    "section",
    { class: "sheet" },
    el("h2", {}, request.client_name),
    el("p", {}, t("signin_asks")),
    facts(
      [t("signin_place"), request.client_place],
      [t("signin_purpose"), t(`purpose_${request.purpose}`) ?? request.purpose],
      [t("signin_gives"), request.scopes_in_words.join(", ")],
    ),
    request.unsolicited ? el("p", { class: "notice care" }, t("signin_unsolicited")) : null,
    el(
      "form",
      { novalidate: true, onsubmit: approve },
      as?.element,
      el("label", { for: `digits-${id}` }, t("signin_digits")),
      el("span", { class: "hint", id: `hint-${id}` }, t("signin_digits_hint")),
      digits,
      problem,
      actions(
        el("button", { type: "submit", class: "main large" }, t("signin_yes")),
        button(t("signin_no"), () => settle("refusal", "signin_refused")),
        button(t("signin_not_me"), () => settle("report", "signin_reported"), "danger"),
      ),
    ),
  );

  async function approve(event) {
    event.preventDefault();
    if (!/^[0-9]{2}$/.test(digits.value)) {
      problem.textContent = t("signin_digits_missing");
      problem.hidden = false;
      digits.setAttribute("aria-invalid", "true");
      digits.focus();
      return;
    }
    await app.busy(t("present_wait"), async () => {
      const chosen = as?.value() ?? {};
      const statement = {
        attempt_id: id,
        client_id: request.client_id,
        scopes: request.scopes,
        acr: request.acr,
        digits: digits.value,
        exercice: chosen.exercice ?? "",
        t: Math.floor(clock.now()),
        ...(chosen.actsFor ? { acts_for: chosen.actsFor } : {}),
      };
      const credential = await holder.signApproval(statement);
      const body = { credential, digits: statement.digits, exercice: statement.exercice, acts_for: chosen.actsFor ?? "", t: statement.t };
      await holder.signed("POST", path(request, "approval"), { body });
      told("signin_approved");
    }, () => app.show(() => signinScreen(app)));
  }

  async function settle(word, sentence) {
    await app.busy(t("loading"), async () => {
      await holder.signed("POST", path(request, word));
      told(sentence);
    }, () => app.show(() => signinScreen(app)));
  }

  function told(sentence) {
    app.show(() => ({
      title: t("signin_title"),
      body: [el("p", { class: "notice good" }, t(sentence)), actions(link(t("back_to_card"), "#/", "button main"))],
    }));
    announce(t(sentence));
  }
}

/** For whom, or in which practice, one signs in: a choice only where there is one. */
function choiceOf({ attempt_id: id, exercices, represented }) {
  const options = exercices.length > 1
    ? exercices.map((one) => [one.label, { exercice: one.exercice_id }])
    : represented.length
      ? [[t("signin_myself"), {}], ...represented.map((one) => [one.name, { actsFor: one.representation_id }])]
      : [];
  if (!options.length) return exercices.length ? { element: null, value: () => ({ exercice: exercices[0].exercice_id }) } : null;
  // Each on its own line, to be read whole: a list that unfolds cuts them on a narrow phone.
  const inputs = options.map((_, at) => el("input", { type: "radio", name: `as-${id}`, value: String(at), checked: at === 0 }));
  const lines = inputs.map((input, at) => el("label", { class: "choice" }, input, el("span", {}, options[at][0])));
  return {
    element: el("fieldset", {}, el("legend", {}, t("signin_as")), lines),
    value: () => options[inputs.findIndex((input) => input.checked)][1],
  };
}

function sessionList(app, sessions) {
  return el(
    "ul",
    { class: "plain" },
    sessions.map((one) =>
      el(
        "li",
        {},
        el("strong", {}, one.client_name),
        el("p", { class: "small" }, `${one.client_place}, ${t("sessions_since")} ${momentWords(one.opened_at)}`),
        button(t("sessions_close", { name: one.client_name }), () =>
          app.busy(t("loading"), async () => {
            await holder.signed("DELETE", `/v1/sessions/${encodeURIComponent(one.session_id)}`);
            app.show(() => signinScreen(app));
          }, () => app.show(() => signinScreen(app))),
        ),
      ),
    ),
  );
}
