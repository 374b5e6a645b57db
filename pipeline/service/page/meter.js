// How far a hit stands out: a small bar, its number, and what the number means.

import { draw } from "./dom.js";

const FULL = 6; // from which value on a bar is full; it is the same in every search, so that bars can be compared

/** Draw the bar of a value. */
export function bar(value) {
  const share = Math.min(1, Math.max(0, value / FULL));
  const picture = draw("svg.meter", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(draw("rect.meter-all", { width: 100, height: 8 }));
  picture.append(draw("rect.meter-value", { width: share * 100, height: 8 }));
  return picture;
}

/** Say what the number means. */
export function meaning(value, videos) {
  const way = value < 0 ? "below" : "above";
  return (
    `For this sentence the score of this video lies ${Math.abs(value).toFixed(1)} robust standard deviations ${way} ` +
    `the middle of the scores of all ${videos} videos.`
  );
}
