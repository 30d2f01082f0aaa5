"""Inbox: priorities, timers, the guarded rim and the closing of a dispatcher's inbox."""

import threading

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykka.messages import ProxyCall

from callboard.actors.errors import Refused
from callboard.actors.runtime.envelope import Envelope, Timer
from callboard.actors.runtime.inbox import (
    GARBAGE_MAX,
    TICK,
    Asked,
    Inbox,
    TimerHeap,
    Work,
    is_control,
)
from support.worlds import ManualClock

WAIT_SECONDS = 60.0


def envelope(message: object, *, to: str = "actor", urgent: bool = False) -> Envelope:
    """Make an envelope of the core."""
    return Envelope(to, message, "", "host", 0, "", urgent)


def timer(due_ns: int, key: str, *, actor: str = "actor") -> Timer:
    """Make a timer of an actor's first life."""
    return Timer(due_ns, key, 1, envelope(key, to=actor))


def open_inbox(clock: ManualClock | None = None) -> Inbox:
    """Make an inbox whose rim takes everything but refuses the word `no`."""
    return Inbox(
        clock or ManualClock(), door=lambda message, _depth: "unwanted" if message == "no" else ""
    )


def taken(inbox: Inbox, now: int = 0) -> list[object]:
    """Take everything of the core that is there."""
    items: list[object] = []
    while (item := inbox.take(now)) is not None:
        items.append(item.key if isinstance(item, Timer) else item.message)
    return items


class Guarded(pykka.ThreadingActor):
    """An actor behind one of our inboxes."""

    use_daemon_thread = True

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        super().__init__()

    def _create_actor_inbox(self) -> Inbox:  # type: ignore[override]  # called on the instance
        return self._inbox


def test_messages_leave_in_the_order_in_which_they_came() -> None:
    inbox = open_inbox()

    for number in range(5):
        inbox.deliver(envelope(number))

    assert 5 == len(inbox)
    assert list(range(5)) == taken(inbox)


def test_urgent_messages_overtake_the_others_and_keep_their_own_order() -> None:
    inbox = open_inbox()

    inbox.deliver(envelope("slow"))
    inbox.deliver(envelope("first", urgent=True))
    inbox.deliver(envelope("second", urgent=True))

    assert ["first", "second", "slow"] == taken(inbox)


def test_a_timer_waits_for_its_time() -> None:
    inbox = open_inbox()
    inbox.timers.arm(timer(100, "a"))

    assert [] == taken(inbox, now=99)
    assert ["a"] == taken(inbox, now=100)
    assert [] == taken(inbox, now=101)


def test_a_flood_of_messages_does_not_starve_a_due_timer() -> None:
    inbox = open_inbox()
    for number in range(10):
        inbox.deliver(envelope(number))
    inbox.timers.arm(timer(1, "a"))
    inbox.timers.arm(timer(1, "b"))

    assert ["a", 0, "b", 1] == taken(inbox, now=1)[:4]


def test_a_timer_that_is_always_due_does_not_starve_a_message() -> None:
    inbox = open_inbox()
    inbox.deliver(envelope("message"))
    seen: list[object] = []

    for _ in range(3):
        inbox.timers.arm(timer(0, "again"))
        item = inbox.take(1)
        assert item is not None
        seen.append(item.key if isinstance(item, Timer) else item.message)

    assert ["again", "message", "again"] == seen


def test_get_sleeps_until_a_message_is_delivered() -> None:
    inbox = open_inbox()
    got: list[object] = []
    consumer = threading.Thread(target=lambda: got.append(inbox.get()))
    consumer.start()

    inbox.deliver(envelope("hello"))
    consumer.join(WAIT_SECONDS)

    assert [TICK] == got


def test_get_returns_a_tick_when_a_timer_falls_due_without_any_message() -> None:
    clock = ManualClock()
    inbox = open_inbox(clock)
    inbox.timers.arm(timer(100, "a"))
    got: list[object] = []
    consumer = threading.Thread(target=lambda: got.append(inbox.get()))
    consumer.start()

    clock.at_ns = 100
    inbox.wake()
    consumer.join(WAIT_SECONDS)

    assert [TICK] == got


def test_the_rim_and_the_core_keep_the_order_of_their_arrival() -> None:
    inbox = open_inbox()
    inbox.deliver(envelope("before"))
    inbox.put(Work("outside"))
    inbox.deliver(envelope("after"))

    assert TICK is inbox.get()
    assert ["before"] == taken(inbox)
    outside = inbox.get()
    assert isinstance(outside.message, Asked)
    assert "outside" == outside.message.message
    assert ["after"] == taken(inbox)


def test_an_ask_from_outside_is_wrapped_so_that_we_resolve_its_future() -> None:
    inbox = open_inbox()
    future: pykka.Future[object] = pykka.ThreadingFuture()

    inbox.put(Work("question", future))
    got = inbox.get()

    assert None is got.reply_to
    assert future is got.message.reply_to


def test_an_ask_that_the_door_refuses_is_answered_at_once() -> None:
    inbox = open_inbox()
    future: pykka.Future[object] = pykka.ThreadingFuture()

    inbox.put(Work("no", future))

    with pytest.raises(Refused, match="unwanted"):
        future.get(timeout=WAIT_SECONDS)
    assert 0 == len(inbox)


def test_a_tell_that_the_door_refuses_is_reported_on_the_callers_thread() -> None:
    reported: list[tuple[object, str, str]] = []
    inbox = Inbox(
        ManualClock(),
        door=lambda _message, _depth: "unwanted",
        on_refused=lambda message, reason: reported.append(
            (message, reason, threading.current_thread().name)
        ),
    )

    inbox.put(Work("tell"))

    assert [("tell", "unwanted", threading.current_thread().name)] == reported


def test_the_door_is_told_how_many_wait_from_outside() -> None:
    inbox = Inbox(ManualClock(), door=lambda _message, depth: "full" if depth >= 2 else "")

    futures: list[pykka.Future[object]] = [pykka.ThreadingFuture() for _ in range(3)]
    for future in futures:
        inbox.put(Work("question", future))

    assert 2 == len(inbox)
    with pytest.raises(Refused, match="full"):
        futures[2].get(timeout=WAIT_SECONDS)


def test_the_order_to_stop_passes_a_door_that_lets_nothing_else_in() -> None:
    ref = Guarded.start(Inbox(ManualClock()))

    with pytest.raises(Refused, match="not_accepted"):
        ref.ask("anything", timeout=WAIT_SECONDS)
    with pytest.raises(Refused, match="not_accepted"):
        ref.ask(ProxyCall(("on_stop",), (), {}), timeout=WAIT_SECONDS)

    assert ref.stop(block=True, timeout=WAIT_SECONDS)
    assert not ref.is_alive()


def test_a_proxy_call_is_no_order_of_pykka() -> None:
    assert not is_control(ProxyCall(("on_stop",), (), {}))
    assert not is_control("stop")


def test_a_closed_inbox_answers_a_late_ask_with_actor_dead_error() -> None:
    inbox = open_inbox()
    future: pykka.Future[object] = pykka.ThreadingFuture()
    inbox.close()

    inbox.put(Work("late", future))

    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=WAIT_SECONDS)
    with pytest.raises(pykka.ActorDeadError):
        inbox.put(Work("late tell"))


def test_closing_gives_back_the_tells_and_keeps_the_asks_for_pykka_to_answer() -> None:
    inbox = open_inbox()
    future: pykka.Future[object] = pykka.ThreadingFuture()
    inbox.put(Work("tell"))
    inbox.put(Work("ask", future))

    told = inbox.close()

    assert ["tell"] == told
    assert not inbox.empty()
    assert future is inbox.get().reply_to
    assert inbox.empty()


def test_a_message_delivered_to_a_closed_inbox_is_left_over_once() -> None:
    inbox = open_inbox()
    inbox.deliver(envelope("early", urgent=True))
    inbox.close()

    was_taken = inbox.deliver(envelope("late"))

    assert not was_taken
    assert ["early", "late"] == [left.message for left in inbox.leftovers()]
    assert [] == inbox.leftovers()


def test_no_message_is_lost_or_doubled_between_many_producers_and_a_closing_consumer() -> None:
    inbox = open_inbox()
    buried: list[list[Envelope]] = [[] for _ in range(4)]
    begin = threading.Barrier(5)

    def produce(number: int) -> None:
        begin.wait(WAIT_SECONDS)
        for index in range(500):
            if not inbox.deliver(envelope((number, index))):
                buried[number] += inbox.leftovers()

    producers = [threading.Thread(target=produce, args=(number,)) for number in range(4)]
    for producer in producers:
        producer.start()
    begin.wait(WAIT_SECONDS)
    handled: list[object] = []
    while len(handled) < 300:
        inbox.get()
        item = inbox.take(0)
        if isinstance(item, Envelope):
            handled.append(item.message)
    inbox.close()
    left = inbox.leftovers()
    for producer in producers:
        producer.join(WAIT_SECONDS)

    everything = handled + [each.message for each in sum(buried, left)]
    assert 2_000 == len(everything) == len(set(everything))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["arm", "disarm", "disarm all", "pop"]),
            st.sampled_from(["x", "y"]),
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 20),
        ),
        max_size=60,
    )
)
def test_the_timer_heap_does_what_a_plain_table_does(
    commands: list[tuple[str, str, str, int]],
) -> None:
    heap = TimerHeap()
    table: dict[tuple[str, str], tuple[int, int]] = {}

    for number, (command, actor, key, at) in enumerate(commands):
        if command == "arm":
            heap.arm(timer(at, key, actor=actor))
            table[actor, key] = (at, number)
        elif command == "disarm":
            heap.disarm(actor, key)
            table.pop((actor, key), None)
        elif command == "disarm all":
            heap.disarm(actor, None)
            table = {name: due for name, due in table.items() if name[0] != actor}
        else:
            popped = heap.pop_due(at)
            due = [(when, name) for name, when in table.items() if when[0] <= at]
            expected = min(due)[1] if due else None
            assert expected == (popped and (popped.envelope.to, popped.key))
            if expected is not None:
                del table[expected]

        assert len(table) == len(heap)
        assert min((due for due, _ in table.values()), default=None) == heap.next_due_ns()


def test_a_timer_armed_again_and_again_does_not_grow_the_heap() -> None:
    heap = TimerHeap()

    for number in range(10_000):
        heap.arm(timer(1_000_000 - number, "a"))

    assert 1 == len(heap)
    assert heap.garbage <= GARBAGE_MAX + 2
