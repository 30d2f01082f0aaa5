"""Schedules: who is served next, and a drawn schedule told as a few deferrals."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.scenarios.chaos import Run
from callboard.scenarios.drawn import MIXES, drawn
from callboard.scenarios.mailboxes import MOVED, Mailboxes, OutboxMailboxes, PairMailboxes
from callboard.scenarios.schedules import (
    Chooser,
    Deferral,
    Recorder,
    Schedule,
    chooser_of,
)
from callboard.scenarios.search.in_turn import in_turn
from callboard.scenarios.search.shrinking import shrunk
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.workload import Workload
from support.digests import journal_digest

NAMES = ("a", "b", "c")
SEEDS = st.integers(0, 10_000)
MODELS: dict[str, Callable[[Chooser], Mailboxes]] = {
    "outbox": OutboxMailboxes,
    "pair": PairMailboxes,
}
MESSAGES = st.lists(
    st.tuples(st.sampled_from(("", *NAMES)), st.sampled_from(NAMES), st.booleans(), st.booleans()),
    max_size=40,
)
"""Sender, receiver, whether it is urgent, and whether something is served before it comes."""
Message = tuple[str, str, bool, bool]


def served(model: str, chooser: Chooser, messages: list[Message]) -> list[int]:
    """Return the numbers of messages in the order in which they are delivered."""
    mailboxes = MODELS[model](chooser)
    order: list[int] = []

    def serve() -> bool:
        envelope = mailboxes.take()
        if envelope is not None and envelope is not MOVED:
            order.append(envelope.number)
        return envelope is not None

    for number, (sender, to, urgent, is_served_before) in enumerate(messages):
        if is_served_before:
            serve()
        mailboxes.put(Envelope(to, None, sender, "", number, "", urgent))
    while serve():
        continue
    assert 0 == mailboxes.size()
    return order


@pytest.mark.parametrize("model", MODELS)
@given(
    seed=SEEDS,
    schedule=st.sampled_from(Schedule),
    changes=st.integers(0, 3),
    messages=MESSAGES,
)
def test_any_schedule_is_told_by_deferrals_of_the_one_in_turn(
    model: str, seed: int, schedule: Schedule, changes: int, messages: list[Message]
) -> None:
    recorder = Recorder(chooser_of(seed, schedule, changes))

    order = served(model, recorder, messages)
    told = chooser_of(seed, Schedule.IN_TURN, 0, recorder.all())

    assert order == served(model, told, messages)


@pytest.mark.parametrize("model", MODELS)
@given(seed=SEEDS, schedule=st.sampled_from(Schedule), messages=MESSAGES)
def test_no_schedule_loses_a_message_or_turns_two_of_one_channel_around(
    model: str, seed: int, schedule: Schedule, messages: list[Message]
) -> None:
    order = served(model, chooser_of(seed, schedule, 2), messages)

    assert sorted(order) == list(range(len(messages)))
    for ends in {message[:3] for message in messages}:
        of_channel = [number for number in order if messages[number][:3] == ends]
        assert of_channel == sorted(of_channel)


def test_a_deferred_channel_waits_until_its_step_or_until_it_is_alone() -> None:
    messages = [("a", "c", False, False), ("b", "c", False, False), ("b", "c", False, False)]

    def order(*deferrals: Deferral) -> list[int]:
        return served("pair", chooser_of(0, Schedule.IN_TURN, 0, deferrals), messages)

    assert [0, 1, 2] == order()
    assert [1, 0, 2] == order(Deferral("a->c", 0, 1))
    assert [1, 2, 0] == order(Deferral("#0", 0, 9))
    assert [0, 1, 2] == order(Deferral("a->c", 0, 9), Deferral("b->c", 0, 9))


def test_priorities_keep_one_channel_in_front_until_they_change() -> None:
    messages = [(name, "c", False, False) for name in ("a", "b") * 20]

    steady = served("pair", chooser_of(3, Schedule.PRIORITIES, 0), messages)

    assert 1 == sum(one % 2 != other % 2 for one, other in pairwise(steady))


@pytest.mark.parametrize("delivery", [Delivery.OUTBOX, Delivery.PAIR])
def test_the_whole_engine_leaves_the_same_journal_under_the_deferrals(delivery: Delivery) -> None:
    workload = evolve(drawn(4, MIXES["standard"]), delivery=delivery)
    run = Run(workload, is_thorough=False)
    recorder = run.engine.simulation.chooser = Recorder(run.engine.simulation.chooser)
    drawn_digest = journal_digest(run.run())

    told = evolve(workload, schedule=Schedule.IN_TURN, priority_changes=0, deferrals=recorder.all())

    assert drawn_digest == journal_digest(Run(told, is_thorough=False).run())


def is_torn(workload: Workload) -> bool:
    """Say whether messages of one step to different receivers were ever turned around."""
    run = Run(workload, is_thorough=False)
    last: dict[object, int] = {}
    torn: list[str] = []
    look = run.engine.on_step
    assert look is not None

    def on_step(cell: Cell, envelope: Envelope) -> None:
        if envelope.sender and envelope.sender != envelope.to:
            if last.get(envelope.origin, 0) > envelope.number:
                torn.append(envelope.id)
            last[envelope.origin] = envelope.number
        look(cell, envelope)

    run.engine.on_step = on_step
    run.run()
    return bool(torn)


def test_a_torn_pair_of_messages_becomes_one_deferral() -> None:
    workload = Workload(5, delivery=Delivery.OUTBOX, duration_ms=5_000)
    assert is_torn(workload)

    small = shrunk(in_turn(workload, is_torn), is_torn)

    assert (Schedule.IN_TURN, 1) == (small.schedule, len(small.deferrals))


@given(seed=SEEDS, schedule=st.sampled_from(Schedule), messages=MESSAGES)
def test_what_outside_told_before_anything_ran_is_not_overtaken(
    seed: int, schedule: Schedule, messages: list[Message]
) -> None:
    """A start is told before any thread runs: nobody's request reaches an actor before that."""
    told = [("", to, is_urgent, False) for _, to, is_urgent, _ in messages]
    later = [("x", to, False, number == 0) for number, to in enumerate(NAMES)]

    order = served("pair", chooser_of(seed, schedule, 1), [*told, *later])

    whole = [*told, *later]
    for name in NAMES:
        by_name = [n for n in order if whole[n][1] == name and not whole[n][2]]
        assert sorted(by_name) == by_name
