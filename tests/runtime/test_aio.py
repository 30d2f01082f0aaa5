"""Aio: asking and following events from an asyncio loop that must not block."""

import asyncio
from decimal import Decimal
from typing import Any

import pykka
import pytest

import callboard
from callboard.actors import aio
from callboard.actors.errors import Refused
from callboard.actors.runtime.front import EventsDropped
from callboard.messages.events import OrderCancelled, OrderRefused
from callboard.messages.intake import CancelOrder
from callboard.messages.queries import GetStatus
from support.engines import STATUS, engine, signal, start_engine
from support.worlds import WAIT_SECONDS


def cancelled(signal_id: str) -> OrderCancelled:
    """Return the event of a cancelled signal."""
    return OrderCancelled(signal_id, "", "", Decimal(0))


def test_the_public_name_is_this_module() -> None:
    assert aio is callboard.aio


def test_an_answer_comes_back_to_the_loop() -> None:
    with engine() as running:
        answer = asyncio.run(aio.ask(running.ref, GetStatus(), timeout=WAIT_SECONDS))

    assert STATUS == answer


def test_a_refusal_is_raised_in_the_coroutine() -> None:
    with engine() as running, pytest.raises(Refused, match="not_accepted"):
        asyncio.run(aio.ask(running.ref, "hello", timeout=WAIT_SECONDS))


def test_the_loop_runs_on_while_an_answer_is_awaited() -> None:
    async def main() -> int:
        asking = asyncio.create_task(aio.ask(running.ref, GetStatus(), timeout=WAIT_SECONDS))
        turns = 0
        for _ in range(100):
            await asyncio.sleep(0)
            turns += not asking.done()
        running.gate.set()
        assert STATUS == await asking
        return turns

    with engine() as running:
        running.gate.clear()

        turns = asyncio.run(main())

    assert 100 == turns


def test_an_answer_that_does_not_come_in_time_is_a_timeout() -> None:
    with engine() as running:
        running.gate.clear()

        with pytest.raises(TimeoutError):
            asyncio.run(aio.ask(running.ref, GetStatus(), timeout=0.01))


def test_an_answer_after_the_loop_is_closed_harms_nobody() -> None:
    with engine() as running:
        running.gate.clear()
        with pytest.raises(TimeoutError):
            asyncio.run(aio.ask(running.ref, GetStatus(), timeout=0.0))
        running.gate.set()

        assert STATUS == running.ref.ask(GetStatus(), timeout=WAIT_SECONDS)


def test_asking_a_stopped_engine_is_told_so() -> None:
    running = start_engine()
    running.ref.stop(block=True, timeout=WAIT_SECONDS)

    with pytest.raises(pykka.ActorDeadError):
        asyncio.run(aio.ask(running.ref, GetStatus()))


def test_events_arrive_in_their_order_and_filtered_by_class() -> None:
    async def main() -> list[Any]:
        got: list[Any] = []
        async with aio.events(running.ref, OrderCancelled) as events:
            wrong: Any = 0.1
            running.ref.tell(signal("bad", price=wrong))
            for number in range(3):
                await aio.ask(running.ref, CancelOrder(f"c{number}", f"s{number}"))
            async with asyncio.timeout(WAIT_SECONDS):
                async for event in events:
                    got.append(event)
                    if len(got) == 3:
                        break
        return got

    with engine() as running:
        got = asyncio.run(main())

    assert [cancelled("s0"), cancelled("s1"), cancelled("s2")] == got


def test_a_slow_reader_loses_the_oldest_events_and_is_told_how_many() -> None:
    async def main() -> list[Any]:
        events = aio.events(running.ref, OrderCancelled, queue_max=2)
        for number in range(5):
            events.push(cancelled(f"s{number}"))
        return [await anext(events) for _ in range(3)]

    with engine() as running:
        got = asyncio.run(main())

    assert [EventsDropped(3), cancelled("s3"), cancelled("s4")] == got


def test_the_stream_ends_when_the_engine_stops() -> None:
    async def main() -> list[Any]:
        events = aio.events(running.ref)
        await aio.ask(running.ref, CancelOrder("c1", "s1"))
        running.ref.stop(block=False)
        async with asyncio.timeout(WAIT_SECONDS):
            return [event async for event in events]

    running = start_engine()

    assert [cancelled("s1")] == asyncio.run(main())


def test_a_closed_stream_ends_and_is_unsubscribed() -> None:
    async def main() -> list[Any]:
        events = aio.events(running.ref, OrderRefused)
        await events.aclose()
        await aio.ask(running.ref, GetStatus())
        return [event async for event in events]

    with engine() as running:
        assert [] == asyncio.run(main())


def test_a_stream_may_be_closed_after_the_engine_has_stopped() -> None:
    async def main() -> list[Any]:
        events = aio.events(running.ref)
        stopping = running.ref.stop(block=False)
        async with asyncio.timeout(WAIT_SECONDS):
            left = [event async for event in events]
        await events.aclose()
        stopping.get(timeout=WAIT_SECONDS)
        return left

    running = start_engine()

    assert [] == asyncio.run(main())
