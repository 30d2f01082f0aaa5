// The head of the page: mode, trading state and its reason, and the figures at a glance.

import { byId, make, put, say } from "./dom.js";
import { clock, money, NONE, percent, signed, span, whole, words } from "./format.js";
import * as shape from "./shapes.js";

const MODES = {
  paper: "built-in venue, no real money",
  shadow: "watches a live account, sends its orders to the built-in venue",
  testnet: "the venue's test network, no real money",
  demo: "the venue's demo trading, no real money",
  live: "real money",
};

export function showMode(world) {
  const status = shape.status(world);
  const mode = status.mode in MODES ? status.mode : "none";
  put(document.body, "data-mode", mode);
  say(byId("mode-name"), mode === "none" ? "Mode unknown" : mode.toUpperCase());
  say(byId("mode-text"), MODES[mode] ?? "the engine has not told it");
  const parts = [
    status.account && `account ${status.account}`,
    status.uptimeMs !== null && `up ${span(status.uptimeMs)}`,
    status.generation && `generation ${status.generation}`,
    status.version && `v${status.version}`,
  ];
  say(byId("mode-run"), parts.filter(Boolean).join(" · "));
}

export function showState(world) {
  const status = shape.status(world);
  const state = status.state || "";
  put(byId("state"), "data-state", state);
  say(byId("state-word"), state || "State unknown");
  const held = status.held.length ? `${status.held.join(", ")} held` : "";
  const brake = status.venueOpen === false ? "venue breaker open" : "";
  const notReady = status.ready === false ? "not ready for entries" : "";
  say(byId("state-why"), [status.reason, held, brake, notReady].filter(Boolean).join(" · "));
  document.title = [state, (status.mode || "").toUpperCase(), "Callboard"].filter(Boolean).join(" · ");
  return state;
}

/** What a tile tells: its title, its text, a second line, and whether that is good or bad. */
const TILES = [
  ["Equity", (all) => [money(all.account.equity), all.account.asset]],
  ["Unrealised", (all) => [signed(all.positions.unrealised), `${all.positions.rows.length} open`, tone(all.positions.unrealised)]],
  ["Realised", (all) => [signed(all.positions.realised), `fees ${money(all.positions.fees)}`, tone(all.positions.realised)]],
  ["Drawdown", (all) => [percent(all.account.drawdownPct, 2), `day start ${money(all.account.dayStart)}`]],
  ["Orders", (all) => [whole(all.statistics.total), `${whole(all.statistics.executed)} executed`]],
  ["Success", (all) => [percent(all.statistics.successPct, 1), `${whole(all.statistics.failed)} failed`, all.statistics.successPct !== null && all.statistics.successPct < 90 ? "warn" : ""]],
  ["Queue", (all) => [whole(all.queue.depth), all.queue.depth ? `oldest ${span(all.queue.oldestMs)}` : "empty"]],
  ["Ack p95", (all) => [span(all.latency.ack?.p95), `p50 ${span(all.latency.ack?.p50)}`]],
  ["Stream", (all) => [all.streams.word, all.streams.text, all.streams.isOk === false ? "bad" : all.streams.isOk ? "good" : ""]],
];

export class Tiles {
  constructor(home) {
    this.tiles = TILES.map(([title]) => {
      const value = make("b", {}, NONE);
      const more = make("small", {}, "");
      home.append(make("div", { class: "tile" }, make("span", {}, title), value, more));
      return { value, more };
    });
  }

  show(world) {
    const all = {
      account: shape.account(world), positions: shape.positions(world), statistics: shape.statistics(world),
      queue: shape.queue(world), latency: shape.latency(world), streams: shape.streams(world),
    };
    TILES.forEach(([, read], place) => {
      const [text, more = "", mood = ""] = read(all);
      say(this.tiles[place].value, text || NONE);
      put(this.tiles[place].value, "class", mood);
      say(this.tiles[place].more, more || "");
    });
  }
}

/** Say how the page is connected, and since when its figures are old. */
export function showLink(link, heardAtMs) {
  put(document.body, "data-link", link);
  const since = heardAtMs ? `figures of ${clock(heardAtMs)}` : "no figures yet";
  const texts = {
    live: ["Live", ""],
    polling: ["Polling", ""],
    connecting: ["Connecting", ""],
    locked: ["Token needed", "The service wants a token for this page: press Token."],
    engine: ["Engine gone", `The service answers, the engine does not: ${since}; trying again.`],
    gone: ["Disconnected", `Disconnected from the service: ${since}; trying again. Trading does not depend on this page.`],
  };
  const [word, trouble] = texts[link];
  say(byId("link-text"), word);
  const home = byId("trouble");
  home.hidden = !trouble;
  say(home, trouble);
}

const tone = (value) => (Number(value) > 0 ? "good" : Number(value) < 0 ? "bad" : "");
export { tone, words };
