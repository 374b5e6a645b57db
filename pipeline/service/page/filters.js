// Which videos are searched: folder, length, and how far a hit stands out.

import { byId, make, oneLine } from "./dom.js";

const NAMES = ["folder", "shortest", "longest", "unusual"];

export class Filters {
  /** changed: called with the filters' part of a state. */
  constructor(changed) {
    this.form = byId("filters");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", () => changed(this.#read()));
    byId("clear-filters").addEventListener("click", () => changed(Object.fromEntries(NAMES.map((name) => [name, ""]))));
    byId("toggle-filters").addEventListener("click", (event) => {
      const open = this.form.classList.toggle("open");
      event.currentTarget.setAttribute("aria-expanded", String(open));
    });
  }

  /** Offer the folders of the index. */
  offer(folders) {
    this.#field("folder").append(
      ...folders.filter(Boolean).map((folder) => make("option", { value: folder }, oneLine(folder))),
    );
  }

  /** Show the filters of a state. */
  show(state) {
    const folders = this.#field("folder");
    if (![...folders.options].some((option) => option.value === state.folder))
      folders.append(make("option", { value: state.folder }, oneLine(state.folder))); // one of a link
    folders.value = state.folder;
    folders.parentElement.hidden = folders.options.length < 2;
    for (const name of NAMES.slice(1))
      this.#field(name).value = Number.isFinite(Number(state[name])) ? state[name] : "";
    const used = NAMES.filter((name) => state[name]).length;
    byId("clear-filters").hidden = !used;
    const count = byId("toggle-filters").querySelector(".count");
    count.hidden = !used;
    count.textContent = String(used);
  }

  #field(name) {
    return this.form.elements.namedItem(name);
  }

  #read() {
    return Object.fromEntries(NAMES.map((name) => [name, this.#field(name).value]));
  }
}
