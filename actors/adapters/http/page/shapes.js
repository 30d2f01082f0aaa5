// What the API tells, in the form that panels draw: the only place that knows its JSON. What is
// absent is null, so that a panel shows a dash instead of a wrong figure.

import { span } from "./format.js";

const ZERO = 0;
const number = (value) => (value === null || value === undefined || value === "" ? null : Number(value));

/** The engine's clock now, or this browser's before the engine has told its own. */
export function nowMs(world) {
  return world.answers.status?.at_ms ?? world.answers.actors?.at_ms ?? Date.now();
}

export function status(world) {
  const told = world.answers.status ?? {};
  const vitals = world.answers.actors ?? {};
  const either = (name) => told[name] ?? vitals[name] ?? null;
  return {
    mode: either("mode") ?? world.answers.health?.mode ?? "",
    version: either("version"), generation: either("generation"), uptimeMs: either("uptime_ms"),
    account: typeof told.account === "string" ? told.account : "",
    state: told.trading_state ?? "", reason: told.reason ?? "", held: told.held_symbols ?? [],
    venueOpen: told.venue_open, ready: either("ready"),
  };
}

export function account(world) {
  const told = world.answers.status?.account ?? {};
  return {
    equity: told.equity ?? null, drawdownPct: told.drawdown_pct ?? null, dayStart: told.day_start_equity ?? null,
    asset: told.known_at_ms ? `available ${Number(told.available ?? 0).toFixed(0)}` : "",
  };
}

export function statistics(world) {
  const told = world.answers.status?.statistics ?? world.answers.metrics?.statistics ?? {};
  const rate = number(told.success_rate);
  return {
    total: told.total_orders ?? null, executed: told.executed ?? null, failed: told.failed ?? null,
    successPct: rate === null ? null : rate * 100,
  };
}

export function streams(world) {
  const gate = world.answers.status?.streams ?? null;
  const user = world.answers.status?.user_stream ?? null;
  if (!gate && !user) return { word: null, text: "", isOk: null };
  const isOk = (user?.healthy ?? gate?.user_stream_healthy) && (gate?.clock_trusted ?? true);
  const silent = user?.silent_ms ?? null;
  const heard = silent === null ? "" : `heard ${span(silent)} ago`;
  const skew = gate?.clock_trusted === false ? "clock not trusted" : "";
  return { word: isOk ? "healthy" : user?.connected === false ? "down" : "gap", text: skew || heard, isOk };
}

export function limits(world) {
  const told = world.answers.limits;
  if (!told) return { windows: [], stop: { atMs: 0, word: "" } };
  const stops = [
    ["banned", told.banned_until_ms], ["paused", told.paused_until_ms], ["orders paused", told.orders_paused_until_ms],
  ].filter(([, until]) => until > told.at_ms);
  const [word, until] = stops[0] ?? ["", told.at_ms];
  return {
    windows: told.budgets.map((budget) => ({
      name: words(budget.budget), limit: budget.limit, ours: budget.used, venue: budget.reported,
      venueAgeMs: budget.reported === null || !budget.reported_at_ms ? null : told.at_ms - budget.reported_at_ms,
      tokens: budget.tokens, tokensMax: budget.tokens_max, pace: budget.pace_percent,
    })),
    stop: { word, atMs: Date.now() + until - told.at_ms },
  };
}

/** `weight_1m` as "weight 1 m". */
const words = (budget) => budget.replace(/_(\d+)([a-z]+)$/, " $1 $2").replaceAll("_", " ");

export function queue(world) {
  const told = world.answers.queue;
  if (!told) return { rows: [], depth: null, oldestMs: null };
  const rows = told.classes.map((each) => ({
    name: each.priority.toLowerCase(), depth: each.waiting, oldestMs: each.waiting ? each.oldest_age_ms : null,
    why: each.priority === "OPENING" ? told.entries_off : "",
  }));
  rows.push({ name: "in flight", depth: told.in_flight, oldestMs: null, why: "" });
  for (const hold of told.holds) {
    rows.push({ name: `${hold.symbol} held`, depth: null, oldestMs: null, why: hold.holders.join(", ") });
  }
  const depth = told.classes.reduce((sum, each) => sum + each.waiting, ZERO);
  return { rows, depth, oldestMs: Math.max(...told.classes.map((each) => each.oldest_age_ms), ZERO) };
}

const LEGS = { e: "entry", s: "stop", t: "target", r: "trail", x: "exit" };

export function orders(world) {
  const told = world.answers.orders ?? { orders: [] };
  return { strangers: told.strangers?.length ?? ZERO, rows: orderRows(world, told.orders).reverse() };
}

/** Processes and machine, as the metrics have them. */
export function machine(world) {
  const told = world.answers.metrics?.figures ?? {};
  return {
    // An engine in the service's own process has no line of its own.
    enginePct: told.process_cpu_pct?.engine ?? told.process_cpu_pct?.service ?? null,
    engineBytes: told.process_memory_bytes?.engine ?? told.process_memory_bytes?.service ?? null,
    hostPct: told.host_cpu_pct ?? null, diskBytes: told.disk_free_bytes ?? null,
  };
}

/** The latest orders, open and ended, newest first, as the trade store has them. */
export const latest = (world) => orderRows(world, world.answers.latest?.orders ?? []);

function orderRows(world, orders) {
  const now = nowMs(world);
  return orders.map((order) => ({
    id: order.client_order_id, symbol: order.symbol, leg: LEGS[order.leg] ?? order.leg ?? "", side: order.side,
    type: order.order_type, quantity: order.quantity, closesAll: order.close_position, filled: order.filled,
    price: order.trigger_price ?? order.price ?? priceOfFills(order), state: order.state, reason: order.reason ?? "", attempts: order.attempts,
    ageMs: order.created_at_ms ? Math.max(now - order.created_at_ms, ZERO) : null, error: errorText(order.errors?.at(-1)) || order.reason || "",
    createdAtMs: order.created_at_ms, endedAtMs: order.ended_at_ms ?? null,
  }));
}

const priceOfFills = (order) => (Number(order.average_price) ? order.average_price : null);

function errorText(error) {
  if (!error) return "";
  const where = [error.status || "", error.code || ""].filter(Boolean).join(" ");
  return [error.kind.replaceAll("_", " ").toLowerCase(), where, error.text].filter(Boolean).join(" · ");
}

export function positions(world) {
  const told = world.answers.positions ?? { positions: [] };
  const targets = (world.answers.orders?.orders ?? []).filter((order) => (LEGS[order.leg] ?? order.leg) === "target");
  const rows = told.positions.map((position) => {
    const [quantity, entry, mark] = [position.quantity, position.entry_price, position.mark_price].map(Number);
    const target = targets.find((order) => order.symbol === position.symbol && order.position_side === position.position_side);
    const stop = number(position.stop_price);
    const aim = number(position.take_profit ?? target?.trigger_price ?? target?.price);
    const away = (level) => (level && mark ? (100 * Math.abs(level - mark)) / mark : null);
    const unrealised = mark ? (mark - entry) * quantity : null;
    return {
      key: `${position.symbol} ${position.position_side}`, symbol: position.symbol, side: quantity < ZERO ? "SHORT" : "LONG",
      quantity: position.quantity.replace("-", ""), entry, mark, stop, target: aim, stopPct: away(stop), targetPct: away(aim),
      liquidation: position.liquidation_price ?? null, liquidationPct: number(position.liquidation_distance_pct),
      unrealised, unrealisedPct: unrealised === null || !entry ? null : (100 * unrealised) / Math.abs(entry * quantity),
      realised: position.realised_pnl, fees: position.fees, funding: position.funding, strategy: position.strategy,
      isProtected: position.protected,
    };
  });
  const known = rows.filter((row) => row.unrealised !== null);
  return {
    rows, realised: told.realised_pnl ?? null, fees: told.fees ?? null, longestBareMs: told.longest_unprotected_ms ?? ZERO,
    unrealised: told.realised_pnl === undefined ? null : known.reduce((sum, row) => sum + row.unrealised, ZERO),
  };
}

export function trades(world) {
  return (world.answers.trades?.trades ?? []).map((trade) => {
    const [opened, closed] = [moment(trade.opened_at_ms ?? trade.opened_at), moment(trade.closed_at_ms ?? trade.closed_at)];
    return {
      raw: trade, id: trade.trade_id, symbol: trade.symbol, side: trade.direction ?? trade.side, quantity: trade.quantity,
      entry: trade.entry_price, exit: trade.exit_price, net: trade.net_pnl ?? trade.realised_pnl, fees: trade.fees ?? trade.commission,
      strategy: trade.strategy, reason: trade.reason, openedAtMs: opened, closedAtMs: closed,
      heldMs: opened && closed ? closed - opened : null,
      sought: Object.values(trade).filter((value) => typeof value === "string").join(" ").toLowerCase(),
    };
  });
}

const moment = (value) => (!value ? null : typeof value === "number" ? value : Date.parse(value));

const RANKS = { firing: 0, pending: 1, resolved: 2 };
const LOUDNESS = { CRITICAL: 2, WARNING: 1, INFO: 0 };

export function alerts(world) {
  return (world.answers.alerts?.alerts ?? []).map((alert) => ({
    name: alert.rule, state: alert.state, severity: alert.severity.toUpperCase(), sinceMs: alert.since_ms, text: alert.text,
    about: [alert.subject, valueText(alert), alert.count > 1 ? `${alert.count} times` : ""].filter(Boolean).join(" · "),
  })).sort((a, b) => RANKS[a.state] - RANKS[b.state] || LOUDNESS[b.severity] - LOUDNESS[a.severity] || b.sinceMs - a.sinceMs);
}

const valueText = (alert) => (alert.value ? `${alert.value}${alert.limit ? ` (limit ${alert.limit})` : ""}` : "");

export function actors(world) {
  const told = world.answers.actors;
  if (!told) return { rows: [], dead: [], text: "" };
  const dead = told.last_dead.map((each) => ({ ...each, key: each.message_id })).reverse();
  const coreFirst = [...told.actors].sort((one, two) => two.is_core - one.is_core);
  const rows = coreFirst.map((actor) => ({
    name: actor.name, mailbox: actor.mailbox, steps: actor.steps, restarts: actor.restarts, failures: actor.failures,
    meanUs: actor.handler_mean_us, maxUs: actor.handler_max_us, last: actor.last_message,
    agoMs: actor.last_at_ms ? Math.max(told.at_ms - actor.last_at_ms, ZERO) : null,
  }));
  const journal = told.journal ? ` · journal ${told.journal.failed || (told.journal.lag_ms ? `${told.journal.lag_ms} ms behind` : "in step")}` : "";
  return { rows, dead, text: `${told.core_steps.toLocaleString("en")} steps${journal}` };
}

export function health(world) {
  const told = world.answers.health ?? {};
  const rows = Object.entries(told.components ?? {}).map(([name, part]) => {
    const isOk = part.ok;
    return { name: name.replace(/^face_/, ""), isOk, word: isOk ? "ok" : "not ok", text: part.text };
  }).sort((one, two) => one.isOk - two.isOk);
  return { rows, status: told.status ?? "" };
}

const STEPS = [["signal_to_sent", "signal → sent"], ["sent_to_ack", "sent → ack"], ["fill_to_stop", "fill → stop"]];

export function latency(world) {
  const told = world.answers.metrics?.latency ?? {};
  const read = (name) => {
    const each = told[name] ?? told[`${name}_ms`];
    return each ? { p50: number(each.p50), p95: number(each.p95), p99: number(each.p99), count: each.count } : null;
  };
  const rows = STEPS.map(([name, title]) => ({ name: title, ...(read(name) ?? { p50: null, p95: null, p99: null, count: null }) }));
  return { rows, ack: read("sent_to_ack") };
}

export function errors(world) {
  const told = world.answers.metrics?.errors ?? {};
  const counts = Object.entries(told.by_kind ?? {}).filter(([, count]) => count > ZERO).sort((a, b) => b[1] - a[1]);
  const total = counts.reduce((sum, [, count]) => sum + count, ZERO);
  const ratio = number(told.retry_success_ratio);
  return {
    total, kinds: counts.map(([kind, count]) => ({ kind, words: kind.replaceAll("_", " ").toLowerCase(), count, pct: (100 * count) / total })),
    retries: told.retries ?? null, retrySuccessPct: ratio === null ? null : 100 * ratio, refused: told.refused ?? null,
    deadLetters: world.answers.actors?.dead_letters ?? null,
  };
}

const TONES = { "done": "good", "refused": "bad", "not executed": "bad", "failed": "bad", "unknown": "warn", "no answer": "warn", "not sent": "warn" };

export function timeline(told) {
  return {
    name: told.name, signal: told.signal_id ?? "", strategy: told.strategy ?? "", venue: told.venue_ids ?? [],
    leg: told.leg ? `${told.leg} of ${told.intent_id}` : "", others: (told.others ?? []).map((other) => other.name),
    state: told.state, wanted: told.wanted, ending: told.ending, attempts: told.attempts,
    filled: told.average_price === null ? "" : `${told.filled} at ${told.average_price}`,
    beginMs: told.begin_ms, lastedUs: told.lasted_us, isOpen: told.is_open,
    steps: told.steps.map((step) => ({
      sequence: step.sequence, atUs: step.at_us, actor: step.actor, sender: step.sender, message: step.message, text: step.text,
      facts: listed(step.facts), sent: listed(step.sent), waited: step.waited_for, attempt: step.attempt, error: step.error, passing: step.in_passing,
    })),
    wires: told.wires.map((wire) => ({
      what: wire.what, number: wire.number, lane: wire.lane, outUs: wire.out_us, backUs: wire.back_us, heldUs: wire.held_us || 0,
      verdict: wire.verdict, tone: TONES[wire.verdict] ?? "", answer: wire.answer,
    })),
    moves: told.moves.map((move) => ({ state: move.state, atUs: move.at_us, reason: move.reason })),
    faults: told.faults.map((fault) => ({ atUs: fault.at_us, text: fault.text })),
  };
}

const listed = (texts) => (Array.isArray(texts) ? texts.join(", ") : texts ?? "");
