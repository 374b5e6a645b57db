// The page: what its address says is searched for, shown and played.

import { about, Failure, list, search } from "./api.js";
import { Cards } from "./cards.js";
import { ClipDialog } from "./clip_dialog.js";
import { Clips } from "./clips.js";
import { brief, byId, isolated, make } from "./dom.js";
import { showFacts } from "./facts.js";
import { Filters } from "./filters.js";
import { listen } from "./keys.js";
import { notices, say, toast } from "./notices.js";
import { Panel } from "./panel.js";
import { lastQueries, offerRecent, remember } from "./recent.js";
import { linkTo, readState, sameSearch, writeState } from "./state.js";
import { clock, hundredths } from "./times.js";

const [STEP, MOST] = [20, 100]; // hits that are shown at once, and at most
const HELD = 4000; // milliseconds that pictures wait for a video at most
const wide = matchMedia("(min-width: 62rem)");

let index = null; // what the server says of the index
let state = readState();
let results = null; // of the search that is shown,
let answered = null; // and the state that it was for
let running = new AbortController();

const clips = new Clips();
const clipDialog = new ClipDialog(clips);
const cards = new Cards(
  (hit) => choose(hit),
  (hit) => add({ hit, start: hit.start, end: hit.end }),
);
const panel = new Panel({ moved: (second) => moved(second), add, link: () => new URL(linkTo(at()), location).href });
const filters = new Filters((changed) => go({ ...state, ...changed, v: "", t: "" }));
offerRecent(
  (query) => go({ ...state, q: query, k: "", v: "", t: "" }, { again: true }),
  () => welcome(),
);

/** Go to a state of the page as a new step of the history. again: search even for the same. */
function go(next, { again = false } = {}) {
  writeState(next, { push: true });
  return apply(next, { again });
}

async function apply(next, { again = false } = {}) {
  const same = results && sameSearch(answered, next) && !again;
  state = next;
  byId("query").value = state.q;
  document.title = state.q ? `${brief(state.q, 60)} · AMDNet search` : "AMDNet search";
  filters.show(state);
  if (!state.q) return welcome();
  if (!same && !(await found())) return;
  const hit = results.hits.find((other) => other.id === state.v);
  tell();
  if (hit) open(hit, state.t === "" ? hit.start : Number(state.t), { play: true });
  else if (wide.matches && results.hits.length) open(results.hits[0], results.hits[0].start, { play: false });
  else close();
}

async function found() {
  running.abort();
  const { signal } = (running = new AbortController());
  const asked = state;
  byId("start").hidden = true;
  byId("results").setAttribute("aria-busy", "true");
  if (!results?.hits.length || !answered.q) {
    byId("results").hidden = false;
    cards.wait();
  }
  try {
    const answer = await search(asked, signal);
    if (signal.aborted) return false;
    [results, answered] = [answer, asked];
  } catch (failure) {
    if (signal.aborted) return false;
    if (!(failure instanceof Failure)) throw failure;
    failed(failure.message, () => apply(state, { again: true }));
    return false;
  } finally {
    if (!signal.aborted) byId("results").removeAttribute("aria-busy");
  }
  remember(state.q);
  close();
  cards.show(results.hits);
  byId("results").hidden = !results.hits.length;
  byId("more").hidden = results.hits.length < (Number(state.k) || STEP) || results.hits.length >= MOST;
  return true;
}

/** Say what was found, and what the hits are worth. */
function tell() {
  const { hits, videos, fits, cut, seconds } = results;
  const filtered = state.folder || state.shortest || state.longest || state.unusual;
  const took = Object.values(seconds ?? {}).reduce((sum, value) => sum + value, 0);
  const best = hits.length
    ? `${hits.length} of ${videos} ${videos === 1 ? "video" : "videos"}, the best first`
    : "No video was found";
  say(took ? `${best}, in ${took.toFixed(took < 0.1 ? 3 : 2)} s` : best);
  const all = [];
  if (fits === false && hits.length)
    all.push({
      text: "Nothing fits this sentence well. These are the closest videos, but they score lower than right ones mostly do.",
    });
  if (cut)
    all.push({
      text: `The end of the sentence was not read: it is ${cut} ${cut === 1 ? "token" : "tokens"} longer than the model reads.`,
    });
  if (!hits.length && filtered)
    all.push({
      text: "No video passes the filters.",
      action: ["Clear the filters", () => byId("clear-filters").click()],
    });
  else if (!hits.length) all.push({ text: "The index holds no video to search." });
  if (state.v && !hits.some((hit) => hit.id === state.v)) {
    const more =
      hits.length && hits.length < Math.min(videos, MOST)
        ? ["Show more hits", () => go({ ...state, k: String(MOST) })]
        : null;
    all.push({ text: `The video of this link, ${brief(state.v, 80)}, is not among the hits.`, action: more });
  }
  notices(all);
}

function failed(sentence, again) {
  results = null;
  close();
  cards.show([]);
  byId("results").hidden = true;
  byId("results").removeAttribute("aria-busy");
  say("");
  notices([{ text: sentence, kind: "error", action: ["Try again", again] }]);
}

/** Show the page without a search: a first look at all videos. */
async function welcome() {
  if (state.q) return;
  const same = results && !answered.q && sameSearch(answered, state);
  running.abort();
  close();
  start();
  if (!same) cards.show([]);
  if (!same && !(await looked(0))) return;
  const hit = results.hits.find((other) => other.id === state.v);
  say(`${results.videos} ${results.videos === 1 ? "video" : "videos"}, by name`);
  const elsewhere = `The video of this link, ${brief(state.v, 80)}, is further down, or not in the index.`;
  notices(state.v && !hit ? [{ text: elsewhere }] : []);
  if (hit) open(hit, Number(state.t), { play: true });
}

/** List videos from a number on, behind those that are shown. */
async function looked(first) {
  const { signal } = (running = new AbortController());
  const asked = state;
  try {
    const answer = await list(asked, first, signal);
    if (signal.aborted) return false;
    if (first) cards.more(answer.hits);
    else cards.show(answer.hits);
    [results, answered] = [{ ...answer, hits: cards.hits }, asked];
  } catch (failure) {
    if (signal.aborted) return false;
    if (!(failure instanceof Failure)) throw failure;
    failed(failure.message, welcome);
    return false;
  }
  byId("results").hidden = !results.hits.length;
  byId("more").hidden = results.hits.length >= results.videos;
  return true;
}

/** Say what the page is for. */
function start() {
  byId("start").hidden = false;
  const chip = (query) =>
    make(
      "li",
      {},
      make("button", { type: "button", onclick: () => go({ ...state, q: query, v: "", t: "" }) }, isolated(query)),
    );
  byId("start-recent").hidden = !lastQueries().length;
  byId("start-recent")
    .querySelector("ul")
    .replaceChildren(...lastQueries().slice(0, 6).map(chip));
}

function choose(hit) {
  if (!sameSearch(answered, state)) return; // the next search is under way
  const next = { ...state, v: hit.id, t: String(hundredths(hit.start)) };
  writeState(next, { push: true });
  state = next;
  cards.hold();
  setTimeout(() => cards.release(), HELD);
  open(hit, hit.start, { play: true });
  byId("spoken").textContent = `Plays ${brief(hit.name)} from ${clock(hit.start)}, in a loop.`;
  byId("stage").scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
}

function open(hit, second, { play }) {
  place(hit);
  cards.mark(hit);
  const values = results.hits.flatMap((other) => other.similarity.map((clip) => clip[2]));
  const range = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const start = Number.isFinite(second) ? Math.min(Math.max(0, second), hit.duration) : hit.start;
  panel.show(hit, start, { hits: results.hits.length, videos: index.videos, range });
  if (play) panel.play();
}

function close() {
  byId("side").append(byId("panel"));
  byId("here")?.remove();
  panel.hide();
  cards.mark(null);
}

/** Put the panel beside the cards, or on a narrow page below its card. */
function place(hit) {
  const box = byId("panel");
  if (wide.matches || !hit) {
    if (box.parentElement !== byId("side")) byId("side").append(box);
    byId("here")?.remove();
  } else {
    const here = byId("here") ?? make("li.here", { id: "here" });
    cards.item(hit).after(here);
    if (box.parentElement !== here) here.append(box);
  }
}

function at() {
  return panel.hit ? { ...state, v: panel.hit.id, t: String(hundredths(panel.player.time)) } : state;
}

function moved(second) {
  if (!sameSearch(answered, state)) return;
  const push = !state.v; // it was the best hit, which the panel shows while nothing is chosen
  state = { ...state, v: panel.hit.id, t: String(hundredths(second)) };
  writeState(state, { push });
}

function add(clip) {
  if (clip?.hit) toast(clips.add(clip, state.q));
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

wide.addEventListener("change", () => {
  if (!results?.hits.length || (!state.q && !panel.hit)) return;
  const { hit, player } = panel;
  const playing = hit && !player.paused;
  if (hit) place(hit);
  else open(results.hits[0], results.hits[0].start, { play: false });
  if (playing) player.play(); // a video stops where it is moved to
});

byId("video").addEventListener("playing", () => cards.release());

listen({
  focus: () => {
    byId("query").focus();
    byId("query").select();
  },
  move: (key) => {
    if (!cards.move(key)) byId("query").focus();
  },
  pause: () => {
    const focused = cards.focused();
    if (focused && focused !== panel.hit && panel.player.paused) choose(focused);
    else panel.toggle();
  },
  loop: () => panel.toggleLoop(),
  mark: (name) => panel.note.mark(name),
  add: () => {
    const focused = cards.focused();
    add(
      focused && focused !== panel.hit
        ? { hit: focused, start: focused.start, end: focused.end }
        : panel.hit && panel.clip(),
    );
  },
});

for (const link of document.querySelectorAll("[data-skip]"))
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the state of the page
    byId(link.dataset.skip).scrollIntoView();
    byId(link.dataset.skip).focus();
  });
byId("more").addEventListener("click", () =>
  state.q
    ? go({ ...state, k: String(Math.min(MOST, (Number(state.k) || STEP) + STEP)), v: "", t: "" })
    : looked(results.hits.length),
);
addEventListener("hashchange", () => apply(readState()));

async function begin() {
  try {
    index = await about();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    failed(failure.message, begin);
    return;
  }
  showFacts(index);
  filters.offer(index.folders ?? []);
  clipDialog.offer(index.exports ?? []);
  panel.note.offer(index.writes);
  if (!readState().q && matchMedia("(hover: hover)").matches) byId("query").focus(); // not where that opens a keyboard
  await apply(readState());
}

begin();
