// The API as this page asks it: same origin alone, a time limit for every request, and one kind of
// error. The token lives in sessionStorage: it ends with the tab and no other page sees it.

const KEY = "callboard-token";
const LIMIT_MS = 8000;
let kept = "";

/** What the API refused or could not do, in its own words. */
export class Fault extends Error {
  constructor(message, { status = 0, code = "", details = [], after = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, details, after });
  }

  /** True where nobody answered: no service, no network, or no answer in time. */
  get isSilent() { return this.status === 0; }

  get needsToken() { return this.status === 401; }
}

export function token() {
  try {
    return sessionStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}

export function keepToken(text) {
  kept = text;
  try {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage it is kept as long as the page.
  }
}

export function headers(extra = {}, bearer = token()) {
  return bearer ? { ...extra, Authorization: `Bearer ${bearer}` } : extra;
}

async function faultOf(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // A proxy's page is not ours to read.
  }
  const details = error.details ?? [];
  const text = error.message || `the API answered ${response.status}`;
  const after = Number(response.headers.get("Retry-After")) * 1000 || 0;
  return new Fault(text, { status: response.status, code: error.code ?? "", details, after });
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    throw new Fault(error.name === "TimeoutError" ? "no answer in time" : "the service does not answer");
  }
  return response;
}

/** Read JSON; `/health` answers with a body whatever its status. */
export async function get(path, { also = [] } = {}) {
  const response = await request(path, { headers: headers() });
  if (!response.ok && !also.includes(response.status)) throw await faultOf(response);
  return response.json();
}

/** Command something; the key makes a repeated press harmless. */
export async function post(path, body, { key = crypto.randomUUID?.() ?? String(Math.random()).slice(2), bearer } = {}) {
  const extra = { "Content-Type": "application/json", "Idempotency-Key": key };
  const response = await request(path, { method: "POST", headers: headers(extra, bearer), body: JSON.stringify(body) });
  if (!response.ok) throw await faultOf(response);
  return response.json().catch(() => ({}));
}
