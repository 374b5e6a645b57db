// Elements from plain data. Text becomes a text node, never markup.

/** Make an element: make("p.soft", {id: "x", onclick: f}, "text", child). False, null and undefined set nothing. */
export function make(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  return filled(document.createElement(tag), classes, attributes, children);
}

/** Make an element of an SVG picture, in the same way. */
export function draw(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), classes, attributes, children);
}

/** Return the element of an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Make a picture of those that page.html holds. */
export function icon(name) {
  return draw("svg.icon", { "aria-hidden": "true" }, draw("use", { href: `#i-${name}` }));
}

/** Make text whose direction is its own: a name or a line cannot turn around what stands beside it. */
export function isolated(text) {
  return make("bdi", {}, text);
}

/** Return a name as one line; what steers a terminal or turns the direction of writing is shown as \x1b or \u202e. */
export function oneLine(name) {
  const escaped = (character) => {
    const code = character.codePointAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  };
  return name.replace(/[\s\x85]/gu, " ").replace(/[\p{Cc}\p{Bidi_Control}]/gu, escaped);
}

/** Cut a text for a label that is read out. */
export function brief(text, most = 120) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

function filled(element, classes, attributes, children) {
  if (classes.length) element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
