"""Asking: a host's commands and questions, in three ways, and what is refused at the front.

Owns the claims of the front that need the whole engine behind it.
"""

import asyncio
import threading
from typing import Any

import pytest
from attrs import evolve

from callboard import (
    EngineReady,
    EngineStatus,
    GetStatus,
    GetSummary,
    OrderFilled,
    PositionProtected,
    Refused,
    SignalType,
    SummaryView,
    aio,
)
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import RequestEntry
from support.eth_stage import signal
from support.hosts import Ref, ask, has, paper_system, venue_thread
from support.stages import (
    WAIT_SECONDS,
    stage_settings,
)


def test_a_future_a_loop_and_a_subscription_say_the_same() -> None:
    async def on_a_loop(ref: Ref) -> tuple[Any, list[str]]:
        heard: list[str] = []
        async with aio.events(ref, OrderFilled) as events:
            await aio.ask(ref, signal("s1", SignalType.LONG_ENTRY), timeout=WAIT_SECONDS)
            async with asyncio.timeout(WAIT_SECONDS):
                async for event in events:
                    heard.append(event.signal_id)
                    break
        return await aio.ask(ref, GetSummary(), timeout=WAIT_SECONDS), heard

    with paper_system() as (ref, collector):
        on_loop, heard = asyncio.run(on_a_loop(ref))
        collector.wait_for(has(collector, OrderFilled))
        by_future = ask(ref, GetSummary())

    subscribed = [each.signal_id for each in collector.events if isinstance(each, OrderFilled)]
    assert ["s1"] == heard == subscribed
    assert SummaryView(1, (), (("FILLED", 1),)) == by_future == on_loop


def test_what_is_told_before_the_engine_is_ready_is_done_afterwards() -> None:
    with paper_system() as (ref, collector):
        ref.tell(signal("s1", SignalType.LONG_ENTRY))
        collector.wait_for(has(collector, PositionProtected))

    kinds: list[str] = [type(event).__name__ for event in collector.events]
    assert kinds.index("EngineReady") < kinds.index("OrderFilled")


@pytest.mark.parametrize("message", ["buy!", 7, EngineReady(1), RequestEntry])
def test_a_message_that_is_no_command_and_no_query_is_refused(message: object) -> None:
    with paper_system() as (ref, _), pytest.raises(Refused, match="not_accepted"):
        ask(ref, message)


def test_a_malformed_command_is_refused_and_the_engine_goes_on() -> None:
    floats: Any = 0.5
    with paper_system() as (ref, _):
        with pytest.raises(Refused, match="malformed"):
            ask(ref, evolve(signal("s1", SignalType.LONG_ENTRY), quantity=floats))
        status = ask(ref, GetStatus())

    assert isinstance(status, EngineStatus)


def test_above_the_bound_a_command_is_refused_with_queue_full() -> None:
    held = Held(SubmitSignal)
    settings = evolve(stage_settings(), inbox_max=100)
    with venue_thread() as (exchange, clock):
        ref = launch(settings, Surroundings(exchange, clock, shares=Shares(), saboteur=held))
        ref.tell(signal("s0", SignalType.CLOSE_LONG))
        assert held.entered.wait(WAIT_SECONDS)
        refusals = [refusal_of(ref, number) for number in range(1, 200)]
        held.gate.set()
        ref.stop(block=True, timeout=WAIT_SECONDS)

    assert ["", "queue_full"] == list(dict.fromkeys(refusals))


def refusal_of(ref: Ref, number: int) -> str:
    """Give a command and return why it was refused, if it was."""
    try:
        ask(ref, signal(f"s{number}", SignalType.CLOSE_LONG))
    except Refused as refused:
        return refused.reason
    return ""


class Held:
    """Holds the core at its first message of a class until the gate is open."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.entered, self.gate = threading.Event(), threading.Event()

    def before_step(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - a port's form
        """Wait at the gate."""
        if type(envelope.message) is self.kind:
            self.entered.set()
            assert self.gate.wait(WAIT_SECONDS)
