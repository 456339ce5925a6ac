/* Draw a code as an SVG of one path: black on white whatever the theme, four modules of quiet zone. */

import encodeQR from "../node_modules/qr/index.js";

const QUIET = 4;
const SVG = "http://www.w3.org/2000/svg";

/** The SVG of a text of digits, correction level M; `label` is what is said to who cannot see it. */
export function drawQr(text, label) {
  const rows = encodeQR(text, "raw", { ecc: "medium", encoding: "numeric", border: QUIET });
  const size = rows.length;
  let path = "";
  rows.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      let run = 1;
      while (row[x + run]) run += 1;
      path += `M${x} ${y}h${run}v1h-${run}z`;
      x += run;
    }
  });
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const [tag, members] of [
    ["rect", { width: size, height: size, fill: "#ffffff" }],
    ["path", { d: path, fill: "#000000" }],
  ]) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(members)) made.setAttribute(name, value);
    svg.append(made);
  }
  return svg;
}
