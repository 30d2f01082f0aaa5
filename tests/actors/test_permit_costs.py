"""Test of the limiter's costs: each call is charged what its endpoint costs at the venue."""

from typing import Any, get_args

import pytest
from attrs import evolve

from callboard.actors.adapters.batches import BATCH
from callboard.actors.adapters.binance_requests import build_request
from callboard.actors.limiter_facts import COSTS, IN_A_BATCH
from callboard.actors.policies.weights import cost
from callboard.messages.values import OrderType
from callboard.messages.venue import (
    Call,
    PlaceOrder,
)
from support.samples import sample

MARKET = evolve(sample(PlaceOrder), close_position=False)
STOP = evolve(sample(PlaceOrder), order_type=OrderType.STOP_MARKET, quantity=None)
OTHERS = [sample(kind) for kind in get_args(Call) if kind is not PlaceOrder]


@pytest.mark.parametrize("call", [MARKET, STOP, *OTHERS], ids=lambda call: type(call).__name__)
def test_what_a_call_is_charged_is_what_its_endpoint_costs(call: Any) -> None:
    request = build_request(call, "r1")

    assert cost(request.method, request.path, request.params) == COSTS[type(call).__name__]


def test_every_call_has_its_cost() -> None:
    assert {kind.__name__ for kind in get_args(Call)} == set(COSTS) - {IN_A_BATCH}


def test_two_orders_of_a_batch_pay_for_the_batch() -> None:
    whole, each = cost("POST", BATCH, {}), COSTS[IN_A_BATCH]

    for name in ("weight", "orders_10s", "orders_1m"):
        assert 2 * getattr(each, name) >= getattr(whole, name)
        assert getattr(each, name) >= getattr(COSTS[PlaceOrder.__name__], name)
