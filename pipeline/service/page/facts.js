// What the index is, at the foot of the page.

import { byId, isolated, make } from "./dom.js";
import { long } from "./times.js";

/** Show what the server says of the index, and loudly where its features come from random weights. */
export function showFacts(index) {
  const videos = `${index.videos} ${index.videos === 1 ? "video" : "videos"}`;
  const rows = [
    ["Index", `${videos}, up to ${long(index.longest)} long`],
    ["Model", index.model],
    ["Moments by", index.localizer],
    ["Search", index.engine],
    ["When nothing fits", index.threshold_says || "Not measured: the page does not say when nothing fits."],
  ];
  const row = ([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, isolated(text)));
  byId("facts")
    .querySelector("dl")
    .replaceChildren(...rows.map(row));
  showRandom(index.random_weights);
  byId("start-says").textContent =
    `Describe what happens, and the page shows where: in ${videos} it looks for the moments that fit.`;
}

function showRandom(features) {
  byId("random").hidden = !features.length;
  byId("facts").querySelector(".loud")?.remove();
  if (!features.length) return;
  const says = `${features.join(", ")}. These networks never learned anything, so do not judge by this index what a search finds.`;
  byId("facts").prepend(make("p.loud", {}, make("b", {}, "Random weights: "), says));
}
