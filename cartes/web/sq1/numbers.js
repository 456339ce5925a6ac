/* The numbers of people and places that a card carries, each with its own key. A wrong key is
   `bad_structure`: an issuer would not have signed it. Sources: `cartes/identifiers/`. */

import { bad, isPrintable, matching } from "./fields.js";

function luhnHolds(digits) {
  let total = 0;
  [...digits].reverse().forEach((character, place) => {
    const value = Number(character);
    total += place % 2 === 0 ? value : value > 4 ? value * 2 - 9 : value * 2;
  });
  return total % 10 === 0;
}

/** A NIR or NIA: 15 characters whose key holds; the letters of Corsica are kept. */
export function nir(value, field) {
  matching(value, field, /^[0-9]{6}[0-9AB][0-9]{8}$/);
  const number = value.slice(0, 13);
  let plain = Number(number.replace(/[AB]/, "0"));
  if (number[6] === "A") plain -= 1_000_000;
  if (number[6] === "B") plain -= 2_000_000;
  const remainder = ((plain % 97) + 97) % 97;
  if (value.slice(13) !== String(97 - remainder).padStart(2, "0")) throw bad(field);
  return value;
}

/** A FINESS: nine characters; a test number with letters has no key. */
export function finess(value) {
  matching(value, "finess", /^[0-9A-Z]{9}$/);
  if (!/^(?:[0-9]{2}|2[AB])[0-9]{7}$/.test(value)) return value;
  if (!luhnHolds(value.replace("A", "1").replace("B", "2"))) throw bad("finess");
  return value;
}

/** A SIRET: fourteen digits; the establishments of La Poste ran out of Luhn numbers. */
export function siret(value) {
  matching(value, "siret", /^[0-9]{14}$/);
  if (!luhnHolds(value.slice(0, 9))) throw bad("siret");
  const sum = [...value].reduce((total, digit) => total + Number(digit), 0);
  if (!(value.startsWith("356000000") && sum % 5 === 0) && !luhnHolds(value)) throw bad("siret");
  return value;
}

/** A professional's national identifier: a type digit, then a number checked by its own rule. */
export function idnps(value) {
  matching(value, "national_id", /^[0-9A-Z/]{2,32}$/);
  if (/^8[0-9]{11}$/.test(value)) {
    if (!luhnHolds(value.slice(1))) throw bad("national_id");
  } else if (/^0[0-9A-Z]{9}$/.test(value)) {
    const adeli = matching(value.slice(1), "national_id", /^[0-9][0-9A-F][0-9]{7}$/);
    if (!luhnHolds(adeli.replace(/[A-F]/, (letter) => "123456"["ABCDEF".indexOf(letter)]))) throw bad("national_id");
  } else if (/^3[0-9A-Z]{9}\/[0-9A-Z]{1,20}$/.test(value)) {
    finess(value.slice(1, 10));
  } else {
    throw bad("national_id");
  }
  return value;
}

/** A name of a workplace: empty, or a line with something on it. */
export function workplace(value) {
  if (typeof value !== "string" || [...value].length > 64 || !isPrintable(value)) throw bad("label");
  if (value && !value.trim()) throw bad("label");
  return value;
}
