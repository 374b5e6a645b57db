// The clip list: parts of videos, kept in the browser until they are exported.

import { keep, kept } from "./stored.js";
import { hundredths } from "./times.js";

const NAME = "amdnet.clips";
const MOST = 500; // what the server exports at once

export class Clips extends EventTarget {
  // Events: changed; replaced, where another tab has changed the list.
  constructor() {
    super();
    this.list = kept(NAME, sound);
    this.safe = true; // whether the browser keeps the list
    addEventListener("storage", (event) => {
      if (event.key !== NAME) return;
      this.list = kept(NAME, sound);
      for (const name of ["changed", "replaced"]) this.dispatchEvent(new Event(name));
    });
  }

  /** Add a part of a hit's video, with the query as its label. Returns a sentence that says what was done. */
  add({ hit, start, end }, label) {
    const clip = {
      id: hit.id,
      name: hit.name,
      duration: hit.duration,
      start: hundredths(start),
      end: hundredths(end),
      label,
      picture: hit.play !== "none",
    };
    const same = (other) => other.id === clip.id && other.start === clip.start && other.end === clip.end;
    if (this.list.some(same)) return "This moment is in the clip list already.";
    if (this.list.length >= MOST) return `The clip list is full: it holds ${MOST} clips.`;
    this.#set([...this.list, clip]);
    return `Added. The clip list holds ${this.list.length} ${this.list.length === 1 ? "clip" : "clips"}.`;
  }

  remove(clip) {
    this.#set(this.list.filter((other) => other !== clip));
  }

  clear() {
    this.#set([]);
  }

  /** Set start and end of a clip. Returns a sentence where they are no part of the video, and changes nothing. */
  edit(clip, start, end) {
    if (!Number.isFinite(start) || !Number.isFinite(end)) return "Start and end are numbers of seconds.";
    if (start < 0) return "The start lies before the video.";
    if (end <= start) return "The end must come after the start.";
    if (end > clip.duration + 0.01) return `The video is only ${hundredths(clip.duration)} seconds long.`;
    [clip.start, clip.end] = [start, end];
    this.#set(this.list);
    return "";
  }

  #set(list) {
    this.list = list;
    this.safe = keep(NAME, list);
    this.dispatchEvent(new Event("changed"));
  }
}

function sound(clip) {
  return (
    typeof clip?.id === "string" &&
    typeof clip.name === "string" &&
    typeof clip.label === "string" &&
    [clip.start, clip.end, clip.duration].every(Number.isFinite)
  );
}
