// The timeline of one order: its states as a strip, and every step of it across the actors with
// attempts, waits, requests on the wire and errors. The address names it: `#order=…`.

import { get } from "./api.js";
import { byId, make, orderLink, put, say } from "./dom.js";
import { clockExact, NONE, span, whole, words } from "./format.js";
import { timeline } from "./shapes.js";

const SOON_MS = 300;
const STEPS_MAX = 600;
/** A shorter wait is not worth a line of its own. */
const WAIT_US = 20_000;
const LANE_PX = 18;

export class Timeline {
  constructor() {
    this.home = byId("timeline");
    this.body = this.home.querySelector(".body");
    this.id = "";
    this.drawn = "";
    this.cameFrom = null;
    byId("timeline-close").addEventListener("click", () => this.leave());
    addEventListener("hashchange", () => this.follow());
  }

  /** Show the order that the address names, or none. */
  follow() {
    const id = new URLSearchParams(location.hash.slice(1)).get("order") ?? "";
    if (id === this.id) return;
    if (id && !this.id) this.cameFrom = document.activeElement;
    this.id = id;
    this.drawn = "";
    this.home.hidden = !id;
    document.body.classList.toggle("with-timeline", Boolean(id));
    if (!id) {
      this.cameFrom?.focus?.();
      return;
    }
    say(byId("timeline-title"), id);
    this.body.replaceChildren(make("p", { class: "none" }, "Reading the journal…"));
    byId("timeline-title").focus();
    this.load();
  }

  leave() {
    if (this.id) location.hash = "";
  }

  /** An event was told; when it is about this order, read it again soon. */
  hear(event) {
    const data = event.data?.data ?? {};
    const about = [data.client_order_id, data.signal_id, event.data?.correlation];
    if (!this.id || !(about.includes(this.id) || about.includes(this.signal))) return;
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.load();
    }, SOON_MS);
  }

  async load() {
    const id = this.id;
    if (!id) return;
    try {
      const order = timeline(await get(`/api/execution/timeline/${encodeURIComponent(id)}`));
      if (id === this.id) this.draw({ ...order, isOther: order.name !== id });
    } catch (fault) {
      if (id === this.id && !this.drawn) this.body.replaceChildren(make("p", { class: "none bad", role: "alert" }, fault.message));
    }
  }

  draw(order) {
    this.signal = order.signal;
    const mark = JSON.stringify([order.steps.length, order.state, order.wires.map((wire) => wire.verdict), order.moves.length]);
    if (mark === this.drawn) return;
    const scrolled = this.body.scrollTop;
    this.drawn = mark;
    this.body.replaceChildren(heading(order), facts(order), strip(order), lastError(order), requests(order), steps(order));
    this.body.scrollTop = scrolled;
  }
}

const tone = (state) => make("span", { class: "pill", "data-state": state }, words(state));

function heading(order) {
  return make("div", { class: "wanted" }, tone(order.state), make("strong", {}, order.wanted), make("span", { class: "muted" }, order.ending));
}

function facts(order) {
  const rows = [
    ["Order", order.isOther ? order.name : ""], ["Signal", order.signal], ["Strategy", order.strategy], ["Part", order.leg], ["Venue's id", order.venue.join(", ")],
    ["Begun", clockExact(order.beginMs)], ["Lasted", order.isOpen ? `${span(order.lastedUs / 1000)}, open` : span(order.lastedUs / 1000)],
    ["Attempts", whole(order.attempts)], ["Filled", order.filled || NONE],
  ];
  return make("dl", { class: "facts" }, ...rows.filter(([, text]) => text).map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))),
    order.others.length ? make("div", {}, make("dt", {}, "With it"), make("dd", {}, ...order.others.flatMap((name) => [make("a", { href: orderLink(name) }, name), " "]))) : "");
}

/** States over time, each as wide as it lasted, none so short that it cannot be seen. */
function strip(order) {
  if (!order.moves.length) return "";
  const spans = order.moves.map((move, place) => ({
    ...move, lasted: Math.max((order.moves[place + 1]?.atUs ?? Math.max(order.lastedUs, move.atUs)) - move.atUs, 0),
  }));
  const text = spans.map((each) => `${words(each.state)} ${span(each.lasted / 1000)}`);
  const total = spans.reduce((sum, each) => sum + each.lasted, 0) || 1;
  return make("div", { class: "strip" },
    make("div", { class: "bar", role: "img", "aria-label": text.join(", then ") },
      ...spans.map((each, place) => make("i", { "data-state": each.state, title: text[place], style: { flex: `${Math.max(each.lasted / total, 0.012)} 0 0` } }))),
    make("p", { class: "legend" }, ...spans.map((each, place) => make("span", {}, make("i", { "data-state": each.state }), text[place]))));
}

function lastError(order) {
  const fault = order.faults.at(-1);
  return fault ? make("p", { class: "fault" }, make("b", {}, "Last error "), `${after(fault.atUs)} · ${fault.text}`) : "";
}

function requests(order) {
  if (!order.wires.length) return "";
  const cells = (wire) => [
    ["text", `${words(wire.what.replace(/([a-z])([A-Z])/g, "$1 $2"))} ${wire.number > 1 ? `#${wire.number}` : ""}`.trim()], ["text", wire.lane],
    ["num", after(wire.outUs)], ["num", wire.heldUs ? span(wire.heldUs / 1000) : NONE],
    ["num", wire.backUs ? span((wire.backUs - wire.outUs) / 1000) : NONE],
    [wire.tone, wire.verdict], ["wide", wire.answer],
  ];
  const titles = ["Request", "Lane", "At", "Held", "Took", "Came to", "Answer"];
  return make("section", {}, make("h3", {}, "Requests"),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Requests on the wire" }, make("table", { role: "table" },
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...titles.map((title) => make("th", { role: "columnheader", scope: "col" }, title)))),
      make("tbody", { role: "rowgroup" }, ...order.wires.map((wire) => make("tr", { role: "row" }, ...cells(wire).map(([kind, text], place) => make("td", { role: "cell", class: kind, "data-label": titles[place] }, text || NONE))))))));
}

const after = (us) => `+${span(us / 1000)}`;

function steps(order) {
  const told = order.steps.filter((step) => !step.passing);
  const shown = told.slice(0, STEPS_MAX);
  const lanes = [...new Set(shown.flatMap((step) => [step.sender, step.actor]).filter(Boolean))];
  const list = make("ol", { class: "steps", style: { "--lanes": `${lanes.length * LANE_PX + 6}px` } });
  shown.forEach((step, place) => {
    const gap = place ? step.atUs - shown[place - 1].atUs : 0;
    if (gap >= WAIT_US || step.waited) list.append(waiting(gap, step));
    list.append(line(step, lanes));
  });
  const rest = told.length - shown.length;
  return make("section", {}, make("h3", {}, "Steps across the actors"), legend(lanes), list,
    rest > 0 ? make("p", { class: "none" }, `${whole(rest)} more steps`) : "");
}

function legend(lanes) {
  return make("p", { class: "legend lanes-key" }, ...lanes.map((name, place) =>
    make("span", {}, make("i", { class: "dot", style: { "--hue": hue(place) } }), name)));
}

const hue = (place) => String((205 + place * 67) % 360);

function waiting(gap, step) {
  const why = step.waited ? ` for ${step.waited}` : "";
  return make("li", { class: "wait" }, make("span", { class: "at" }), make("span", { class: "lanes" }), make("span", {}, `waited ${span(gap / 1000)}${why}`));
}

function line(step, lanes) {
  const at = lanes.indexOf(step.actor);
  const from = step.sender ? lanes.indexOf(step.sender) : at;
  const [left, right] = [Math.min(at, from), Math.max(at, from)];
  const cell = make("span", { class: "lanes", "aria-hidden": "true" },
    left === right ? "" : make("i", { class: "reach", style: { left: `${left * LANE_PX + 9}px`, width: `${(right - left) * LANE_PX}px` } }),
    make("i", { class: "dot", style: { "left": `${at * LANE_PX + 4}px`, "--hue": hue(at) } }));
  const extra = [
    step.attempt ? make("span", { class: "badge" }, `attempt ${step.attempt}`) : "",
    step.facts ? make("span", { class: "sub" }, `kept ${step.facts}`) : "",
    step.sent ? make("span", { class: "sub" }, `told ${step.sent}`) : "",
    step.error ? make("span", { class: "sub bad" }, step.error) : "",
  ];
  const said = make("span", { class: "said" }, make("b", {}, step.actor), " ", make("code", {}, step.message), " ", step.text, ...extra);
  const item = make("li", { class: step.error ? "trouble" : "" }, make("span", { class: "at" }, after(step.atUs)), cell, said);
  put(item, "title", `step ${step.sequence}${step.sender ? `, told by ${step.sender}` : ""}`);
  return item;
}
