// The clip list as a dialog: edit, remove, export.

import { exported, Failure, posterUrl } from "./api.js";
import { brief, byId, icon, isolated, make } from "./dom.js";
import { linkTo } from "./state.js";

const FORMATS = { csv: "CSV", otio: "OpenTimelineIO", edl: "EDL", fcpxml: "Final Cut XML" };

export class ClipDialog {
  constructor(clips) {
    this.clips = clips;
    this.dialog = byId("clips");
    clips.addEventListener("changed", () => this.#count());
    clips.addEventListener("replaced", () => this.#draw());
    byId("open-clips").addEventListener("click", () => this.open());
    byId("clips-clear").addEventListener("click", () => {
      clips.clear();
      this.#draw();
      this.dialog.querySelector("[data-close]").focus();
    });
    this.#count();
  }

  /** Offer the formats of the server. */
  offer(formats) {
    const button = (format) =>
      make("button", { type: "button", onclick: () => this.#export(format) }, FORMATS[format] ?? format);
    byId("export-buttons").replaceChildren(...formats.map(button));
  }

  open() {
    this.#draw();
    this.dialog.showModal();
  }

  #draw() {
    byId("clips-list").replaceChildren(...this.clips.list.map((clip) => this.#row(clip)));
    byId("clips-empty").hidden = this.clips.list.length > 0;
    byId("clips-export").hidden = !this.clips.list.length;
    this.#say(this.clips.safe ? "" : "This browser does not keep the list: it is lost when the page is closed.");
  }

  #row(clip) {
    const name = brief(clip.name);
    const link = linkTo({ q: clip.label, v: clip.id, t: String(clip.start) });
    const picture = make("span.poster");
    if (clip.picture) {
      const image = make("img", {
        src: posterUrl(clip.id, (clip.start + clip.end) / 2, 160),
        alt: "",
        loading: "lazy",
      });
      image.addEventListener("error", () => image.remove());
      picture.append(image);
    }
    const wrong = make("p.wrong", { role: "alert" });
    const field = (what, value) =>
      make("input", {
        type: "number",
        min: "0",
        max: clip.duration,
        step: "any",
        inputmode: "decimal",
        value,
        "aria-label": `${what} of ${name} in seconds`,
      });
    const [start, end] = [field("Start", clip.start), field("End", clip.end)];
    const edit = () => {
      const sentence = this.clips.edit(clip, start.valueAsNumber, end.valueAsNumber);
      wrong.textContent = sentence && `${sentence} The clip stays at ${clip.start}–${clip.end}.`;
      for (const input of [start, end]) input.setAttribute("aria-invalid", String(Boolean(sentence)));
    };
    for (const input of [start, end]) input.addEventListener("change", edit);
    const remove = make(
      "button.round",
      { type: "button", "aria-label": `Remove ${name}`, onclick: () => this.#remove(clip) },
      icon("close"),
    );
    return make(
      "li.clip",
      {},
      picture,
      make(
        "div.clip-about",
        {},
        make("a.name", { href: link, title: clip.name, onclick: () => this.dialog.close() }, isolated(clip.name)),
        make("span.soft.clip-label", {}, isolated(clip.label)),
        make("span.clip-times", {}, make("span", {}, "from "), start, " to ", end, " s"),
        wrong,
      ),
      remove,
    );
  }

  #remove(clip) {
    const at = this.clips.list.indexOf(clip);
    this.clips.remove(clip);
    this.#draw();
    const next = byId("clips-list").children[Math.min(at, this.clips.list.length - 1)];
    (next?.querySelector(".round") ?? this.dialog.querySelector("[data-close]")).focus();
    this.#say("The clip was removed.");
  }

  async #export(format) {
    const clips = this.clips.list.map(({ id, start, end, label }) => ({ id, start, end, label }));
    this.#say("");
    try {
      const { name, file } = await exported(format, clips);
      const address = URL.createObjectURL(file);
      make("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      this.#say(`Saved ${clips.length} ${clips.length === 1 ? "clip" : "clips"} as ${name}.`);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#say(`${failure.message} Nothing was saved.`);
    }
  }

  #say(text) {
    byId("clips-says").textContent = text;
  }

  #count() {
    byId("clip-count").textContent = String(this.clips.list.length);
  }
}
