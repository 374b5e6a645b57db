// How far a hit stands out: a small bar, its number, and what the number means.

import { draw } from "./dom.js";

/** The least value at which a bar is full. */
const FULL = 5;

/** Return the value at which the bars of these hits are full. */
export function fullAt(hits, threshold) {
  return Math.max(FULL, threshold ?? 0, ...hits.map((hit) => hit.unusual));
}

/** Draw the bar of a value, with a mark at the threshold of what fits where there is one. */
export function bar(value, full, threshold) {
  const share = Math.min(1, Math.max(0, value / full));
  const picture = draw("svg.meter", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(draw("rect.meter-all", { width: 100, height: 8 }));
  picture.append(draw("rect.meter-value", { width: share * 100, height: 8 }));
  if (threshold !== null && threshold !== undefined)
    picture.append(draw("rect.meter-mark", { x: Math.min(98.5, (threshold / full) * 100), width: 1.5, height: 8 }));
  return picture;
}

/** Say what the number means. */
export function meaning(value, videos, threshold) {
  const way = value < 0 ? "below" : "above";
  const says =
    `For this sentence the score of this video lies ${Math.abs(value).toFixed(1)} robust standard deviations ${way} ` +
    `the middle of the scores of all videos${videos ? ` (${videos} in the index)` : ""}.`;
  if (threshold === null || threshold === undefined) return says;
  return `${says} The mark at ${threshold.toFixed(1)} is where a best hit starts to fit.`;
}
