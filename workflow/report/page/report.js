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

// A column is sorted best first, then the other way round, then as it came. Empty cells stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...[...table.tHead.rows].at(-1).cells];
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
      body.replaceChildren(...rows.sort((a, b) => compare(a.cells[column], b.cells[column], sign)));
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
