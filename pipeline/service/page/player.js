// Plays one video in the page's video element, and counts in the video's own seconds, whatever it is played from.
//
// A file is opened at any second. A stream is made by the server from a second on, its time line starts there, and a
// browser goes nowhere in it but back to its start. So to go elsewhere the page asks for another stream.

import { middle, posterUrl, reasonOf, streamUrl, videoUrl } from "./api.js";

const CLOSE = 0.25; // seconds by which a browser may miss the start of a moment

export class Player extends EventTarget {
  // Events: time (the second changed), state (playing, paused, waiting), blocked (until the next click), failed.
  constructor(video) {
    super();
    this.video = video;
    this.hit = null;
    this.loop = null; // {start, end} in seconds, or null
    this.failure = "";
    this.muted = false;
    this.pictures = 0; // that were asked for, so that a late one replaces no later one
    this.resumed = -1; // where a stream that broke off was taken up again
    for (const name of ["play", "pause", "playing", "waiting", "seeked"])
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
    this.resumed = -1;
    this.at = at;
    this.failure = "";
    if (hit.play !== "none") this.#picture(middle(hit));
    this.#say("time");
    this.#say("state");
  }

  /** Let go of the video. */
  close() {
    this.hit = null;
    this.pictures += 1;
    this.video.removeAttribute("poster");
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
    this.at = to;
    if (this.ready && (this.kind === "file" || this.#startsAt(to))) this.#goTo(to - this.from);
    else {
      this.#picture(to);
      this.#open(to);
    }
    this.#say("time");
  }

  mute(muted) {
    this.muted = muted;
    this.video.muted = muted;
    this.#say("state");
  }

  /** Try again after a failure. */
  retry() {
    this.failure = "";
    this.kind = this.hit.play;
    this.wanted = true;
    this.#open(this.at);
    this.#say("state");
  }

  #picture(second) {
    const { hit } = this;
    const number = (this.pictures += 1);
    this.video.removeAttribute("poster"); // a browser would show it until it has the next one
    const show = async (width) => {
      const image = new Image();
      image.src = posterUrl(hit.id, second, width);
      await image.decode();
      if (number === this.pictures) this.video.poster = image.src;
    };
    const sharper = () => (this.wanted || number !== this.pictures ? null : show(640));
    show(320)
      .then(sharper)
      .catch(() => {}); // the browser has the small one of a moment already, for the card
  }

  #open(second) {
    this.#drop({ keepWanted: true });
    this.at = second;
    this.opening = true;
    this.from = this.kind === "file" ? 0 : second;
    this.video.src = this.kind === "file" ? videoUrl(this.hit.id) : streamUrl(this.hit.id, second);
  }

  #drop({ keepWanted = false } = {}) {
    this.opening = false;
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
    this.ready = true;
    this.#goTo(Math.max(0, this.at - this.from));
    this.#say("time");
  }

  #goTo(local) {
    this.video.currentTime = local;
    if (this.wanted) this.#start();
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

  #startsAt(second) {
    const { buffered } = this.video;
    return Math.abs(second - this.from) < 0.01 && buffered.length > 0 && buffered.start(0) < 0.1;
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
    this.wanted = true;
    if (this.loop) return this.seek(this.loop.start);
    if (this.kind === "stream" && this.time < this.hit.duration - 2 && this.#resume()) return;
    this.at = this.time;
    this.#settle();
  }

  async #broke() {
    if (!this.hit || !this.video.hasAttribute("src")) return;
    if (this.kind === "file" && this.video.error.code !== MediaError.MEDIA_ERR_NETWORK) return this.#asStream();
    if (this.kind === "stream" && this.ready && this.#resume()) return;
    const { src } = this.video;
    const reason = await reasonOf(src); // only the answer has the sentence that says why
    if (this.video.src === src) this.#fail(reason);
  }

  #resume() {
    if (Math.abs(this.time - this.resumed) < 1) return false; // it broke off at this place before
    this.resumed = this.time;
    this.wanted ||= !this.video.paused;
    this.#open(this.time); // the server cuts off whom it waits for too long
    return true;
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
