// The page: panels, what feeds them, and how it says that it hears nothing.

import { token } from "./api.js";
import { allow, bindControls } from "./controls.js";
import { byId, make, remember } from "./dom.js";
import { Errors, Latency, Rate } from "./flow.js";
import { showLink, showMode, showState, Tiles } from "./head.js";
import { bindKeys } from "./keys.js";
import { Limits } from "./limits.js";
import { World } from "./poll.js";
import { latest, orders } from "./shapes.js";
import { EventStream } from "./stream.js";
import { openOrder, Orders, Positions, Queue, Trades } from "./tables.js";
import { Timeline } from "./timeline.js";
import { Actors, Alerts, Health, Log } from "./watch.js";

const rate = new Rate(byId("rate"));
const log = new Log(byId("log"));
const timeline = new Timeline();
const panels = [
  new Tiles(byId("tiles")), new Limits(byId("limits")), rate, new Latency(byId("latency")), new Errors(byId("errors")),
  new Positions(byId("positions")), new Orders(byId("orders")), new Queue(byId("queue")), new Trades(byId("trades")),
  new Alerts(byId("alerts")), new Actors(byId("actors")), new Health(byId("health")),
];
/** Steps of the engine before now whose events are asked for, too. */
const PAST_STEPS = 3000;
const SETTLED_MS = 1500;
const stream = { state: "waiting" };
let isStarted = false;

const world = new World(show);
const events = new EventStream({ onEvent: hear, onState: streamed });

function show() {
  if (!isStarted) begin();
  showMode(world);
  const state = showState(world);
  const link = linkState();
  showLink(link, world.heardAtMs);
  allow(state, ["live", "polling", "engine", "locked"].includes(link));
  remember([...orders(world).rows, ...latest(world)].map((row) => row.id));
  for (const panel of panels) panel.show(world);
  byId("known").replaceChildren(...orders(world).rows.slice(0, 50).map((row) => make("option", { value: row.id })));
}

/** Listen, from a little before now on, so that a page just opened has something to tell. */
function begin() {
  isStarted = true;
  const sequence = world.answers.actors?.journal?.sequence ?? 0;
  if (sequence) events.lastId = `${Math.max(sequence - PAST_STEPS, 0)}.0`;
  events.open();
}

function linkState() {
  const fault = world.faults.status;
  if (fault?.needsToken) return "locked";
  if (fault?.isSilent) return "gone";
  if (fault) return "engine";
  if (!isStarted) return "connecting";
  return stream.state === "live" ? "live" : "polling";
}

function hear(event) {
  rate.hear(event);
  log.hear(event);
  timeline.hear(event);
  world.hear(event.topic);
}

function streamed(state) {
  stream.state = state;
  // What the stream brings of the past comes at once; only then is it known from when on.
  if (state === "live") setTimeout(() => rate.begin(latest(world)), SETTLED_MS);
  if (isStarted) showLink(linkState(), world.heardAtMs);
}

/** After a command, another token, or a network that came back: look at once. */
function afterwards() {
  world.beat = 0;
  world.tick();
  if (stream.state !== "live" || token()) events.open();
}

function theme() {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("callboard-theme", root.dataset.theme);
  } catch {
    // Then it lasts as long as the page.
  }
  dispatchEvent(new Event("callboard-theme"));
}

// The browser knows first that its network went or came.
addEventListener("offline", () => world.tick());
addEventListener("online", afterwards);
bindControls(afterwards);
bindKeys({ timeline, log, theme, afterwards });
byId("tool-theme").addEventListener("click", theme);
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  if (byId("search").value.trim()) openOrder(byId("search").value.trim());
});
timeline.follow();
world.tick();
