// Figures and times as people read them. Money comes as text and is rounded for the eye only.

const grouped = new Map();
export const NONE = "–";

/** Format a number or a text of one with exactly `places` decimals. */
export function fixed(value, places) {
  if (value === null || value === undefined || value === "" || Number.isNaN(Number(value))) return NONE;
  if (!grouped.has(places)) {
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
    grouped.set(places, new Intl.NumberFormat("en", digits));
  }
  return grouped.get(places).format(Number(value)).replace("-", "−");
}

export const whole = (value) => fixed(value, 0);
export const money = (value) => fixed(value, 2);

/** With its sign, as profit is read. */
export function signed(value, places = 2) {
  const text = fixed(value, places);
  return text !== NONE && Number(value) > 0 ? `+${text}` : text;
}

/** A price or a quantity with the decimals that it came with, grouped. */
export function exact(value) {
  if (value === null || value === undefined || value === "") return NONE;
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) return fixed(value, 2);
  const [digits, fraction = ""] = text.split(".");
  const kept = fraction.replace(/0+$/, "");
  return fixed(digits, 0).replace("−0", "-0") + (kept ? `.${kept}` : "");
}

/** A price with at least two decimals and no more than it needs. */
export function price(value) {
  if (value === null || value === undefined || value === "" || Number(value) === 0) return NONE;
  const fraction = (String(value).split(".")[1] || "").replace(/0+$/, "");
  return fixed(value, Math.min(Math.max(fraction.length, 2), Math.abs(value) >= 1000 ? 2 : 6));
}

export function percent(value, places = 1) {
  const text = fixed(value, places);
  return text === NONE ? text : `${text} %`;
}

const two = (number) => String(number).padStart(2, "0");

/** Time of day, UTC as the engine's own records. */
export function clock(ms) {
  if (!ms) return NONE;
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

export function clockExact(ms) {
  return ms ? `${clock(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}` : NONE;
}

export const stamp = (ms) => (ms ? new Date(ms).toISOString().replace("T", " ").slice(0, 19) : NONE);

/** A duration in its two largest units. */
export function span(ms) {
  if (ms === null || ms === undefined || Number.isNaN(Number(ms))) return NONE;
  const length = Number(ms);
  if (length < 0) return `−${span(-length)}`;
  if (length < 1) return length ? `${Math.round(length * 1000)} µs` : "0 ms";
  if (length < 1000) return `${length < 10 ? length.toFixed(1).replace(".0", "") : Math.round(length)} ms`;
  if (length < 60_000) return `${(length / 1000).toFixed(length < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(length / 60_000);
  if (minutes < 60) return `${minutes} min ${two(Math.floor((length % 60_000) / 1000))} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What is left until a moment, as a countdown. */
export function countdown(ms) {
  const seconds = Math.max(Math.ceil(ms / 1000), 0);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** Bytes in the unit that leaves few digits. */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return NONE;
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4);
  return `${fixed(bytes / 1024 ** unit, unit > 2 ? 1 : 0)} ${["B", "kB", "MB", "GB", "TB"][unit]}`;
}

/** `PARTIALLY_FILLED` as "partially filled". */
export const words = (name) => String(name ?? "").replaceAll("_", " ").toLowerCase();
