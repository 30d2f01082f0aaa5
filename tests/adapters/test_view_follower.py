"""ViewFollower: looks again and again, rests longer than it works, tells a fault once."""

from collections.abc import Sequence

from attrs import define, field

from callboard.actors.adapters.records.view_follower import LOOK_KEY, ViewFollower
from callboard.actors.names import EVENT_BUS, TRADE_STORE
from callboard.messages.events import AlertRaised
from callboard.scenarios.venue.scaled_clock import ScaledClock
from support.steps import Step, StepRunner

MS_NS = 1_000_000
INTERVAL_MS = 250


@define
class Script:
    """A view that has so many chunks left, and fails while it is broken."""

    chunks: int = 0
    broken: str = ""
    fault: type[Exception] = OSError
    opened: int = field(init=False, default=0)
    closed: int = field(init=False, default=0)

    def open(self) -> Sequence[str]:
        """Open, with a note at the first time."""
        self.opened += 1
        return ("begins anew",) if self.opened == 1 else ()

    def advance(self) -> bool:
        """Take a chunk."""
        if self.broken:
            raise self.fault(self.broken)
        had = self.chunks > 0
        self.chunks -= had
        return had

    def close(self) -> None:
        """Count."""
        self.closed += 1


def steps_of(view: Script, *, speed: float = 1.0) -> tuple[ViewFollower, StepRunner]:
    clock = ScaledClock.begin(speed=speed)
    follower = ViewFollower(TRADE_STORE, view, clock=clock, interval_ms=INTERVAL_MS)
    return follower, StepRunner(follower, name=TRADE_STORE)


def delay_ms(step: Step) -> float:
    (timer,) = step.timers
    assert LOOK_KEY == timer[0]
    return timer[1] / MS_NS


def test_it_begins_after_an_interval_of_the_wall_whatever_the_engines_time_does() -> None:
    _, slow = steps_of(Script())
    _, fast = steps_of(Script(), speed=20)

    assert (INTERVAL_MS, 20 * INTERVAL_MS) == (delay_ms(slow.start()), delay_ms(fast.start()))


def test_it_takes_one_chunk_a_look_and_comes_sooner_while_more_waits() -> None:
    view = Script(chunks=2)
    _, steps = steps_of(view)
    steps.start()

    behind = steps.fire(LOOK_KEY)
    steps.fire(LOOK_KEY)
    done = steps.fire(LOOK_KEY)

    assert 0 == view.chunks
    assert delay_ms(behind) <= INTERVAL_MS
    assert INTERVAL_MS == delay_ms(done)
    assert (("view_note", {"text": "begins anew"}),) == behind.logs


def test_a_fault_is_one_alert_and_so_is_its_end() -> None:
    view = Script(chunks=1, broken="disk full")
    _, steps = steps_of(view)
    steps.start()

    first, second = steps.fire(LOOK_KEY), steps.fire(LOOK_KEY)
    view.broken = ""
    third = steps.fire(LOOK_KEY)

    assert [("view_stale", "disk full")] == [
        (each.alert, each.text) for each in first.told(AlertRaised)
    ]
    assert [] == second.to(EVENT_BUS)
    assert ["view_recovered"] == [each.alert for each in third.told(AlertRaised)]
    assert 1_000 == delay_ms(second)
    assert 3 == view.opened


def test_a_bug_of_a_view_is_told_by_its_name_and_crashes_nobody() -> None:
    view = Script(broken="client_order_id", fault=KeyError)
    _, steps = steps_of(view)
    steps.start()

    first = steps.fire(LOOK_KEY)

    assert ["KeyError: 'client_order_id'"] == [each.text for each in first.told(AlertRaised)]


def test_at_the_stop_it_takes_what_is_left() -> None:
    view = Script(chunks=5)
    follower, steps = steps_of(view)
    steps.start()

    follower.close()

    assert (0, 1) == (view.chunks, view.closed)
