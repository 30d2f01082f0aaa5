"""Store projection: facts and events that are rare in a run, one record at a time."""

import sqlite3
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from callboard.actors import names
from callboard.actors.adapters.records.journal_tail import Place
from callboard.actors.adapters.records.store_projection import StoreProjection
from callboard.actors.adapters.records.store_schema import FILE, open_store
from callboard.actors.order_facts import OrderIntended, TradeBooked
from callboard.actors.position_facts import FillApplied, FillCorrected
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.system import make_codec
from callboard.messages.codec import CodecError, dumps
from callboard.messages.events import (
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
    StrategyResult,
)
from callboard.messages.orders import FillBooked
from callboard.messages.values import CloseReason, Leg, PositionSide, Side, WorkingType
from callboard.messages.venue import TradeEvidence
from support.order_bench import ENTRY

RUN = RunFacts(1, "7", (), settings={"mode": "paper", "accounts": {"margin_asset": "USDT"}})
ONE, TWO = Decimal(1), Decimal(2)
ORDER = evolve(ENTRY, client_order_id="autoclose-1")
OPENED = PositionOpened(
    "ETHUSDT", PositionSide.BOTH, ONE, Decimal(100), "a", position_id="p1", fees=Decimal("0.1")
)
CLOSED = PositionClosed(
    "ETHUSDT",
    PositionSide.BOTH,
    Decimal(110),
    Decimal(10),
    Decimal("0.2"),
    "a",
    position_id="p1",
    reason=CloseReason.LIQUIDATION,
    quantity=ONE,
    entry_price=Decimal(100),
    funding=Decimal("-0.5"),
    other_fees=(("BNB", Decimal("0.001")),),
    results=(StrategyResult("a", Decimal(10), Decimal("0.2"), Decimal("-0.5")),),
)


@define(eq=False)
class Store:
    """A store that is given records as a journal would give them."""

    connection: sqlite3.Connection
    projection: StoreProjection
    sequence: int = field(init=False, default=0)

    def take(
        self,
        *,
        facts: tuple[object, ...] = (),
        told: tuple[object, ...] = (),
        actor: str = names.POSITION_MONITOR,
    ) -> None:
        """Apply one record of an actor."""
        codec = make_codec()
        self.sequence += 1
        record = {
            "seq": self.sequence,
            "actor": actor,
            "corr": "",
            "now": 1_790_000_000_000_000_000,
            "msg": {"t": "EngineStarted.v1", "generation": 1, "recovered": False},
            "facts": [codec.encode(fact) for fact in facts],
            "tells": [{"to": names.EVENT_BUS, "msg": codec.encode(each)} for each in told],
            "h": f"{self.sequence:032x}",
        }
        place = Place(self.sequence, f"{self.sequence:032x}")
        self.projection.apply([dumps(record) + b"\n"], RUN, place)

    def one(self, select: str) -> tuple[Any, ...]:
        """Return the only row of a query."""
        (row,) = self.connection.execute(select).fetchall()
        return tuple(row)


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    """An empty store."""
    connection = open_store(tmp_path / FILE)
    yield Store(connection, StoreProjection.on(connection, make_codec()))
    connection.close()


def fill(*, settled: bool = True, asset: str = "") -> FillBooked:
    evidence = TradeEvidence(
        trade_id="77",
        venue_order_id="9",
        symbol="ETHUSDT",
        side=Side.SELL,
        position_side=PositionSide.BOTH,
        quantity=ONE,
        price=Decimal(110),
        fee=Decimal(0) if asset or not settled else Decimal("0.1"),
        realised_pnl=Decimal(10) if settled else Decimal(0),
        is_maker=False,
        at_ms=1_790_000_000_000,
        settled=settled,
        other_fee=Decimal("0.001") if asset else Decimal(0),
        other_fee_asset=asset,
    )
    return FillBooked(
        client_order_id="autoclose-1",
        intent_id="",
        leg=Leg.EXIT,
        signal_id="",
        strategy="a",
        stop_loss=None,
        take_profit=None,
        working_type=WorkingType.MARK_PRICE,
        trade=evidence,
        late=False,
    )


def test_a_trade_has_prices_money_reason_and_the_part_of_each_strategy(store: Store) -> None:
    store.take(told=(OPENED,))
    store.take(told=(CLOSED,))

    assert ("closed", "100", "110", "10", "-0.5", "0.2", "9.3", "LIQUIDATION") == store.one(
        "SELECT status, entry_price, exit_price, realised_pnl, funding, commission, net_pnl, reason"
        " FROM trades"
    )
    assert ("p1", "a", "10", "0.2", "-0.5", "9.3") == store.one("SELECT * FROM trade_results")
    assert ("p1", "BNB", "0.001") == store.one("SELECT * FROM trade_commissions")


def test_money_that_comes_after_the_end_is_added(store: Store) -> None:
    late = PositionCorrected(
        "ETHUSDT",
        PositionSide.BOTH,
        ONE,
        Decimal("0.1"),
        "a",
        position_id="p1",
        funding=Decimal("0.5"),
        other_fees=(("BNB", Decimal("0.002")),),
    )
    store.take(told=(OPENED,))
    store.take(told=(CLOSED,))

    store.take(told=(late,))

    assert ("11", "0", "0.3", "10.7") == store.one(
        "SELECT realised_pnl, funding, commission, net_pnl FROM trades"
    )
    assert ("10.7",) == store.one("SELECT net_pnl FROM trade_results")
    assert ("0.003",) == store.one("SELECT amount FROM trade_commissions")


def test_an_open_trade_grows_and_shrinks_with_its_position(store: Store) -> None:
    grown = PositionUpdated(
        "ETHUSDT",
        PositionSide.BOTH,
        Decimal(3),
        Decimal(102),
        Decimal(0),
        position_id="p1",
        change=TWO,
        price=Decimal(103),
        fees=Decimal("0.3"),
    )
    store.take(told=(OPENED,))
    store.take(told=(grown,))
    store.take(told=(evolve(grown, quantity=ONE, change=-TWO, realised_pnl=Decimal(6)),))

    assert ("open", "3", "1", "102", "6", "5.7") == store.one(
        "SELECT status, quantity, open_quantity, entry_price, realised_pnl, net_pnl FROM trades"
    )


def test_events_of_a_trade_that_was_never_opened_here_change_nothing(store: Store) -> None:
    late = PositionCorrected("ETHUSDT", PositionSide.BOTH, ONE, ONE, "a", position_id="p1")

    store.take(told=(CLOSED, late))

    assert (0, 0) == store.one(
        "SELECT (SELECT count(*) FROM trades), (SELECT count(*) FROM trade_results)"
    )


def test_a_strangers_fill_is_kept_without_an_order(store: Store) -> None:
    store.take(told=(OPENED,))

    store.take(facts=(FillApplied("ETHUSDT/BOTH", fill(), 1),), told=(CLOSED,))

    assert (None, "9", "p1", "1", "110") == store.one(
        "SELECT client_order_id, venue_order_id, trade_id, quantity, price FROM fills"
    )


def test_a_strangers_fill_that_turns_out_to_be_ours_is_one_fill(store: Store) -> None:
    store.take(
        facts=(OrderIntended(ORDER, 1, 2),),
        actor=names.ORDER_MANAGER,
    )
    store.take(told=(OPENED,))
    store.take(facts=(FillApplied("ETHUSDT/BOTH", _of_another(fill()), 1),), told=(CLOSED,))

    store.take(facts=(TradeBooked("autoclose-1", fill().trade, 1),), actor=names.ORDER_MANAGER)

    assert ("autoclose-1", "p1") == store.one("SELECT client_order_id, trade_id FROM fills")
    assert ("1", "110") == store.one("SELECT filled, average_price FROM orders")


def _of_another(booked: FillBooked) -> FillBooked:
    return evolve(booked, client_order_id="unknown")


def test_a_fee_in_another_asset_is_kept_in_that_asset(store: Store) -> None:
    store.take(facts=(FillApplied("ETHUSDT/BOTH", fill(asset="BNB"), 1),))

    assert ("0.001", "BNB") == store.one("SELECT commission, commission_asset FROM fills")


def test_the_full_word_of_a_fill_settles_it(store: Store) -> None:
    store.take(facts=(FillApplied("ETHUSDT/BOTH", fill(settled=False), 1),))
    before = store.one("SELECT commission, realised_pnl, is_settled FROM fills")

    store.take(facts=(FillCorrected("ETHUSDT/BOTH", fill().trade),))

    assert ("0", "0", 0) == before
    assert ("0.1", "10", 1) == store.one("SELECT commission, realised_pnl, is_settled FROM fills")


def test_a_chunk_with_an_unreadable_fact_leaves_no_trace(store: Store) -> None:
    codec = make_codec()
    good = dumps(
        {
            "seq": 1,
            "actor": names.POSITION_MONITOR,
            "corr": "",
            "now": 1,
            "msg": {"t": "EngineStarted.v1"},
            "tells": [{"to": names.EVENT_BUS, "msg": codec.encode(OPENED)}],
            "h": "a",
        }
    )
    bad = good.replace(b'"entry_price":"100"', b'"entry_price":100.5')

    with pytest.raises(CodecError):
        store.projection.apply([good + b"\n", bad + b"\n"], RUN, Place(2, "b"))

    assert (0,) == store.one("SELECT count(*) FROM trades")
    assert Place(0, "") == store.projection.place()
