// What the page shows, as the part of its address behind the #: a link to it, and what back and forward walk over.

/** What is searched for; the rest of a state, v and t, is the chosen video and the second in it. */
const ASKED = ["q", "k", "folder", "shortest", "longest", "unusual"];
const NAMES = [...ASKED, "v", "t"];

/** Read the state from the address: a text for each name, empty where it is absent. */
export function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, given.get(name) ?? ""]));
}

/** Write a state into the address, as a new step of the history where it is pushed. */
export function writeState(state, { push }) {
  const link = linkTo(state);
  if (link === (location.hash || "#")) return;
  if (push) history.pushState(null, "", link);
  else history.replaceState(null, "", link);
}

/** Return the part of the address behind the # that opens a state, with the #. */
export function linkTo(state) {
  const given = NAMES.filter((name) => state[name]).map((name) => [name, state[name]]);
  return `#${new URLSearchParams(given)}`;
}

/** Say whether two states search for the same. */
export function sameSearch(one, other) {
  return ASKED.every((name) => one[name] === other[name]);
}
