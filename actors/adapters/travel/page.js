"use strict";
// Draws the lives of orders from the data in this file. Every text goes in as text, never as
// markup, and nothing is asked of any network.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const word = (index) => data.words[index];
  const $ = (id) => document.getElementById(id);
  const ROW = 62, LANE = 30, FIRST = 13;

  const STATES = {
    PENDING: "--pending", SUBMITTED: "--submitted", ACTIVE: "--active",
    PARTIALLY_FILLED: "--partial", FILLED: "--filled", CANCELLING: "--cancelling",
    AMENDING: "--cancelling", CANCELLED: "--cancelled", TRIGGERING: "--trigger",
    UNKNOWN: "--unknown", PARKED: "--trigger", EXPIRED: "--ended", REJECTED: "--bad",
    FAILED: "--bad", REFUSED: "--bad", "NO ORDER": "--ended",
  };
  const VERDICTS = {
    "done": ["good", "--filled"], "refused": ["bad", "--bad"], "not executed": ["bad", "--bad"],
    "unknown": ["odd", "--unknown"], "not sent": ["odd", "--cancelling"], "no answer": ["odd", "--unknown"],
    "absent": ["odd", "--ended"], "failed": ["bad", "--bad"],
  };
  const colour = (state) => `var(${STATES[state] || "--pending"})`;
  const pretty = (state) => state.replace("_", " ").toLowerCase();

  // The entries of the data, by name.
  const orders = data.orders.map((order, index) => ({
    ...order, index,
    steps: order.steps.map(([sequence, at, actor, sender, message, text, facts, sent, waited, attempt, error, passing]) =>
      ({ sequence, at, actor: word(actor), sender: word(sender), message: word(message), text: word(text), facts: word(facts), sent: word(sent), waited: word(waited), attempt, error: word(error), passing })),
    wires: order.wires.map(([what, number, lane, outStep, out, backStep, back, verdict, answer, held]) =>
      ({ held, what: word(what), number, lane: word(lane), outStep, out, backStep, back, verdict: word(verdict), answer: word(answer) })),
    moves: order.moves.map(([sequence, at, state, reason]) => ({ sequence, at, state: word(state), reason: word(reason) })),
    faults: order.faults.map(([sequence, at, text]) => ({ sequence, at, text: word(text) })),
  }));
  for (const order of orders) {
    order.sought = [order.name, order.signal, ...order.venue, order.wanted, order.ending, order.strategy, order.leg,
      ...order.moves.flatMap((move) => [pretty(move.state), move.state]), ...order.faults.map((fault) => fault.text)].join(" ").toLowerCase();
    order.unknown = order.moves.some((move) => move.state === "UNKNOWN");
    order.trouble = order.faults.length * 2 + (order.attempts > 1 ? order.attempts : 0) + (order.unknown ? 3 : 0) + order.steps.filter((step) => step.error).length * 3;
  }
  const KINDS = [
    ["all", "All", () => true],
    ["open", "Open", (order) => order.open],
    ["filled", "Filled", (order) => order.state === "FILLED"],
    ["cancelled", "Cancelled", (order) => order.state === "CANCELLED" || order.state === "EXPIRED"],
    ["failed", "Failed", (order) => ["FAILED", "REJECTED", "PARKED"].includes(order.state)],
    ["refused", "Refused", (order) => !order.isOrder],
    ["retried", "Retried", (order) => order.attempts > 1],
    ["unknown", "Once unknown", (order) => order.unknown],
    ["errors", "With errors", (order) => order.faults.length > 0 || order.steps.some((step) => step.error)],
  ];
  const SORTS = {
    time: (a, b) => a.index - b.index,
    latest: (a, b) => b.index - a.index,
    lasted: (a, b) => b.lasted - a.lasted || a.index - b.index,
    trouble: (a, b) => b.trouble - a.trouble || a.index - b.index,
  };

  // Making elements. Children are elements, or texts.
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    fill(element, attributes, children);
    return element;
  }
  function draw(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    fill(element, attributes, children);
    return element;
  }
  function fill(element, attributes, children) {
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "style") Object.entries(value).forEach(([name, text]) => element.style.setProperty(name, text));
      else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
  }
  const two = (number) => String(number).padStart(2, "0");
  // Times are microseconds; `at` counts from the order's begin.
  function clock(us) {
    const at = new Date(Math.floor(us / 1000));
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
  }
  const day = (us) => new Date(us / 1000).toISOString().slice(0, 10);
  function span(us) {
    if (us < 1000) return us ? `${us} µs` : "0 ms";
    if (us < 1e6) return `${(us / 1000).toFixed(us < 1e5 ? 1 : 0).replace(".0", "")} ms`;
    if (us < 6e7) return `${(us / 1e6).toFixed(2)} s`;
    const minutes = Math.floor(us / 6e7);
    return minutes < 60 ? `${minutes} min ${two(Math.floor((us % 6e7) / 1e6))} s` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  }

  // The list: only the rows in sight are elements.
  let kind = "all", shown = orders, chosen = null, terms = [];
  function marked(text) {
    const found = terms.map((term) => [text.toLowerCase().indexOf(term), term.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0])[0];
    if (!found) return [text];
    const [at, length] = found;
    return [text.slice(0, at), make("mark", {}, text.slice(at, at + length)), text.slice(at + length)];
  }
  function pill(state) {
    return make("span", { class: "pill", style: { background: colour(state) } }, pretty(state));
  }
  function bar(order) {
    const line = make("div", { class: "bar" }), first = order.moves.length ? order.moves[0].at : 0;
    if (first > 0) line.append(make("i", { style: { flex: `${first / order.lasted} 0 0` } }));
    spans(order).forEach(([from, to, state]) => {
      const share = order.lasted ? (to - from) / order.lasted : 1;
      line.append(make("i", { style: { "flex": `${Math.max(share, 0.01)} 0 0`, background: colour(state) } }));
    });
    return line;
  }
  function spans(order) {
    if (!order.moves.length) return [[0, order.lasted, order.state]];
    return order.moves.map((move, index) => {
      const next = order.moves[index + 1];
      return [move.at, next ? next.at : Math.max(order.lasted, move.at), move.state];
    });
  }
  function row(order, place) {
    const badges = make("span", {});
    if (order.attempts > 1) badges.append(make("span", { class: "badge odd", title: "attempts" }, `${order.attempts}×`));
    if (order.faults.length) badges.append(make("span", { class: "badge bad", title: "failed requests" }, `${order.faults.length} err`));
    return make("div", {
      class: "row", role: "option", id: `row-${order.index}`, "aria-selected": order === chosen ? "true" : "false",
      "aria-setsize": shown.length, "aria-posinset": place + 1,
      style: { top: `${place * ROW}px` }, onclick: () => choose(order),
    },
    make("div", { class: "a" }, make("span", { class: "mono" }, ...marked(order.name)), pill(order.state)),
    make("div", { class: "b" }, make("span", {}, clock(order.begin), "  ", ...marked(order.wanted)), make("span", {}, badges, ` ${span(order.lasted)}`)),
    bar(order));
  }
  function paint() {
    const list = $("list"), space = $("space");
    const from = Math.max(Math.floor(list.scrollTop / ROW) - 6, 0);
    const to = Math.min(from + Math.ceil(list.clientHeight / ROW) + 12, shown.length);
    space.style.setProperty("height", `${shown.length * ROW}px`);
    space.replaceChildren(...shown.slice(from, to).map((order, index) => row(order, from + index)));
    if (chosen && shown.includes(chosen)) list.setAttribute("aria-activedescendant", `row-${chosen.index}`);
    else list.removeAttribute("aria-activedescendant");
  }
  function matches(order) { return terms.every((term) => order.sought.includes(term)); }
  function refresh() {
    terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = orders.filter(matches);
    const test = KINDS.find(([name]) => name === kind)[2];
    shown = found.filter(test).sort(SORTS[$("sort").value]);
    $("chips").replaceChildren(...KINDS.map(([name, title, is]) => {
      const count = found.filter(is).length;
      if (!count && name !== "all" && name !== kind) return "";
      return make("button", { class: "chip", type: "button", "aria-pressed": name === kind ? "true" : "false", onclick: () => { kind = name; refresh(); } }, title, make("b", {}, count.toLocaleString("en")));
    }).filter(Boolean));
    $("count").textContent = shown.length === orders.length ? `${orders.length.toLocaleString("en")} orders` : `${shown.length.toLocaleString("en")} of ${orders.length.toLocaleString("en")} orders`;
    $("list").scrollTop = 0;
    if (shown.length && !shown.includes(chosen)) choose(shown[0]);
    else { if (chosen) reveal(shown.indexOf(chosen)); paint(); }
    if (!shown.length) $("order").replaceChildren(make("p", { class: "empty" }, "No order is found by this."));
    else if ($("order").querySelector(".empty")) show(chosen);
  }
  function reveal(place) {
    const list = $("list"), top = place * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  }
  function choose(order) {
    chosen = order;
    reveal(shown.indexOf(order));
    paint();
    show(order);
    history.replaceState(null, "", `#${encodeURIComponent(order.name)}`);
  }
  function move(by) {
    if (!shown.length) return;
    const place = shown.indexOf(chosen);
    choose(shown[Math.min(Math.max(place + by, 0), shown.length - 1)]);
  }

  // One order.
  function fact(title, text) {
    return text ? make("div", {}, make("dt", {}, title), make("dd", {}, text)) : "";
  }
  function show(order) {
    const view = $("order");
    view.scrollTop = 0;
    const end = order.begin + order.lasted;
    view.replaceChildren(
      make("div", { class: "title" }, make("h1", { class: "mono" }, order.name), pill(order.state), make("span", { class: "what" }, order.wanted)),
      make("dl", { class: "facts" },
        fact("part", order.leg), fact("filled", order.filled), fact("signal", order.signal), fact("id at the venue", order.venue.join(", ")),
        fact("time, UTC", `${day(order.begin)} ${clock(order.begin)} – ${clock(end)}`), fact("lasted", span(order.lasted)),
        fact("attempts to place", order.isOrder ? String(order.attempts) : ""), fact("requests", order.wires.length ? String(order.wires.length) : ""),
        fact("ending", order.ending)),
      strip(order), steps(order), requests(order), faults(order));
  }
  function strip(order) {
    const box = draw("svg", { viewBox: "0 0 1000 44", preserveAspectRatio: "none", role: "img", "aria-label": "states and requests over time" });
    const total = Math.max(order.lasted, ...order.wires.map((wire) => wire.back || wire.out), 1);
    const x = (at) => 1000 * Math.max(at, 0) / total;
    for (const [from, to, state] of spans(order)) {
      box.append(draw("rect", { x: x(from), y: 4, width: Math.max(x(to) - x(from), 2), height: 18, style: { fill: colour(state) } }, draw("title", {}, `${pretty(state)} for ${span(to - from)}`)));
    }
    for (const wire of order.wires) {
      const back = wire.backStep ? wire.back : total;
      box.append(draw("rect", { x: x(wire.out), y: 30, width: Math.max(x(back) - x(wire.out), 3), height: 10, style: { fill: `var(${(VERDICTS[wire.verdict] || VERDICTS.unknown)[1]})` } }, draw("title", {}, `${wire.what} ${wire.number}: ${wire.verdict}`)));
    }
    const names = [...new Set(spans(order).map(([, , state]) => state))];
    return make("div", { class: "strip" }, box,
      make("div", { class: "legend" },
        ...names.map((state) => make("span", {}, make("i", { style: { background: colour(state) } }), pretty(state))),
        order.wires.length ? make("span", {}, "below: requests on the wire, coloured by what they came to") : "",
        make("span", {}, `whole width: ${span(total)}`)));
  }

  // The steps, each with its piece of the lanes: a line per actor, an arrow, bars of open requests.
  const ORDER_OF_LANES = ["host", "execution_system", "position_monitor", "risk_gate", "order_queue", "rate_limiter", "order_manager", "lane_opening", "lane_reducing", "user_socket", "user_stream", "reconciler", "error_classifier", "supervisor", "circuit_breaker"];
  function lanesOf(order) {
    const found = new Set();
    for (const step of order.steps) { found.add(step.actor); if (step.sender) found.add(step.sender); }
    order.wires.forEach((wire) => found.add(wire.lane));
    const place = (name) => { const at = ORDER_OF_LANES.indexOf(name); return at < 0 ? 99 : at; };
    return [...found].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  }
  function lifelines(lanes, open, top, bottom) {
    const box = draw("svg", { "aria-hidden": "true" });
    lanes.forEach((_, index) => {
      box.append(draw("line", { x1: middle(index), x2: middle(index), y1: "0", y2: "100%", style: { stroke: "var(--lane)", "stroke-width": "1" } }));
    });
    for (const [wire, part] of open) {
      const at = middle(lanes.indexOf(wire.lane));
      const fill = `var(${(VERDICTS[wire.verdict] || VERDICTS.unknown)[1]})`;
      const y = part === "out" ? FIRST : 0;
      const height = part === "back" ? FIRST : "100%";
      box.append(draw("rect", { x: at - 4, y, width: 8, height, rx: part === "through" ? 0 : 2, style: { fill, opacity: ".85" } }));
    }
    return box;
  }
  const middle = (index) => index * LANE + LANE / 2;
  function arrow(box, lanes, step) {
    const to = middle(lanes.indexOf(step.actor)), tint = step.error ? "var(--bad)" : "var(--arrow)";
    const from = step.sender && step.sender !== step.actor ? middle(lanes.indexOf(step.sender)) : null;
    if (from !== null) {
      const way = to > from ? 1 : -1;
      box.append(draw("line", { x1: from, x2: to - way * 8, y1: FIRST, y2: FIRST, style: { stroke: tint, "stroke-width": "1.4" } }));
      box.append(draw("path", { d: `M${to - way * 5} ${FIRST} l${-way * 6} -3.5 l0 7 z`, style: { fill: tint } }));
    } else if (step.sender) {
      box.append(draw("path", { d: `M${to} ${FIRST - 8} c12 -3 12 14 3 9`, style: { fill: "none", stroke: tint, "stroke-width": "1.2" } }));
    }
    box.append(draw("circle", { cx: to, cy: FIRST, r: 4.2, style: { fill: step.error ? "var(--bad)" : step.passing ? "var(--panel)" : tint, stroke: tint, "stroke-width": "1.4" } }));
  }
  function stateAt(order, sequence) {
    let state = "";
    for (const each of order.moves) if (each.sequence <= sequence) state = each.state;
    return state;
  }
  function openWires(order, sequence) {
    const found = [];
    for (const wire of order.wires) {
      if (wire.outStep === sequence) found.push([wire, "out"]);
      else if (wire.backStep === sequence) found.push([wire, "back"]);
      else if (wire.outStep < sequence && (!wire.backStep || wire.backStep > sequence)) found.push([wire, "through"]);
    }
    return found;
  }
  function steps(order) {
    const lanes = lanesOf(order);
    const box = make("div", { class: "steps", style: { "--lanes": `${lanes.length * LANE}px` } });
    const heads = make("div", { class: "lanes" });
    lanes.forEach((name, index) => heads.append(make("b", { style: { left: `${middle(index) + 4}px` } }, name.replaceAll("_", " "))));
    box.append(make("div", { class: "heads", "aria-hidden": "true" }, make("span", {}, "time"), make("span", {}, "after"), make("span", {}), heads, make("span", {}, "message")));
    let before = null;
    for (const step of order.steps) {
      const gap = before ? step.at - before.at : 0;
      if (gap >= 1000) box.append(wait(order, lanes, before, step, gap));
      box.append(stepRow(order, lanes, step, gap));
      before = step;
    }
    return box;
  }
  function wait(order, lanes, before, step, gap) {
    const height = Math.min(12 + 7 * Math.log10(gap / 1000 + 1), 46);
    const open = openWires(order, before.sequence).filter(([wire, part]) => part !== "back").map(([wire]) => [wire, "through"]);
    const state = stateAt(order, before.sequence);
    const word = step.waited ? `${span(gap)}, waiting for ${step.waited}` : span(gap);
    return make("div", { class: "wait", style: { height: `${Math.max(height, 20)}px` } },
      make("span", {}), make("span", {}), make("span", { class: "stripe", style: { background: state ? colour(state) : "transparent" } }),
      make("span", { class: "lanes" }, lifelines(lanes, open)), make("span", { class: "word" }, word));
  }
  function stepRow(order, lanes, step, gap) {
    const wires = openWires(order, step.sequence);
    const back = wires.filter(([, part]) => part === "back").map(([wire]) => wire);
    const out = wires.filter(([, part]) => part === "out").map(([wire]) => wire);
    const moves = order.moves.filter((each) => each.sequence === step.sequence);
    const isBad = step.error || back.some((wire) => (VERDICTS[wire.verdict] || [])[0] === "bad");
    const isOdd = back.some((wire) => (VERDICTS[wire.verdict] || [])[0] === "odd") || moves.some((each) => each.state === "UNKNOWN");
    const picture = lifelines(lanes, wires);
    arrow(picture, lanes, step);
    const state = stateAt(order, step.sequence);
    const line = make("span", { class: "head-line" }, make("b", {}, step.message), step.sender && step.sender !== step.actor ? make("span", { class: "from" }, `${step.sender} → ${step.actor}`) : make("span", { class: "from" }, step.actor));
    if (step.attempt) line.append(make("span", { class: "tag out" }, `attempt ${step.attempt}`));
    out.forEach((wire) => line.append(make("span", { class: "tag out" }, `${wire.what} ${wire.number} → ${wire.lane}`)));
    back.forEach((wire) => line.append(make("span", { class: `tag ${(VERDICTS[wire.verdict] || ["odd"])[0]}` }, `${wire.what} ${wire.number}: ${wire.verdict} after ${span(wire.back - wire.out)}${wire.answer ? ` · ${wire.answer}` : ""}`)));
    moves.forEach((each) => line.append(pill(each.state)));
    if (step.passing > 1) line.append(make("span", { class: "tag" }, `seen ${step.passing} times`));
    const said = make("span", { class: "what-said" }, line, make("span", { class: "says" }, step.text),
      step.error ? make("span", { class: "raised" }, `the handler raised ${step.error}`) : "",
      step.facts ? make("span", { class: "more" }, `facts: ${step.facts}`) : "", step.sent ? make("span", { class: "more" }, `tells outside: ${step.sent}`) : "",
      ...moves.filter((each) => each.reason).map((each) => make("span", { class: "more" }, `${pretty(each.state)}: ${each.reason}`)),
      make("span", { class: "more mono" }, `record ${step.sequence} · callboard replay D --step --until ${step.sequence}`));
    const whole = () => { const on = element.classList.toggle("whole"); element.setAttribute("aria-expanded", on); };
    const element = make("div", {
      class: `step${isBad ? " trouble" : isOdd ? " odd" : ""}${step.passing ? " passing" : ""}`, tabindex: "0", role: "button", "aria-expanded": "false",
      onclick: () => { if (!String(getSelection())) whole(); },
      onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); whole(); } },
    },
    make("span", { class: "at" }, clock(order.begin + step.at)), make("span", { class: "gap" }, gap ? `+${span(gap)}` : ""),
    make("span", { class: "stripe", style: { background: state ? colour(state) : "transparent" } }), make("span", { class: "lanes" }, picture), said);
    return element;
  }
  function requests(order) {
    if (!order.wires.length) return "";
    const lines = order.wires.map((wire) => make("tr", {},
      make("td", { class: "num" }, clock(order.begin + wire.out)), make("td", {}, `${wire.what} ${wire.number}`), make("td", {}, wire.lane), make("td", { class: "num" }, wire.held ? span(wire.held) : ""),
      make("td", { class: "num" }, wire.backStep ? span(wire.back - wire.out) : ""), make("td", {}, make("span", { class: `tag ${(VERDICTS[wire.verdict] || ["odd"])[0]}` }, wire.verdict)), make("td", {}, wire.answer)));
    return make("section", {}, make("h2", {}, "Requests"), make("table", {}, make("thead", {}, make("tr", {}, ...["at", "request", "over", "left after", "took", "came to", "answer"].map((title) => make("th", {}, title)))), make("tbody", {}, ...lines)));
  }
  function faults(order) {
    if (!order.faults.length) return "";
    return make("section", {}, make("h2", {}, "Errors, as they were judged"), make("table", {}, make("tbody", {}, ...order.faults.map((each) => make("tr", {}, make("td", { class: "num" }, clock(order.begin + each.at)), make("td", {}, each.text))))));
  }

  // Keys.
  function nextTrouble() {
    const found = [...$("order").querySelectorAll(".step.trouble, .step.odd")];
    if (!found.length) return;
    const here = found.indexOf(document.activeElement);
    found[(here + 1) % found.length].focus();
  }
  function allWhole() {
    const every = [...$("order").querySelectorAll(".step")], on = !every.every((each) => each.classList.contains("whole"));
    every.forEach((each) => { each.classList.toggle("whole", on); each.setAttribute("aria-expanded", on); });
  }
  function turn() {
    const dark = document.documentElement.dataset.theme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  }
  const KEYS = {
    "/": () => { $("search").focus(); $("search").select(); },
    "j": () => move(1), "k": () => move(-1), "e": nextTrouble, "x": allWhole, "t": turn, "?": () => $("keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const inSearch = event.target === $("search"), inList = event.target === $("list") || event.target === document.body;
    if (event.key === "Escape") {
      if (inSearch && $("search").value) { $("search").value = ""; refresh(); }
      $("list").focus(); event.preventDefault(); return;
    }
    if (inList || inSearch) {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key] || (inList && { Home: -shown.length, End: shown.length }[event.key]);
      if (by) { move(by); event.preventDefault(); return; }
      if (event.key === "Enter" && shown.length) {
        const first = $("order").querySelector(".step");
        if (first) first.focus();
        event.preventDefault(); return;
      }
    } else if (event.target.classList && event.target.classList.contains("step") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const every = [...$("order").querySelectorAll(".step")];
      const next = every[every.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault(); return;
    }
    if (!inSearch && event.target.tagName !== "SELECT" && KEYS[event.key]) { KEYS[event.key](); event.preventDefault(); }
  });

  // Begin.
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  $("run").textContent = data.run;
  $("theme").addEventListener("click", turn);
  $("help").addEventListener("click", () => $("keys").showModal());
  $("search").addEventListener("input", refresh);
  $("sort").addEventListener("change", () => { chosen = null; refresh(); });
  $("list").addEventListener("scroll", paint);
  addEventListener("resize", paint);
  const named = () => orders.find((order) => order.name === decodeURIComponent(location.hash.slice(1)));
  addEventListener("hashchange", () => { const order = named(); if (order && order !== chosen) { if (!shown.includes(order)) { $("search").value = ""; kind = "all"; } chosen = order; refresh(); show(order); } });
  chosen = named() || null;
  const isNamed = chosen !== null;
  refresh();
  if (isNamed) { reveal(shown.indexOf(chosen)); paint(); show(chosen); }
  if (!orders.length) $("order").replaceChildren(make("p", { class: "empty" }, "This run has no orders."));
})();
