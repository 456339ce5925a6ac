/* The two cards, as the arrays of claims that travel (CDDL in `docs/formats/qr.md`).

   An apCV has three shapes: `identite` names the person, `soins` adds numbers and rights,
   `complet` adds ALD and C2S. What does not belong to a shape is refused when it is read. */

import { array, bad, boolean, day, instant, known, matching, MAX_UINT32, period, text, uint } from "./fields.js";
import { finess, idnps, nir, siret, workplace } from "./numbers.js";

const numbered = (...words) => new Map(words.map((word, number) => [number, word]));

export const SHAPES = numbered("identite", "soins", "complet");
export const BINDINGS = ["synced", "device_bound_claimed", "hardware_attested"];
const BINDING = numbered(...BINDINGS);
const DELEGATIONS = numbered("parent", "mesure_protection", "aidant_demarche", "tiers_ponctuel");
const TITLES = numbered("", "M", "MME", "DR", "PR");
const EXONERATIONS = new Map([[4, "4"], [5, "5"], [9, "9"]]);
const CATEGORIES = new Map(["C", "E", "F", "M"].map((code) => [code, code]));
const MODES = new Map(["S", "L", "B"].map((code) => [code, code]));
const PROFESSIONS = new Map(
  [10, 21, 26, 28, 31, 32, 35, 36, 38, 39, 40, 50, 60, 69, 70, 80, 81, 82, 83, 84, 85, 86, 91, 92, 94, 95, 96, 98].map(
    (code) => [code, String(code)],
  ),
);
const MAX_LIST = 0xffff;
const MAX_NAME = 64;

const slot = (list, idx) => ({ list: uint(list, "list", MAX_LIST), idx: uint(idx, "idx", MAX_UINT32) });

/** Read an apCV's claims. */
export function readApcv(claims) {
  const c = array(claims, "card", 19, 20);
  const card = {
    kind: "apcv",
    slot: slot(c[0], c[1]),
    shape: known(SHAPES, c[3], "shape"),
    binding: known(BINDING, c[4], "binding"),
    asOf: instant(c[5], "as_of"),
    nir: c[6] === null ? null : nir(text(c[6], "nir", 15), "nir"),
    odNir: c[7] === null ? null : nir(text(c[7], "od_nir", 15), "od_nir"),
    birthName: text(c[8], "birth_name", MAX_NAME),
    useName: text(c[9], "use_name", MAX_NAME),
    given: text(c[10], "given", MAX_NAME),
    born: birth(c[11]),
    rank: uint(c[12], "rank", 6),
    quality: uint(c[13], "quality", 9),
    amo: amo(c[14]),
    ald: array(c[15], "ald", 0, 8).map(exoneration),
    c2s: c2s(c[16]),
    amc: amc(c[17]),
    gpDeclared: uint(c[18], "gp_declared", 1) === 1,
    delegate: c.length === 20 ? delegate(c[19]) : null,
  };
  checkShape(card);
  return card;
}

function checkShape(card) {
  if (card.rank < 1) throw bad("rank");
  if (card.shape === "identite") {
    if (card.nir || card.odNir || card.amo || card.ald.length || card.c2s || card.amc || card.gpDeclared) {
      throw bad("identite_says_too_much");
    }
    return;
  }
  if (!card.amo) throw bad("no_amo");
  if (!card.nir && !card.odNir) throw bad("no_number");
  if (card.shape === "soins" && (card.ald.length || card.c2s)) throw bad("soins_says_too_much");
}

/** A birth date to the character, `YYYY-MM-DD`: months and days no calendar has are kept. */
function birth(value) {
  const digits = String(uint(value, "dob", 99_999_999));
  const year = Number(digits.slice(0, 4));
  if (digits.length !== 8 || year < 1800 || year > 2199) throw bad("dob");
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

const isEmpty = (value) => Array.isArray(value) && value.length === 0;

function amo(value) {
  if (isEmpty(value)) return null;
  const [regime, fund, centre, mgmt, first, days, alsace] = array(value, "amo", 7);
  const written = (number, most, width) => String(uint(number, "amo", most)).padStart(width, "0");
  return {
    organisme: written(regime, 99, 2) + written(fund, 999, 3) + written(centre, 9999, 4),
    codeGestion: matching(mgmt, "mgmt", /^[0-9A-Z]{2}$/),
    ...period(first, days, "amo"),
    alsaceMoselle: boolean(alsace, "alsace"),
  };
}

function exoneration(value) {
  const [code, first, days] = array(value, "ald", 3);
  return { code: known(EXONERATIONS, code, "ald"), ...period(first, days, "ald") };
}

function c2s(value) {
  if (isEmpty(value)) return null;
  const [code, first, days] = array(value, "c2s", 3);
  if (days === null) throw bad("c2s");
  return { participation: uint(code, "c2s", 1) === 1, ...period(first, days, "c2s") };
}

function amc(value) {
  if (isEmpty(value)) return null;
  const [number, member, convention, routing, cover, first, days] = array(value, "amc", 7);
  return {
    number: matching(number, "amc_number", /^[0-9]{8,10}$/),
    member: matching(member, "amc_member", /^[0-9A-Za-z][0-9A-Za-z ./_-]{0,14}$/),
    convention: matching(convention, "amc_convention", /^[A-Z]{2}$/),
    routing: matching(routing, "amc_routing", /^[0-9A-Za-z ./_-]{0,14}$/),
    cover: matching(cover, "amc_cover", /^[0-9A-Za-z ./_+-]{0,16}$/),
    ...period(first, days, "amc"),
  };
}

function delegate(value) {
  const [name, type, until] = array(value, "delegate", 3);
  if (name === "") throw bad("delegate_name");
  return {
    name: text(name, "delegate_name", MAX_NAME),
    type: known(DELEGATIONS, type, "delegate_type"),
    until: day(until, "delegate_until"),
  };
}

/** Read an e-CPS's claims. */
export function readEcps(claims) {
  const c = array(claims, "card", 15);
  const [place, number, label] = array(c[13], "structure", 3);
  return {
    kind: "ecps",
    slot: slot(c[0], c[1]),
    binding: known(BINDING, c[3], "binding"),
    asOf: instant(c[4], "as_of"),
    nationalId: idnps(text(c[5], "national_id", 32)),
    name: text(c[6], "name", MAX_NAME),
    given: text(c[7], "given", MAX_NAME),
    title: known(TITLES, c[8], "title"),
    profession: known(PROFESSIONS, c[9], "profession"),
    category: known(CATEGORIES, c[10], "category"),
    skills: array(c[11], "skills", 0, 8).map((code) => matching(code, "skills", /^[A-Z]{0,4}[0-9]{2,3}$/)),
    mode: known(MODES, c[12], "mode"),
    structure: {
      finess: place === "" ? null : finess(text(place, "finess", 9)),
      siret: number === "" ? null : siret(text(number, "siret", 14)),
      label: workplace(label),
    },
    am: text(c[14], "am", 14),
  };
}
