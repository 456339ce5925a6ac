/* Every failure a person can meet: what happened, why, and a way out. */

import { Refused } from "../../shared/sq1/refused.js";
import { actions, button, el, link } from "../../shared/app/dom.js";
import { clockWords, printed, t } from "../words.js";

const RETRY = ["offline", "gesture_refused", "gesture_refused_again", "another_tab", "storage_blocked", "storage_full", "clock_wrong", "rate_limited", "backend_unwell", "camera_refused",
  "trust_store_stale", "trust_store_unusable", "trust_forged", "trust_rolled_back", "trust_frozen", "wrong_digits", "activation_code_refused"];
const ENROL = ["not_enrolled", "device_withdrawn", "device_unknown", "storage_gone", "gesture_refused_again"];
// No card to go back to.
const CARDLESS = ["activation_code_refused", "not_enrolled", "device_withdrawn", "storage_gone", "storage_blocked"];
const RENEW = ["card_outdated", "renewal_too_old"];
const SAME_AS = {
  backend_nonsense: "backend_unwell",
  dpop_refused: "clock_wrong",
  moment_refused: "clock_wrong",
  verifier_clock_behind: "clock_wrong",
  proof_from_future: "clock_wrong",
  till_hours_too_long: "request_invalid",
  request_signature_invalid: "request_invalid",
  request_invalid: "request_invalid",
  credential_already_registered: "already_enrolled_here",
  phone_unknown: "device_unknown",
  digits_wrong: "wrong_digits",
  signin_digits_wrong: "wrong_digits",
  signin_moment_refused: "clock_wrong",
  signin_request_not_found: "signin_request_over",
  no_card: "not_enrolled",
};

const BY_STATUS = { 404: "not_offered", 500: "backend_unwell" };

/** The screen of a failure. `again` tries the same thing, when that may help. */
export function failureScreen(error, again) {
  if (!(error instanceof Refused)) console.error(error);
  const code = error instanceof Refused ? error.code : "unexpected";
  const word = SAME_AS[code] ?? (t(`${code}_says`) ? code : (BY_STATUS[Math.min(error.facts?.status, 500)] ?? code));
  const known = t(`${word}_says`) !== undefined;
  const said = error.facts?.said && printed(error.facts.said);
  return {
    title: known ? t(word) : t("fail_title"),
    body: [
      el(
        "div",
        { class: "notice bad", role: "alert" },
        error.facts?.ahead_s && el("p", {}, t(...clockWords(error.facts.ahead_s))),
        el("p", {}, known ? t(`${word}_says`) : (said ?? t("backend_unwell_says"))),
        el("p", {}, known ? t(`${word}_do`) : t(said ? "ask_desk" : "backend_unwell_do")),
      ),
      actions(
        RENEW.includes(word) && link(t("renew"), "#/renew", "button main"),
        ENROL.includes(word) && link(t("enrol_submit"), "#/enrol", "button main"),
        (RETRY.includes(word) || !(known || said)) && again && button(t("try_again"), again, ENROL.includes(word) ? "" : "main"),
        CARDLESS.includes(word) ? null : link(t("back_to_card"), "#/", "button"),
      ),
      el("p", { class: "small" }, t("fail_code"), " ", el("code", {}, code)),
    ],
  };
}
