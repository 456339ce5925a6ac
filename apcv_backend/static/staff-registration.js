// Register one's own key on the two halves of an invitation.

import { byId, go, hasKeys, json, known, makeKey, onSubmit, Refusal, say, t } from "./staff-door.js";

/** Why a key was not taken, in words for whoever holds it: another one may be, on the same invitation. */
function explain(refused) {
  if (known(`key_why_${refused.code}`)) throw new Refusal(t(`key_why_${refused.code}`), refused.code);
  if (refused.facts?.status === 403 && !refused.code.startsWith("staff_")) throw new Refusal(t("key_why_other"), refused.code);
  throw refused;
}

async function register({ first_half, second_half }) {
  const halves = { first_half: first_half.trim(), second_half: second_half.trim() };
  const begun = await json("POST", "/v1/staff/registrations", halves);
  const credential = await makeKey(begun.public_key);
  await json("POST", `/v1/staff/registrations/${begun.ceremony_id}`, { credential }).catch(explain);
  go("/staff/sign-in?why=registered");
}

onSubmit(byId("registration"), register);
if (!hasKeys()) {
  byId("registration").querySelector("[type=submit]").disabled = true;
  say(t("no_passkey"));
}
