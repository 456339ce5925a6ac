/* What is refused, with a stable word code and facts that are safe to show.

   The codes are those of `cartes/errors.py`: one reason, one word, in every language this
   is written in. Sentences for people live where people read them. */

/** A refusal. `code` is a word in lower snake case; `facts` never hold a name or a number of a person. */
export class Refused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.name = "Refused";
    this.code = code;
    this.facts = facts;
  }
}

/** A value is not what its name says; it was not built. */
export const invalid = (what, why) => new Refused("invalid_value", { what, why });
