/* What each screen needs to be true once a card is proven, and what each reason does to the light.

   The two tables of `verifier/policy.py` and `verifier/lights.py`. A policy names reasons; the
   table alone decides a colour; a code that is not in it is red. */

import { contractOpenOn } from "./card_amc.js";
import { BINDINGS } from "./cards.js";
import { openOn } from "./fields.js";

const TRUST_OLD_AFTER_S = 24 * 3600;
const LIGHTS = new Map([
  ["trust_data_old", "amber"],
  ["binding_below_policy", "amber"],
  ["amo_unknown", "amber"],
  ["amo_not_open", "amber"],
  ["amc_not_open", "amber"],
  ["amc_suspended", "amber"],
  ["amc_state_unknown", "amber"],
  ["amc_domain_not_covered", "amber"],
  ["delegate_expired", "amber"],
  ["in_training", "amber"],
  ["profession_does_not_prescribe", "amber"],
  ["prescribes_within_limits", "green"],
]);
const SEVERITY = ["green", "amber", "red"];
const PRESCRIBERS = ["10", "40", "50"];
const PRESCRIBERS_WITHIN_LIMITS = ["21", "60", "70", "80", "91", "92"];

/** The gravest light among the reasons' codes; green when there is none. */
export const lightOf = (codes) =>
  codes.map((code) => LIGHTS.get(code) ?? "red").reduce((worst, one) => (SEVERITY.indexOf(one) > SEVERITY.indexOf(worst) ? one : worst), "green");

const trustOld = (facts, code = "trust_data_old") => (facts.trustAgeS > TRUST_OLD_AFTER_S ? [code] : []);
const binding = (facts, wished) =>
  BINDINGS.indexOf(facts.card.binding) < BINDINGS.indexOf(wished) ? ["binding_below_policy"] : [];
const delegate = ({ card, day }) => (card.delegate && card.delegate.until < day ? ["delegate_expired"] : []);
const amo = ({ card, day }) => (!card.amo ? ["amo_unknown"] : openOn(card.amo, day) ? [] : ["amo_not_open"]);
const amc = ({ card, day }) => (card.amc && !openOn(card.amc, day) ? ["amc_not_open"] : []);
const training = ({ card }) => (card.category === "E" ? ["in_training"] : []);

function prescriber({ card }) {
  if (PRESCRIBERS.includes(card.profession)) return [];
  return [PRESCRIBERS_WITHIN_LIMITS.includes(card.profession) ? "prescribes_within_limits" : "profession_does_not_prescribe"];
}

function contract({ card, day }) {
  if (card.state === "inconnu") return ["amc_state_unknown"];
  if (card.state === "suspendu") return ["amc_suspended"];
  return contractOpenOn(card, day) ? [] : ["amc_not_open"];
}

/** The screens, by their word. */
export const POLICIES = {
  identite: { expects: "apcv", judge: (f) => [...trustOld(f), ...delegate(f)] },
  cabinet: { expects: "apcv", judge: (f) => [...trustOld(f), ...delegate(f), ...amo(f)] },
  officine: { expects: "apcv", judge: (f) => [...trustOld(f), ...delegate(f), ...amo(f), ...amc(f)] },
  complementaire: {
    expects: "amc",
    judge: (f) => [...trustOld(f), ...contract(f), ...(f.card.domains.includes("PHAR") ? [] : ["amc_domain_not_covered"])],
  },
  "identite-pro": {
    expects: "ecps",
    judge: (f) => [...trustOld(f), ...binding(f, "device_bound_claimed"), ...training(f)],
  },
  prescription: {
    expects: "ecps",
    deviceBoundOnly: true,
    judge: (f) => [
      ...trustOld(f, "trust_data_too_old_to_prescribe"),
      ...binding(f, "hardware_attested"),
      ...training(f),
      ...prescriber(f),
    ],
  },
};

/** Screens whose patient may show a contract beside their card, and what is asked of it. */
export const BESIDE = {
  officine: POLICIES.complementaire,
  cabinet: { expects: "amc", judge: (f) => [...trustOld(f), ...contract(f)] },
};
