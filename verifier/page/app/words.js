/* What is said to people: French first, English second. Codes become sentences here and nowhere else. */

import { en } from "./words_en.js";
import { fr } from "./words_fr.js";

const TABLES = { fr, en };
const KEPT = "language";

let chosen = null;

function first() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEPT);
  if (asked in TABLES) return asked;
  return navigator.languages.some((one) => one.startsWith("fr")) || !navigator.language.startsWith("en") ? "fr" : "en";
}

/** `fr` or `en`. */
export function language() {
  chosen ??= first();
  return chosen;
}

/** Speak the other language from now on. */
export function speak(word) {
  chosen = word;
  localStorage.setItem(KEPT, word);
  document.documentElement.lang = word;
}

/** The sentence of a key, its `{names}` filled in; undefined for a key nobody wrote. */
export function t(key, values = {}) {
  const sentence = TABLES[language()][key];
  return sentence?.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A day, in words. */
export const dayWords = (text) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${text.slice(0, 10)}T00:00:00Z`));

/** An instant (Unix seconds or text), in words, in this phone's time zone. */
export const momentWords = (at) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "full", timeStyle: "short" }).format(
    new Date(typeof at === "number" ? at * 1000 : at),
  );

/** A birth date to the character: day/month/year, even when no calendar has it. */
export const birthWords = (text) => text.split("-").reverse().join("/");

/** A given name and a name as people write them: capitals at the beginning of each part. */
export const nameWords = (...parts) =>
  parts.join(" ").toLowerCase().replace(/(^|[\s'’-])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase());
