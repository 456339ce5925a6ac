/* What the page that verifies says: codes become sentences here and nowhere else. */

import { saying } from "../shared/app/wording.js";
import { en } from "./words_en.js";
import { fr } from "./words_fr.js";

export * from "../shared/app/wording.js";

/** The sentence of a key in the language chosen, its `{names}` filled in. */
export const t = saying({ fr, en });
