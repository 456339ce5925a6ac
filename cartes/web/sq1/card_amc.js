/* The insurer's card: one complementary contract, sealed by the insurer's own issuer (`cartes/amc.py`).

   It names nobody: `link` is the status slot of the apCV it goes with, on the same phone. A state
   that nobody knows is told as such. */

import { array, bad, boolean, day, instant, isPrintable, known, matching, MAX_UINT32, openOn, period, text, uint } from "./fields.js";

const MAX_LIST = 0xffff;
const SHAPES = new Map([[1, "soins"], [2, "complet"]]);
const BINDING = new Map([[0, "synced"], [1, "device_bound_claimed"], [2, "hardware_attested"]]);
const TIES = new Map([[0, "adherent"], [1, "conjoint"], [2, "enfant"], [3, "autre"]]);
const STATES = new Map([[0, "ouvert"], [1, "suspendu"], [2, "resilie"], [3, "inconnu"]]);

const slot = (list, idx, name) => ({ list: uint(list, name, MAX_LIST), idx: uint(idx, name, MAX_UINT32) });
const codes = (value, name) => array(value, name, 0, 8).map((code) => matching(code, name, /^[A-Z0-9]{2,8}$/));

/** Read an insurer's card's claims. */
export function readAmc(claims) {
  const c = array(claims, "card", 21);
  const [list, idx] = array(c[6], "link", 2);
  const card = {
    kind: "amc",
    slot: slot(c[0], c[1], "slot"),
    shape: known(SHAPES, c[3], "shape"),
    binding: known(BINDING, c[4], "binding"),
    asOf: instant(c[5], "as_of"),
    link: slot(list, idx, "link"),
    number: matching(c[7], "amc_number", /^[0-9]{8,10}$/),
    insurer: text(c[8], "amc_name", 64),
    convention: matching(c[9], "amc_convention", /^[A-Z]{2}$/),
    routing: matching(c[10], "amc_routing", /^[0-9A-Za-z ./_-]{0,14}$/),
    member: c[11] === null ? null : matching(c[11], "amc_member", /^[0-9A-Za-z][0-9A-Za-z ./_-]{0,14}$/),
    tie: known(TIES, c[12], "lien"),
    ...period(c[13], c[14], "amc"),
    responsible: boolean(c[15], "responsable"),
    management: uint(c[16], "gestion", 3),
    domains: codes(c[17], "domaines"),
    services: codes(c[18], "services"),
    state: known(STATES, c[19], "etat"),
    endedOn: c[20] === null ? null : day(c[20], "resilie_le"),
  };
  if ((card.member !== null) !== (card.shape === "complet")) throw bad("numero_adherent");
  if (!card.insurer || !isPrintable(card.insurer)) throw bad("nom_amc");
  if (card.state === "resilie" && card.endedOn === null) throw bad("resilie_le");
  return card;
}

/** Whether the insurer says that the contract covers `on`. */
export function contractOpenOn(card, on) {
  const ended = card.endedOn !== null && card.endedOn < on;
  return ["ouvert", "resilie"].includes(card.state) && !ended && openOn(card, on);
}
