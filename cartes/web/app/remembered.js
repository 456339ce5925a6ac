/* Two or three words of this browser's own, none of them secret: the language, whether a card was here.
   A browser that keeps nothing answers null, and nothing fails for it. */

/** What was remembered under a name, or null. */
export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remember a word, or forget it (null), if this browser may. */
export function remember(name, word) {
  try {
    if (word === null) localStorage.removeItem(name);
    else localStorage.setItem(name, word);
  } catch {
    // Blocked: it will be asked again.
  }
}
