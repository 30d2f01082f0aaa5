"""Strange words: what no document of the venue names is put aside, alerted, and found out.

An event type, an order status, an error code, a frame or an answer of another shape: each hits the
entry or its stop once, and the engine ends where it would have ended without it.
"""

import pytest

from callboard.actors import names
from callboard.messages.events import AlertRaised
from callboard.messages.values import OrderState
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from support.checked import ALGO_ORDER, ORDER, SYMBOL, Stage

STREAM, USER = "STREAM", "user"


def said(method: str, path: str, fault: Fault) -> Stage:
    """Return a stage on which the engine has entered, and heard one strange word on the way."""
    stage = Stage((ScriptedFault(method, path, 1, fault),)).begin().enter()
    stage.world.run_for(30)
    return stage


def alerts(stage: Stage) -> set[str]:
    """Return the names of all alerts."""
    return {event.alert for event in stage.events if isinstance(event, AlertRaised)}


def is_as_ever(stage: Stage) -> bool:
    """True when one entry has filled, its stop rests on both sides, and no invariant broke."""
    core = stage.world.venue.core
    stops = core.conditional.store.open_of(SYMBOL)
    orders = stage.world.state(names.ORDER_MANAGER).orders
    resting = [order for order in orders.values() if order.state is OrderState.ACTIVE]
    entries = [order for order in core.matching.orders.history_of(SYMBOL) if order.executed]
    return [] == stage.found() and (1, 1, 1) == (len(entries), len(stops), len(resting))


@pytest.mark.parametrize("path", [ORDER, ALGO_ORDER])
@pytest.mark.parametrize(
    ("fault", "alert"),
    [
        (Fault.ANSWER_UNKNOWN_STATUS, "unknown_status"),
        (Fault.ANSWER_UNREADABLE, ""),
        (Fault.UNKNOWN_CODE_9999, "unknown_code"),
        (Fault.DUPLICATE_ID_4116, ""),
    ],
)
def test_an_answer_in_strange_words_is_alerted_and_found_out_by_query(
    fault: Fault, alert: str, path: str
) -> None:
    stage = said("POST", path, fault)

    assert is_as_ever(stage), stage.events
    assert not alert or alert in alerts(stage)
    assert 1 == stage.world.venue.fault_counts[fault]


@pytest.mark.parametrize(
    ("fault", "alert"),
    [
        (Fault.STREAM_UNKNOWN_STATUS, "unknown_status"),
        (Fault.STREAM_UNREADABLE, "user_stream_lost"),
        (Fault.LISTEN_KEY_EXPIRED, "user_stream_lost"),
        (Fault.STREAM_UNKNOWN_EVENT, "frame_quarantined"),
    ],
)
def test_a_frame_in_strange_words_is_alerted_and_made_good(fault: Fault, alert: str) -> None:
    stage = said(STREAM, USER, fault)

    assert is_as_ever(stage), stage.events
    assert not alert or alert in alerts(stage)
