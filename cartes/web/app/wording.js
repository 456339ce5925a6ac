/* How people are spoken to: which language, a sentence of it, and how days, names and clocks are written.

   French first, English second. The sentences themselves are each app's own (its `words.js`). */

import { recall, remember } from "./remembered.js";

const LANGUAGES = ["fr", "en"];
const KEPT = "language";
// English as it is written in Europe: the day before the month, and the month by its name.
const REGIONS = { fr: "fr-FR", en: "en-GB" };
const INCOMPLETE = { fr: "date incomplète à l’état civil", en: "incomplete in the civil register" };

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
    return sentence && printed(sentence);
  };
}

/** A sentence, ours or the server's, as it is printed: its apostrophes, and in French its spaces. */
export function printed(text) {
  const curled = text.replace(/(?<=\p{L})'(?=\p{L})/gu, "\u2019");
  return language() === "fr" ? spaced(curled) : curled;
}

/** French spaces that no line may break at: before : ; ? ! » and after «. */
const spaced = (text) => text.replace(/ (?=[:»])|(?<=«) /g, "\u00a0").replace(/ (?=[;?!])/g, "\u202f");

/** A day, in words. */
export const dayWords = (text) => written(new Date(`${text.slice(0, 10)}T00:00:00Z`), { dateStyle: "long", timeZone: "UTC" });

/** An instant (Unix seconds or text), in words, in this phone's time zone. */
export const momentWords = (at) =>
  written(new Date(typeof at === "number" ? at * 1000 : at), { dateStyle: "full", timeStyle: "short" });

function written(date, style) {
  const said = new Intl.DateTimeFormat(REGIONS[language()], style).format(date);
  // The first of a month is the only one French counts in order.
  return language() === "fr" ? said.replace(/(?<=^| )1 (?=\p{L})/u, "1er ") : said;
}

/** A birth date (`YYYY-MM-DD`) nobody reads the wrong way round, as a till writes it: 12/03/1950 in French,
    12 March 1950 in English. A day no calendar has is kept to the character, and said to be incomplete. */
export function birthWords(text) {
  const day = new Date(`${text}T00:00:00Z`);
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
  const digits = text.split("-").reverse().join("/");
  if (exists) return language() === "fr" ? digits : dayWords(text);
  return `${language() === "fr" ? digits : text} (${INCOMPLETE[language()]})`;
}

/** A given name and a name as people write them: capitals at the beginning of each part. */
export const nameWords = (...parts) =>
  parts.join(" ").toLowerCase().replace(/(^|[\s'’-])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase());

/** How far this phone's clock is from the right hour (`ahead` in seconds, negative: behind): key and values of the sentence. */
export function clockWords(ahead) {
  const far = Math.abs(ahead);
  const [unit, size] = far < 120 ? ["second", 1] : far < 7200 ? ["minute", 60] : far < 172800 ? ["hour", 3600] : ["day", 86400];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  const amount = new Intl.NumberFormat(REGIONS[language()], style).format(far / size);
  return [ahead > 0 ? "clock_ahead" : "clock_behind", { amount }];
}
