"""Scenarios of the venue's own acts and of hands: booked, shown, and left alone.

In one-way and in hedge mode. The venue's own books are the truth; the engine must agree with them
in quantity, profit, fees and funding, and say why a position is gone.
"""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.exchange_settings import AccountSettings, ReconcilerSettings
from callboard.actors.settings import Settings
from callboard.messages.events import PositionClosed, PositionUpdated
from callboard.messages.queries import GetOrders, GetPositions, OrdersView, PositionsView
from callboard.messages.values import CloseReason, SignalType
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.venue.account_settings import FundingRules
from callboard.scenarios.venue.hands import Act, ActKind, by_hand
from support.eth_stage import RISK, RULES, SYMBOL, EthStage, make_venue

ZERO = Decimal(0)
MODES = pytest.mark.parametrize("is_hedged", [False, True], ids=["one-way", "hedge"])


class Stage(EthStage):
    """An engine on a venue of its mode, with one long position."""

    def __init__(self, *, is_hedged: bool, delivery: Delivery = Delivery.FIFO) -> None:
        rules = evolve(RULES, hedge_mode=is_hedged, funding=FundingRules(interval_ms=60_000))
        settings = Settings(
            risk=RISK,
            accounts=AccountSettings(hedge_mode=is_hedged),
            reconciler=ReconcilerSettings(interval_ms=5_000),
        )
        super().__init__(make_venue(rules), settings, delivery=delivery)
        self.world.run_for(3)
        self.side = "LONG" if is_hedged else "BOTH"
        self.signal("s1", SignalType.LONG_ENTRY)
        assert self.at_venue() > ZERO

    def act(self, kind: ActKind) -> None:
        """Let the venue do something to the account."""
        assert 0 == self.world.venue.perform(Act(kind, SYMBOL, self.side))
        self.world.driver.wake()

    def hand(self, method: str, path: str, **params: str) -> None:
        """Let a person do something at the venue's page."""
        assert 0 == self.world.venue.perform(by_hand(method, path, **params))
        self.world.driver.wake()

    def at_venue(self) -> Decimal:
        """Return what the venue holds."""
        return sum((each.amount for each in self.world.venue.ledger().positions), ZERO)

    def positions(self) -> PositionsView:
        """Return what the engine holds."""
        view = self.world.ask(GetPositions(), names.POSITION_MONITOR)
        assert isinstance(view, PositionsView)
        return view

    def orders(self, **query: Any) -> OrdersView:
        """Return the engine's orders."""
        view = self.world.ask(GetOrders(**query), names.ORDER_MANAGER)
        assert isinstance(view, OrdersView)
        return view

    def check_money(self) -> None:
        """Compare what was earned and paid with the venue's own fills."""
        fills, view = self.world.venue.ledger().fills, self.positions()
        assert sum((fill.realized for fill in fills), ZERO) == view.realised_pnl
        assert sum((fill.fee for fill in fills), ZERO) == view.fees


@MODES
@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ActKind.LIQUIDATE, CloseReason.LIQUIDATION),
        (ActKind.SETTLE, CloseReason.SETTLEMENT),
    ],
)
def test_what_the_venue_closes_is_booked_at_once_with_its_reason(
    kind: ActKind, reason: CloseReason, delivery: Delivery, *, is_hedged: bool
) -> None:
    stage = Stage(is_hedged=is_hedged, delivery=delivery)

    stage.act(kind)
    stage.world.run_for(3)

    assert ZERO == stage.at_venue()
    (closed,) = stage.of(PositionClosed)
    assert (reason, stage.world.venue.ledger().fills[-1].price) == (
        closed.reason,
        closed.exit_price,
    )
    assert () == stage.positions().positions
    stage.check_money()
    (stranger,) = stage.orders(open_only=False).strangers
    assert reason is stranger.made_by
    stage.world.run_for(10)
    assert () == stage.orders().orders


@MODES
def test_a_part_that_the_venue_deleverages_is_booked_and_the_rest_stays_protected(
    *, is_hedged: bool
) -> None:
    stage = Stage(is_hedged=is_hedged)
    opened = stage.at_venue()

    for _ in range(120):
        stage.act(ActKind.DELEVERAGE)  # only a winning position is
        stage.world.run_for(1)
        if stage.at_venue() != opened:
            break

    updated = stage.of(PositionUpdated)
    assert [CloseReason.ADL] == [each.reason for each in updated if each.change]
    (ours,) = stage.positions().positions
    assert (stage.at_venue(), True) == (ours.quantity, ours.protected)
    stage.check_money()


@MODES
@pytest.mark.parametrize("kind", [ActKind.LIQUIDATE, ActKind.SETTLE])
def test_what_the_venue_closed_while_the_engine_was_down_is_closed_from_its_fills(
    kind: ActKind, *, is_hedged: bool
) -> None:
    stage = Stage(is_hedged=is_hedged)
    stage.world.crash()

    stage.act(kind)
    stage.world.run_for(3_600)
    stage.world.start()
    stage.world.run_for(60)

    (closed,) = stage.of(PositionClosed)
    assert stage.world.venue.ledger().fills[-1].price == closed.exit_price
    assert () == stage.positions().positions
    assert () == stage.orders().orders
    stage.check_money()


@MODES
def test_funding_is_booked_to_the_position_as_the_venue_charged_it(*, is_hedged: bool) -> None:
    stage = Stage(is_hedged=is_hedged)

    stage.world.run_for(130)

    (ours,) = stage.positions().positions
    assert ours.funding == stage.positions().funding != ZERO


@MODES
def test_a_stop_that_a_hand_takes_away_is_placed_again(*, is_hedged: bool) -> None:
    stage = Stage(is_hedged=is_hedged)
    (stop,) = [each for each in stage.orders().orders if each.client_algo_id]

    stage.hand("DELETE", "/fapi/v1/algoOrder", clientAlgoId=stop.client_algo_id)
    stage.world.run_for(3)

    (ours,) = stage.positions().positions
    assert ours.protected
    assert [f"{SYMBOL}/{stage.side}"] == stage.alerts("stop_missing")


@MODES
def test_a_hand_s_resting_order_is_shown_and_left(*, is_hedged: bool) -> None:
    stage = Stage(is_hedged=is_hedged)
    sided = {"positionSide": "LONG"} if is_hedged else {}
    stage.hand(
        "POST",
        "/fapi/v1/order",
        symbol=SYMBOL,
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.05",
        price="1900.00",
        **sided,
    )

    stage.world.run_for(60)

    (stranger,) = stage.orders().strangers
    assert ("NEW", CloseReason.FOREIGN) == (stranger.status, stranger.made_by)
    assert 1 == len(stage.alerts("foreign_order"))
    assert [] == stage.alerts("mismatch")
