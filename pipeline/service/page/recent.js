// The search box and the last queries: a combobox over what the browser keeps.

import { byId, isolated, make } from "./dom.js";
import { keep, kept } from "./stored.js";

const NAME = "amdnet.queries";
const MOST = 12;
const LONGEST = 500; // characters of a query that is kept

/** Return the last queries, the newest first. */
export function lastQueries() {
  return kept(NAME, (item) => typeof item === "string" && item).slice(0, MOST);
}

/** Put a query at the head of the last ones. */
export function remember(query) {
  if (query.length <= LONGEST) keep(NAME, [query, ...lastQueries().filter((other) => other !== query)].slice(0, MOST));
}

/** Make the box search, and offer the last queries below it. Returns what closes them. */
export function offerRecent(search, forgot) {
  const [box, popup, list] = [byId("query"), byId("recent"), byId("recent-list")];
  let chosen = -1;

  const close = () => {
    popup.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const open = (all) => {
    const text = all ? "" : box.value.trim().toLowerCase();
    const fitting = lastQueries().filter((query) => query.toLowerCase().includes(text) && query !== box.value.trim());
    if (!fitting.length) return close();
    const option = (query, index) =>
      make(
        "li",
        { role: "option", id: `recent-${index}`, "aria-selected": "false", onclick: () => take(query) },
        isolated(query),
      );
    list.replaceChildren(...fitting.map(option));
    popup.hidden = false;
    chosen = -1;
    box.setAttribute("aria-expanded", "true");
  };
  const mark = (index) => {
    chosen = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    list.children[chosen].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", `recent-${chosen}`);
  };
  const take = (query) => {
    box.value = query;
    close();
    search(query);
  };

  box.addEventListener("click", () => open(true));
  box.addEventListener("input", () => open(false));
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || popup.hidden) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  byId("search").addEventListener("focusout", (event) => {
    if (!byId("search").contains(event.relatedTarget)) close();
  });
  popup.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  byId("forget").addEventListener("click", () => {
    keep(NAME, []);
    close();
    box.focus();
    forgot();
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    search(box.value.trim());
  });
  return close;
}
