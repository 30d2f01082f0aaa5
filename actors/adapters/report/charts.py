"""Charts: pictures of distributions, counts and profit, each beside the figures it shows.

Pure: JSON values of the report in, markup out. A chart says in words what it shows, for who does
not see it, and stands by a table of the same figures.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import log10
from typing import Any

from .svg import bar, note, path, rule, tag, words

Json = Mapping[str, Any]

US_MIN = 10.0
"""The left end of the scale of durations; what is shorter stands there."""
STATES = ("FILLED", "REFUSED", "CANCELLED", "EXPIRED", "FAILED", "REJECTED")
LINES_MAX = 5
GAP_SHARE = 0.12
LABELS_MAX, EDGES_MAX = 6, 5
SLOTS_MIN = 8
"""Columns for which there is room; of fewer the rest stays free."""


def took(us: float | None) -> str:
    """Return a duration for people, a dash where there is none."""
    if us is None:
        return "-"
    if us < 1_000:
        return f"{us:.0f} µs"
    if us < 1_000_000:
        return f"{us / 1_000:.3g} ms" if us < 100_000 else f"{us / 1_000:.0f} ms"
    return f"{us / 1_000_000:.3g} s" if us < 100_000_000 else f"{us / 1_000_000:.0f} s"


def ranges(latency: Json) -> tuple[dict[str, str], str]:
    """Return by stage the picture of its percentiles, and the scale that all share."""
    top = max((each["max_us"] or US_MIN for each in latency.values()), default=US_MIN)
    decades = max(int(log10(max(top, US_MIN) / US_MIN)) + 1, 1)
    marks = [US_MIN * 10**index for index in range(decades + 1)]
    drawn = {
        stage: tag("svg", _range(each, marks), class_="range", role="img", aria_label=_told(each))
        for stage, each in latency.items()
    }
    step = -(-len(marks) // LABELS_MAX)
    labels = [
        note(_place(mark, marks), took(mark), anchor=_anchor(index, len(marks)))
        for index, mark in enumerate(marks)
        if index % step == 0
    ]
    return drawn, tag("svg", *labels, class_="scale", aria_hidden="true")


def _range(each: Json, marks: Sequence[float]) -> str:
    grid = "".join(rule(_place(mark, marks), 0, _place(mark, marks), 100, "grid") for mark in marks)
    if not each["count"]:
        return grid
    low, p50, p90, p99, high = (
        _place(each[name], marks) for name in ("min_us", "p50_us", "p90_us", "p99_us", "max_us")
    )
    told = _told(each)
    return (
        grid
        + rule(low, 50, high, 50, "whisker")
        + bar(low, 32, max(p90 - low, 0.6), 36, "body", told)
        + bar(p90, 40, max(p99 - p90, 0.3), 20, "tail", told)
        + bar(max(p50 - 0.4, 0), 18, 0.8, 64, "median", f"p50 {took(each['p50_us'])}")
    )


def _told(each: Json) -> str:
    if not each["count"]:
        return "nothing was measured"
    names = ("p50", "p90", "p99", "max")
    return ", ".join(f"{name} {took(each[f'{name}_us'])}" for name in names)


def _place(us: float, marks: Sequence[float]) -> float:
    width = log10(marks[-1] / marks[0])
    return 100 * log10(max(us, marks[0]) / marks[0]) / width


def _anchor(index: int, count: int) -> str:
    return "start" if index == 0 else "end" if index == count - 1 else "middle"


def histogram(bins: Sequence[Json], *, unit: str, what: str) -> str:
    """Return columns; `unit` is `us` for durations, else the word behind a figure.

    Of slippage what is better and what is worse than nothing have colours of their own.
    """
    if not bins:
        return empty("nothing was measured")
    top, slots = max(each["count"] for each in bins), max(len(bins), SLOTS_MIN)
    width = 100 / slots
    columns = "".join(
        bar(
            index * width + width * GAP_SHARE / 2,
            100 - 100 * each["count"] / top,
            width * (1 - GAP_SHARE),
            100 * each["count"] / top,
            _kind(each, unit),
            f"{_edge(each['low'], unit)} to {_edge(each['high'], unit)}: {each['count']}",
        )
        for index, each in enumerate(bins)
        if each["count"]
    )
    step = -(-slots // EDGES_MAX)
    edges = [(index, bins[index]["low"]) for index in range(0, len(bins), step)]
    if len(bins) - edges[-1][0] >= step:
        edges.append((len(bins), bins[-1]["high"]))
    labels = "".join(
        note(index * width, _edge(low, unit), anchor=_anchor(index, slots + 1))
        for index, low in edges
    )
    return _plot(_counts(top), _grid() + columns, labels, what)


def _kind(each: Json, unit: str) -> str:
    if unit == "us":
        return "column"
    return "better" if Decimal(each["high"]) <= 0 else "worse"


def _edge(value: str, unit: str) -> str:
    return took(float(value)) if unit == "us" else f"{value} {unit}"


def activity(stretches: Sequence[Json]) -> str:
    """Return how signals ended over time, in stacked columns."""
    if not stretches:
        return empty("no signal has ended")
    totals = [sum(each["states"].values()) for each in stretches]
    top, width = max(totals), 100 / len(stretches)
    columns: list[str] = []
    for index, each in enumerate(stretches):
        below = 0
        for state in STATES:
            count = each["states"].get(state, 0)
            if count:
                below += count
                columns.append(
                    bar(
                        index * width + width * GAP_SHARE / 2,
                        100 - 100 * below / top,
                        width * (1 - GAP_SHARE),
                        100 * count / top,
                        f"s-{state.lower()}",
                        f"{each['at'][11:19]}: {count} {state.lower()}",
                    )
                )
    shown = [state for state in STATES if any(state in each["states"] for each in stretches)]
    legend = keys((f"s-{state.lower()}", state.lower()) for state in shown)
    labels = _times(stretches[0]["at"], stretches[-1]["at"])
    what = "Signals by how they ended, over the time of the run"
    return _plot(_counts(top), _grid() + "".join(columns), labels, what) + legend


def profit(curve: Sequence[Json]) -> str:
    """Return net profit of closed trades as it grew, in all and by the strategies with most."""
    if not curve:
        return empty("no trade is closed")
    first = datetime.fromisoformat(curve[0]["at"])
    length = (datetime.fromisoformat(curve[-1]["at"]) - first).total_seconds() or 1.0

    def across(each: Json) -> float:
        return 100 * (datetime.fromisoformat(each["at"]) - first).total_seconds() / length

    lines: dict[str, list[tuple[float, float]]] = {}
    for each in curve:
        lines.setdefault(each["strategy"], []).append(
            (across(each), float(each["strategy_net_pnl"]))
        )
    strategies = sorted(lines, key=lambda name: -len(lines[name]))[:LINES_MAX]
    every = {
        "all": [(across(each), float(each["net_pnl"])) for each in curve],
        **({name: lines[name] for name in strategies} if len(lines) > 1 else {}),
    }
    values = [value for points in every.values() for _, value in points]
    low, high = min(*values, 0.0), max(*values, 0.0)
    height = (high - low) or 1.0

    def upwards(value: float) -> float:
        return 100 - 100 * (value - low) / height

    drawn = "".join(
        path(_steps(points, upwards), f"l{index}", f"{name}: {points[-1][1]:+.2f}")
        for index, (name, points) in reversed(list(enumerate(every.items())))
    )
    zero = rule(0, upwards(0), 100, upwards(0), "zero")
    labels = _times(curve[0]["at"], curve[-1]["at"])
    sides = tuple(f"{value:+.2f}" for value in (high, (high + low) / 2, low))
    what = "Net profit of closed trades over time, by strategy"
    legend = keys((f"l{index}", name) for index, name in enumerate(every))
    return _plot(sides, _grid() + zero + drawn, labels, what) + legend


def _steps(points: Sequence[tuple[float, float]], upwards: Any) -> list[tuple[float, float]]:
    """Return the corners of a line that stays until it jumps, from nothing on."""
    corners, last = [(0.0, upwards(0.0))], upwards(0.0)
    for x, value in points:
        corners += [(x, last), (x, upwards(value))]
        last = upwards(value)
    return [*corners, (100.0, last)]


def share(part: str | None, kind: str = "column") -> str:
    """Return a bar in a row of a table; `part` is a ratio as text."""
    width = 0.0 if part is None else 100 * float(part)
    told = "-" if part is None else f"{width:.1f} %"
    return tag(
        "svg", bar(0, 0, max(width, 0.5), 100, kind, told), class_="share", role="presentation"
    )


def keys(entries: Any) -> str:
    """Return the legend of a chart: (class, word)s."""
    drawn = (
        tag("li", tag("svg", bar(0, 0, 100, 100, kind, word), class_="key"), words(word))
        for kind, word in entries
    )
    return tag("ul", *drawn, class_="keys")


def empty(text: str) -> str:
    """Return what stands where there is nothing to draw."""
    return tag("p", words(text), class_="empty")


def _times(first: str, last: str) -> str:
    return note(0, first[5:19].replace("T", " "), anchor="start") + note(
        100, last[5:19].replace("T", " "), anchor="end"
    )


def _counts(top: int) -> tuple[str, str, str]:
    return str(top), str(top // 2) if top % 2 == 0 else "", "0"


def _grid() -> str:
    return "".join(rule(0, y, 100, y, "grid") for y in (0, 50, 100))


def _plot(sides: Sequence[str], drawn: str, labels: str, what: str) -> str:
    left = tag("div", *(tag("span", words(each)) for each in sides), class_="sides")
    area = tag("svg", drawn, class_="area", role="img", aria_label=what)
    below = tag("svg", labels, class_="scale", aria_hidden="true")
    return tag("div", left, area, tag("span"), below, class_="plot")
