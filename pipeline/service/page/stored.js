// What the browser keeps. It may refuse (private windows, a full disk), and what it gives back may be anything.

/** Return a kept list, of which only the items that `sound` accepts; an empty one where nothing is kept. */
export function kept(name, sound) {
  try {
    const list = JSON.parse(localStorage.getItem(name));
    return Array.isArray(list) ? list.filter(sound) : [];
  } catch {
    return [];
  }
}

/** Keep a list; say whether the browser did. */
export function keep(name, list) {
  try {
    localStorage.setItem(name, JSON.stringify(list));
    return true;
  } catch {
    return false;
  }
}
