// Sorts and filters the list of orders, and changes the colours; everything is read without it.
"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const turn = () => { root.dataset.theme = isDark() ? "light" : "dark"; };
  theme.hidden = false;
  theme.addEventListener("click", turn);

  const table = document.getElementById("orders");
  const filter = document.getElementById("filter");
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) {
      if (event.key === "Escape") { filter.value = ""; show(); filter.blur(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "t") turn();
    if (event.key === "/" && table) { event.preventDefault(); filter.focus(); }
  });
  if (!table) return;

  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, index) => ({ row, index, text: row.textContent.toLowerCase() }));
  function show() {
    const terms = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach(({ row, text }) => { row.hidden = !terms.every((term) => text.includes(term)); });
  }
  filter.hidden = false;
  filter.addEventListener("input", show);

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent;
  };
  const heads = [...table.tHead.rows[0].cells];
  function sort(column, head) {
    const descends = head.getAttribute("aria-sort") === "ascending";
    const isNumber = head.classList.contains("n");
    const compare = (a, b) => {
      const [x, y] = [valueOf(a.row, column), valueOf(b.row, column)];
      if (!isNumber) return x.localeCompare(y);
      const [p, q] = [Number.parseFloat(x), Number.parseFloat(y)];
      if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) - Number.isNaN(q);
      return descends ? q - p : p - q;
    };
    const sorted = [...rows].sort((a, b) => compare(a, b) || a.index - b.index);
    if (descends && !isNumber) sorted.reverse();
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", descends ? "descending" : "ascending");
    body.append(...sorted.map(({ row }) => row));
  }
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column, head));
    head.replaceChildren(button);
  });
})();
