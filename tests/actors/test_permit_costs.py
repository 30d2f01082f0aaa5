"""Test of the limiter's costs: each call is charged what its endpoint costs at the venue."""

from typing import Any, get_args

import pytest
from attrs import evolve

from callboard.actors.adapters.binance_requests import build_request
from callboard.actors.limiter_facts import COSTS
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
    assert {kind.__name__ for kind in get_args(Call)} == set(COSTS)
