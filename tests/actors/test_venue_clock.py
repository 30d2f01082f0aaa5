"""Test of VenueClock: one test per message; what is told, when, and what is never trusted."""

import pytest

from callboard.actors.exchange_settings import ClockSettings
from callboard.actors.venue_clock import LISTENERS, VenueClock
from callboard.messages.market import ClockChanged, ResyncClock
from callboard.messages.values import Phase, Priority
from callboard.messages.venue import (
    Fenced,
    LaneStarted,
    MakeCall,
    Permit,
    PermitGranted,
    PermitRefused,
    ReadTime,
    RequestPermit,
    TimeRead,
)
from support.steps import MS, SECOND, Step, StepRunner
from support.venue_samples import read_ended

HALF_MS = MS // 2
CALL = "venue_clock/ReadTime"
SETTINGS = ClockSettings(
    interval_ms=30_000, error_ms_max=1_000, age_ms_max=300_000, window=4, material_ms=5
)


class Bench:
    def __init__(self, settings: ClockSettings = SETTINGS) -> None:
        self.steps = StepRunner(VenueClock(settings), name="venue_clock")
        self.started = self.steps.start()

    def sample(self, *, ahead_ms: int, round_trip_ms: int = 20) -> Step:
        """Let the venue answer, whose clock is ahead by so much."""
        sent_at_ns = self.steps.now_ns
        venue_ms = (sent_at_ns + round_trip_ms * MS // 2) // MS + ahead_ms
        return self.steps.tell(
            read_ended(CALL, TimeRead(venue_ms), sent_at_ns=sent_at_ns), after_ns=round_trip_ms * MS
        )


def told(step: Step) -> list[ClockChanged]:
    """What the listeners were told, each of them the same."""
    changes = step.told(ClockChanged)
    assert len(changes) % len(LISTENERS) == 0
    return changes[:: len(LISTENERS)]


def test_a_clock_that_starts_asks_for_leave_to_read_the_time() -> None:
    bench = Bench()

    (request,) = bench.started.to("rate_limiter")

    assert isinstance(request, RequestPermit)
    assert ("ReadTime", False, Priority.REDUCING) == (
        request.call,
        request.by_symbol,
        request.priority,
    )
    assert bench.steps.now_ns + 30 * SECOND == request.expires_at_ns
    assert [] == told(bench.started)


def test_a_granted_permit_becomes_a_call_on_the_reducing_lane() -> None:
    bench = Bench()
    (request,) = bench.started.to("rate_limiter")
    permit = Permit("p1", bench.steps.now_ns + SECOND)

    step = bench.steps.tell(PermitGranted(request.token, permit))

    expected = MakeCall(request.token, ReadTime(), permit, Priority.REDUCING, 0, 0)
    assert (("lane_reducing", expected),) == step.tells


def test_the_first_sample_is_trusted_and_told_to_everybody() -> None:
    bench = Bench()

    step = bench.sample(ahead_ms=40)

    change = ClockChanged(40 * MS + HALF_MS, 10 * MS + HALF_MS, trusted=True)
    assert tuple((listener, change) for listener in LISTENERS) == step.tells


def test_a_change_that_is_not_material_is_told_to_nobody() -> None:
    bench = Bench()
    bench.sample(ahead_ms=40)

    step = bench.sample(ahead_ms=44)

    assert [] == told(step)


def test_a_step_of_a_clock_is_told() -> None:
    bench = Bench()
    bench.sample(ahead_ms=40)

    step = bench.sample(ahead_ms=240)

    assert [240 * MS + HALF_MS] == [change.offset_ns for change in told(step)]


def test_the_best_sample_of_the_window_is_used() -> None:
    bench = Bench()
    bench.sample(ahead_ms=40, round_trip_ms=20)

    step = bench.sample(ahead_ms=45, round_trip_ms=400)

    assert [] == told(step)


def test_a_sample_with_a_wide_error_is_not_trusted() -> None:
    bench = Bench()

    step = bench.sample(ahead_ms=40, round_trip_ms=2_000)

    assert [False] == [change.trusted for change in told(step)]


def test_a_clock_that_is_not_trusted_is_read_every_second() -> None:
    bench = Bench()

    untrusted = bench.steps.timers["tick"].due_ns - bench.steps.now_ns
    bench.sample(ahead_ms=40)
    trusted = bench.steps.timers["tick"].due_ns - bench.steps.now_ns

    assert (SECOND, 30 * SECOND) == (untrusted, trusted)


def test_a_sample_that_grew_too_old_is_trusted_no_more() -> None:
    bench = Bench(ClockSettings(interval_ms=30_000, age_ms_max=20_000))
    bench.sample(ahead_ms=40)

    step = bench.steps.fire("tick")

    assert [False] == [change.trusted for change in told(step)]
    assert 1 == len(step.to("rate_limiter"))


def test_a_tick_reads_again() -> None:
    bench = Bench()

    step = bench.steps.fire("tick")

    assert ["ReadTime"] == [request.call for request in step.to("rate_limiter")]


def test_a_tick_while_a_read_waits_for_leave_renews_the_wish_and_adds_none() -> None:
    bench = Bench()

    steps = [bench.steps.fire("tick"), bench.steps.fire("tick")]

    tokens = [request.token for step in steps for request in step.to("rate_limiter")]
    assert ["venue_clock/ReadTime"] * 2 == tokens


def test_a_failed_read_changes_nothing_and_waits_for_the_next_tick() -> None:
    bench = Bench()
    failure = read_ended(CALL, None, sent_at_ns=bench.steps.now_ns, phase=Phase.MAYBE_SENT)

    step = bench.steps.tell(failure)

    assert ((), (), ()) == (step.facts, step.tells, step.timers)
    assert "tick" in bench.steps.timers


@pytest.mark.parametrize(
    "message",
    [PermitRefused("venue_clock/ReadTime", "late"), Fenced("c", 0, "paused")],
)
def test_a_read_that_did_not_leave_is_only_logged(message: PermitRefused | Fenced) -> None:
    step = Bench().steps.tell(message)

    assert ((), (), 1) == (step.facts, step.tells, len(step.logs))


def test_a_refusal_for_the_time_forgets_what_was_known_and_reads_at_once() -> None:
    bench = Bench()
    bench.sample(ahead_ms=40)

    step = bench.steps.tell(ResyncClock("-1021"))

    assert [False] == [change.trusted for change in told(step)]
    assert 1 == len(step.to("rate_limiter"))
    assert [True] == [change.trusted for change in told(bench.sample(ahead_ms=900))]


def test_a_lane_that_starts_is_told_what_is_known() -> None:
    bench = Bench()
    before = bench.steps.tell(LaneStarted("lane_opening")).to("lane_opening")
    bench.sample(ahead_ms=40)

    after = bench.steps.tell(LaneStarted("lane_opening")).to("lane_opening")

    assert ([False], [True]) == (
        [change.trusted for change in before],
        [change.trusted for change in after],
    )


def test_a_new_life_trusts_nothing_of_the_earlier_one() -> None:
    bench = Bench()
    bench.sample(ahead_ms=40)

    step = bench.steps.start()

    assert [ClockChanged(40 * MS + HALF_MS, 10 * MS + HALF_MS, trusted=False)] == told(step)
