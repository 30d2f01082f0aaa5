// What the engine says of itself: alerts, the log of events, actors and health.

import { byId, Facts, linked, make, orderLink, put, say, Table } from "./dom.js";
import { clock, clockExact, NONE, percent, size, span, whole, words } from "./format.js";
import * as shape from "./shapes.js";

/** Those that fire first; each with what it is about, and its rule's advice when there is room. */
export class Alerts {
  constructor(section) {
    this.meta = section.querySelector(".meta");
    this.list = make("ol", { class: "alerts", tabindex: "0", "aria-label": "Alerts" });
    this.none = make("p", { class: "none" }, "Not told yet");
    section.querySelector(".body").append(this.list, this.none);
    this.shown = "";
  }

  show(world) {
    const rows = shape.alerts(world);
    const firing = rows.filter((row) => row.state === "firing").length;
    say(this.none, world.has("alerts") ? "No alert" : "No rule is watched: the service runs without alerts");
    this.none.hidden = rows.length > 0;
    say(this.meta, firing ? `${firing} firing` : rows.length ? "none firing" : "");
    this.meta.classList.toggle("bad", firing > 0);
    const mark = JSON.stringify(rows);
    if (mark !== this.shown) this.list.replaceChildren(...rows.map(alertLine));
    this.shown = mark;
  }
}

function alertLine(row) {
  const tone = row.state === "firing" ? row.severity : "resolved";
  return make("li", { class: `alert-${tone}` },
    make("span", { class: "pill", "data-state": `alert-${tone}` }, row.state === "firing" ? row.severity.toLowerCase() : row.state),
    make("b", {}, words(row.name)), make("time", {}, clock(row.sinceMs)),
    row.about ? make("p", {}, linked(row.about)) : "", row.text ? make("p", { class: "muted" }, row.text) : "");
}

const LINES_MAX = 500;
const HELD_MAX = 2000;
const LOUD = /^(order\.(failed|unknown|unresolved|refused|corrected)|system\.error|command\.refused)/;
const SEVERITIES = { CRITICAL: "bad", WARNING: "warn" };
const GOOD = /^(order\.(filled|resolved)|trade\.|position\.protected)/;

/** The latest events, newest first; paused, it keeps what comes and shows it later. */
export class Log {
  constructor(section) {
    this.home = section.querySelector(".body");
    this.list = make("ol", { class: "events", tabindex: "0", "aria-label": "Events, newest first" });
    this.none = make("p", { class: "none" }, "No event yet");
    this.home.append(this.list, this.none);
    this.held = [];
    this.isPaused = false;
    this.pauseButton = byId("log-pause");
    this.filter = byId("log-filter");
    this.pauseButton.addEventListener("click", () => this.pause());
    this.filter.addEventListener("input", () => this.sift());
  }

  hear(event) {
    if (this.isPaused) {
      this.held.push(event);
      if (this.held.length > HELD_MAX) this.held.shift();
      say(this.pauseButton, `Go on (${whole(this.held.length)})`);
      return;
    }
    this.add(event);
  }

  add(event) {
    const data = event.data?.data ?? {};
    const tone = toneOf(event.topic, data);
    const text = event.topic === "gap" ? `${whole(event.data.dropped)} events were left out` : summary(data);
    // A refused wish has no order, and its own timeline by its signal.
    const id = data.client_order_id || (event.topic === "order.refused" ? data.signal_id : "");
    const line = make("li", { class: tone },
      make("time", {}, clockExact(event.data?.at_ms)), make("b", {}, event.topic),
      make("span", {}, id ? make("a", { href: orderLink(id) }, id) : "", id && text ? " " : "", text));
    line.sought = line.textContent.toLowerCase();
    line.hidden = !this.matches(line);
    this.list.prepend(line);
    while (this.list.children.length > LINES_MAX) this.list.lastChild.remove();
    this.none.hidden = true;
  }

  matches(line) {
    return this.filter.value.toLowerCase().split(/\s+/).every((term) => line.sought.includes(term));
  }

  sift() {
    for (const line of this.list.children) line.hidden = !this.matches(line);
  }

  pause() {
    this.isPaused = !this.isPaused;
    put(this.pauseButton, "aria-pressed", String(this.isPaused));
    say(this.pauseButton, this.isPaused ? "Go on" : "Pause");
    if (!this.isPaused) this.held.splice(0).forEach((event) => this.add(event));
  }
}

function toneOf(topic, data) {
  if (topic === "gap") return "warn";
  if (topic === "alert.raised") return SEVERITIES[data.severity] ?? "";
  return LOUD.test(topic) ? "bad" : GOOD.test(topic) ? "good" : "";
}

/** Fields whose value says what it is. */
const BARE = new Set(["symbol", "text", "reason", "alert", "subject", "severity", "state", "side", "strategy"]);
/** Fields that stand elsewhere in the line, or say nothing to a person. */
const SKIPPED = new Set(["client_order_id", "signal_id", "command_id", "position_id", "results", "at_ms", "opened_at_ms", "closed_at_ms", "model_version", "source", "safety_guard"]);

function summary(data) {
  return Object.entries(data)
    .filter(([name, value]) => !SKIPPED.has(name) && value !== null && value !== "" && !(Array.isArray(value) && !value.length))
    .map(([name, value]) => (BARE.has(name) ? value : `${words(name)} ${typeof value === "object" ? JSON.stringify(value) : value}`))
    .join(" · ");
}

export class Actors {
  constructor(section) {
    this.meta = section.querySelector(".meta");
    this.table = new Table(section.querySelector(".body"), {
      label: "Actors", empty: "Not told yet", key: (row) => row.name,
      tone: (row) => (row.failures > 0 ? "alarm-soft" : ""),
      columns: [
        { title: "Actor", kind: "key", cell: (row) => row.name },
        { title: "mailbox", kind: "num", cell: (row) => ({ text: whole(row.mailbox), tone: row.mailbox > 100 ? "warn" : "" }), sort: (row) => row.mailbox },
        { title: "steps", kind: "num", cell: (row) => whole(row.steps), sort: (row) => row.steps },
        { title: "restarts", kind: "num", cell: (row) => ({ text: whole(row.restarts), tone: row.restarts > 0 ? "warn" : "" }) },
        { title: "failures", kind: "num", cell: (row) => ({ text: whole(row.failures), tone: row.failures > 0 ? "bad" : "" }) },
        { title: "mean", kind: "num", cell: (row) => (row.meanUs === null ? NONE : span(row.meanUs / 1000)) },
        { title: "longest", kind: "num", cell: (row) => (row.maxUs === null ? NONE : span(row.maxUs / 1000)), sort: (row) => row.maxUs },
        { title: "last message", kind: "wide", cell: (row) => row.last },
        { title: "ago", kind: "num", cell: (row) => (row.agoMs === null ? NONE : span(row.agoMs)) },
      ],
    });
    this.dead = new Table(section.querySelector(".body"), {
      label: "Dead letters", empty: "", key: (row) => row.key,
      columns: [
        { title: "dead letter to", kind: "key", cell: (row) => row.to },
        { title: "message", cell: (row) => row.message },
        { title: "why", kind: "wide wrap", cell: (row) => row.reason },
      ],
    });
  }

  show(world) {
    const actors = shape.actors(world);
    this.table.show(actors.rows);
    this.dead.show(actors.dead);
    this.dead.element.hidden = this.dead.none.hidden = actors.dead.length === 0;
    say(this.meta, actors.text);
  }
}

export class Health {
  constructor(section) {
    this.meta = section.querySelector(".meta");
    this.facts = new Facts(section.querySelector(".body"));
    this.table = new Table(section.querySelector(".body"), {
      label: "Health by component", empty: "Not told yet", key: (row) => row.name,
      tone: (row) => (row.isOk ? "" : "alarm-soft"),
      columns: [
        { title: "Part", kind: "key", cell: (row) => words(row.name) },
        { title: "State", cell: (row) => ({ text: row.word, tone: row.isOk ? "good" : "bad" }) },
        { title: "What", kind: "wide wrap", cell: (row) => row.text },
      ],
    });
  }

  show(world) {
    const health = shape.health(world);
    const machine = shape.machine(world);
    this.facts.say("Engine CPU", percent(machine.enginePct, 1));
    this.facts.say("Memory", size(machine.engineBytes));
    this.facts.say("Host CPU", percent(machine.hostPct, 0));
    this.facts.say("Disk free", size(machine.diskBytes));
    this.table.show(health.rows);
    say(this.meta, health.status);
    this.meta.classList.toggle("bad", !["", "ok"].includes(health.status));
  }
}
