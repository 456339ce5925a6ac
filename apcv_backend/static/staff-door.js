// What every page of staff shares: its words, the doors it asks, its key, and how a refusal is told.

const page = document.body.dataset;
const lang = document.documentElement.lang;
const region = lang === "en" ? "en-GB" : "fr-FR";
const words = JSON.parse(page.words);

export const t = (name) => words[name] ?? name;
export const known = (name) => name in words;
export const byId = (id) => document.getElementById(id);

/** A refusal a person can act on: `code` for the script, its message for them. */
export class Refusal extends Error {
  constructor(message, code = "", facts = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

const here = (path) => {
  const asked = new URLSearchParams(location.search).get("lang");
  return asked ? `${path}${path.includes("?") ? "&" : "?"}lang=${asked}` : path;
};

export const go = (path) => location.assign(here(path));

/** Ask a door; gives the response. A session that ended leads to the page that says so. */
export async function ask(method, path, { body, type = "application/json", headers = {}, signal } = {}) {
  const sent = { "Accept-Language": lang, Accept: "application/json, */*;q=0.5", ...headers };
  if (page.csrf) sent["X-Staff-Csrf"] = page.csrf;
  if (body !== undefined) sent["Content-Type"] = type;
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, body, signal, cache: "no-store", credentials: "same-origin" });
  } catch (failed) {
    if (failed.name === "AbortError") throw failed;
    throw new Refusal(t("failed"), "network");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401 && said.code === "caller_refused" && page.csrf) {
    go("/staff/sign-in?why=ended");
    return new Promise(() => {});
  }
  throw new Refusal(printed(said.title || t("failed")), said.code || "", said);
}

/** Ask a JSON door with a JSON body; gives its value. */
export async function json(method, path, body) {
  const answer = await ask(method, path, body === undefined ? {} : { body: JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

/** Say a sentence where the page says them, and bring it in sight. An empty one hides it. */
export function say(sentence, where = byId("told")) {
  where.textContent = sentence;
  where.hidden = !sentence;
  if (sentence) where.scrollIntoView({ block: "nearest" });
}

/** Run what a button or a form asks: once at a time, its refusal told. */
export async function busy(element, work, where = byId("told")) {
  if (element.getAttribute("aria-disabled") === "true") return;
  element.setAttribute("aria-disabled", "true");
  say("", where);
  try {
    await work();
  } catch (refused) {
    if (!(refused instanceof Refusal)) console.error(refused);
    say(refused instanceof Refusal ? refused.message : t("failed"), where);
  } finally {
    element.removeAttribute("aria-disabled");
  }
}

/** A form, sent by its script: the first box that is wrong is marked and told, and nothing leaves. */
export function onSubmit(form, work, where = byId("told")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const box of form.elements) box.removeAttribute?.("aria-invalid");
    const wrong = [...form.elements].find((box) => box.willValidate && !box.checkValidity());
    if (wrong) {
      wrong.setAttribute("aria-invalid", "true");
      say(wrong.dataset.wrong || t("fill_in"), where);
      wrong.focus();
      return;
    }
    busy(form.querySelector("[type=submit]"), () => work(Object.fromEntries(new FormData(form))), where);
  });
}

/** An element with its children; texts are texts, never markup. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A sentence of the server with its apostrophes as they are printed. */
const printed = (text) => text.replace(/(?<=\p{L})'(?=\p{L})/gu, "\u2019");

export const facts = (list, ...pairs) =>
  list.replaceChildren(...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));

/** A button that asks once more before it does what cannot be undone. */
export function sureButton(label, sure, work, where) {
  const made = el("button", { type: "button", class: "danger" }, label);
  made.addEventListener("click", () => {
    if (made.textContent === sure) busy(made, work, where);
    else {
      made.textContent = sure;
      setTimeout(() => (made.textContent = label), 8000);
    }
  });
  return made;
}

/** A day: in digits in French, with its month's name in English, where digits are read both ways. */
export const day = (text) =>
  new Date(`${text}T12:00:00Z`).toLocaleDateString(region, { timeZone: "UTC", ...(region === "fr-FR" ? {} : { dateStyle: "long" }) });
export const moment = (text) =>
  new Date(text).toLocaleString(region, { dateStyle: "long", timeStyle: "short", timeZone: "Europe/Paris" })
    .replace(/^1 (?=\p{L})/u, lang === "en" ? "1 " : "1er "); // the only day of a month French counts in order

// --- the key

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

export const hasKeys = () => Boolean(window.PublicKeyCredential && navigator.credentials);

async function answered(work) {
  if (!hasKeys()) throw new Refusal(t("no_passkey"), "no_passkey");
  try {
    return await work();
  } catch (refused) {
    throw new Refusal(refused.name === "InvalidStateError" ? t("key_known") : t("key_refused"), "key");
  }
}

/** Make a key (RegistrationResponseJSON). Raises a Refusal. */
export async function makeKey(options) {
  const made = await answered(() =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: named(options.excludeCredentials),
      },
    }),
  );
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment || undefined,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

/** Sign a challenge with a key (AuthenticationResponseJSON). Raises a Refusal. */
export async function useKey(options) {
  const made = await answered(() =>
    navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: named(options.allowCredentials),
      },
    }),
  );
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment || undefined,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      authenticatorData: text(made.response.authenticatorData),
      clientDataJSON: text(made.response.clientDataJSON),
      signature: text(made.response.signature),
      userHandle: made.response.userHandle ? text(made.response.userHandle) : undefined,
    },
  };
}
