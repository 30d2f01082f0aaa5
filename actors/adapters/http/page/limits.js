// Limits: for each window of the venue our own count beside the figure that the venue reports, and
// what stands in the way of sending: a pause or a ban, counted down.

import { byId, make, put, say } from "./dom.js";
import { countdown, span, whole } from "./format.js";
import * as shape from "./shapes.js";

const LOUD_PCT = 90;
const NEAR_PCT = 80;

export class Limits {
  constructor(home) {
    this.home = home.querySelector(".body");
    this.rows = new Map();
    this.key = make("p", { class: "legend" },
      make("span", {}, make("i", { class: "ours" }), "ours"), make("span", {}, make("i", { class: "venue" }), "venue's"));
    this.none = make("p", { class: "none" }, "Not told yet");
    this.home.append(this.none, this.key);
    this.until = { atMs: 0, word: "" };
    setInterval(() => this.count(), 500);
  }

  show(world) {
    const limits = shape.limits(world);
    this.none.hidden = limits.windows.length > 0;
    for (const window of limits.windows) this.row(window);
    this.until = limits.stop;
    this.count();
  }

  row(window) {
    let row = this.rows.get(window.name);
    if (!row) {
      const ours = make("i", { class: "ours" });
      const venue = make("i", { class: "venue" });
      const figures = make("span", { class: "figures" });
      const meter = make("div", { class: "meter", role: "meter", "aria-valuemin": "0" }, ours, venue);
      const bucket = make("small", {});
      const element = make("div", { class: "gauge" }, make("span", { class: "name" }, window.name), figures, meter, bucket);
      row = { element, ours, venue, figures, meter, bucket };
      this.rows.set(window.name, row);
      this.home.insertBefore(element, this.key);
    }
    const most = Math.max(window.ours ?? 0, window.venue ?? 0);
    const used = (100 * most) / (window.limit || 1);
    row.ours.style.setProperty("width", `${share(window.ours, window.limit)}%`);
    row.venue.style.setProperty("width", `${share(window.venue, window.limit)}%`);
    say(row.figures, `${whole(window.ours)} / ${whole(window.limit)}`);
    const told = window.venue === null ? "" : `venue ${whole(window.venue)}`;
    const pace = window.pace < 100 ? `pace ${window.pace} %` : "";
    say(row.bucket, [told, `bucket ${whole(window.tokens)} of ${whole(window.tokensMax)}`, pace].filter(Boolean).join(" · "));
    put(row.element, "data-use", used >= LOUD_PCT ? "loud" : used >= NEAR_PCT ? "near" : "");
    const age = window.venueAgeMs === null ? "" : `, told ${span(window.venueAgeMs)} ago`;
    put(row.element, "title", `${window.name}: ours ${whole(window.ours)}, the venue's ${window.venue === null ? "not told" : whole(window.venue)}${age}, limit ${whole(window.limit)}`);
    put(row.meter, "aria-label", row.element.title);
    put(row.meter, "aria-valuemax", String(window.limit));
    put(row.meter, "aria-valuenow", String(most));
    put(row.meter, "aria-valuetext", `${whole(window.ours)} of ${whole(window.limit)}`);
  }

  count() {
    const home = byId("ban");
    const left = this.until.atMs - Date.now();
    put(home, "class", left > 0 ? "meta bad" : "meta");
    say(home, left > 0 ? `${this.until.word} ${countdown(left)}` : this.rows.size ? "no ban, no pause" : "");
  }
}

const share = (count, limit) => Math.min((100 * (count ?? 0)) / (limit || 1), 100).toFixed(1);
