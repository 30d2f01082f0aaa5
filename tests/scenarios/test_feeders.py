"""Feeders: commands are told in the order of their times, from file or pipe."""

import io
import json
import os
from collections.abc import Callable
from typing import Any

from callboard.actors.adapters.signals import SignalLines, lines_of
from callboard.messages.intake import CancelOrder, HaltTrading, HostCommand, SubmitSignal
from callboard.scenarios.running.feeder import MS_NS, WINDOW, Feeder, feed
from callboard.scenarios.running.live_feeder import LiveFeeder
from support.signals import one_signal

WAIT_SECONDS = 60.0


def wish(signal_id: str, at_ms: int, **more: Any) -> dict[str, Any]:
    return {
        "signal_id": signal_id,
        "at_ms": at_ms,
        "signal": "LONG_ENTRY",
        "symbol": "ETHUSDT",
        **more,
    }


def lines(*data: dict[str, Any]) -> SignalLines:
    return SignalLines([json.dumps(each).encode() + b"\n" for each in data], "f")


def ids(commands: list[HostCommand]) -> list[str]:
    return [each.signal_id for each in commands if isinstance(each, SubmitSignal)]


def all_of(feeder: Feeder) -> list[HostCommand]:
    return [feeder.take() for _ in iter(feeder.next_at_ns, None)]


def test_lines_are_told_in_the_order_of_their_times() -> None:
    feeder = Feeder(lines(wish("b", 20), wish("a", 10), wish("c", 20)))

    told = all_of(feeder)

    assert ["a", "b", "c"] == ids(told)
    assert (3, True) == (feeder.told, feeder.is_over)


def test_a_line_without_a_time_goes_with_the_one_before_it() -> None:
    feeder = Feeder(lines(wish("a", 10), {"command": "halt"}, wish("b", 5)))

    told = all_of(feeder)

    assert ["b", "a"] == ids(told)
    assert isinstance(told[-1], HaltTrading)


def test_a_shift_moves_the_times_of_signals_and_their_expiry() -> None:
    feeder = Feeder(lines(wish("a", 10, expires_at_ms=15), wish("b", 20)))
    feeder.shift_ms = 100

    assert 110 * MS_NS == feeder.next_at_ns()
    first, second = all_of(feeder)

    assert isinstance(first, SubmitSignal)
    assert isinstance(second, SubmitSignal)
    assert (110, 115) == (first.at_ms, first.expires_at_ms)
    assert (120, None) == (second.at_ms, second.expires_at_ms)


def test_a_source_longer_than_the_window_is_read_as_it_is_told() -> None:
    source = lines(*(wish(str(number), number + 1) for number in range(WINDOW + 50)))
    feeder = Feeder(source)
    before = source.read

    told = ids(all_of(feeder))

    assert WINDOW == before
    assert [str(number) for number in range(WINDOW + 50)] == told


def test_what_is_not_told_is_read_for_its_faults() -> None:
    source = SignalLines([json.dumps(wish("a", 1)).encode()] * (WINDOW + 5) + [b"{"], "f")
    feeder = Feeder(source)
    feeder.take()

    assert WINDOW + 4 == feeder.drain()

    assert 1 == source.fault_count
    assert feeder.next_at_ns() is None


def test_feeding_plans_one_command_at_a_time() -> None:
    feeder = Feeder(lines(wish("a", 1), wish("b", 2)))
    planned: list[tuple[int, Callable[[], None]]] = []
    told: list[HostCommand] = []

    feed(feeder, at=lambda at_ns, action: planned.append((at_ns, action)), tell=told.append)
    one_at_first = len(planned)
    for _, action in planned:
        action()

    assert 1 == one_at_first
    assert [MS_NS, 2 * MS_NS] == [at_ns for at_ns, _ in planned]
    assert ["a", "b"] == ids(told)


def test_a_pipe_that_stays_open_is_told_as_its_lines_arrive() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb") as sink:
        feeder = LiveFeeder(SignalLines(lines_of(source), "pipe"))
        nothing_yet = (feeder.next_at_ns(), feeder.is_over)
        sink.write(json.dumps(wish("a", 7)).encode() + b"\n{\n")
        sink.flush()
        while feeder.next_at_ns() is None:
            feeder.wait_for_end(0.01)
        due_ns, command, is_over = feeder.next_at_ns(), feeder.take(), feeder.is_over
        sink.close()
        has_ended = feeder.wait_for_end(WAIT_SECONDS)

    assert (None, False) == nothing_yet
    assert (7 * MS_NS, ["a"], False) == (due_ns, ids([command]), is_over)
    assert has_ended
    assert feeder.is_over
    assert (1, 1) == (feeder.told, feeder.lines.fault_count)


def test_a_full_window_lets_the_writer_wait_and_loses_nothing() -> None:
    source = lines(*(wish(str(number), number + 1) for number in range(5)))
    feeder = LiveFeeder(source, window=2)
    told: list[HostCommand] = []
    while not feeder.is_over:
        if feeder.next_at_ns() is None:
            feeder.wait_for_end(0.01)
        else:
            told.append(feeder.take())

    assert ["0", "1", "2", "3", "4"] == ids(told)


def test_what_has_arrived_and_was_not_told_is_counted_at_the_end() -> None:
    feeder = LiveFeeder(SignalLines(lines_of(io.BytesIO(b'{"command":"halt"}\n')), "f"))
    assert feeder.wait_for_end(WAIT_SECONDS)

    assert 1 == feeder.drain()
    assert feeder.is_over


def test_a_generated_line_is_a_signal_of_the_interface() -> None:
    from random import Random

    source = lines(one_signal("x", 5, "LONG_ENTRY", "ETHUSDT", Random(1)))
    told = all_of(Feeder(source))

    assert ["x"] == ids(told)
    assert not any(isinstance(each, CancelOrder) for each in told)
