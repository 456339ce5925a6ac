/* The phone's clock, in Unix seconds, and how far it is from the server's when both were last heard. */

export const now = () => Date.now() / 1000;

let skew = 0;

/** Remember the server's hour, heard just now: its own word, or the `Date` of any answer. */
export function heard(text) {
  const theirs = Date.parse(text) / 1000;
  if (!Number.isNaN(theirs)) skew = now() - theirs;
}

/** Seconds this phone is ahead of the server (negative: behind), as last heard. */
export const ahead = () => skew;

/** Whether proofs made with this clock would be refused. */
export const isWrong = () => skew > 12 || skew < -50;
