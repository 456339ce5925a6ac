// Sign in with one's own key: a challenge for whoever holds one, an answer, then one's own page.

import { busy, byId, go, hasKeys, json, say, t, useKey } from "./staff-door.js";

const button = byId("sign-in");

async function signIn() {
  const begun = await json("POST", "/v1/staff/sign-ins");
  const credential = await useKey(begun.public_key);
  await json("POST", `/v1/staff/sign-ins/${begun.ceremony_id}`, { credential });
  go("/staff");
}

if (hasKeys()) button.addEventListener("click", () => busy(button, signIn));
else {
  button.disabled = true;
  say(t("no_passkey"));
}
