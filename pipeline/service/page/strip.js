// The strip under the player: the query's similarity along the video, its moments, and the place that is played.

import { byId, draw, make } from "./dom.js";
import { clock, long, ticks } from "./times.js";

const STEP = 1; // seconds of an arrow key
const HIGH = 100; // the height of the curve's view box

export class Strip {
  /** seek: called with a second. */
  constructor(seek) {
    this.box = byId("strip");
    this.duration = 0;
    this.time = 0;
    this.seek = seek;
    this.box.addEventListener("pointerdown", (event) => this.#drag(event));
    this.box.addEventListener("pointermove", (event) => this.#point(event));
    this.box.addEventListener("pointerleave", () => (byId("pointed").hidden = true));
    this.box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Draw a hit; range: the least and the largest similarity of all hits, so that curves can be compared. */
  show(hit, range) {
    this.duration = Math.max(hit.duration, 0.01);
    this.box.setAttribute("aria-valuemax", this.duration.toFixed(1));
    byId("curve").replaceChildren(...curve(hit.similarity, this.duration, range));
    byId("lanes").replaceChildren(...hit.moments.map(() => make("div.lane", {}, make("span.moment"))));
    hit.moments.forEach(([start, end], index) => this.#place(byId("lanes").children[index].firstChild, start, end));
    this.#ticks();
  }

  /** Mark the moment that is chosen, by its number; looped: whether it is played in a loop. */
  choose(number, looped) {
    [...byId("lanes").children].forEach((lane, index) => {
      lane.firstChild.classList.toggle("chosen", index === number);
      lane.firstChild.classList.toggle("looped", index === number && looped);
    });
  }

  /** Move the play head. */
  at(time) {
    this.time = time;
    byId("head").style.left = `${Math.min(1, time / this.duration) * 100}%`;
    this.box.setAttribute("aria-valuenow", Math.min(time, this.duration).toFixed(1));
    this.box.setAttribute("aria-valuetext", `${clock(time)} of ${long(this.duration)}`);
  }

  #ticks() {
    const room = 12 + 8 * clock(this.duration).length; // pixels of a label
    const wide = this.box.clientWidth;
    const seconds = ticks(this.duration, Math.max(2, Math.floor(wide / room)));
    const step = (seconds[1] / this.duration) * wide;
    const marks = seconds.map((second) => {
      const left = (second / this.duration) * wide;
      const last = wide - left < room; // its label stands before it, where there is room for two
      const mark = make(last ? "span.last" : "span", {}, last && step < 2 * room ? "" : clock(second));
      mark.style.left = `${(left / wide) * 100}%`;
      return mark;
    });
    byId("ticks").replaceChildren(...marks);
  }

  #place(element, start, end) {
    element.style.left = `${(start / this.duration) * 100}%`;
    element.style.width = `${((end - start) / this.duration) * 100}%`;
  }

  #second(event) {
    const box = this.box.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.duration;
  }

  #drag(event) {
    if (event.button !== 0) return;
    this.box.setPointerCapture(event.pointerId);
    this.at(this.#second(event));
    const move = (next) => this.at(this.#second(next));
    this.box.addEventListener("pointermove", move);
    const stop = (last) => {
      this.box.removeEventListener("pointermove", move);
      if (last.type === "pointerup") this.seek(this.#second(last));
    };
    for (const name of ["pointerup", "pointercancel"]) this.box.addEventListener(name, stop, { once: true });
  }

  #point(event) {
    const [label, second] = [byId("pointed"), this.#second(event)];
    label.hidden = false;
    label.textContent = clock(second);
    label.style.left = `${Math.min(0.96, Math.max(0.04, second / this.duration)) * 100}%`;
  }

  #key(event) {
    const moves = {
      ArrowLeft: -STEP,
      ArrowDown: -STEP,
      ArrowRight: STEP,
      ArrowUp: STEP,
      PageDown: -this.duration / 10,
      PageUp: this.duration / 10,
      Home: -Infinity,
      End: Infinity,
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.seek(Math.min(this.duration, Math.max(0, this.time + moves[event.key])));
  }
}

function curve(similarity, duration, [least, largest]) {
  if (!similarity.length) return [];
  const high = (value) => HIGH - 6 - ((value - least) / (largest - least || 1)) * (HIGH - 14);
  const x = (second) => ((second / duration) * 1000).toFixed(2);
  const steps = similarity.map(
    ([start, end, value]) => `L${x(start)} ${high(value).toFixed(2)}L${x(end)} ${high(value).toFixed(2)}`,
  );
  const line = `M${steps.join("").slice(1)}`;
  const [from, to] = [x(similarity[0][0]), x(similarity.at(-1)[1])];
  return [draw("path.area", { d: `${line}L${to} ${HIGH}L${from} ${HIGH}Z` }), draw("path.line", { d: line })];
}
