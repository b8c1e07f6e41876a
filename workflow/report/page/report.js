"use strict";

// Light and dark: the reader's choice wins over the system's.
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  try { localStorage.setItem("cogworks-theme", root.dataset.theme); } catch {}
});

// A column is sorted best first, then the other way round, then as it came. Empty cells stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...[...table.tHead.rows].at(-1).cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const first = head.dataset.first;
      const second = first === "descending" ? "ascending" : "descending";
      const next = { [first]: second, [second]: null }[head.ariaSort] ?? (head.ariaSort ? null : first);
      heads.forEach((other) => other.removeAttribute("aria-sort"));
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
