"use strict";
// What the page lists is in #listed, as pipeline/report/videos.py collects it. Text becomes text, never markup.

const listed = JSON.parse(document.getElementById("listed").textContent);
const byId = (id) => document.getElementById(id);

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1);
  const two = (text) => text.padStart(2, "0");
  return minutes < 60
    ? `${minutes}:${two(rest).padStart(4, "0")}`
    : `${Math.floor(minutes / 60)}:${two(String(minutes % 60))}:${rest.padStart(4, "0")}`;
}

const span = (start, end) => `${clock(start)}–${clock(end)}`;
const count = (number) => number.toLocaleString("en");
const matches = (words, text) => words.toLowerCase().split(/\s+/).every((word) => text.includes(word));

// Moments play in a dialog, where the browser can read the file from the report's place; else its link is left.

const player = byId("player");
const [video, [sorry, fileLine]] = [player.querySelector("video"), player.querySelectorAll("p")];
const file = fileLine.querySelector("a");

function play(link) {
  byId("player-title").textContent = link.dataset.title;
  file.href = link.href;
  [video.hidden, sorry.hidden] = [false, true];
  video.src = link.href;
  player.showModal();
  video.play().catch(() => {});
}

video.addEventListener("error", () => {
  if (video.hasAttribute("src")) [video.hidden, sorry.hidden] = [true, false];
});
player.addEventListener("close", () => {
  video.removeAttribute("src");
  video.load();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.play");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  play(link);
});

function playLink(words, href, title) {
  const link = make("a", { className: "play", href }, words);
  link.dataset.title = title;
  return link;
}

const named = (number) => listed.names[number][0];

/** Show a span of a video, as a link that plays it where the video has a file. */
function moment(number, start, end, title) {
  const link = listed.names[number][1];
  return link ? playLink(`▶ ${span(start, end)}`, `${link}#t=${start},${end}`, title) : span(start, end);
}

// Every query.

const PAGE = 25;
const GOOD = 0.5;
const queries = listed.queries.map(([id, text, own, rank, iou, spans, start, end, first, type]) => ({
  id, text, own, rank, iou, spans, start, end, first, type, words: `${id} ${text} ${named(own)} ${type}`.toLowerCase(),
}));
const withSpans = queries.some((query) => query.iou !== null);
const OUTCOMES = [
  ["all queries", () => true],
  ["own video first", (query) => query.rank === 1],
  ["own video second to tenth", (query) => query.rank > 1 && query.rank <= 10],
  ["own video behind the tenth", (query) => query.rank > 10],
  ...(withSpans
    ? [
        [`own video first, IoU below ${GOOD}`, (query) => query.rank === 1 && query.iou !== null && query.iou < GOOD],
        [`IoU of ${GOOD} or more`, (query) => query.iou !== null && query.iou >= GOOD],
      ]
    : []),
];
const COLUMNS = [
  {
    name: "Query", by: (query) => query.text.toLowerCase(), className: "text",
    show: (query) => [query.text, make("span", { className: "soft" }, query.type ? `${query.id}, ${query.type}` : query.id)],
  },
  { name: "Own video", by: (query) => named(query.own), show: (query) => [named(query.own)], className: "name" },
  { name: "Rank", by: (query) => query.rank, show: (query) => [count(query.rank)] },
  ...(withSpans
    ? [
        { name: "IoU", by: (query) => query.iou ?? -1, show: (query) => [query.iou === null ? "" : query.iou.toFixed(2)] },
        {
          name: "Annotated", by: (query) => query.spans[0]?.[0] ?? -1,
          show: (query) => [query.spans.map(([start, end]) => span(start, end)).join(", ")],
        },
      ]
    : []),
  { name: "Predicted", by: (query) => query.start, show: (query) => [moment(query.own, query.start, query.end, query.text)] },
  {
    name: "Found first", by: (query) => named(query.first), className: "name",
    show: (query) => [query.rank === 1 ? "own video" : named(query.first)],
  },
  ...(listed.search
    ? [
        {
          name: "Search", show: (query) => {
            const state = `q=${encodeURIComponent(query.text)}&v=${encodeURIComponent(named(query.own))}`;
            const ariaLabel = `search for: ${query.text}`;
            return [make("a", { href: `${listed.search}#${state}`, ariaLabel }, "search")];
          },
        },
      ]
    : []),
];
const view = { column: COLUMNS.findIndex((column) => column.name === "Rank"), down: false, page: 0 };

function cellOf(column, query) {
  const cell = make("td", { className: column.className ?? "" }, ...column.show(query));
  if (column.by) cell.dataset.name = column.name;
  return cell;
}

function drawQueries() {
  const [, wanted] = OUTCOMES[byId("query-outcome").value];
  const words = byId("query-words").value.trim();
  const { by } = COLUMNS[view.column];
  const found = queries.filter((query) => wanted(query) && matches(words, query.words)).sort((one, other) => {
    const [left, right] = [by(one), by(other)];
    return (left < right ? -1 : left > right ? 1 : 0) * (view.down ? -1 : 1);
  });
  view.page = Math.max(0, Math.min(view.page, Math.ceil(found.length / PAGE) - 1));
  const first = view.page * PAGE;
  const shown = found.slice(first, first + PAGE);
  const rows = shown.map((query) => make("tr", {}, ...COLUMNS.map((column) => cellOf(column, query))));
  byId("query-table").tBodies[0].replaceChildren(...rows);
  byId("query-count").textContent = `${count(found.length)} of ${count(queries.length)}`;
  const [previous, place, next] = byId("query-pages").children;
  place.textContent = `${count(Math.min(first + 1, found.length))} to ${count(first + shown.length)}`;
  [previous.disabled, next.disabled] = [first === 0, first + PAGE >= found.length];
  byId("query-pages").hidden = found.length <= PAGE;
  for (const [number, cell] of [...byId("query-table").tHead.rows[0].cells].entries()) {
    if (number === view.column) cell.ariaSort = view.down ? "descending" : "ascending";
    else cell.removeAttribute("aria-sort");
  }
  tellScrolling();
}

function startQueries() {
  const heads = COLUMNS.map((column, number) => {
    const sort = make("button", { type: "button" }, column.name);
    sort.addEventListener("click", () => {
      Object.assign(view, { down: view.column === number && !view.down, column: number, page: 0 });
      drawQueries();
    });
    return make("th", { scope: "col", className: column.className ?? "" }, column.by ? sort : column.name);
  });
  byId("query-table").append(make("thead", {}, make("tr", {}, ...heads)), make("tbody"));
  byId("query-outcome").append(...OUTCOMES.map(([name], number) => make("option", { value: number }, name)));
  for (const id of ["query-words", "query-outcome"]) {
    byId(id).addEventListener("input", () => {
      view.page = 0;
      drawQueries();
    });
  }
  const [previous, , next] = byId("query-pages").children;
  for (const [button, step] of [[previous, -1], [next, 1]]) {
    button.addEventListener("click", () => {
      view.page += step;
      drawQueries();
    });
  }
  byId("query-tools").hidden = false;
  drawQueries();
}

// All videos; a picture is decoded when its card is shown.

const CARDS = 24;
const pictured = listed.videos.some((row) => row[5]);
const splits = [...new Set(listed.videos.flatMap((row) => row[1].split(", ")))].filter(Boolean);
let cards = CARDS;

function card([number, inSplits, seconds, asked, hasFeatures, picture]) {
  const [id, link] = listed.names[number];
  const facts = [inSplits, clock(seconds), asked ? `${count(asked)} ${asked === 1 ? "query" : "queries"}` : ""];
  if (!hasFeatures) facts.push("without features");
  const image = picture ? make("img", { src: picture, alt: "" }) : make("span", { className: "blank" });
  return make(
    "li", {}, ...(pictured ? [image] : []),
    make("div", {}, make("b", {}, link ? playLink(id, link, id) : id), make("br"), facts.filter(Boolean).join(" · ")),
  );
}

function drawVideos() {
  const words = byId("video-words").value.trim();
  const split = byId("video-split").value;
  const found = listed.videos.filter(
    ([number, inSplits]) => (!split || inSplits.split(", ").includes(split)) && matches(words, named(number).toLowerCase()),
  );
  byId("video-cards").replaceChildren(...found.slice(0, cards).map(card));
  byId("video-count").textContent = `${count(found.length)} of ${count(listed.videos.length)}`;
  byId("video-more").hidden = found.length <= cards;
}

function startVideos() {
  byId("video-split").append(make("option", { value: "" }, "all"), ...splits.map((split) => make("option", {}, split)));
  for (const id of ["video-words", "video-split"]) {
    byId(id).addEventListener("input", () => {
      cards = CARDS;
      drawVideos();
    });
  }
  byId("video-more").addEventListener("click", () => {
    cards += 4 * CARDS;
    drawVideos();
  });
  byId("video-tools").hidden = false;
  drawVideos();
}

// What is wider than its place says that it scrolls, and can be scrolled with the keys.

function tellScrolling() {
  for (const place of document.querySelectorAll(".wide")) {
    const scrolls = place.scrollWidth > place.clientWidth + 1;
    place.classList.toggle("scrolls", scrolls);
    if (scrolls) Object.assign(place, { tabIndex: 0, role: "region", ariaLabel: "This table scrolls sideways." });
    else for (const name of ["tabindex", "role", "aria-label"]) place.removeAttribute(name);
  }
}

if (byId("query-table")) startQueries();
startVideos();
new ResizeObserver(tellScrolling).observe(document.body);
