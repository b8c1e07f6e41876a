"use strict";

// Light and dark: the reader's choice wins over the system's.
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  try { localStorage.setItem("cogworks-theme", root.dataset.theme); } catch {}
});

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A column is sorted best first, then the other way round, then as it came. Empty cells stay last,
// and own rows come first where they cannot be compared with others.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...[...table.tHead.rows].at(-1).cells];
  const side = (row) => table.classList.contains("apart") && !row.classList.contains("own");
  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const first = head.dataset.first;
      const second = first === "descending" ? "ascending" : "descending";
      const next = { [first]: second, [second]: null }[head.ariaSort] ?? (head.ariaSort ? null : first);
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      table.classList.toggle("sorted", Boolean(next));
      if (!next) {
        body.replaceChildren(...original);
        return;
      }
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const rows = original.filter((row) => !row.classList.contains("group"));
      body.replaceChildren(...rows.sort((a, b) =>
        side(a) - side(b) || compare(a.cells[column], b.cells[column], sign)));
    });
  });
}

function compare(a, b, sign) {
  const x = a.dataset.value, y = b.dataset.value;
  if (x === "" || y === "") return (x === "") - (y === "");
  if (x !== undefined && y !== undefined) return sign * (Number(x) - Number(y));
  return sign * a.textContent.localeCompare(b.textContent, "en", { numeric: true });
}

for (const input of document.querySelectorAll("input.filter")) {
  const rows = [...document.getElementById(input.dataset.table).tBodies[0].rows];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}

// What scrolls can be reached without a mouse.
function reachable() {
  for (const frame of document.querySelectorAll(".plot, .scroll, pre")) {
    const scrolls = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
    if (scrolls) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);
reachable();

// The section that is being read is marked in the list of contents.
const links = new Map([...document.querySelectorAll("#contents a")].map((a) => [a.hash.slice(1), a]));
const reading = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
    for (const link of links.values()) link.removeAttribute("aria-current");
    const link = links.get(target.id);
    link.setAttribute("aria-current", "location");
    const list = link.parentElement;
    list.scrollLeft = link.offsetLeft - list.clientWidth / 3;
  }
}, { rootMargin: "-15% 0px -80% 0px" });
for (const id of links.keys()) reading.observe(document.getElementById(id));

// Folds open for what is in them: when a link leads there, and on paper.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target?.closest("details");
  if (!fold) return;
  fold.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
const folds = [];
addEventListener("beforeprint", () => {
  folds.push(...document.querySelectorAll("main details:not([open])"));
  for (const fold of folds) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folds.splice(0)) fold.open = false;
});

// Encoders stand out: in all figures where they are, the others fade.
const plots = [...document.querySelectorAll(".plot svg")].map((svg) => [...svg.querySelectorAll("[data-encoder]")]);
const names = new Set(plots.flat().map((group) => group.dataset.encoder));
const rows = [...document.querySelectorAll("main tbody tr")];
for (const row of rows) {
  const cell = [...row.cells].find((found) => names.has(found.textContent));
  if (cell) row.dataset.encoder = cell.textContent;
}
const ticked = new Set(), away = new Set();
let pointed = null;

function paint() {
  const chosen = new Set(pointed ? [...ticked, pointed] : ticked);
  for (const groups of plots) {
    const concerned = groups.some((group) => chosen.has(group.dataset.encoder));
    for (const group of groups) {
      group.classList.toggle("dim", concerned && !chosen.has(group.dataset.encoder));
      group.classList.toggle("gone", away.has(group.dataset.category));
    }
  }
  for (const row of rows) row.classList.toggle("chosen", chosen.has(row.dataset.encoder));
}

for (const [event, ends] of [["pointerover", false], ["pointerout", true]]) {
  document.querySelector("main").addEventListener(event, ({ target }) => {
    const name = ends ? null : target.closest("[data-encoder]")?.dataset.encoder ?? null;
    if (name !== pointed) {
      pointed = name;
      paint();
    }
  });
}

function box(text, checked, act) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => {
    act(input.checked);
    paint();
  });
  return make("label", {}, input, text);
}

function keep(set, value, wanted) {
  if (wanted) set.add(value);
  else set.delete(value);
}

if (names.size) {
  const panel = document.getElementById("encoders");
  const categories = Map.groupBy(plots.flat(), (group) => group.dataset.category);
  for (const [category, groups] of categories) {
    const legend = make("legend", {}, box(category, true, (shown) => keep(away, category, !shown)));
    const members = new Set(groups.map((group) => group.dataset.encoder));
    const boxes = [...members].map((name) => box(name, false, (on) => keep(ticked, name, on)));
    panel.append(make("fieldset", {}, legend, ...boxes));
  }
  panel.hidden = false;
}

// The atlas: the concepts that any encoder gains over any other one. Of many, both ends are shown.
function select(label, names, chosen, act) {
  const options = names.map((text, value) => make("option", { value, textContent: text }));
  const element = make("select", {}, ...options);
  element.value = chosen;
  element.addEventListener("change", () => act(Number(element.value)));
  return make("label", {}, label, element);
}

function atlas(block, data) {
  const table = block.querySelector("table"), heads = [...table.tHead.rows[0].cells];
  const shares = data.shares.map((text) => {
    const bytes = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    return data.names.map((_, place) => bytes.getUint16(2 * place, true) / data.units);
  });
  const pictures = new Map(Object.entries(data.pictures).map(([place, text]) =>
    [Number(place), make("img", { src: `data:image/webp;base64,${text}`, alt: `some test images of ${data.names[place]}` })]));
  for (const row of table.tBodies[0].rows) {
    const picture = row.querySelector("img");
    if (picture) pictures.set(Number(row.dataset.place), picture);
  }
  // Sorted by no column, unseen concepts come first, the most gained on top.
  const now = { chosen: [...data.chosen], branch: 0, set: 0, words: [], column: null, sign: 0 };
  const isSeen = (place) => data.seen[data.set[place]];
  const sets = [["all", () => true]];
  if (data.seen.some(Boolean)) sets.push(["unseen", (place) => !isSeen(place)]);
  data.sets.forEach((name, number) => sets.push([name, (place) => data.set[place] === number]));
  const share = (side, place) => shares[now.chosen[side]][place];
  const gain = (place) => share(0, place) - share(1, place);
  const texts = [
    (place) => data.branches[data.branch[place]],
    (place) => data.sets[data.set[place]],
  ];
  const numbers = [(place) => data.similarity[place], (place) => data.images[place]];
  const keys = [(place) => data.names[place], gain, (place) => share(0, place), (place) => share(1, place), ...texts, ...numbers];

  // As `intervals.shares_interval`.
  function interval(place) {
    const n = data.images[place] + 2;
    const [own, other] = [0, 1].map((side) => (share(side, place) * (n - 2) + 1) / n);
    const margin = 1.959964 * Math.sqrt((own * (1 - own) + other * (1 - other)) / n);
    return [Math.max(own - other - margin, -1), Math.min(own - other + margin, 1)];
  }

  function signed(found) {
    const text = (100 * found).toFixed(1);
    return Number(text) === 0 ? "0.0" : (found > 0 ? "+" : "") + text.replace("-", "−");
  }

  function places() {
    const told = (place) => [data.names[place], data.wnids[place], ...texts.map((key) => key(place))].join(" ").toLowerCase();
    const wanted = [...data.names.keys()].filter((place) =>
      (!now.branch || data.branch[place] === now.branch - 1) &&
      sets[now.set][1](place) &&
      now.words.every((word) => told(place).includes(word)));
    if (now.column === null) return wanted.sort((a, b) => isSeen(a) - isSeen(b) || gain(b) - gain(a) || a - b);
    const key = keys[now.column];
    return wanted.sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return now.sign * (typeof x === "string" ? x.localeCompare(y, "en") : x - y) || a - b;
    });
  }

  function row(place) {
    const name = make("span", {}, `${data.names[place]} `, make("span", { className: "std", textContent: data.wnids[place] }));
    const concept = make("div", { className: "concept" }, ...(pictures.has(place) ? [pictures.get(place)] : []), name);
    const head = make("th", { scope: "row" }, concept);
    const similarity = data.similarity[place];
    const ends = make("span", { className: "interval", textContent: interval(place).map(signed).join(" to ") });
    const number = (...content) => make("td", { className: "number" }, ...content);
    return make("tr", {}, head, number(signed(gain(place)), " ", ends),
      ...[0, 1].map((side) => number((100 * share(side, place)).toFixed(1))),
      ...texts.map((key) => make("td", { className: "text", textContent: key(place) })),
      number(similarity === null ? "" : similarity.toFixed(2)), number(data.images[place]));
  }

  function render() {
    const found = places(), more = found.length - 2 * data.edge;
    const shown = more > 0 ? [...found.slice(0, data.edge), ...found.slice(-data.edge)] : found;
    const rows = shown.map(row);
    const between = make("td", { colSpan: heads.length, textContent: `… ${more} more …` });
    if (more > 0) rows.splice(data.edge, 0, make("tr", { className: "between" }, between));
    table.tBodies[0].replaceChildren(...rows);
    heads.forEach((head, column) => {
      if (column === now.column) head.ariaSort = now.sign > 0 ? "ascending" : "descending";
      else head.removeAttribute("aria-sort");
    });
    const [own, other] = now.chosen.map((side) => data.encoders[side]);
    heads[2].firstElementChild.textContent = own;
    heads[3].firstElementChild.textContent = other;
    const title = `Concepts that ${own} gains over ${other} (points of top-1)`;
    table.caption.textContent = title;
    block.querySelector("h3, h4").textContent = title;
    const up = found.filter((place) => interval(place)[0] > 0).length;
    const down = found.filter((place) => interval(place)[1] < 0).length;
    block.querySelector(".count").textContent = `${found.length} concepts: gained, with the whole interval, ${up}; lost, ${down}.`;
    reachable();
  }

  function csv() {
    const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const [own, other] = now.chosen.map((side) => data.encoders[side]);
    const head = ["concept", "id", "branch", "of", "similarity", "images", own, other, "gain", "gain_low", "gain_high"];
    const lines = places().map((place) => {
      const points = [share(0, place), share(1, place), gain(place), ...interval(place)];
      return [data.names[place], data.wnids[place], ...[...texts, ...numbers].map((key) => key(place) ?? ""),
        ...points.map((found) => (100 * found).toFixed(2))];
    });
    const warned = (line, text) => data.warnings ? [...line, text] : line;
    const text = [warned(head, "warning"), ...lines.map((line) => warned(line, data.warnings))]
      .map((line) => line.map((cell) => quoted(String(cell))).join(",") + "\n").join("");
    download(`data:text/csv;charset=utf-8,${encodeURIComponent(text)}`, "atlas.csv");
  }

  heads.forEach((head, column) => {
    const first = head.dataset.first === "descending" ? -1 : 1;
    head.firstElementChild.addEventListener("click", () => {
      const again = now.column === column;
      now.column = again && now.sign === -first ? null : column;
      now.sign = again ? -now.sign : first;
      render();
    });
  });
  const chooser = (side) => (value) => { now.chosen[side] = value; render(); };
  const search = make("input", { type: "search", className: "filter", placeholder: "Concepts with …" });
  search.setAttribute("aria-label", "Concepts with these words");
  search.addEventListener("input", () => {
    now.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    render();
  });
  if (data.names.length > 2 * data.edge && sets[1][0] === "unseen") now.set = 1;
  const choices = block.querySelector(".choices");
  choices.append(
    select("encoder", data.encoders, now.chosen[0], chooser(0)),
    select("over", data.encoders, now.chosen[1], chooser(1)),
    select("branch", ["all", ...data.branches], 0, (value) => { now.branch = value; render(); }),
    select("concepts of", sets.map(([name]) => name), now.set, (value) => { now.set = value; render(); }),
    search,
  );
  choices.hidden = false;
  const button = make("button", { type: "button", textContent: "CSV" });
  button.setAttribute("aria-label", "CSV of these concepts");
  button.addEventListener("click", csv);
  block.querySelector(".take").append(button);
  render();
}

for (const script of document.querySelectorAll('script[type="application/json"]')) {
  atlas(script.closest(".table-block"), JSON.parse(script.textContent));
}

// A figure to take away, in the colours of the light theme.
const light = document.styleSheets[0].cssRules[0].style;

function drawing(svg) {
  const copy = svg.cloneNode(true);
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute("width", `${width}pt`);
  copy.setAttribute("height", `${height}pt`);
  copy.removeAttribute("style");
  for (const group of copy.querySelectorAll("[class]")) group.removeAttribute("class");
  return new XMLSerializer().serializeToString(copy).replace(/var\((--[\w-]+)\)/g, (_, name) =>
    light.getPropertyValue(name).replace(/.*light-dark\((.*?),.*/, "$1").trim());
}

function download(url, name) {
  make("a", { href: url, download: name }).click();
}

function picture(text, name) {
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = make("canvas", { width: image.width * 3, height: image.height * 3 });
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    download(canvas.toDataURL("image/png"), name);
  });
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
}

for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector(".plot svg");
  if (!svg) continue;
  const name = figure.id.replace("figure-", "");
  const vector = () => download(`data:image/svg+xml,${encodeURIComponent(drawing(svg))}`, `${name}.svg`);
  const raster = () => picture(drawing(svg), `${name}.png`);
  const buttons = [["SVG", vector], ["PNG", raster]].map(([kind, act]) => {
    const button = make("button", { type: "button", textContent: kind });
    button.setAttribute("aria-label", `${kind} of figure ${name}`);
    button.addEventListener("click", act);
    return button;
  });
  figure.querySelector("figcaption").append(make("span", { className: "take" }, ...buttons));
}
