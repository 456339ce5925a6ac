/* Make elements: text is always text, and no string is ever read as HTML. */

/** An element: `el("p", { class: "small" }, "text", child)`; `onclick` and the like are listeners. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A row of buttons. */
export const actions = (...buttons) => el("div", { class: "actions stacked" }, ...buttons);

/** A button with a listener. */
export const button = (text, onclick, kind = "") => el("button", { type: "button", class: kind, onclick }, text);

/** A link of the app. */
export const link = (text, href, kind = "") => el("a", { href, class: kind }, text);

/** A list of facts. */
export const facts = (...pairs) =>
  el("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

/** Say a thing to who listens rather than looks. */
export function announce(text) {
  document.getElementById("ears").textContent = text;
}
