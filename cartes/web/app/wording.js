/* How people are spoken to: which language, a sentence of it, and how days, names and clocks are written.

   French first, English second. The sentences themselves are each app's own (its `words.js`). */

import { recall, remember } from "./remembered.js";

const LANGUAGES = ["fr", "en"];
const KEPT = "language";

let chosen = null;

function first() {
  const asked = new URLSearchParams(location.search).get("lang") ?? recall(KEPT);
  if (LANGUAGES.includes(asked)) return asked;
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
  remember(KEPT, word);
  document.documentElement.lang = word;
}

/** The one that says an app's sentences, from its tables `{ fr, en }`: `t("aim")`, `t("born", { day })`.

    `{names}` in a sentence are filled in; a key nobody wrote gives undefined. */
export function saying(tables) {
  return (key, values = {}) => {
    const sentence = tables[language()][key]?.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    return language() === "fr" ? sentence && spaced(sentence) : sentence;
  };
}

/** French spaces that no line may break at: before : ; ? ! » and after «. */
const spaced = (text) => text.replace(/ (?=[:»])|(?<=«) /g, "\u00a0").replace(/ (?=[;?!])/g, "\u202f");

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

/** How far this phone's clock is from the right hour (`ahead` in seconds, negative: behind): key and values of the sentence. */
export function clockWords(ahead) {
  const far = Math.abs(ahead);
  const [unit, size] = far < 120 ? ["second", 1] : far < 7200 ? ["minute", 60] : far < 172800 ? ["hour", 3600] : ["day", 86400];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  const amount = new Intl.NumberFormat(language(), style).format(far / size);
  return [ahead > 0 ? "clock_ahead" : "clock_behind", { amount }];
}
