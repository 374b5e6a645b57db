// What is said above the hits, and the short sentences that come and go.

import { byId, isolated, make } from "./dom.js";

/** Show sentences above the hits: {text, kind, action: [label, function]}; an "error" interrupts a screen reader. */
export function notices(all) {
  byId("notices").replaceChildren(...all.map(notice));
}

function notice({ text, kind = "calm", action = null }) {
  const box = make(`p.notice.${kind}`, { role: kind === "error" ? "alert" : null }, isolated(text));
  if (action) box.append(" ", make("button", { type: "button", onclick: action[1] }, action[0]));
  return box;
}

let fading = 0;

/** Say a short sentence at the foot of the page for a few seconds. */
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => box.classList.remove("shown"), 4000);
}

/** Say to a screen reader, and beside the hits, what was found. */
export function say(text) {
  byId("status").textContent = text;
}
