"""Page: the report as one HTML file that opens offline, with and without script.

Everything stands in the file as markup; the script only sorts and filters the list of orders and
changes the colours. The file's policy for the browser allows its own style and script by their
hashes and no request at all.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from ..record_lines import span
from .charts import activity, histogram, profit, ranges, share, took
from .page_tables import (
    Column,
    alerts,
    errors,
    facts,
    gaps,
    money,
    money_by,
    orders,
    pauses,
    slippage_by,
    table,
)
from .svg import tag, words
from .tiles import tiles

Json = Mapping[str, Any]
STAGE_NAMES = {
    "signal_to_sent": "Signal → sent",
    "sent_to_ack": "Sent → accepted",
    "ack_to_fill": "Accepted → fill",
    "signal_to_fill": "Signal → fill",
    "fill_to_stop": "Fill → stop",
}
SECOND_NS = 1_000_000_000
_HOLES = re.compile(r"\{\{(\w+)\}\}")


def page(report: Json) -> str:
    """Return the file."""
    style, script = _part("report.css"), _part("report.js")
    run = report["run"]
    values: Mapping[str, str] = {
        "title": words(f"Callboard report, {run['mode']}, {run['from'][:16]}"),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "mode": words(run["mode"] or "run"),
        "run": words(_run_words(run)),
        "body": tiles(report) + _sections(report) + _foot(run),
    }
    return _HOLES.sub(lambda hole: values[hole[1]], _part("report.html"))


def _run_words(run: Json) -> str:
    begin, end = run["from"][:19].replace("T", " "), run["to"][:19].replace("T", " ")
    return f"{begin} to {end} UTC · {span(run['seconds'] * SECOND_NS)}"


def _sections(report: Json) -> str:
    cards = (
        _card("Signals over time", "How each ended.", activity(report["activity"])),
        _refusals(report["refusals"]),
        _failures(report),
        _conditions(report["conditions"]),
        _profit(report["profit"]),
        _slippage(report["slippage"]),
        _protection(report),
    )
    middle = tag("div", *cards, class_="cards")
    return _latency(report["latency"]) + middle + _orders(report["orders"])


def _latency(latency: Json) -> str:
    drawn, scale = ranges(latency)
    names = ("count", "p50_us", "p90_us", "p95_us", "p99_us", "max_us")
    heads = tag("th", "Stage", scope="col") + tag("th", scale, scope="col", class_="drawn")
    heads += "".join(
        tag("th", words(name.removesuffix("_us")), scope="col", class_="n") for name in names
    )
    rows = "".join(
        tag(
            "tr",
            tag(
                "th",
                words(STAGE_NAMES[stage]),
                tag("small", words(each["what"])),
                scope="row",
            ),
            tag("td", drawn[stage], class_="drawn"),
            tag("td", words(each["count"]), class_="n"),
            *(tag("td", words(took(each[name])), class_="n") for name in names[1:]),
        )
        for stage, each in latency.items()
    )
    body = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="stages")
    columns = "".join(
        tag(
            "div",
            tag("h3", words(STAGE_NAMES[stage])),
            histogram(each["bins"], unit="us", what=f"How long: {each['what']}"),
        )
        for stage, each in latency.items()
        if stage != "signal_to_fill"
    )
    text = (
        "Line: least to most. Body: up to p90. Tail: p90 to p99. Mark: median. "
        "By the engine's clock; of requests by their lane's."
    )
    return _card(
        "Latency",
        text,
        tag("div", body, class_="wide"),
        tag("div", columns, class_="small"),
        kind="whole",
    )


def _profit(profit_: Json) -> str:
    told = facts(
        (
            ("Realised", money(profit_["realised_pnl"])),
            ("Commission", money(profit_["commission"])),
            ("Funding", money(profit_["funding"])),
            ("Net", money(profit_["net_pnl"])),
        )
    )
    tables = tag("h3", "By strategy") + money_by(profit_["by_strategy"])
    tables += tag("h3", "By symbol") + money_by(profit_["by_symbol"])
    text = "Net profit of closed trades, after commission and funding, in the margin asset."
    return _card("Profit", text, profit(profit_["curve"]), told, tables)


def _slippage(slippage: Json) -> str:
    text = "Average fill against the price at approval, of entries; worse is above zero."
    told = facts(
        (
            ("Entries", slippage["orders"]),
            ("Mean, by notional", _bps(slippage["bps"])),
            ("Median", _bps(slippage["median_bps"])),
            ("Worst", _bps(slippage["worst_bps"])),
            ("Cost", slippage["cost"]),
        )
    )
    drawn = histogram(slippage["bins"], unit="bps", what="Slippage of entries")
    tables = tag("h3", "By symbol") + slippage_by(slippage["by_symbol"])
    tables += tag("h3", "By strategy") + slippage_by(slippage["by_strategy"])
    return _card("Slippage", text, drawn, told, tables)


def _bps(value: str | None) -> str:
    return "-" if value is None else f"{value} bps"


def _refusals(refusals: Json) -> str:
    text = (
        f"{refusals['refused']} of {refusals['signals']} signals were refused before any request."
    )
    columns = (
        Column("Guard", "guard"),
        Column("", "share", draw=lambda value: share(value, "refused")),
        Column("Count", "count", is_number=True),
        Column("Latest", "reason", is_prose=True),
    )
    return _card("Refusals by guard", text, table(refusals["by_guard"], columns, "none"))


def _failures(report: Json) -> str:
    retries, unknown = report["retries"], report["unknown"]
    told = facts(
        (
            ("Attempts", retries["attempts"]),
            ("Retries", retries["retries"]),
            ("of them accepted", retries["succeeded"]),
            ("Unknown for a while", unknown["count"]),
            ("still unknown", len(unknown["open"])),
        )
    )
    kinds = (
        Column("Retried for", "kind"),
        Column("Retries", "count", is_number=True),
        Column("accepted", "succeeded", is_number=True),
        Column("Waited", "delay_ms", is_number=True, show=lambda value: took(value * 1_000)),
    )
    drawn = histogram(unknown["bins"], unit="us", what="How long outcomes were unknown")
    return _card(
        "Failed requests and retries",
        "Failed requests for orders, what was tried again, and how long an outcome was unknown.",
        told,
        errors(report["errors"]),
        table(retries["by_kind"], kinds, "nothing was retried"),
        tag("h3", "Unknown until it was settled") + drawn if unknown["count"] else "",
    )


def _protection(report: Json) -> str:
    protection, stage = report["protection"], report["latency"]["fill_to_stop"]
    longest = protection["longest_ms"]
    told = facts(
        (
            ("Times without a stop", protection["gaps"]),
            ("Longest", took(None if longest is None else longest * 1_000)),
            ("Median", took(stage["p50_us"])),
            ("Ended without a stop", protection["not_protected"]),
        )
    )
    text = "From the first fill, or the loss of a stop, until one rests at the venue."
    return _card("Protection", text, told, gaps(protection["longest"]))


def _conditions(conditions: Json) -> str:
    states = tag("h3", "Trading state") + table(
        conditions["states"],
        (
            Column("At", "at", show=_time),
            Column("State", "state"),
            Column("Reason", "reason", is_prose=True),
        ),
        "it was not changed",
    )
    body = tag("h3", "Alerts") + alerts(conditions["alerts"]) + states
    body += tag("h3", "Pauses wanted by the venue") + pauses(conditions["pauses"])
    return _card("Conditions", "What the engine ran under.", body)


def _orders(told: Json) -> str:
    text = f"The latest {told['shown']} of {told['total']} orders, newest first."
    search = tag(
        "label",
        tag("span", "Filter orders", class_="hidden"),
        '<input id="filter" type="search" autocomplete="off" spellcheck="false"'
        ' placeholder="Filter: id, symbol, state, strategy…" hidden>',
    )
    return _card(
        "Orders", text, search, tag("div", orders(told["rows"]), class_="wide"), kind="whole"
    )


def _foot(run: Json) -> str:
    lost = f" The first {run['missing']} records are gone (retention)." if run["missing"] else ""
    starts = len(run["starts"])
    text = (
        f"Made by callboard {run['version']} of {run['records']} records of {run['data_dir']},"
        f" {starts} start{'' if starts == 1 else 's'}, head {run['head']}.{lost}"
    )
    return tag("footer", words(text))


def _card(title: str, text: str, *body: str, kind: str = "") -> str:
    heading = tag("h2", words(title)) + tag("p", words(text), class_="what")
    return tag("section", heading, *body, class_=f"card {kind}".strip())


def _time(value: str) -> str:
    return value[:19].replace("T", " ")


def _part(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
