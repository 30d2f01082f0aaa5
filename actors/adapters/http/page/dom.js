// Elements and tables. Every text goes in as text, never as markup, and a table touches only the
// cells that changed: nothing jumps, a selection stays, and a screen reader is not told twice.

import { NONE } from "./format.js";

export const byId = (id) => document.getElementById(id);

export function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === "style") {
      for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    } else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Set a text only where it differs. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The address of an order's timeline. */
export const orderLink = (id) => `#order=${encodeURIComponent(id)}`;

/**
 * A table whose rows are known by a key.
 *
 * A column is {title, cell(row), kind, sort(row)}; a cell is a text or {text, more, tone, href, title, pill, fill},
 * `kind` is "num" for figures, "key" for the name of the row, "wide" for prose. `open(row)` is
 * what Enter and a click on the row do.
 */
export class Table {
  constructor(home, { label, columns, key, empty, rowsMax = 500, open = null, tone = null }) {
    Object.assign(this, { columns, key, empty, rowsMax, open, tone });
    this.rows = new Map();
    this.seen = new WeakMap();
    this.order = { column: null, by: 1 };
    this.titles = columns.map((column) => make("th", { scope: "col", role: "columnheader", class: column.kind },
      column.sort ? make("button", { type: "button", onclick: () => this.turn(column) }, column.title) : column.title));
    this.body = make("tbody", { role: "rowgroup" });
    this.element = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
      make("table", { role: "table", "aria-label": label },
        make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...this.titles)), this.body));
    this.none = make("p", { class: "none" }, empty);
    home.append(this.element, this.none);
    this.element.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Show these rows, in this order. */
  show(all) {
    this.all = all;
    const rows = this.sorted(all).slice(0, this.rowsMax);
    const wanted = new Set();
    rows.forEach((row, place) => {
      const name = String(this.key(row));
      wanted.add(name);
      const line = this.rows.get(name) ?? this.add(name);
      this.fill(line, row);
      if (this.body.children[place] !== line) this.body.insertBefore(line, this.body.children[place] ?? null);
    });
    for (const [name, line] of this.rows) {
      if (wanted.has(name)) continue;
      line.remove();
      this.rows.delete(name);
    }
    this.none.hidden = rows.length > 0;
    this.element.classList.toggle("is-empty", rows.length === 0);
  }

  /** Order by a column: downwards, upwards, and as it came. */
  turn(column) {
    const { column: last, by } = this.order;
    this.order = last !== column ? { column, by: -1 } : by < 0 ? { column, by: 1 } : { column: null, by: 1 };
    this.columns.forEach((each, place) => {
      const word = each === this.order.column ? (this.order.by < 0 ? "descending" : "ascending") : "none";
      if (each.sort) put(this.titles[place], "aria-sort", word);
    });
    this.show(this.all ?? []);
  }

  sorted(all) {
    const { column, by } = this.order;
    if (!column) return all;
    return [...all].sort((one, two) => {
      const [a, b] = [column.sort(one), column.sort(two)];
      return by * (typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : (a ?? 0) - (b ?? 0));
    });
  }

  add(name) {
    const cells = this.columns.map((column) =>
      make("td", { role: "cell", class: column.kind, "data-label": column.title }));
    const line = make("tr", { role: "row" }, ...cells);
    if (this.open) {
      line.tabIndex = -1;
      line.classList.add("opens");
      line.addEventListener("click", (event) => {
        if (!event.target.closest("a, button") && !String(getSelection())) this.open(line.row);
      });
    }
    this.rows.set(name, line);
    return line;
  }

  fill(line, row) {
    line.row = row;
    put(line, "class", [this.open ? "opens" : "", this.tone?.(row) ?? ""].join(" ").trim());
    this.columns.forEach((column, place) => {
      const value = column.cell(row);
      const cell = value !== null && typeof value === "object" ? value : { text: value };
      const cellText = String(cell.text ?? "") || (column.kind?.includes("wide") ? "" : NONE);
      const mark = [cellText, cell.more, cell.tone, cell.href, cell.title, cell.pill, cell.fill].join("\u0000");
      const td = line.children[place];
      if (this.seen.get(td) === mark) return;
      this.seen.set(td, mark);
      td.replaceChildren(part(cell, cellText), ...(cell.more ? [make("small", {}, linked(cell.more))] : []));
      td.className = [column.kind, cell.tone].filter(Boolean).join(" ");
      if (cell.title) td.title = cell.title;
      if (cell.fill !== undefined) td.style.setProperty("--fill", `${cell.fill}%`);
    });
  }

  onKey(event) {
    const lines = [...this.body.children];
    const at = lines.indexOf(document.activeElement.closest("tr"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.open) {
      const next = lines[at < 0 ? 0 : Math.min(Math.max(at + step, 0), lines.length - 1)];
      next?.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && at >= 0 && this.open && document.activeElement === lines[at]) {
      this.open(lines[at].row);
      event.preventDefault();
    }
  }
}

function part(cell, text) {
  if (cell.href) return make("a", { href: cell.href }, text);
  if (cell.pill) return make("span", { class: "pill", "data-state": cell.pill }, text);
  return linked(text);
}

const KNOWN_MAX = 5000;
const known = new Set();

/** Remember orders, so that their ids lead to their timelines wherever they are named. */
export function remember(ids) {
  if (known.size > KNOWN_MAX) known.clear();
  ids.forEach((id) => known.add(id));
}

/** A text in which every known order is a link. */
export function linked(text) {
  const whole = document.createDocumentFragment();
  let from = 0;
  for (const { 0: id, index } of text.matchAll(/[A-Za-z0-9_-]{5,36}/g)) {
    if (!known.has(id)) continue;
    whole.append(text.slice(from, index), make("a", { href: orderLink(id) }, id));
    from = index + id.length;
  }
  whole.append(text.slice(from));
  return whole;
}

/** A few figures with their names, side by side. */
export class Facts {
  constructor(home) {
    this.list = make("dl", { class: "facts" });
    this.values = new Map();
    home.append(this.list);
  }

  say(name, text, tone = "") {
    let value = this.values.get(name);
    if (!value) {
      value = make("dd", {});
      this.list.append(make("div", {}, make("dt", {}, name), value));
      this.values.set(name, value);
    }
    say(value, text);
    put(value, "class", tone);
  }
}

/** Say something shortly, in sight and to a screen reader. */
export function toast(text, tone = "") {
  const home = byId("toast");
  const line = make("p", { class: tone }, text);
  home.append(line);
  while (home.children.length > 3) home.firstChild.remove();
  setTimeout(() => line.remove(), 9000);
}
