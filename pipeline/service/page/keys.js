// The keys of the page, and the dialog that lists them.

import { byId } from "./dom.js";

const WRITING = "input, textarea, select, [contenteditable]";
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const MARKS = { i: "start", o: "end" };

/** Listen to the keys. page: what they do, by name: focus, move, pause, loop, add, mark. */
export function listen(page) {
  const show = () => byId("keys").showModal();
  byId("open-keys").addEventListener("click", show);
  for (const button of document.querySelectorAll("[data-close]"))
    button.addEventListener("click", () => button.closest("dialog").close());
  for (const dialog of document.querySelectorAll("dialog"))
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // on what lies behind it

  const does = (event) => {
    if (event.key === "/") return page.focus();
    if (event.key === "l") return page.loop();
    if (event.key === "e") return page.add();
    if (event.key === "?") return show();
    if (event.key in MARKS) return page.mark(MARKS[event.key]);
    if (event.key === " ") return page.pause();
    return page.move(event.key);
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("#query") && event.key === "ArrowDown") {
      event.preventDefault();
      return page.move(event.key);
    }
    if (event.target.closest?.(WRITING)) return;
    if (event.key === " " && keepsSpace(event.target)) return;
    if (!["/", "l", "e", "?", " ", ...Object.keys(MARKS), ...ARROWS].includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat || ARROWS.includes(event.key)) does(event);
  });
  addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.matches?.(".play")) event.preventDefault(); // Firefox clicks a button here
  });
}

/** Say whether an element does something of its own at a press of Space; a card plays at Enter. */
function keepsSpace(element) {
  return Boolean(element.closest?.("button, a, summary")) && !element.matches(".play, .big-play");
}
