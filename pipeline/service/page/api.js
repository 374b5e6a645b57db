// What the server is asked. Every error becomes a Failure with a sentence for the user.

import { oneLine } from "./dom.js";

const PATIENCE = 30_000; // milliseconds

export class Failure extends Error {}

/** Describe the index. */
export async function about() {
  return (await ask("api/about")).json();
}

/** Search for a state of the page; a signal ends the search early. */
export async function search(state, signal) {
  const given = [
    ["q", state.q],
    ["k", state.k || "20"],
  ];
  for (const name of ["folder", "shortest", "longest", "unusual"]) if (state[name]) given.push([name, state[name]]);
  const found = await (await ask(`api/search?${new URLSearchParams(given)}`, {}, signal)).json();
  return { ...found, hits: found.hits.map(withMoment) };
}

/** List videos by name, from a number on, as hits that nobody searched for: {videos, hits}. */
export async function list(state, first, signal) {
  const given = new URLSearchParams({ first });
  for (const name of ["folder", "shortest", "longest"]) if (state[name]) given.set(name, state[name]);
  const { videos, listed } = await (await ask(`api/videos?${given}`, {}, signal)).json();
  return { videos, hits: listed.map((video) => withMoment({ ...video, moments: [], similarity: [] })) };
}

/** Save a sentence about a part of a video; returns how many the video has. */
export async function write(note) {
  return (await (await post("api/queries", note)).json()).count;
}

/** Return the second in the middle of a hit's moment, of which its picture is. */
export function middle(hit) {
  return (hit.start + hit.end) / 2;
}

/** Export clips: the file, and the name that the server gives it. */
export async function exported(format, clips) {
  const answer = await post(`api/export?format=${encodeURIComponent(format)}`, { clips });
  const named = /filename="?([\w.-]+)"?/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { name: named ? named[1] : `clips.${format}`, file: await answer.blob() };
}

/** Return the address of a picture of a video. */
export function posterUrl(id, seconds, width) {
  return `api/poster?${new URLSearchParams({ id, t: seconds.toFixed(2), w: width })}`;
}

/** Return the address of the file of a video. */
export function videoUrl(id) {
  return `api/video?${new URLSearchParams({ id })}`;
}

/** Return the address of a video as a stream from a second on. */
export function streamUrl(id, start) {
  return `api/stream?${new URLSearchParams({ id, start: start.toFixed(2) })}`;
}

/** Return the sentence that says why a video or a stream at an address does not play. */
export async function reasonOf(address) {
  try {
    await (await ask(address)).body.cancel();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return failure.message;
  }
  return "This video cannot be played: the file is damaged, or the server was too busy.";
}

/** Return the address of the subtitles of a video. */
export function subtitlesUrl(id) {
  return `api/subtitles?${new URLSearchParams({ id })}`;
}

// A hit in which the localizer found no moment has an empty one; the whole video stands for it.
function withMoment(found) {
  const hit = { ...found, name: oneLine(found.name) };
  const moments = hit.moments.filter(([start, end]) => end > start);
  if (moments.length) return { ...hit, moments, whole: false };
  return { ...hit, moments: [[0, hit.duration]], start: 0, end: hit.duration, whole: true };
}

function post(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function ask(path, options = {}, signal = undefined) {
  const late = AbortSignal.timeout(PATIENCE);
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: signal ? AbortSignal.any([signal, late]) : late });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (late.aborted) throw new Failure(`The server has not answered for ${PATIENCE / 1000} seconds.`);
    throw new Failure("The server does not answer. See whether “amdnet serve” still runs.");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Failure(typeof said?.error === "string" ? said.error : `The server answered with status ${answer.status}.`);
}
