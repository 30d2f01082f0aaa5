"""Test of the streams' threads in trouble: a network that hangs, a venue that refuses."""

from http import HTTPStatus
from random import Random

import pytest

from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.stream_connection import Dialer, StreamConnection
from callboard.actors.adapters.binance.stream_thread import (
    MINUTE_NS,
    SECOND_NS,
    Backoff,
    Figures,
    patience,
)
from callboard.actors.adapters.binance.streams import BinanceStreams
from callboard.actors.adapters.clock import WallClock
from support.stream_server import HandClock, pass_until
from support.wire_bench import QUICK, FrameEar, UserBench


def test_half_a_frame_ends_in_a_lost_connection_and_another_one() -> None:
    with UserBench(QUICK) as bench:
        bench.connected().say_half()

        bench.reopened()

    assert ["closed by us: 1011 keepalive ping timeout"] == bench.ear.reasons("close")[:1]


def test_a_message_beyond_every_bound_ends_the_connection_and_not_the_stream() -> None:
    with UserBench() as bench:
        bench.connected().say_raw(b'{"e":"' + b"x" * (17 << 20) + b'"}')

        bench.reopened()

    (reason, *_) = bench.ear.reasons("close")
    assert reason.startswith("closed by us: 1009")


@pytest.mark.parametrize("status", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS])
def test_a_refused_handshake_is_tried_again_only_after_the_longest_wait(status: HTTPStatus) -> None:
    with UserBench() as bench:
        bench.server.status = status
        bench.give()
        bench.server.wait_tried(1)
        bench.server.status = HTTPStatus.SWITCHING_PROTOCOLS
        refused_at_ns = bench.clock.now_ns()
        bench.reopened(1)
        waited_ns = bench.clock.now_ns() - refused_at_ns

    assert 0.75 * Figures().backoff_cap_ns <= waited_ns
    assert ["the stream has no key", f"refused with status {status.value}"] == (
        bench.ear.reasons("key")
    )


def test_a_venue_that_is_not_there_is_tried_again_and_the_key_is_asked_after() -> None:
    with UserBench() as bench:
        bench.server.close()

        bench.give()
        pass_until(bench.clock, lambda: bench.ear.kinds.count("key") > 2)

    assert "not connected: ConnectionRefusedError: Connection refused" in bench.ear.reasons("key")
    assert "open" not in bench.ear.kinds


def test_a_callback_that_raises_does_not_end_the_stream() -> None:
    class Failing(FrameEar):
        def on_open(self, stream: str) -> None:
            super().on_open(stream)
            raise RuntimeError("a bug of the listener")

    with UserBench() as bench:
        ear = Failing()
        bench.streams.open("user", (), ear)
        bench.give()
        bench.server.line().say({"e": "X"})
        ear.wait_for("frame")


def test_a_failure_that_nobody_foresaw_ends_a_connection_and_not_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures = [RuntimeError("of a library")]

    def fail_once(dialer: Dialer, path: str) -> StreamConnection:
        if failures:
            raise failures.pop()
        return dial(dialer, path)

    dial = Dialer.open
    monkeypatch.setattr(Dialer, "open", fail_once)
    with UserBench() as bench:
        bench.give()
        bench.reopened(1)

    assert ["the stream has no key", "failed: RuntimeError"] == bench.ear.reasons("key")


def test_a_stream_of_another_name_is_refused() -> None:
    streams = BinanceStreams(loopback(1), HandClock())

    with pytest.raises(ValueError, match="no such stream: 'depth'"):
        streams.open("depth", (), FrameEar())


@pytest.mark.parametrize("seed", range(5))
def test_no_behaviour_of_the_venue_makes_a_thread_connect_more_than_30_times_in_5_minutes(
    seed: int,
) -> None:
    random = Random(seed)
    backoff = Backoff(Figures(), random)
    now_ns, tries = 0, list[int]()
    for _ in range(500):
        tries.append(now_ns)
        lived_ns = random.choice([0, random.randrange(2 * MINUTE_NS), MINUTE_NS])
        now_ns += lived_ns + backoff.after(lived_ns)

    windows = [sum(1 for each in tries if at <= each < at + 5 * MINUTE_NS) for at in tries]
    assert 30 >= max(windows)


@pytest.mark.parametrize(("speed", "expected_s"), [(1.0, 10), (0.5, 10), (50.0, 100)])
def test_on_a_fast_clock_a_silence_must_also_be_one_by_the_wall(
    speed: float, expected_s: int
) -> None:
    assert expected_s * SECOND_NS == patience(WallClock(speed), 10 * SECOND_NS)


def test_a_connection_that_lasted_ends_the_backoff() -> None:
    backoff = Backoff(Figures(), Random(1))
    waits = [backoff.after(0) for _ in range(8)]

    after_a_long_life = backoff.after(MINUTE_NS)

    assert sorted(waits[:6]) == waits[:6]
    assert 1.25 * Figures().backoff_cap_ns >= max(waits)
    assert 1.25 * Figures().backoff_base_ns >= after_a_long_life
