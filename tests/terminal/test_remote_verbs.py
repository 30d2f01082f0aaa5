"""Remote verbs: a running engine is shown and commanded by its API as by its folder."""

import json
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.terminal.client import Client
from callboard.actors.adapters.terminal.event_tail import Told, events_of
from callboard.actors.adapters.terminal.place import url_of
from callboard.actors.adapters.terminal.snapshot import QUESTIONS
from support.command_line import invoke
from support.terminals import served_engine
from support.waiting import until

TOKEN = "a-token-of-some-length"
TRADER = {"CALLBOARD_API_TOKEN": TOKEN}
ORDER = ("--symbol", "BTCUSDT", "--quantity", "0.003", "--wait", "10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def url(folder: Path) -> Generator[str]:
    with served_engine(folder, TRADER) as address:
        yield address


def told(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_an_order_is_given_shown_and_closed_by_the_address_alone(url: str, folder: Path) -> None:
    opened = invoke("order", "new", url, "--side", "long", *ORDER, "--json", environ=TRADER)
    name = told(opened)["client_order_id"]
    shown = invoke("order", "show", url, name, environ=TRADER)
    # An answer of the API may be a moment old.
    until(lambda: ["BTCUSDT"] == symbols_of(url, "positions"))
    flattened = invoke("flatten", url, environ=TRADER)

    assert (Exit.OK, "FILLED") == (opened.exit_code, told(opened)["state"])
    assert f"{name}  FILLED" in shown.stdout
    assert (Exit.OK, True) == (flattened.exit_code, "flat       at the venue" in flattened.stdout)
    timeline = invoke("logs", "timeline", name, url, environ=TRADER)

    assert name in {each["client_order_id"] for each in orders_of(folder)}
    assert "risk_gate  RequestEntry" in timeline.stdout
    until(lambda: ["BTCUSDT"] == symbols_of(url, "trades"))


def symbols_of(url: str, what: str) -> list[str]:
    listed = told(invoke(what, url, "--json", environ=TRADER))[what]
    return [each["symbol"] for each in listed]


def orders_of(place: Any) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = told(invoke("orders", place, "--all", "--json", environ=TRADER))[
        "orders"
    ]
    return orders


def test_address_and_folder_say_the_same_in_the_same_words(url: str, folder: Path) -> None:
    words = ("--symbol", "ETHUSDT", "--type", "limit", "--price", "2640", "--quantity", "0.05")
    given = invoke("order", "new", url, "--side", "sell", *words, environ=TRADER)
    by_url = [told(invoke(verb, url, "--json", environ=TRADER)) for verb in ("orders", "positions")]
    by_folder = [told(invoke(verb, folder, "--json")) for verb in ("orders", "positions")]
    status = [told(invoke("status", place, "--json", environ=TRADER)) for place in (url, folder)]
    name = by_url[0]["orders"][0]["client_order_id"]
    ended = invoke("order", "cancel", url, name, environ=TRADER)
    again = invoke("order", "cancel", url, name, environ=TRADER)

    assert Exit.OK == given.exit_code
    assert set(by_folder[0]["orders"][0]) <= set(by_url[0]["orders"][0])
    assert by_folder[1].keys() == by_url[1].keys()
    assert status[1].keys() <= status[0].keys()
    assert status[1]["orders"].keys() == status[0]["orders"].keys()
    assert (Exit.OK, Exit.REFUSED) == (ended.exit_code, again.exit_code)
    assert "CANCELLED" in ended.stdout
    assert "has ended: CANCELLED" in again.stderr


def test_a_refused_order_names_guard_figure_and_limit_and_dry_sends_nothing(url: str) -> None:
    words = ("--symbol", "DOGEUSDT", "--side", "long", "--quantity", "1")

    dry = invoke("order", "new", url, *words, "--dry-run", environ=TRADER)
    result = invoke("order", "new", url, *words, environ=TRADER)

    assert "LONG_ENTRY" == told(dry)["signal"]
    assert Exit.REFUSED == result.exit_code
    assert "refused by symbol_whitelist: DOGEUSDT (limit BTCUSDT,ETHUSDT)" in result.stderr


def test_trading_is_halted_resumed_and_compared_by_the_address(url: str, folder: Path) -> None:
    halted = invoke("halt", url, "--reason", "a look", "--by", "me", environ=TRADER)
    between = told(invoke("status", folder, "--json"))
    resumed = invoke("resume", url, "--reason", "seen", environ=TRADER)
    compared = [
        invoke("reconcile", place, "--reason", "to be sure", environ=TRADER)
        for place in (url, folder)
    ]

    assert (Exit.OK, Exit.OK) == (halted.exit_code, resumed.exit_code)
    assert ("HALTED", True) == (between["trading_state"], "a look (me)" in between["reason"])
    assert "ACTIVE" in resumed.stdout
    assert [Exit.OK, Exit.OK] == [each.exit_code for each in compared]


def test_a_token_that_is_missing_or_wrong_is_refused_and_never_shown(url: str) -> None:
    wrong = "another-token-of-some-length"

    nobody = invoke("halt", url)
    stranger = invoke("halt", url, environ={"CALLBOARD_API_TOKEN": wrong})

    assert Exit.REFUSED == nobody.exit_code == stranger.exit_code
    assert "401" in nobody.stderr
    assert "401" in stranger.stderr
    assert wrong not in stranger.output


def test_one_picture_comes_over_the_address_with_every_part(url: str) -> None:
    shown = invoke("top", url, "--once", environ=TRADER)
    parts = told(invoke("top", url, "--json", environ=TRADER))

    assert Exit.OK == shown.exit_code
    assert "weight" in shown.stdout
    assert all(parts[name] for name in QUESTIONS)
    assert "" == parts["fault"]


def test_events_are_heard_as_they_happen(url: str) -> None:
    heard: list[Told] = []
    is_heard = threading.Event()

    def hear() -> None:
        for each in events_of(Client(url_of(url), 20, None)):
            heard.append(each)
            if each.name == "order.refused":
                is_heard.set()
                return

    thread = threading.Thread(target=hear)
    thread.start()
    words = ("--symbol", "DOGEUSDT", "--side", "long", "--quantity", "1")
    for _ in range(40):
        invoke("order", "new", url, *words, environ=TRADER)
        if is_heard.wait(0.25):
            break
    thread.join(20)

    assert "order.refused" in {each.name for each in heard}
    assert "DOGEUSDT" in {each.data["data"].get("symbol") for each in heard}
