// Events as they happen. Read by fetch, because an EventSource cannot carry a token; with the same
// resume by Last-Event-ID, a growing pause between attempts, and a watch for a line that went mute.

import { headers } from "./api.js";

const PATH = "/api/execution/events";
const PAUSE_MS = [500, 1000, 2000, 4000, 8000, 15000];
/** The service sends at least a comment each 15 s. */
const MUTE_MS = 40_000;
/** Characters of one event; a longer one is no event of ours. */
const EVENT_MAX = 1_000_000;

export class EventStream {
  /** `onEvent({id, topic, data})`; `onState("live" | "waiting")`. */
  constructor({ onEvent, onState }) {
    Object.assign(this, { onEvent, onState, lastId: "", failures: 0, aborter: null, timer: null });
  }

  async open() {
    clearTimeout(this.timer);
    this.aborter?.abort();
    const aborter = new AbortController();
    this.aborter = aborter;
    try {
      const extra = { Accept: "text/event-stream" };
      if (this.lastId) extra["Last-Event-ID"] = this.lastId;
      const response = await fetch(PATH, { headers: headers(extra), cache: "no-store", signal: aborter.signal });
      if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
      this.onState("live");
      await this.read(response.body.getReader(), aborter);
    } catch {
      // Every end of a stream, whatever its reason, is met by the next attempt.
    }
    if (this.aborter === aborter) this.wait();
  }

  wait() {
    const pause = PAUSE_MS[Math.min(this.failures, PAUSE_MS.length - 1)];
    this.failures += 1;
    this.onState("waiting");
    this.timer = setTimeout(() => this.open(), pause);
  }

  async read(reader, aborter) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const mute = setTimeout(() => aborter.abort(), MUTE_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(mute));
      if (done) return;
      this.failures = 0;
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      if (rest.length > EVENT_MAX) return;
      blocks.forEach((block) => this.take(block));
    }
  }

  take(block) {
    const event = { id: "", topic: "message", data: null };
    const data = [];
    for (const line of block.split("\n")) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      if (name === "id") event.id = value;
      else if (name === "event") event.topic = value;
      else if (name === "data") data.push(value);
    }
    if (!data.length) return;
    if (event.id) this.lastId = event.id;
    try {
      event.data = JSON.parse(data.join("\n"));
    } catch {
      return;
    }
    this.onEvent(event);
  }
}
