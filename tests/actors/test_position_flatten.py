"""Test of PositionMonitor: a flatten is over when the venue itself shows that it is."""

from callboard.actors.position_facts import FLATTENINGS_MAX
from callboard.actors.position_flatten import FLAT_MS_MAX
from callboard.messages.events import (
    AlertRaised,
)
from callboard.messages.outcomes import PositionsFlattened
from callboard.messages.positions import CheckPositions, FlattenAll
from callboard.messages.queries import FlatteningView, GetFlattening
from support.position_bench import KEY, ONE, SYMBOL, PositionBench, exit_fill, fill
from support.steps import MS, SECOND, Step

FLATTEN = FlattenAll("f1", "", "drill", verified=True)


def looked(bench: PositionBench) -> Step:
    return bench.steps.fire("flat/f1")


def ended(step: Step) -> list[PositionsFlattened]:
    return step.told(PositionsFlattened)


def asked(bench: PositionBench, command_id: str = "f1") -> FlatteningView:
    (answer,) = bench.tell(GetFlattening(command_id)).replies
    assert isinstance(answer, FlatteningView)
    return answer


def closed() -> PositionBench:
    """Return a monitor whose position a verified flatten has closed, as far as fills say."""
    bench = PositionBench().protected()
    bench.tell(FLATTEN)
    bench.tell(exit_fill(), after_ns=SECOND)
    return bench


def test_the_venue_is_asked_once_ours_are_closed() -> None:
    bench = PositionBench().protected()
    bench.tell(FLATTEN)

    waiting = looked(bench)
    pending = asked(bench)
    bench.tell(exit_fill())
    first, second = looked(bench), looked(bench)

    assert [] == waiting.told(CheckPositions)
    assert FlatteningView("f1", is_over=False, left=(KEY,)) == pending
    assert 1 == len(first.told(CheckPositions))
    assert [] == second.told(CheckPositions)


def test_flat_is_told_when_the_venue_shows_it_and_not_before() -> None:
    bench = closed()
    early = bench.compare(None, departed_at_ns=bench.steps.now_ns)
    before = asked(bench)

    bench.steps.now_ns += SECOND
    step = bench.compare(None)

    assert [] == ended(early)
    assert FlatteningView("f1", is_over=False) == before
    assert [("f1", "", True, ())] == [
        (each.command_id, each.symbol, each.is_flat, each.left) for each in ended(step)
    ]
    assert [] == step.told(AlertRaised)
    assert FlatteningView("f1", is_over=True, is_flat=True) == asked(bench)
    assert ((), []) == (looked(bench).facts, ended(bench.compare(None)))


def test_where_nothing_is_open_the_venue_is_asked_all_the_same() -> None:
    bench = PositionBench()
    bench.tell(FLATTEN)

    step = looked(bench)
    bench.steps.now_ns += SECOND

    assert 1 == len(step.told(CheckPositions))
    assert [True] == [each.is_flat for each in ended(bench.compare(None))]


def test_a_position_that_was_never_ours_is_left_and_named() -> None:
    bench = PositionBench()
    bench.tell(FLATTEN)
    bench.steps.now_ns += SECOND

    first, second = bench.compare(ONE), bench.compare(ONE)

    assert [] == ended(first)
    assert [(False, (KEY,))] == [(each.is_flat, each.left) for each in ended(second)]
    assert ["not_flat"] == [each.alert for each in second.told(AlertRaised)]


def test_what_does_not_close_is_told_in_time_and_its_exit_goes_on() -> None:
    bench = PositionBench().protected()
    bench.tell(FLATTEN)

    bench.steps.now_ns += FLAT_MS_MAX * MS
    step = looked(bench)

    (told,) = ended(step)
    assert (False, (KEY,)) == (told.is_flat, told.left)
    assert told.after_ms >= FLAT_MS_MAX
    (alert,) = step.told(AlertRaised)
    assert f"open: {KEY}" in alert.text
    assert bench.guard.closing


def test_what_a_listing_shows_of_ours_after_its_close_is_waited_for() -> None:
    bench = closed()
    bench.steps.now_ns += SECOND

    told = [ended(bench.compare(ONE)) for _ in range(2)]
    bench.steps.now_ns += FLAT_MS_MAX * MS

    assert [[], []] == told
    assert [(KEY,)] == [each.left for each in ended(looked(bench))]


def test_a_venue_that_shows_nothing_is_no_proof() -> None:
    bench = PositionBench()
    bench.tell(FlattenAll("f1", SYMBOL, "", verified=True))

    bench.steps.now_ns += FLAT_MS_MAX * MS
    step = looked(bench)

    assert [(SYMBOL, False, ())] == [(each.symbol, each.is_flat, each.left) for each in ended(step)]
    assert "the venue has not shown" in step.told(AlertRaised)[0].text


def test_a_flatten_that_nobody_wants_verified_is_not_watched() -> None:
    bench = PositionBench().protected()

    bench.tell(FlattenAll("f1", "", "drill"))

    assert "flat/f1" not in bench.steps.timers
    assert FlatteningView("f1", is_over=False) == asked(bench)


def test_a_restart_goes_on_watching() -> None:
    bench = closed()
    bench.steps.timers.clear()

    bench.steps.start()
    bench.steps.now_ns += SECOND
    again = looked(bench)
    bench.compare(None)
    bench.steps.timers.clear()
    bench.steps.start()

    assert 1 == len(again.told(CheckPositions))
    assert "flat/f1" not in bench.steps.timers


def test_only_so_many_commands_are_remembered() -> None:
    bench = PositionBench()
    for number in range(FLATTENINGS_MAX + 1):
        bench.tell(FlattenAll(f"f{number}", "", "", verified=True))

    assert FLATTENINGS_MAX == len(bench.steps.actor.state.flattenings)
    assert () == bench.steps.fire("flat/f0").tells


def test_told_again_it_closes_what_is_open_again_and_watches_once() -> None:
    bench = closed()
    bench.tell(fill(trade_trade_id="9"))

    bench.tell(FLATTEN)

    assert bench.guard.closing
    assert 1 == len(bench.steps.actor.state.flattenings)
