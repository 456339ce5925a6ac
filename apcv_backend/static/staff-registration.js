// Register one's own key on the two halves of an invitation.

import { byId, go, hasKeys, json, makeKey, onSubmit, say, t } from "./staff-door.js";

async function register({ first_half, second_half }) {
  const halves = { first_half: first_half.trim(), second_half: second_half.trim() };
  const begun = await json("POST", "/v1/staff/registrations", halves);
  const credential = await makeKey(begun.public_key);
  await json("POST", `/v1/staff/registrations/${begun.ceremony_id}`, { credential });
  go("/staff/sign-in?why=registered");
}

onSubmit(byId("registration"), register);
if (!hasKeys()) {
  byId("registration").querySelector("[type=submit]").disabled = true;
  say(t("no_passkey"));
}
