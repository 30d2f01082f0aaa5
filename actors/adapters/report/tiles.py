"""Tiles: the handful of figures that say at a glance how a run went.

Pure. A tile that wants a look has a colour and says so in words; the limits are those of the
engine's own rules.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from .charts import took
from .page_tables import money
from .svg import tag, words

Json = Mapping[str, Any]
WITHOUT_STOP_MS_MAX = 10_000
"""How long a position may be without a stop; beyond it is closed."""


@frozen
class Tile:
    """One figure, and what belongs to it; `mood` is empty, `good` or `bad`."""

    name: str
    figure: str
    more: str
    mood: str = ""


def tiles(report: Json) -> str:
    """Return the row of tiles."""
    return tag(
        "section",
        *(
            tag(
                "div",
                tag("h2", words(each.name)),
                tag("p", words(each.figure), class_="figure"),
                tag("p", words(each.more), class_="more"),
                class_=f"tile {each.mood}".strip(),
            )
            for each in tiles_of(report)
        ),
        class_="tiles",
        aria_label="At a glance",
    )


def tiles_of(report: Json) -> Iterator[Tile]:
    """Yield the tiles in order."""
    counted, refusals = report["statistics"], report["refusals"]
    yield Tile(
        "Orders executed",
        f"{counted['executed']} of {counted['total_orders']}",
        f"{counted['failed']} failed, {counted['cancelled']} cancelled, {counted['pending']} open",
        "bad" if counted["failed"] else "",
    )
    yield Tile(
        "Signals refused",
        _percent(refusals["ratio"]),
        f"{refusals['refused']} of {refusals['signals']}, {len(refusals['by_guard'])} guards",
    )
    for name, stage in (("Signal → sent", "signal_to_sent"), ("Sent → accepted", "sent_to_ack")):
        each = report["latency"][stage]
        yield Tile(name, took(each["p50_us"]), f"median; p99 {took(each['p99_us'])}")
    yield _slippage(report["slippage"])
    yield _profit(report["profit"])
    yield _protection(report["protection"])
    yield _retries(report)


def _slippage(slippage: Json) -> Tile:
    if slippage["bps"] is None:
        return Tile("Slippage", "-", "no entry was filled")
    mood = "bad" if Decimal(slippage["bps"]) > 0 else "good"
    more = f"{slippage['orders']} entries; worst {slippage['worst_bps']} bps"
    return Tile("Slippage", f"{slippage['bps']} bps", more, mood)


def _profit(profit: Json) -> Tile:
    net = Decimal(profit["net_pnl"])
    more = f"{money(profit['realised_pnl'])} realised, {money(profit['commission'])} commission"
    return Tile("Net profit", money(profit["net_pnl"]), more, "bad" if net < 0 else "good")


def _protection(protection: Json) -> Tile:
    longest = protection["longest_ms"]
    is_bad = longest is not None and longest > WITHOUT_STOP_MS_MAX
    figure = took(None if longest is None else longest * 1_000)
    more = f"at the longest, of {protection['gaps']}"
    return Tile("Without a stop", figure, more, "bad" if is_bad else "")


def _retries(report: Json) -> Tile:
    retries, unknown = report["retries"], report["unknown"]
    more = f"{retries['succeeded']} accepted; {unknown['count']} outcomes unknown for a while"
    if unknown["open"]:
        return Tile("Unknown orders", str(len(unknown["open"])), more, "bad")
    return Tile("Retries", str(retries["retries"]), more)


def _percent(ratio: str | None) -> str:
    return "-" if ratio is None else f"{Decimal(ratio) * 100:.1f} %"
