// Elements, and the shapes of the lights. Text only ever becomes text: nothing that was read is markup.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  green: ["M24 4a20 20 0 1 0 0 40a20 20 0 1 0 0-40z", "M14 25l7 7l13-15"],
  amber: ["M24 5L45 42H3z", "M24 18v11", "M24 36v.1"],
  red: ["M6 6h36v36H6z", "M16 16l16 16", "M32 16L16 32"],
  other: ["M4 24h40", "M24 4v40"],
  ready: ["M6 16V6h10", "M32 6h10v10", "M42 32v10H32", "M16 42H6V32", "M14 24h20"],
};

export function make(tag, { text, name, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(key, value);
  element.append(...children.filter(Boolean));
  return element;
}

export function shape(light) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 48 48");
  drawing.setAttribute("class", "shape");
  drawing.setAttribute("aria-hidden", "true");
  for (const line of SHAPES[light] ?? SHAPES.other) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    drawing.append(path);
  }
  return drawing;
}

export function notice(tone, said, toDo, ...more) {
  return make("div", { name: `notice ${tone}` }, make("p", {}, make("strong", { text: said })), make("p", { text: toDo }), ...more);
}

export function facts(rows) {
  return make("dl", { name: "facts" }, ...rows.flatMap(({ label, value }) => [make("dt", { text: label }), make("dd", { text: value })]));
}
