"""Top: the picture tells what is wrong, and stands on what little is told."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.service.addresses import write_addresses
from callboard.actors.adapters.terminal.snapshot import Snapshot
from callboard.actors.adapters.terminal.top_view import picture
from support.command_line import invoke

BUDGET = {
    "budget": "weight_1m",
    "limit_of_ours": 2_400,
    "used": 2_200,
    "reported": 2_150,
    "pressure": "reserve",
}
LIMITS: dict[str, Any] = {
    "at_ms": 1_000,
    "budgets": [BUDGET],
    "banned_until_ms": 61_000,
    "paused_until_ms": 0,
    "orders_paused_until_ms": 0,
}
POSITION = {
    "symbol": "BTCUSDT",
    "quantity": "-0.5",
    "entry_price": "50000",
    "mark_price": "50100",
    "stop_price": None,
    "protected": False,
}
POSITIONS: dict[str, Any] = {
    "positions": [POSITION] * 5,
    "realised_pnl": "-12.5",
    "fees": "1",
    "funding": "0",
}
STATUS: dict[str, Any] = {
    "mode": "live",
    "trading_state": "HALTED",
    "reason": "drawdown",
    "ready": True,
    "venue_open": False,
    "uptime_ms": 5_000,
    "user_stream": {"healthy": False, "silent_ms": 40_000},
    "streams": {
        "marks": [{"age_ms": 90_000}],
        "clock_offset_ms": -700,
        "clock_error_ms": 5,
        "clock_trusted": False,
    },
}
JOURNAL = {"failed": "no space left on device", "lag_ms": 4_000}
ACTOR = {
    "name": "risk_gate",
    "status": "running",
    "mailbox": 7,
    "restarts": 2,
    "steps": 10,
    "handler_mean_us": 1_500,
}


def drawn(snapshot: Snapshot, width: int = 80, height: int = 24) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height)
    console.print(picture(snapshot, width, height))
    return out.getvalue()


def test_of_an_engine_that_tells_nothing_the_picture_stands_and_says_why() -> None:
    shown = drawn(Snapshot("http://h:1", fault="connection refused"))

    assert "NO ANSWER" in shown
    assert "connection refused" in shown
    assert 24 == len(shown.splitlines())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 50)])
def test_everything_that_is_wrong_has_a_word_of_its_own(width: int, height: int) -> None:
    parts = {
        "limits": LIMITS,
        "positions": POSITIONS,
        "actors": {"actors": [ACTOR], "journal": JOURNAL, "dead_letters": 3},
    }

    shown = drawn(Snapshot("d", STATUS, parts), width, height)

    for word in (
        *("LIVE", "HALTED", "drawdown", "VENUE BREAKER OPEN", "BANNED 1 min 00 s"),
        *("DOWN", "NO STOP", "2 not shown", "short", "3 dead letters", "CANNOT WRITE"),
    ):
        assert word in shown


@pytest.mark.parametrize(("width", "height"), [(40, 10), (10, 3)])
def test_a_terminal_that_is_too_small_shows_what_fits(width: int, height: int) -> None:
    parts = {"limits": LIMITS, "positions": POSITIONS}

    assert height == len(drawn(Snapshot("d", STATUS, parts), width, height).splitlines())


def test_an_unknown_order_stands_before_newer_ones() -> None:
    order = {
        "client_order_id": "cb1-1-e1",
        "symbol": "BTCUSDT",
        "side": "BUY",
        "order_type": "TAKE_PROFIT_MARKET",
        "filled": "0",
        "price": None,
        "trigger_price": "51000",
        "created_at_ms": 1,
        "state": "UNKNOWN",
    }
    newer = {**order, "client_order_id": "cb1-9-e1", "created_at_ms": 9, "state": "ACTIVE"}

    shown = drawn(Snapshot("d", STATUS, {}, (newer, order)), 120, 30)

    assert shown.index("cb1-1-e1") < shown.index("cb1-9-e1")
    assert "target" in shown


def test_what_an_event_says_is_never_read_as_markup() -> None:
    event = {"at_ms": 1_000, "topic": "alert.raised", "data": {"text": "[bold]x[/] [link=y]"}}

    assert "[bold]x[/] [link=y]" in drawn(Snapshot("d", STATUS, {}, (), (event,)), 120, 30)


def test_dash_says_where_the_dashboard_is(tmp_path: Path) -> None:
    nobody = invoke("dash", tmp_path)
    write_addresses(tmp_path, {"api": "http://127.0.0.1:4711"})
    somebody = invoke("dash", tmp_path)
    by_url = invoke("dash", "http://h:1/x", "--json")

    assert Exit.UNREACHABLE == nobody.exit_code
    assert "callboard serve" in nobody.stderr
    assert "http://127.0.0.1:4711/\n" == somebody.stdout
    assert '{"dashboard": "http://h:1/x/"}\n' == by_url.stdout
