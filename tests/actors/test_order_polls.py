"""Test of OrderManager: fills that are asked for while the user stream cannot tell them."""

from callboard.actors.order_facts import FillsDue
from callboard.messages.stream import StreamHealthChanged
from callboard.messages.venue import RequestPermit
from support.order_bench import ENTRY, STOP, OrderBench
from support.steps import MS, SECOND, Step

LOST = StreamHealthChanged(healthy=False, reason="closed")
WHOLE = StreamHealthChanged(healthy=True, reason="backfilled")
FILLS = f"fills/{ENTRY.client_order_id}"


def wait_ms(bench: OrderBench) -> int:
    return (bench.steps.timers[FILLS].due_ns - bench.steps.now_ns) // MS


def queries(step: Step) -> int:
    return [each.call for each in step.told(RequestPermit)].count("QueryOne")


def resting(bench: OrderBench) -> OrderBench:
    """Let the venue take the market order, without a fill."""
    return bench.resting()


def test_while_the_stream_tells_fills_they_are_asked_for_after_ten_seconds() -> None:
    """C-06: and the stream comes first, C-24."""
    assert 10_000 == wait_ms(resting(OrderBench()))


def test_without_the_stream_the_first_question_is_asked_at_once_and_then_every_half_second() -> (
    None
):
    """C-47: first check immediately; C-24: 0.5 s only while a fill is pending without a stream."""
    bench = OrderBench()
    bench.tell(LOST)
    first = wait_ms(resting(bench))

    asked = [queries(bench.steps.fire(FILLS)) for _ in range(3)]

    assert (0, [1, 1, 1], 500) == (first, asked, wait_ms(bench))


def test_questions_end_after_ten_seconds_and_the_passes_go_on() -> None:
    bench = OrderBench()
    bench.tell(LOST)
    resting(bench)
    bench.steps.now_ns += 10 * SECOND

    step = bench.tell(FillsDue(bench.cid))

    assert 1 == queries(step)
    assert [] == [key for key, _, _ in step.timers]


def test_a_stream_that_is_lost_while_a_fill_is_awaited_has_it_asked_for_soon() -> None:
    bench = resting(OrderBench())

    bench.tell(LOST)
    soon = wait_ms(bench)
    again = bench.tell(LOST)
    bench.steps.fire(FILLS)
    bench.tell(WHOLE)
    bench.steps.fire(FILLS)

    assert (500, ()) == (soon, again.facts)
    assert FILLS not in bench.steps.timers


def test_a_stop_that_rests_is_not_polled() -> None:
    bench = OrderBench(STOP).resting()

    bench.tell(LOST)

    assert [] == [key for key in bench.steps.timers if key.startswith("fills/")]
