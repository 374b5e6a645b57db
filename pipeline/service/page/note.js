// The form under the player that says what happens in a part of the video: it becomes a query to train on.

import { Failure, write } from "./api.js";
import { byId } from "./dom.js";
import { hundredths } from "./times.js";

export class Note {
  /** now: returns the second that is shown. */
  constructor(now) {
    this.form = byId("note");
    this.now = now;
    for (const name of ["start", "end"]) byId(`note-${name}`).addEventListener("click", () => this.mark(name));
    this.form.addEventListener("submit", (event) => this.#save(event));
  }

  /** Show the form, where the server writes. */
  offer(writes) {
    this.form.hidden = !writes;
    for (const row of document.querySelectorAll(".writes")) row.hidden = !writes;
  }

  /** Take a hit: its moment is offered, the whole of a video is not. */
  take(hit) {
    if (this.hit?.id === hit.id) return;
    this.hit = hit;
    this.form.reset();
    this.#say("");
    if (hit.whole) return;
    this.#fields.start.value = hundredths(hit.start);
    this.#fields.end.value = hundredths(hit.end);
  }

  /** Put the second that is shown into a field, "start" or "end". */
  mark(name) {
    if (!this.form.hidden && this.hit) this.#fields[name].value = hundredths(this.now());
  }

  get #fields() {
    return this.form.elements;
  }

  async #save(event) {
    event.preventDefault();
    const { hit } = this;
    const { start, end, text } = this.#fields;
    byId("note-save").disabled = true;
    try {
      const count = await write({ id: hit.id, start: Number(start.value), end: Number(end.value), text: text.value });
      if (this.hit === hit) text.value = "";
      this.#say(`Saved: this video has ${count} ${count === 1 ? "sentence" : "sentences"} now. “dvc repro” trains on it.`);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#say(failure.message);
    } finally {
      byId("note-save").disabled = false;
    }
  }

  #say(text) {
    byId("note-says").textContent = text;
  }
}
