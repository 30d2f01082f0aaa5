"""Bench smoke: every benchmark does its work and prints its row, whatever the figures are."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = {
    "orders a second / NautilusTrader 1.221",
    "core steps without journal / bare scheduler",
    "core steps with journal / bare scheduler",
    "a Pykka program in a simulation / on threads",
    "whole engine with invariants / bare scheduler",
    "seeds a minute of the standard mix, two jobs / 1,000",
    "a known failure shrunk / run once",
    "replay / simulation",
    "recovery of four times the log / of the log",
    "recovery of that log / reading its bytes",
    "a journal record / orjson and a buffered write",
    "a venue's tick over many resting orders / over few",
    "that growth / NautilusTrader 1.221's",
    "memory after all orders / after a tenth",
    "an order of an old engine / of a young one",
    "the longest order / 50 ms",
    "order placed over sockets, group commit / bare python-binance",
    "order placed over sockets, intent synced / bare python-binance",
    "orders a second over sockets, 32 in flight / bare python-binance",
    "order placed over ws-fapi, intent synced / bare python-binance",
    "orders a second over ws-fapi, 32 in flight / bare python-binance",
    "an order of ccxt async / bare python-binance",
    "an order of NautilusTrader's HTTP client / bare python-binance",
    "an order of NautilusTrader's live pipeline / bare python-binance",
    "orders a second of it, 32 in flight / bare python-binance",
    "order placed while the host computes / a naive Pykka chain",
    "a fill to its stop acknowledged / bare python-binance's order",
    "requests a second of the venue alone / bare python-binance",
    "API: GET positions a second / a constant answer",
    "API: p99 of GET positions / a constant answer",
    "API: POST order a second / a constant answer",
    "API: p99 of POST order / a constant answer",
    "order placed beside faces under load / without them",
    "p99 of it beside 100 event streams, 10 unread / without",
}


def test_every_row_and_the_cpu_profile_come_out_of_a_quick_run() -> None:
    command = [sys.executable, "benchmarks", "--quick", "--json"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (run.returncode, run.stderr if run.returncode else "")
    said = json.loads(run.stdout.splitlines()[-1])
    assert ROWS == {row["row"] for row in said["rows"]}
    assert all("absent" in row or row["ratio"] > 0 for row in said["rows"])
    assert {"kernel", "core actors", "venue"} & set(said["cpu"])


def test_the_peer_is_absent_in_words_where_its_wheel_is_not_installed() -> None:
    command = [sys.executable, "-c", ABSENT]

    run = subprocess.run(
        command, cwd=ROOT / "benchmarks", capture_output=True, text=True, check=False
    )

    assert 0 == run.returncode, run.stderr
    assert "./dev setup bench" in json.loads(run.stdout)["absent"]


ABSENT = """
import json, order_rate
order_rate.find_spec = lambda name: None
print(json.dumps(order_rate.row(orders=2, rounds=1).as_json()))
"""
