// The hits as cards: a picture of the moment, name of the video, time, how far the hit stands out, what is said there.
// A video that nobody searched for has some pictures from its start to its end.

import { middle, posterUrl } from "./api.js";
import { brief, byId, draw, icon, isolated, make } from "./dom.js";
import { bar } from "./meter.js";
import { long, span } from "./times.js";

const SHEET = 4; // pictures of a whole video

export class Cards {
  /** play, add: called with a hit. */
  constructor(play, add) {
    this.list = byId("cards");
    this.hits = [];
    this.play = play;
    this.add = add;
  }

  /** Show hits. */
  show(hits) {
    this.hits = hits;
    this.list.replaceChildren(...hits.map((hit) => this.#card(hit)));
  }

  /** Show more hits behind those that are shown. */
  more(hits) {
    this.hits = [...this.hits, ...hits];
    this.list.append(...hits.map((hit) => this.#card(hit)));
  }

  /** Show grey cards while the first search runs. */
  wait() {
    this.hits = [];
    const grey = () => make("li.card.grey", { "aria-hidden": "true" }, make("span.poster"), make("span.about"));
    this.list.replaceChildren(...Array.from({ length: 6 }, grey));
  }

  /** Let the pictures that are not there yet wait until release(): a browser asks a server for six things at a time. */
  hold() {
    for (const image of this.list.querySelectorAll("img")) {
      if (image.complete) continue;
      image.dataset.src = image.getAttribute("src");
      image.removeAttribute("src");
    }
  }

  release() {
    for (const image of this.list.querySelectorAll("img[data-src]")) {
      image.src = image.dataset.src;
      delete image.dataset.src;
    }
  }

  /** Mark the card whose video is in the player; null for none. */
  mark(hit) {
    this.hits.forEach((other, index) => {
      const button = this.button(index);
      if (other === hit) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      button.parentElement.classList.toggle("chosen", other === hit);
    });
  }

  /** Return the button of a card. */
  button(index) {
    return this.#items()[index].querySelector(".play");
  }

  /** Return the list's item of a hit. */
  item(hit) {
    return this.#items()[this.hits.indexOf(hit)];
  }

  /** Return the hit whose card has the focus, or null. */
  focused() {
    const index = this.#items().findIndex((item) => item.contains(document.activeElement));
    return index < 0 ? null : this.hits[index];
  }

  /** Move the focus over the cards by an arrow key. Returns false where it would leave them upwards. */
  move(key) {
    const items = this.#items();
    if (!items.length || !this.hits.length) return true;
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const chosen = items.findIndex((item) => item.classList.contains("chosen"));
    if (at < 0) return this.#focus(Math.max(0, chosen));
    const columns = items.filter((item) => item.offsetTop === items[0].offsetTop).length;
    const to = at + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
    if (to < 0) return key !== "ArrowUp";
    return this.#focus(Math.min(to, items.length - 1));
  }

  #focus(index) {
    this.button(index).focus();
    return true;
  }

  #items() {
    return [...this.list.querySelectorAll(":scope > .card")];
  }

  #card(hit) {
    const when = !hit.rank ? long(hit.duration) : hit.whole ? "whole video" : span(hit.start, hit.end);
    const about = make("span.about", {}, named(hit.name));
    if (hit.rank)
      about.append(
        make(
          "span.stands",
          { title: "How far the hit stands out from the other videos for this sentence" },
          "stands out",
          bar(hit.unusual),
          make("span.number", {}, hit.unusual.toFixed(1)),
        ),
      );
    if (hit.subtitle)
      about.append(make("span.unseen", {}, "subtitles: "), make("span.said", {}, isolated(hit.subtitle)));
    const play = make(
      "button.play",
      { type: "button", onclick: () => this.play(hit) },
      make("span.unseen", {}, hit.rank ? `${hit.rank}: ` : ""),
      picture(hit, when),
      about,
    );
    const label = `Add ${when} of ${brief(hit.name)} to the clip list`;
    const add = make(
      "button.add",
      {
        type: "button",
        tabindex: "-1",
        title: "Add to the clip list (e)",
        "aria-label": label,
        onclick: () => this.add(hit),
      },
      icon("add"),
    );
    return make("li.card", {}, play, add);
  }
}

function named(name) {
  const cut = name.lastIndexOf("/") + 1;
  const folder = cut ? [make("span.folder", {}, isolated(name.slice(0, cut)))] : [];
  return make("span.name", { title: name }, ...folder, make("span.file", {}, isolated(name.slice(cut))));
}

function picture(hit, when) {
  const box = make("span.poster");
  if (hit.play === "none") box.append(make("span.no-picture", {}, "no video file"));
  else {
    const parts = Array.from({ length: SHEET }, (_, part) => ((part + 0.5) / SHEET) * hit.duration);
    const [seconds, width] = hit.rank ? [[middle(hit)], 320] : [parts, 160];
    const images = seconds.map((second) => {
      const src = posterUrl(hit.id, second, width);
      return make("img", { src, alt: "", loading: "lazy", decoding: "async", width, height: (width * 9) / 16 });
    });
    for (const image of images)
      image.addEventListener("error", () => box.querySelector(".no-picture") ?? image.replaceWith(missing()));
    box.classList.toggle("sheet", !hit.rank);
    box.append(...images);
  }
  box.append(make("span.when", {}, when));
  if (!hit.rank) return box;
  const place = draw("svg.place", { viewBox: "0 0 1000 4", preserveAspectRatio: "none", "aria-hidden": "true" });
  const [left, width] = [(hit.start / hit.duration) * 1000, ((hit.end - hit.start) / hit.duration) * 1000];
  place.append(draw("rect", { x: Math.min(left, 985), width: Math.max(width, 15), height: 4 }));
  box.append(place);
  return box;
}

function missing() {
  return make("span.no-picture", {}, "no picture");
}
