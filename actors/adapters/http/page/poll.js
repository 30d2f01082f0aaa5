// What the page knows: each route's last answer, asked again every two seconds, or at once when an
// event says that it changed. One request a route at a time; a hidden page asks seldom.

import { get } from "./api.js";

const BEAT_MS = 2000;
const HIDDEN_MS = 15_000;
const SOON_MS = 250;

/**
 * Route by name; `every` counts beats; `events` say that it is worth asking at once. What a `face`
 * of the service keeps is asked for only while health names that face.
 */
const ROUTES = {
  status: { path: "/api/execution/status", every: 1, events: /^(trading|engine)\./ },
  health: { path: "/health", every: 2, also: [503] },
  limits: { path: "/api/execution/limits", every: 1 },
  queue: { path: "/api/execution/queue", every: 1, events: /^order\.(queued|sent)/ },
  orders: { path: "/api/execution/orders?status=open&limit=200", every: 2, events: /^order/ },
  latest: { path: "/api/execution/orders?status=all&limit=200", every: 5, events: /^order\.(placed|filled|failed|cancelled|expired)/ },
  positions: { path: "/api/execution/positions", every: 1, events: /^(position|trade)/ },
  metrics: { path: "/api/execution/metrics", every: 1, face: "metrics" },
  trades: { path: "/api/execution/trades?limit=200", every: 5, events: /^trade/ },
  alerts: { path: "/api/execution/alerts", every: 2, face: "alerts", events: /^(alert|system)/ },
  actors: { path: "/api/execution/actors", every: 2 },
};

export class World {
  /** `onChange(world)` after every beat. */
  constructor(onChange) {
    Object.assign(this, { onChange, answers: {}, faults: {}, asked: new Set(), wanted: new Set(), beat: 0 });
    this.heardAtMs = 0;
    this.timer = null;
    document.addEventListener("visibilitychange", () => document.hidden || this.tick());
  }

  tick() {
    clearTimeout(this.timer);
    const due = Object.keys(ROUTES).filter((name) => this.beat % ROUTES[name].every === 0 || this.faults[name]);
    this.beat += 1;
    this.ask(due).finally(() => {
      this.timer = setTimeout(() => this.tick(), document.hidden ? HIDDEN_MS : BEAT_MS);
    });
  }

  /** Ask again soon for what this topic may have changed. */
  hear(topic) {
    for (const [name, route] of Object.entries(ROUTES)) if (route.events?.test(topic)) this.wanted.add(name);
    this.soon ??= setTimeout(() => {
      this.soon = null;
      const names = [...this.wanted];
      this.wanted.clear();
      if (names.length && !document.hidden) this.ask(names);
    }, SOON_MS);
  }

  async ask(names) {
    const free = names.filter((name) => !this.asked.has(name));
    await Promise.all(free.filter((name) => !ROUTES[name].face).map((name) => this.one(name)));
    await Promise.all(free.filter((name) => ROUTES[name].face).map((name) => this.ofFace(name)));
    this.onChange(this);
  }

  /** True while the service has this face, as its health says. */
  has(face) { return Boolean(this.answers.health?.components?.[`face_${face}`]); }

  async ofFace(name) {
    if (this.has(ROUTES[name].face)) await this.one(name);
    else delete this.answers[name];
  }

  async one(name) {
    this.asked.add(name);
    try {
      this.answers[name] = await get(ROUTES[name].path, { also: ROUTES[name].also });
      delete this.faults[name];
      this.heardAtMs = Date.now();
    } catch (fault) {
      this.faults[name] = fault;
    } finally {
      this.asked.delete(name);
    }
  }
}
