// Plays one video in the page's video element, and counts in the video's own seconds, whatever it is played from.
//
// A file is opened at any second. A stream is made by the server from a second on, and its time line starts there; to go
// elsewhere the page asks for another stream, unless the browser still holds that second.

import { Failure, posterUrl, streamFrom, streamUrl, videoUrl } from "./api.js";

const CLOSE = 0.25; // seconds by which a browser may miss the start of a moment

export class Player extends EventTarget {
  // Events: time (the second changed), state (playing, paused, waiting), blocked (the browser wants a click first), failed.
  constructor(video) {
    super();
    this.video = video;
    this.hit = null;
    this.loop = null; // {start, end} in seconds, or null
    this.failure = "";
    for (const name of ["play", "pause", "playing", "waiting", "seeked", "volumechange"])
      video.addEventListener(name, () => this.#say("state"));
    video.addEventListener("timeupdate", () => this.#follow());
    video.addEventListener("playing", () => requestAnimationFrame(() => this.#frame()));
    video.addEventListener("loadedmetadata", () => this.#opened());
    video.addEventListener("ended", () => this.#ended());
    video.addEventListener("error", () => this.#broke());
  }

  /** Take a hit; nothing of its video is loaded before it is played or sought. */
  take(hit, at) {
    this.close();
    this.hit = hit;
    this.kind = hit.play;
    this.at = at;
    this.failure = "";
    if (hit.play === "none") this.video.removeAttribute("poster");
    else this.video.poster = posterUrl(hit.id, at, 640);
    this.#say("time");
    this.#say("state");
  }

  /** Let go of the video. */
  close() {
    this.hit = null;
    this.#drop();
  }

  /** The second of the video that is shown. */
  get time() {
    return this.ready && !this.video.seeking ? this.from + this.video.currentTime : this.at;
  }

  get paused() {
    return this.wanted ? false : this.video.paused;
  }

  get waiting() {
    return this.wanted || (!this.video.paused && this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
  }

  play() {
    if (!this.hit || this.kind === "none") return;
    this.wanted = true; // until the browser plays or refuses
    if (!this.opening) this.#open(this.at);
    else if (this.ready) this.#start();
    this.#say("state");
  }

  pause() {
    this.wanted = false;
    this.at = this.time;
    this.video.pause();
    this.#say("state");
  }

  toggle() {
    if (this.paused) this.play();
    else this.pause();
  }

  /** Go to a second of the video. */
  seek(second) {
    if (!this.hit || this.kind === "none") return;
    const to = Math.min(Math.max(0, second), Math.max(0, this.hit.duration - 0.05));
    this.wanted ||= !this.video.paused;
    if (!this.ready) {
      this.at = to;
      this.#open(to);
    } else if (this.kind === "file" || this.#holds(to - this.from)) {
      this.at = to;
      this.video.currentTime = to - this.from;
      if (this.wanted) this.#start();
    } else {
      this.video.poster = posterUrl(this.hit.id, to, 640);
      this.#open(to);
    }
    this.#say("time");
  }

  /** Try again after a failure. */
  retry() {
    this.failure = "";
    this.wanted = true;
    this.#open(this.at);
    this.#say("state");
  }

  async #open(second) {
    this.#drop({ keepWanted: true });
    this.at = second;
    const opening = (this.opening = new AbortController());
    try {
      if (this.kind === "file") {
        this.from = 0;
        this.video.src = videoUrl(this.hit.id);
      } else {
        this.from = await streamFrom(this.hit.id, second, opening.signal);
        if (opening.signal.aborted) return;
        this.video.src = streamUrl(this.hit.id, second);
      }
    } catch (failure) {
      if (opening.signal.aborted) return;
      if (!(failure instanceof Failure)) throw failure;
      this.#fail(failure.message);
    }
  }

  #drop({ keepWanted = false } = {}) {
    this.opening?.abort();
    this.opening = null;
    this.ready = false;
    this.from = 0;
    if (!keepWanted) this.wanted = false;
    if (this.video.hasAttribute("src")) {
      this.video.pause();
      this.video.removeAttribute("src");
      this.video.load();
    }
  }

  #opened() {
    if (!this.hit) return;
    if (this.kind === "file" && !this.video.videoWidth) return this.#asStream(); // the browser knows only its sound
    const local = Math.max(0, this.at - this.from);
    if (local > 0.01) this.video.currentTime = local;
    this.ready = true;
    if (this.wanted) this.#start();
    this.#say("time");
  }

  #start() {
    if (this.video.ended && this.at >= this.hit.duration - CLOSE) return this.seek(this.loop ? this.loop.start : 0);
    this.video.play().then(
      () => this.#settle(),
      (cause) => {
        if (cause.name === "AbortError") return; // another video, or a pause, came first
        this.#settle();
        if (cause.name === "NotAllowedError") this.#say("blocked");
      },
    );
  }

  #settle() {
    this.wanted = false;
    this.#say("state");
  }

  #holds(local) {
    const { buffered, seekable } = this.video;
    const within = (ranges) => Array.from(ranges, (_, i) => [ranges.start(i), ranges.end(i)]).some(([a, b]) => a <= local && local <= b);
    return local >= 0 && within(buffered) && within(seekable);
  }

  #follow() {
    if (!this.ready || this.video.seeking) return;
    this.at = this.time;
    if (this.loop && !this.video.paused && (this.at >= this.loop.end - 0.02 || this.at < this.loop.start - CLOSE)) {
      this.seek(this.loop.start);
      return;
    }
    this.#say("time");
  }

  #frame() {
    if (this.video.paused) return;
    this.#follow();
    requestAnimationFrame(() => this.#frame());
  }

  #ended() {
    if (!this.ready) return;
    if (this.loop) {
      this.wanted = true;
      this.seek(this.loop.start);
    } else if (this.kind === "stream" && this.time < this.hit.duration - 2) {
      this.#open(this.time); // the server cuts off who pauses for long
    } else this.#say("state");
  }

  #broke() {
    if (!this.hit || !this.video.hasAttribute("src")) return;
    if (this.kind === "file" && this.video.error.code !== MediaError.MEDIA_ERR_NETWORK) this.#asStream();
    else this.#fail("This video cannot be played: the server does not answer, or the file is damaged.");
  }

  #asStream() {
    this.kind = "stream";
    this.#open(this.at);
  }

  #fail(sentence) {
    this.at = this.time;
    this.#drop();
    this.failure = sentence;
    this.#say("failed");
    this.#say("state");
  }

  #say(name) {
    this.dispatchEvent(new Event(name));
  }
}
