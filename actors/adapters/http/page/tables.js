// Positions, open orders and the queue, each a table; an order opens its timeline.

import { orderLink, put, say, Table } from "./dom.js";
import { clock, exact, money, NONE, percent, price, signed, span, whole, words } from "./format.js";
import { tone } from "./head.js";
import * as shape from "./shapes.js";

export const openOrder = (id) => { location.hash = orderLink(id); };
const sided = (side) => (side === "BUY" || side === "LONG" ? "long" : "short");

export class Positions {
  constructor(section) {
    this.meta = section.querySelector(".meta");
    this.table = new Table(section.querySelector(".body"), {
      label: "Open positions", empty: "No open position", key: (row) => row.key,
      tone: (row) => (row.isProtected ? "" : "alarm"),
      columns: [
        { title: "Symbol", kind: "key", cell: (row) => row.symbol, sort: (row) => row.symbol },
        { title: "Side", cell: (row) => ({ text: row.side, tone: sided(row.side) }) },
        { title: "Quantity", kind: "num", cell: (row) => exact(row.quantity) },
        { title: "Entry", kind: "num", cell: (row) => price(row.entry) },
        { title: "Mark", kind: "num", cell: (row) => price(row.mark) },
        { title: "Stop", kind: "num", cell: (row) => (row.isProtected ? price(row.stop) : { text: "no stop", tone: "bad" }) },
        { title: "to stop", kind: "num", cell: (row) => distance(row.stopPct), sort: (row) => row.stopPct },
        { title: "Target", kind: "num", cell: (row) => price(row.target) },
        { title: "to target", kind: "num", cell: (row) => distance(row.targetPct) },
        { title: "Liquidation", kind: "num", cell: (row) => ({ text: price(row.liquidation), title: row.liquidationPct === null ? "" : `${percent(row.liquidationPct, 2)} away` }) },
        { title: "PnL", kind: "num", cell: (row) => ({ text: signed(row.unrealised), tone: tone(row.unrealised) }), sort: (row) => row.unrealised },
        { title: "PnL %", kind: "num", cell: (row) => ({ text: signed(row.unrealisedPct), tone: tone(row.unrealised) }) },
        { title: "Realised", kind: "num", cell: (row) => ({ text: signed(row.realised), title: `fees ${money(row.fees)}, funding ${money(row.funding)}` }) },
        { title: "Strategy", cell: (row) => row.strategy },
      ],
    });
  }

  show(world) {
    const positions = shape.positions(world);
    this.table.show(positions.rows);
    const bare = positions.rows.filter((row) => !row.isProtected).length;
    const longest = positions.longestBareMs ? `longest without a stop ${span(positions.longestBareMs)}` : "";
    say(this.meta, bare ? `${bare} without a stop` : longest);
    this.meta.classList.toggle("bad", bare > 0);
  }
}

const distance = (value) => (value === null ? NONE : { text: percent(value, 2), tone: value < 0.25 ? "warn" : "" });

export class Orders {
  constructor(section) {
    this.meta = section.querySelector("#orders-count");
    this.isLatest = false;
    this.buttons = [section.querySelector("#orders-open"), section.querySelector("#orders-latest")];
    this.buttons.forEach((button, place) => button.addEventListener("click", () => this.choose(place === 1)));
    this.table = new Table(section.querySelector(".body"), {
      label: "Orders", empty: "No open order", key: (row) => row.id, open: (row) => openOrder(row.id),
      columns: [
        { title: "Client order id", kind: "key mono", cell: (row) => ({ text: row.id, href: orderLink(row.id) }) },
        { title: "Symbol", cell: (row) => row.symbol, sort: (row) => row.symbol },
        { title: "Leg", cell: (row) => row.leg },
        { title: "Side", cell: (row) => ({ text: row.side, tone: sided(row.side) }) },
        { title: "Type", cell: (row) => words(row.type) },
        { title: "Quantity", kind: "num", cell: (row) => (row.closesAll ? "all" : exact(row.quantity)) },
        { title: "Filled", kind: "num", cell: (row) => exact(row.filled) },
        { title: "Price", kind: "num", cell: (row) => price(row.price) },
        { title: "State", cell: (row) => ({ text: words(row.state), pill: row.state, title: row.reason }), sort: (row) => row.state },
        { title: "Tries", kind: "num", cell: (row) => ({ text: whole(row.attempts), tone: row.attempts > 1 ? "warn" : "" }), sort: (row) => row.attempts },
        { title: "Age", kind: "num", cell: (row) => span(row.ageMs), sort: (row) => row.ageMs },
        { title: "Last error", kind: "wide", cell: (row) => ({ text: row.error, title: row.error, tone: row.error ? "bad" : "" }) },
      ],
    });
  }

  show(world) {
    this.world = world;
    const orders = shape.orders(world);
    this.table.show(this.isLatest ? shape.latest(world) : orders.rows);
    const odd = orders.strangers ? ` · ${whole(orders.strangers)} not ours` : "";
    say(this.meta, `${whole(orders.rows.length)} open${odd}`);
  }

  choose(isLatest) {
    this.isLatest = isLatest;
    this.buttons.forEach((button, place) => put(button, "aria-pressed", String((place === 1) === isLatest)));
    say(this.table.none, isLatest ? "No order yet" : "No open order");
    if (this.world) this.show(this.world);
  }
}

export class Queue {
  constructor(section) {
    this.meta = section.querySelector(".meta");
    this.table = new Table(section.querySelector(".body"), {
      label: "Queue by priority, and held symbols", empty: "Not told yet", key: (row) => row.name,
      columns: [
        { title: "Waiting", kind: "key", cell: (row) => row.name },
        { title: "depth", kind: "num", cell: (row) => whole(row.depth) },
        { title: "oldest", kind: "num", cell: (row) => (row.oldestMs === null ? NONE : span(row.oldestMs)) },
        { title: "why", kind: "wide wrap", cell: (row) => row.why },
      ],
    });
  }

  show(world) {
    const queue = shape.queue(world);
    this.table.show(queue.rows);
    say(this.meta, queue.depth ? `oldest ${span(queue.oldestMs)}` : "empty");
  }
}

export class Trades {
  constructor(section) {
    this.rows = [];
    this.filter = section.querySelector("#trades-filter");
    this.columns = [
      { title: "Closed", cell: (row) => (row.closedAtMs ? clock(row.closedAtMs) : { text: "open", pill: "ACTIVE" }), sort: (row) => row.closedAtMs ?? Infinity },
      { title: "Symbol", kind: "key", cell: (row) => row.symbol, sort: (row) => row.symbol },
      { title: "Side", cell: (row) => ({ text: row.side, tone: sided(row.side) }) },
      { title: "Quantity", kind: "num", cell: (row) => exact(row.quantity) },
      { title: "Entry", kind: "num", cell: (row) => price(row.entry) },
      { title: "Exit", kind: "num", cell: (row) => price(row.exit) },
      { title: "Net PnL", kind: "num", cell: (row) => ({ text: signed(row.net), tone: tone(row.net) }), sort: (row) => Number(row.net) },
      { title: "Fees", kind: "num", cell: (row) => money(row.fees) },
      { title: "Held", kind: "num", cell: (row) => (row.heldMs === null ? NONE : span(row.heldMs)), sort: (row) => row.heldMs },
      { title: "Reason", cell: (row) => words(row.reason) || NONE },
      { title: "Strategy", cell: (row) => row.strategy },
    ];
    this.table = new Table(section.querySelector(".body"), {
      label: "Trades, latest first", empty: "No trade", key: (row) => row.id, columns: this.columns,
    });
    this.filter.addEventListener("input", () => this.paint());
    section.querySelector("#trades-csv").addEventListener("click", () => this.save());
  }

  show(world) {
    this.rows = shape.trades(world);
    this.paint();
  }

  /** The rows that hold every word of the filter. */
  found() {
    const terms = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.rows.filter((row) => terms.every((term) => row.sought.includes(term)));
  }

  paint() {
    say(this.table.none, this.rows.length ? "No trade matches" : "No trade yet");
    this.table.show(this.found());
  }

  save() {
    const fields = this.rows.length ? Object.keys(this.rows[0].raw) : ["trade_id"];
    const lines = [fields, ...this.found().map((row) => fields.map((field) => row.raw[field]))];
    const text = lines.map((line) => line.map(quoted).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text, "\r\n"], { type: "text/csv" }));
    link.download = "trades.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

/** A cell of CSV; one that a spreadsheet would take for a formula is made a text. */
function quoted(value) {
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = /^[=+@\t\r]|^-(?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
