// The player panel: the video with its strip, subtitles and moments, and how far the hit stands out.

import { byId, icon, isolated, make } from "./dom.js";
import { bar, meaning } from "./meter.js";
import { Note } from "./note.js";
import { toast } from "./notices.js";
import { Player } from "./player.js";
import { Strip } from "./strip.js";
import { Subtitles } from "./subtitles.js";
import { clock, long, span } from "./times.js";

const WAIT = 300; // milliseconds before the panel says that it waits

export class Panel {
  /** moved: called with the second where it was played, paused or sought; add: with {hit, start, end} of a clip. */
  constructor({ moved, add, link }) {
    this.hit = null;
    this.player = new Player(byId("video"));
    this.strip = new Strip((second) => this.seek(second));
    this.subtitles = new Subtitles();
    this.note = new Note(() => this.player.time);
    this.moved = moved;
    this.player.addEventListener("time", () => this.#time());
    this.player.addEventListener("state", () => this.#state());
    this.player.addEventListener("blocked", () =>
      toast("The browser plays with sound only after a click or a key: press play."),
    );
    this.player.addEventListener("failed", () => this.#failed());
    byId("play").addEventListener("click", () => this.toggle());
    byId("big-play").addEventListener("click", () => this.toggle());
    byId("video").addEventListener("click", () => this.toggle());
    byId("loop").addEventListener("click", () => this.toggleLoop());
    byId("sound").addEventListener("click", () => this.player.mute(!this.player.muted));
    byId("full").addEventListener("click", () => this.#full());
    byId("add").addEventListener("click", () => add(this.clip()));
    byId("copy").hidden = !navigator.clipboard;
    byId("copy").addEventListener("click", () => copy(link()));
  }

  /** Show a hit, paused at a second. all: {hits, videos, range} of the whole search. */
  show(hit, second, all) {
    this.hit = hit;
    byId("panel").hidden = false;
    byId("panel").classList.toggle("no-video", hit.play === "none");
    byId("panel-name").replaceChildren(isolated(hit.name));
    byId("panel-name").title = hit.name;
    byId("panel-where").textContent = `${hit.rank ? `Hit ${hit.rank} of ${all.hits}, ` : ""}${long(hit.duration)} long`;
    byId("whole").textContent = long(hit.duration);
    byId("standing").hidden = !hit.rank;
    byId("standing-number").textContent = hit.unusual?.toFixed(1);
    byId("standing-meter").replaceChildren(bar(hit.unusual ?? 0));
    byId("standing-says").textContent = meaning(hit.unusual ?? 0, all.videos);
    byId("moments").replaceChildren(...hit.moments.map(([start, end], number) => this.#button(start, end, number)));
    byId("stage-says").hidden = hit.play !== "none";
    byId("stage-says").replaceChildren("No file of this video was found, so it cannot be played.");
    byId("legend").hidden = !hit.similarity.length;
    this.strip.show(hit, all.range);
    this.number = inMoment(hit, second);
    this.player.loop = this.number < 0 ? null : this.#range();
    this.number = Math.max(0, this.number);
    this.player.take(hit, this.player.loop ? Math.max(second, this.player.loop.start) : second);
    this.subtitles.load(hit.id);
    this.note.take(hit);
    this.#loops();
  }

  /** Show nothing, play nothing. */
  hide() {
    if (this.hit) this.player.close();
    this.hit = null;
    byId("panel").hidden = true;
  }

  play() {
    this.player.play();
  }

  toggle() {
    if (!this.hit) return;
    this.player.toggle();
    this.moved(this.player.time);
  }

  /** Go to a second; outside of the looped moment that ends the loop. */
  seek(second) {
    if (!this.hit) return;
    const loop = this.player.loop;
    if (loop && (second < loop.start || second > loop.end)) this.player.loop = null;
    this.player.seek(second);
    this.#loops();
    this.moved(second);
  }

  /** Play a moment of the video in a loop. */
  choose(number) {
    this.number = number;
    this.player.loop = this.#range();
    this.player.seek(this.player.loop.start);
    this.player.play();
    this.#loops();
    this.moved(this.player.loop.start);
  }

  /** Loop the chosen moment, or go on past its end. */
  toggleLoop() {
    if (!this.hit) return;
    if (this.player.loop) this.player.loop = null;
    else {
      this.player.loop = this.#range();
      const { start, end } = this.player.loop;
      if (this.player.time < start || this.player.time >= end) this.player.seek(start);
    }
    this.#loops();
  }

  /** Return the chosen moment, for the clip list. */
  clip() {
    return { hit: this.hit, ...this.#range() };
  }

  #range() {
    const [start, end] = this.hit.moments[this.number];
    return { start, end: Math.max(end, start + 0.1) };
  }

  #button(start, end, number) {
    const text = this.hit.whole ? "whole video" : span(start, end);
    const best = this.hit.moments.length > 1 && number === 0 ? make("span.best", {}, "best") : "";
    return make("button.moment-button", { type: "button", onclick: () => this.choose(number) }, text, best);
  }

  #loops() {
    const looped = Boolean(this.player.loop);
    byId("loop").setAttribute("aria-pressed", String(looped));
    byId("loop").title = looped ? "Leave the loop and go on past the moment (l)" : "Play the moment in a loop (l)";
    byId("loop-says").textContent = looped ? "Leave the loop" : "Loop the moment";
    this.strip.choose(this.number, looped);
    [...byId("moments").children].forEach((button, number) => {
      button.setAttribute("aria-pressed", String(looped && number === this.number));
    });
  }

  #time() {
    if (!this.hit) return;
    byId("now").textContent = clock(this.player.time);
    this.strip.at(this.player.time);
    this.subtitles.at(this.player.time);
  }

  #state() {
    const { paused, waiting, muted, failure } = this.player;
    if (!failure && this.hit?.play !== "none") byId("stage-says").hidden = true;
    byId("play").setAttribute("aria-label", paused ? "Play" : "Pause");
    byId("play").replaceChildren(icon(paused ? "play" : "pause"));
    byId("full").hidden = this.hit?.play === "none";
    byId("big-play").hidden = !paused || Boolean(failure) || this.hit?.play === "none";
    byId("sound").setAttribute("aria-pressed", String(muted));
    byId("sound").replaceChildren(icon(muted ? "silent" : "sound"));
    for (const name of ["play", "loop", "sound"]) byId(name).disabled = this.hit?.play === "none";
    clearTimeout(this.late);
    if (waiting) this.late = setTimeout(() => (byId("waiting").hidden = !this.player.waiting), WAIT);
    else byId("waiting").hidden = true;
  }

  #failed() {
    const again = make("button", { type: "button", onclick: () => this.player.retry() }, "Try again");
    byId("stage-says").replaceChildren(this.player.failure, " ", again);
    byId("stage-says").hidden = false;
  }

  #full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else
      byId("stage")
        .requestFullscreen?.()
        .catch(() => toast("The browser did not allow full screen."));
  }
}

function inMoment(hit, second) {
  return hit.moments.findIndex(([start, end]) => start - 0.05 <= second && second < end);
}

function copy(link) {
  navigator.clipboard.writeText(link).then(
    () => toast("The link to this moment is copied."),
    () => toast("The browser did not allow copying. The address bar holds the same link."),
  );
}
