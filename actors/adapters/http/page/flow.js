// Order rate and latency: two charts over the last minutes, each with its table.

import { Chart } from "./charts.js";
import { Facts, make, say, Table } from "./dom.js";
import { percent, span, whole } from "./format.js";
import * as shape from "./shapes.js";

const BUCKET_MS = 10_000;
const BUCKETS_MAX = 90;
const BUCKETS_MIN = 30;
const KINDS = { "order.sent": "sent", "order.filled": "filled", "order.refused": "refused", "order.failed": "failed" };

/** Orders a minute, counted from the events that the page heard, by the engine's clock. */
export class Rate {
  constructor(section) {
    const home = section.querySelector(".body");
    this.meta = section.querySelector(".meta");
    this.buckets = new Map();
    this.sinceMs = Infinity;
    this.chart = new Chart(home, {
      label: "Orders a minute over the last fifteen minutes; the table has the figures",
      format: (value) => whole(value), stepped: true,
      series: [
        { label: "sent", token: "--series-1" }, { label: "filled", token: "--series-2" },
        { label: "refused or failed", token: "--series-3", dots: true },
      ],
    });
    this.table = new Table(make("div", {}), {
      label: "Orders in the last minutes", empty: "", key: (row) => row.name,
      columns: [
        { title: "in the last", cell: (row) => row.name },
        { title: "sent", kind: "num", cell: (row) => whole(row.sent) },
        { title: "filled", kind: "num", cell: (row) => whole(row.filled) },
        { title: "refused", kind: "num", cell: (row) => whole(row.refused) },
        { title: "failed", kind: "num", cell: (row) => ({ text: whole(row.failed), tone: row.failed ? "bad" : "" }) },
      ],
    });
    home.append(this.table.element);
  }

  hear(event) {
    const kind = KINDS[event.topic];
    const atMs = event.data?.at_ms;
    if (atMs) this.sinceMs = Math.min(this.sinceMs, atMs);
    if (kind && atMs) this.count(kind, atMs);
  }

  /** Count, once, those orders of the store that are older than the events that were heard. */
  begin(orders) {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const old = (atMs) => atMs && atMs < this.sinceMs;
    for (const order of orders) {
      if (old(order.createdAtMs)) this.count("sent", order.createdAtMs);
      if (order.state === "FILLED" && old(order.endedAtMs)) this.count("filled", order.endedAtMs);
      if (["FAILED", "REJECTED"].includes(order.state) && old(order.endedAtMs)) this.count("failed", order.endedAtMs);
    }
  }

  count(kind, atMs) {
    const at = Math.floor(atMs / BUCKET_MS);
    const bucket = this.buckets.get(at) ?? { sent: 0, filled: 0, refused: 0, failed: 0 };
    bucket[kind] += 1;
    this.buckets.set(at, bucket);
    while (this.buckets.size > BUCKETS_MAX) this.buckets.delete(Math.min(...this.buckets.keys()));
  }

  show(world) {
    const now = Math.floor(shape.nowMs(world) / BUCKET_MS);
    const times = [];
    const lines = [[], [], []];
    const perMinute = 60_000 / BUCKET_MS;
    const first = Math.max(now - BUCKETS_MAX, Math.min(now - BUCKETS_MIN, ...this.buckets.keys()));
    for (let at = first; at < now; at += 1) {
      const bucket = this.buckets.get(at);
      times.push((at * BUCKET_MS) / 1000);
      lines[0].push((bucket?.sent ?? 0) * perMinute);
      lines[1].push((bucket?.filled ?? 0) * perMinute);
      const bad = (bucket?.refused ?? 0) + (bucket?.failed ?? 0);
      lines[2].push(bad ? bad * perMinute : null);
    }
    this.chart.show(times, ...lines);
    const rows = [["minute", 6], ["5 minutes", 30], ["15 minutes", 90]].map(([name, count]) => this.sum(name, now, count));
    this.table.show(rows);
    say(this.meta, `${whole(rows[0].sent)} in the last minute`);
  }

  sum(name, now, count) {
    const row = { name, sent: 0, filled: 0, refused: 0, failed: 0 };
    for (let at = now - count + 1; at <= now; at += 1) {
      for (const [kind, number] of Object.entries(this.buckets.get(at) ?? {})) row[kind] += number;
    }
    return row;
  }
}

const POINTS_MAX = 450;

/** How long the steps of an order take, by the engine's own journal. */
export class Latency {
  constructor(section) {
    const home = section.querySelector(".body");
    this.meta = section.querySelector(".meta");
    this.points = [[], [], [], []];
    this.chart = new Chart(home, {
      label: "Time from sent to acknowledged; the table has the figures",
      format: (value) => span(value),
      series: [
        { label: "ack p50", token: "--series-1" }, { label: "p95", token: "--series-4" }, { label: "p99", token: "--series-3" },
      ],
    });
    this.table = new Table(make("div", {}), {
      label: "Latency by step", empty: "", key: (row) => row.name,
      columns: [
        { title: "step", cell: (row) => row.name },
        { title: "p50", kind: "num", cell: (row) => span(row.p50) },
        { title: "p95", kind: "num", cell: (row) => span(row.p95) },
        { title: "p99", kind: "num", cell: (row) => span(row.p99) },
        { title: "n", kind: "num", cell: (row) => whole(row.count) },
      ],
    });
    home.append(this.table.element);
  }

  show(world) {
    const latency = shape.latency(world);
    this.table.show(latency.rows);
    say(this.meta, !world.has("metrics") ? "metrics are not kept" : latency.ack?.count ? `${whole(latency.ack.count)} acknowledged` : "no order yet");
    if (latency.ack?.p50 === undefined || latency.ack.p50 === null) return;
    const at = Math.floor(shape.nowMs(world) / 1000);
    if (at <= (this.points[0].at(-1) ?? 0)) return;
    [at, latency.ack.p50, latency.ack.p95, latency.ack.p99].forEach((value, place) => {
      this.points[place].push(value);
      if (this.points[place].length > POINTS_MAX) this.points[place].shift();
    });
    this.chart.show(...this.points);
  }
}

/** Failed requests by kind, and how often a retry made it good. */
export class Errors {
  constructor(section) {
    const home = section.querySelector(".body");
    this.meta = section.querySelector(".meta");
    this.facts = new Facts(home);
    this.table = new Table(home, {
      label: "Failed requests by kind", empty: "No request has failed", key: (row) => row.kind,
      columns: [
        { title: "kind", cell: (row) => row.words },
        { title: "count", kind: "num", cell: (row) => whole(row.count) },
        { title: "share", kind: "share", cell: (row) => ({ text: percent(row.pct, 0), fill: row.pct.toFixed(0) }) },
      ],
    });
  }

  show(world) {
    const errors = shape.errors(world);
    this.facts.say("Retry success", errors.retrySuccessPct === null ? "–" : percent(errors.retrySuccessPct, 1));
    this.facts.say("Retries", whole(errors.retries));
    this.facts.say("Refused", whole(errors.refused));
    this.facts.say("Dead letters", whole(errors.deadLetters), errors.deadLetters > 0 ? "bad" : "");
    this.table.show(errors.kinds);
    say(this.meta, !world.has("metrics") ? "metrics are not kept" : errors.total ? `${whole(errors.total)} failed requests` : "");
  }
}
