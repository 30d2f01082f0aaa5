"""Strategies: what Hypothesis draws of Callboard is valid, and all of it is drawn."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from callboard.actors.system import make_codec
from callboard.messages.codec import catalogue_classes
from callboard.messages.instruments import Filters
from callboard.messages.values import Side
from callboard.messages.venue import TradeEvidence
from callboard.scenarios import Mishap, Play, Stage, World
from callboard.scenarios.strategies import (
    any_message,
    fills,
    filters,
    messages,
    plays,
    workloads,
)
from callboard.scenarios.workload import Network, Workload
from support.guests import PARCELS

CODEC = make_codec()


@given(any_message())
def test_any_message_is_one_of_the_catalogue_and_survives_the_journal(message: object) -> None:
    assert type(message) in catalogue_classes().values()
    assert message == CODEC.decode(CODEC.encode(message))


@given(messages(Filters), filters("BTCUSDT"))
def test_rules_are_on_their_own_grid(drawn: Filters, named: Filters) -> None:
    assert "BTCUSDT" == named.symbol
    for rules in (drawn, named):
        assert 0 == rules.price_min % rules.tick_size == rules.price_max % rules.tick_size
        assert 0 == rules.market_quantity_max % rules.step_size
        assert rules.multiplier_down <= 1 <= rules.multiplier_up


@given(fills(Decimal("0.5"), side=Side.SELL), st.data())
def test_fills_never_add_up_to_more_than_their_order(
    drawn: tuple[TradeEvidence, ...], data: st.DataObject
) -> None:
    whole = data.draw(fills(Decimal(2), is_whole=True))

    assert Decimal("0.5") >= sum(each.quantity for each in drawn)
    assert Decimal(2) == sum(each.quantity for each in whole)
    assert all(each.quantity > 0 and each.side is Side.SELL for each in drawn)
    assert len(whole) == len({each.trade_id for each in whole})
    assert [each.at_ms for each in whole] == sorted(each.at_ms for each in whole)


@settings(max_examples=10)
@given(plays(PARCELS))
def test_plays_are_those_of_their_system(play: Play) -> None:
    assert {send.to for send in play.sends} == {"courier"}
    assert Stage(PARCELS, play).run().steps > 0


def test_a_failing_play_is_drawn_and_shrunk() -> None:
    play = find(plays(PARCELS), lambda drawn: not Stage(PARCELS, drawn).run().is_clean)

    assert 2 == play.choices
    assert {Mishap.TWICE, Mishap.LATE, Mishap.LOST} >= {each.kind for each in play.troubles}


@settings(max_examples=5)
@given(workloads())
def test_workloads_make_worlds(workload: Workload) -> None:
    assert workload == World(workload.seed, workload=workload).workload


def _has_slow_network(workload: Workload) -> bool:
    return workload.network != Network()


def _has_crashes(workload: Workload) -> bool:
    return bool(workload.crash_points or workload.engine_crashes)


def _has_hedge(workload: Workload) -> bool:
    return workload.is_hedged and bool(workload.signals)


@pytest.mark.parametrize("has", [_has_slow_network, _has_crashes, _has_hedge])
def test_every_kind_of_trouble_is_drawn(has: Callable[[Workload], bool]) -> None:
    found = find(workloads(), has, settings=settings(phases=[Phase.generate], database=None))

    assert has(found)


@pytest.mark.parametrize("name", ["strategies", "stateful"])
def test_without_hypothesis_the_import_says_what_to_install(name: str) -> None:
    program = (
        "import importlib.util\n"
        "importlib.util.find_spec = lambda name: None\n"
        f"import callboard.scenarios.{name}\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    said = f"callboard.scenarios.{name} needs Hypothesis: pip install 'callboard[testing]'"
    assert said in done.stderr.splitlines()[-1]
