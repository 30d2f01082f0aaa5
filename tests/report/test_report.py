"""Report: what it says of a run is what the journal and the store say."""

import json
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.journal_commands import open_journal
from callboard.actors.adapters.records.store_report import report as store_report
from callboard.actors.adapters.records.store_schema import open_to_read
from callboard.actors.adapters.records.trade_store import rebuild
from callboard.actors.adapters.report.answer import report_of
from callboard.actors.adapters.travel.trail import Trail
from callboard.actors.adapters.travel.trail_collector import collected
from callboard.actors.system import make_codec
from support.command_line import invoke
from support.runs import changed_copy, recorded_run

US_NS = 1_000
COUNTS = ("total_orders", "executed", "failed", "cancelled", "pending")


@cache
def told() -> dict[str, Any]:
    return report_of(recorded_run(), 500)


@cache
def trails() -> dict[str, Trail]:
    return {each.name: each for each in collected(open_journal(recorded_run()), make_codec())}


def test_the_times_of_every_order_are_those_of_its_timeline() -> None:
    rows = told()["orders"]["rows"]

    assert [name for name, trail in trails().items() if trail.is_order] == sorted(
        (row["client_order_id"] for row in rows), key=list(trails()).index
    )
    for row in rows:
        places = [
            wire
            for wire in trails()[row["client_order_id"]].wires.values()
            if wire.what == "PlaceOrder"
        ]
        took: list[int | None] = [
            (wire.back_ns - wire.sent_ns) // US_NS
            for wire in places
            if wire.verdict.value == "done"
        ]
        assert row["times_us"]["sent_to_ack"] in (took or [None])


def test_what_was_counted_is_what_the_trade_store_counts(tmp_path: Path) -> None:
    rebuild(tmp_path, open_journal(recorded_run()), make_codec())
    with closing(open_to_read(tmp_path / "store.sqlite")) as store:
        expected = store_report(store)

    counts = {name: expected["statistics"][name] for name in COUNTS}
    assert counts == {name: told()["statistics"][name] for name in COUNTS}
    assert expected["outcomes"] == told()["outcomes"]
    assert expected["by_strategy"] == told()["profit"]["by_strategy"]
    assert expected["commissions"] == told()["profit"]["commissions"]
    assert expected["slippage"]["orders"] == told()["slippage"]["orders"]
    assert expected["slippage"]["bps"] == told()["slippage"]["bps"]


def test_every_stage_that_was_passed_has_figures_in_order() -> None:
    latency = told()["latency"]

    for stage in ("signal_to_sent", "sent_to_ack", "signal_to_fill", "fill_to_stop"):
        each = latency[stage]
        assert each["count"] > 0
        assert each["min_us"] <= each["p50_us"] <= each["p90_us"] <= each["max_us"]
        assert each["count"] == sum(column["count"] for column in each["bins"])


def test_refusals_failures_and_retries_of_a_troubled_run_are_told() -> None:
    report = told()
    ends = sum(sum(each["states"].values()) for each in report["activity"])

    assert report["retries"]["attempts"] >= report["orders"]["total"]
    assert report["retries"]["retries"] >= report["retries"]["succeeded"]
    assert report["errors"]
    assert report["unknown"]["count"] == sum(report["unknown"]["resolved"].values())
    assert ends == sum(report["outcomes"].values())
    assert report["refusals"]["refused"] == report["outcomes"].get("REFUSED", 0)


def test_every_position_that_was_opened_has_its_time_without_a_stop() -> None:
    protection = told()["protection"]

    assert protection["gaps"] >= sum(
        each["trades"] for each in told()["profit"]["by_symbol"].values()
    )
    assert protection["longest_ms"] == protection["longest"][0]["after_ms"]


def test_no_money_is_a_number_of_json() -> None:
    floats: list[str] = []

    json.loads(json.dumps(told()), parse_float=floats.append)

    assert [] == floats


def test_the_command_prints_the_report_as_json_with_as_many_orders_as_wanted() -> None:
    result = invoke("report", recorded_run(), "--json", "--orders", 2)

    printed = json.loads(result.stdout)
    assert Exit.OK == result.exit_code
    assert 2 == len(printed["orders"]["rows"])
    assert {**told(), "orders": printed["orders"]} == printed


def test_without_options_it_prints_a_few_lines_that_can_be_piped() -> None:
    result = invoke("report", recorded_run())

    assert Exit.OK == result.exit_code
    assert "Orders executed" in result.stdout
    assert "signal_to_sent" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_folder_without_a_journal_is_named(tmp_path: Path) -> None:
    result = invoke("report", tmp_path)

    assert Exit.CONFIGURATION == result.exit_code
    assert f"{tmp_path}: holds no journal" in result.stderr


def test_a_damaged_record_is_named_and_no_page_is_left(tmp_path: Path) -> None:
    damaged = changed_copy(
        tmp_path / "D", lambda data: data.replace(b'{"seq":40,', b'{"seq":41,'), names="*.jsonl"
    )

    result = invoke("report", damaged, "--html", tmp_path / "r.html")

    assert Exit.FAILED == result.exit_code
    assert "record 40" in result.stderr
    assert not (tmp_path / "r.html").exists()


def test_where_a_page_cannot_be_written_the_command_says_so(tmp_path: Path) -> None:
    result = invoke("report", recorded_run(), "--html", tmp_path / "none" / "r.html")

    assert Exit.FAILED == result.exit_code
    assert "r.html.part" in result.stderr
