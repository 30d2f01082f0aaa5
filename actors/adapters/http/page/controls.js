// The four commands of a person: each asks first, wants a reason, and says what came of it.

import { Fault, keepToken, post, token } from "./api.js";
import { byId, make, toast } from "./dom.js";

const ACTS = {
  halt: {
    title: "Halt trading?", button: "Halt", tone: "stop",
    text: "No new order is sent. Stops and targets stay at the venue; closing orders still pass.",
    told: (answer) => (answer.trading_state === "HALTED" ? "Halted" : "Halt taken"),
    needsReason: false,
  },
  resume: {
    title: "Resume trading?", button: "Resume", second: true,
    text: "Entries are accepted again, within the limits.",
    told: (answer) => (answer.state === "WAITING_FOR_APPROVAL" ? `Waits for another approval (${answer.approvals.length} of ${answer.approvals_min})` : "Resumed"),
  },
  flatten: {
    title: "Flatten all positions?", button: "Flatten", tone: "stop", typed: "FLATTEN",
    text: "Trading halts, open orders are cancelled and every position is closed at the market.",
    told: (answer) => (answer.is_over ? (answer.is_flat ? "Flat" : `Not flat: ${answer.left.join(", ")}`) : "Flattening"),
  },
  reconcile: {
    title: "Reconcile now?", button: "Reconcile",
    text: "Orders and positions are compared with the venue's own. Nothing is sent but questions.",
    told: () => "Reconciling",
  },
};

export function bindControls(afterwards) {
  for (const name of Object.keys(ACTS)) byId(`act-${name}`).addEventListener("click", () => ask(name, afterwards));
  byId("tool-token").addEventListener("click", () => askToken(afterwards));
}

/** Which commands make sense in this state. */
export function allow(state, isReachable) {
  byId("act-halt").disabled = !isReachable || state === "HALTED";
  byId("act-resume").disabled = !isReachable || state === "ACTIVE";
  byId("act-flatten").disabled = !isReachable;
  byId("act-reconcile").disabled = !isReachable;
}

export function ask(name, afterwards) {
  if (byId(`act-${name}`).disabled) return;
  const act = ACTS[name];
  const isLive = document.body.dataset.mode === "live";
  const reason = field("confirm-reason", act.needsReason === false ? "Reason (may stay empty)" : "Reason", { required: act.needsReason !== false, maxlength: 200, autocomplete: "off" });
  const typed = act.typed && isLive ? field("confirm-typed", `Type ${act.typed}`, { required: true, pattern: act.typed, autocomplete: "off" }) : null;
  const second = act.second ? field("confirm-second", "Second person's token, where two are wanted", { type: "password", autocomplete: "off" }) : null;
  open({
    title: act.title, text: act.text, button: act.button, tone: act.tone, fields: [reason, typed, second],
    send: async (key) => {
      const text = reason.input.value.trim();
      let answer = {};
      const bearers = [token(), second?.input.value.trim()].filter((each, place) => place === 0 || each);
      for (const [place, bearer] of bearers.entries()) {
        answer = await post(`/api/execution/${name}`, text ? { reason: text } : {}, { key: `${key}-${place}`, bearer });
      }
      toast([act.told(answer), text].filter(Boolean).join(": "), act.tone === "stop" ? "warn" : "good");
      afterwards();
    },
  });
}

export function askToken(afterwards) {
  const input = field("confirm-token", "Token", { type: "password", autocomplete: "off", value: token() });
  open({
    title: "Token", button: "Keep", fields: [input],
    text: "Kept for this tab alone and sent to this service alone. Empty forgets it.",
    send: async () => {
      keepToken(input.input.value.trim());
      afterwards();
    },
  });
}

function field(id, label, attributes) {
  const input = make("input", { id, ...attributes });
  return { element: make("p", { class: "field" }, make("label", { for: id }, label), input), input };
}

function open({ title, text, button, tone, fields, send }) {
  const dialog = byId("confirm");
  const key = crypto.randomUUID?.() ?? `page-${performance.timeOrigin}-${performance.now()}`;
  const faults = make("div", { class: "faults", role: "alert" });
  const go = make("button", { type: "submit", class: tone ?? "main" }, button);
  const form = make("form", { method: "dialog" },
    make("h2", { id: "confirm-title" }, title), make("p", {}, text), ...fields.filter(Boolean).map((each) => each.element), faults,
    make("p", { class: "buttons" }, make("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), go));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    faults.replaceChildren();
    try {
      await send(key);
      dialog.close();
    } catch (fault) {
      faults.replaceChildren(...told(fault));
    } finally {
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector("input")?.focus();
}

function told(fault) {
  if (!(fault instanceof Fault)) throw fault;
  const advice = fault.needsToken ? " A token is needed: close this and press Token." : fault.isSilent ? " Whether it was taken is not known: look at the state." : "";
  return [make("p", {}, fault.message + advice), ...fault.details.map((each) => make("p", {}, [each.field, each.message].filter(Boolean).join(": ")))];
}
