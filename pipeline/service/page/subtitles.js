// The subtitles of a video: read by the browser as a track of cues, shown as text for the second that is played.

import { subtitlesUrl } from "./api.js";
import { byId, isolated, make } from "./dom.js";

export class Subtitles {
  constructor() {
    this.box = byId("lines");
    this.cues = [];
    this.shown = null;
    this.loading = 0;
  }

  /** Read the subtitles of a video. */
  load(id) {
    const number = ++this.loading;
    const track = make("track", { kind: "subtitles", src: subtitlesUrl(id) });
    this.holder = make("video", {}, track); // the browser reads a track of a media element only
    this.#say("");
    this.cues = [];
    const read = () => {
      if (number !== this.loading) return;
      this.cues = [...(track.track.cues ?? [])].map((cue) => ({
        start: cue.startTime,
        end: cue.endTime,
        text: cue.getCueAsHTML().textContent.trim(),
      }));
      this.shown = null;
      this.at(this.time ?? 0);
    };
    track.addEventListener("load", read);
    track.addEventListener("error", read);
    track.track.mode = "hidden";
  }

  /** Show the lines of a second. */
  at(time) {
    this.time = time;
    const now = this.cues.filter((cue) => cue.start <= time && time < cue.end);
    const text = now.map((cue) => cue.text).join("\n");
    if (text === this.shown) return;
    this.shown = text;
    if (text) this.box.replaceChildren(...now.map((cue) => make("p", {}, isolated(cue.text))));
    else this.#say(this.cues.length ? "Nothing is said here." : "This video has no subtitles.");
  }

  #say(text) {
    this.box.replaceChildren(make("p.soft", {}, text));
  }
}
