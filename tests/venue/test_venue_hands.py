"""Acts beside the engine: a person at the venue's page, and what the venue does by itself."""

from decimal import Decimal
from pathlib import Path

import pytest

from callboard.scenarios.venue.control import VenueControl
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.venue.hands import Act, ActKind, by_hand
from callboard.scenarios.venue.settings import VenueSettings
from support.faces import serving
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

D = Decimal
TIME, LEVERAGE = "/fapi/v1/time", "/fapi/v1/leverage"
DUAL, MARGIN_TYPE = "/fapi/v1/positionSide/dual", "/fapi/v1/marginType"


def opened(settings: VenueSettings | None = None) -> VenueWorld:
    world = VenueWorld(settings)
    for symbol, price in (("ETHUSDT", "2600.00"), ("BTCUSDT", "60000.00")):
        world.quote(price, price, symbol=symbol)
        world.mark(price, symbol=symbol)
    world.listen()
    return world


@pytest.fixture
def world() -> VenueWorld:
    """A venue with two markets and a flat account."""
    return opened()


def strike(world: VenueWorld, fault: Fault) -> None:
    world.venue.plan_fault(ScriptedFault("GET", TIME, 1, fault))
    world.ask("GET", TIME)
    world.wait(100)


def test_a_person_trades_and_the_stream_tells_it_as_any_order(world: VenueWorld) -> None:
    code = world.venue.perform(by_hand("POST", ORDER, **market_order("BUY", "1")))
    world.wait(20)

    assert (0, D(1)) == (code, world.position())
    told = world.frames_of("ORDER_TRADE_UPDATE")[-1]["o"]
    assert ("FILLED", True) == (told["X"], told["c"].startswith("web_"))


def test_a_person_places_orders_of_both_kinds_that_rest(world: VenueWorld) -> None:
    rest = by_hand("POST", ORDER, **limit_order("BUY", "1", "2500.00"))
    stop = by_hand("POST", ALGO, **stop_order("BUY", "2700.00", quantity="1"))

    assert (0, 0) == (world.venue.perform(rest), world.venue.perform(stop))

    assert 1 == len(world.done("GET", "/fapi/v1/openOrders"))
    assert 1 == len(world.done("GET", "/fapi/v1/openAlgoOrders"))


def test_a_person_changes_leverage_margin_type_and_position_mode(world: VenueWorld) -> None:
    acts = (
        by_hand("POST", LEVERAGE, symbol="ETHUSDT", leverage="5"),
        by_hand("POST", MARGIN_TYPE, symbol="ETHUSDT", marginType="ISOLATED"),
        by_hand("POST", DUAL, dualSidePosition="true"),
    )

    assert [0, 0, 0] == [world.venue.perform(act) for act in acts]

    world.wait(20)
    [config] = world.frames_of("ACCOUNT_CONFIG_UPDATE")
    assert {"s": "ETHUSDT", "l": 5} == config["ac"]
    assert ["MARGIN_TYPE_CHANGE"] == [f["a"]["m"] for f in world.frames_of("ACCOUNT_UPDATE")]
    assert world.done("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True


def test_a_person_is_refused_as_anybody_is(world: VenueWorld) -> None:
    nowhere = by_hand("POST", "/fapi/v1/nowhere")
    unknown = Act(ActKind.SETTLE, symbol="NOPE")
    same = by_hand("POST", DUAL, dualSidePosition="false")

    assert [-5000, -1121, -4059] == [world.venue.perform(act) for act in (nowhere, unknown, same)]


def test_what_a_person_does_uses_no_weight_of_the_engines_address(world: VenueWorld) -> None:
    before = world.venue.ledger().weight_1m_used_max

    world.venue.perform(by_hand("POST", LEVERAGE, symbol="ETHUSDT", leverage="5"))

    assert before == world.venue.ledger().weight_1m_used_max


def test_the_venue_deleverages_liquidates_and_settles_when_it_is_told_to(
    world: VenueWorld,
) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.mark("2700.00")

    world.venue.perform(Act(ActKind.DELEVERAGE))
    after_deleveraging = world.position()
    world.venue.perform(Act(ActKind.LIQUIDATE))
    world.wait(100)
    after_liquidation = world.position()
    world.venue.perform(Act(ActKind.SETTLE, symbol="ETHUSDT"))

    assert (D(1), D(0)) == (after_deleveraging, after_liquidation)
    assert -1122 == world.refused("POST", ORDER, **market_order("BUY", "1"))
    forced = [order for order in world.venue.ledger().orders if order.is_forced]
    assert ["adl_autocl", "autoclose-"] == [order.client_order_id[:10] for order in forced]
    assert 1 == world.venue.ledger().orders_accepted


def test_a_margin_call_can_be_sent_while_the_margin_is_fine(world: VenueWorld) -> None:
    world.venue.perform(Act(ActKind.WARN))
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.venue.perform(Act(ActKind.WARN))
    world.wait(20)

    [call] = world.frames_of("MARGIN_CALL")
    assert ["ETHUSDT"] == [position["s"] for position in call["p"]]
    assert D(2) == world.position()


def test_a_winning_position_can_be_deleveraged_as_an_aimed_fault(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.mark("2700.00")

    strike(world, Fault.DELEVERAGED)

    assert D(1) == world.position()


def test_positions_can_be_liquidated_as_an_aimed_fault(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))

    strike(world, Fault.LIQUIDATED)

    assert D(0) == world.position()
    assert [True] == [order.is_forced for order in world.venue.ledger().orders][1:]


@pytest.mark.parametrize("is_hedged", [False, True])
def test_a_person_can_trade_a_little_as_a_fault(is_hedged: bool) -> None:
    world = opened(VenueSettings(hedge_mode=is_hedged))

    strike(world, Fault.TRADED_BY_HAND)

    [position] = world.venue.ledger().positions
    notional = abs(position.amount) * position.entry_price
    assert 2 * D(100) <= notional <= 2 * D(100) + D(60) or D(40) <= notional <= D(43)
    assert ("BOTH" if not is_hedged else position.position_side) == position.position_side


def test_a_venue_of_its_own_process_takes_acts_over_its_control(tmp_path: Path) -> None:
    path = tmp_path / "venue.sock"

    with serving(path), VenueControl(path) as control:
        control.perform(by_hand("POST", LEVERAGE, symbol="ETHUSDT", leverage="5"))
        refused = control.perform(by_hand("POST", DUAL, dualSidePosition="false"))

    assert -4059 == refused
