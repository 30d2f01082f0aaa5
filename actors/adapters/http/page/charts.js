// Charts by uPlot where the browser has it; every chart stands beside the table of its figures, so
// that nothing is lost without.

import { make } from "./dom.js";

const HEIGHT = 100;
/** At least so much time is shown, so that a page just opened does not stretch a moment. */
const SPAN_S = 300;
const probe = document.body.appendChild(make("i", { hidden: true }));

/** The colour that a token has now; a canvas knows no tokens. */
export function colour(token) {
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

export class Chart {
  /** A series is {label, token, dots?}; values are drawn over times in seconds. */
  constructor(home, { label, series, format, stepped = false }) {
    Object.assign(this, { series, format, stepped, plot: null, data: [[], ...series.map(() => [])] });
    const keys = series.map((each) => make("span", {}, make("i", { style: { background: `var(${each.token})` } }), each.label));
    this.canvas = make("div", { class: "canvas" });
    this.home = make("div", { class: "chart", role: "img", "aria-label": label }, this.canvas, make("p", { class: "legend" }, ...keys));
    home.append(this.home);
    this.home.hidden = !window.uPlot;
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    for (const change of ["callboard-theme"]) addEventListener(change, () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  show(times, ...values) {
    this.data = [times, ...values];
    if (!window.uPlot) return;
    if (this.plot) this.plot.setData(this.data);
    else this.redraw();
  }

  resize() {
    const width = this.canvas.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  redraw() {
    if (!window.uPlot || !this.canvas.clientWidth) return;
    this.plot?.destroy();
    this.plot = new window.uPlot(this.options(), this.data, this.canvas);
  }

  options() {
    const axis = {
      stroke: colour("--muted"), font: "11px system-ui, sans-serif",
      grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false },
    };
    const clocked = (at) => new Date(at * 1000).toISOString().slice(11, 19);
    return {
      width: this.canvas.clientWidth, height: HEIGHT, padding: [8, 6, 0, 0],
      legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true, range: (_, low, high) => [Math.min(low, high - SPAN_S), high] }, y: { range: (_, low, high) => [0, Math.max(high * 1.15, 1)] } },
      tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      axes: [
        { ...axis, size: 22, space: 70, values: (_, all) => all.map((at) => clocked(at).slice(0, 5)) },
        { ...axis, size: 52, space: 26, values: (_, all) => all.map(this.format) },
      ],
      series: [{}, ...this.series.map((each) => ({
        label: each.label, stroke: colour(each.token), width: 1.5, spanGaps: !each.dots,
        points: { show: Boolean(each.dots), size: 5, fill: colour(each.token) },
        paths: this.stepped ? window.uPlot.paths.stepped({ align: 1 }) : undefined,
      }))],
    };
  }
}
