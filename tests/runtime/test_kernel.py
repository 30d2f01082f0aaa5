"""Kernel: a step is kept whole or not at all, and its record comes first."""

from collections.abc import Mapping
from typing import Any

import pytest

from callboard.actors.errors import Refused
from callboard.actors.runtime.cell import Cell, Status
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import InjectedCrash
from callboard.messages.lifecycle import ActorFailed, RestartActor, StopActor
from support.benches import Bench, told
from support.toys import (
    Add,
    AddAndTell,
    AddLater,
    ApplyBadly,
    Cancel,
    Crash,
    GetTotal,
    RestartNow,
    Spawn,
    StopNow,
    ToyEdge,
)


def test_a_kept_step_applies_its_facts_and_releases_its_messages() -> None:
    bench = Bench()

    sent = bench.give("counter", AddAndTell(3, "other", Add(1)))

    assert [("other", Add(1))] == told(sent)
    assert 3 == bench.total()


def test_a_failed_step_changes_nothing_and_sends_nothing_but_its_failure() -> None:
    bench = Bench()
    bench.give("counter", Add(1))

    sent = bench.give("counter", Crash(to="other"))

    assert ["ActorFailed"] == [type(each.message).__name__ for each in sent]
    assert (1, {}) == (bench.total(), bench.host.armed)
    assert Status.SUSPENDED is bench.counter.status


def test_a_failure_names_actor_message_and_error() -> None:
    bench = Bench()

    (failed,) = bench.give("counter", Crash())

    assert ("supervisor", True) == (failed.to, failed.urgent)
    assert (
        ActorFailed("counter", 1, "host:1.0", "Crash", "ValueError", "crashed on demand")
        == failed.message
    )


def test_a_fact_that_cannot_be_applied_undoes_the_facts_before_it() -> None:
    bench = Bench()
    bench.give("counter", Add(1))

    bench.give("counter", ApplyBadly())

    assert (1, Status.SUSPENDED) == (bench.total(), bench.counter.status)


def test_a_timer_fires_into_the_life_that_armed_it() -> None:
    bench = Bench()
    bench.give("counter", AddLater(5, 1), now=10)
    timer = bench.host.armed["counter", "later"]

    bench.kernel.fire(timer, timer.due_ns)

    assert (15, 1) == (timer.due_ns, bench.total())


def test_arming_and_disarming_in_one_life_take_effect_in_their_order() -> None:
    bench = Bench()
    bench.give("counter", AddLater(5, 1))

    bench.give("counter", Cancel())

    assert {} == bench.host.armed


def test_a_message_to_nobody_is_a_dead_letter_with_a_log_line() -> None:
    bench = Bench()
    lines: list[tuple[str, str, dict[str, object]]] = []
    bench.kernel.log = lambda actor, event, fields: lines.append((actor, event, dict(fields)))

    bench.give("nobody", Add(1))

    assert [
        ("nobody", "dead_letter", {"message": "Add", "id": "host:1.0", "reason": "no such actor"})
    ] == lines
    assert 1 == bench.kernel.counts.dead


def test_a_spawned_actor_starts_before_its_parents_message_reaches_it() -> None:
    bench = Bench()

    sent = bench.give("counter", Spawn("child", "counter", 4))

    assert ["child"] == bench.host.placed
    assert ["ActorStarted", "Add"] == [type(each.message).__name__ for each in sent]


@pytest.mark.parametrize(
    "impossible", [Spawn("other", "counter", 1), Spawn("child", "unheard of", 1)]
)
def test_a_spawn_that_cannot_be_done_fails_the_step_before_anything_is_released(
    impossible: Spawn,
) -> None:
    bench = Bench()

    sent = bench.give("counter", impossible)

    assert ["ActorFailed"] == [type(each.message).__name__ for each in sent]
    assert (Status.SUSPENDED, []) == (bench.counter.status, bench.host.placed)


def test_effects_for_other_actors_become_urgent_messages() -> None:
    bench = Bench()

    restarted = bench.give("counter", RestartNow("other", redeliver=True))
    stopped = bench.give("counter", StopNow("other"))

    assert [("other", RestartActor("other", redeliver=True))] == told(restarted)
    assert [("other", StopActor("other", "asked to"))] == told(stopped)
    assert all(each.urgent for each in restarted + stopped)


def test_an_answer_goes_to_whoever_asked() -> None:
    bench = Bench()
    answers: list[Any] = []

    bench.kernel.post("counter", GetTotal(), reply=answers.append)
    bench.kernel.process(bench.host.routed.pop(), 0)

    assert [0] == [answer.value for answer in answers]
    assert {} == bench.kernel.replies


def test_an_asker_of_an_actor_that_is_stopped_is_answered() -> None:
    bench = Bench()
    answers: list[Any] = []
    bench.give("counter", Crash())
    bench.kernel.post("counter", GetTotal(), reply=answers.append)
    bench.kernel.process(bench.host.routed.pop(), 0)

    bench.give("counter", StopActor("counter", "enough"))

    assert [Refused] == [type(answer) for answer in answers]


def test_a_record_is_appended_before_its_effects_are_released() -> None:
    bench = Bench(journal=True)
    bench.kernel.post("counter", AddAndTell(1, "other", Add(1)))
    envelope = bench.host.routed.pop()
    bench.host.trace.clear()

    bench.kernel.process(envelope, 0)

    assert ["append", "route Add"] == bench.host.trace


def test_messages_that_must_be_on_disk_first_travel_with_the_record() -> None:
    bench = Bench(journal=True)
    lane = bench.kernel.add("lane", lambda: ToyEdge(bench.witness), held_until_durable=True)
    assert bench.journal is not None

    sent = bench.give("counter", AddAndTell(1, lane.name, Add(1)))

    assert ([], [("lane", Add(1))]) == (sent, told(bench.journal.held))


def test_without_a_journal_nothing_is_held() -> None:
    bench = Bench()
    bench.kernel.add("lane", lambda: ToyEdge(bench.witness), held_until_durable=True)

    sent = bench.give("counter", AddAndTell(1, "lane", Add(1)))

    assert [("lane", Add(1))] == told(sent)


def test_a_step_that_cannot_be_recorded_has_not_happened() -> None:
    bench = Bench(journal=True)
    assert bench.journal is not None
    bench.give("counter", Add(1))
    records = len(bench.journal.records)

    sent = bench.give("counter", AddAndTell(10**30, "edge", Add(10**30)))

    assert (1, Status.SUSPENDED) == (bench.total(), bench.counter.status)
    assert ["ActorFailed"] == [type(each.message).__name__ for each in sent]
    assert records == len(bench.journal.records)


def test_the_sequence_of_the_record_has_no_gap_and_a_failure_stands_in_it() -> None:
    bench = Bench(journal=True)
    assert bench.journal is not None

    bench.give("counter", Add(1))
    bench.give("counter", Crash())
    bench.give("other", Add(1))

    assert [1, 2, 3] == [record["seq"] for record in bench.journal.records]
    assert "ValueError" == bench.journal.records[1]["error"]


def test_edges_leave_no_record_and_their_messages_name_their_cause() -> None:
    bench = Bench(journal=True)
    assert bench.journal is not None

    first = bench.give("edge", AddAndTell(0, "counter", Add(1)))
    second = bench.give("edge", AddAndTell(0, "counter", Add(2)))

    assert [] == bench.journal.records
    assert [("edge.1", "host:1.0"), ("edge.2", "host:2.0")] == [
        (each.id, each.cause) for each in first + second
    ]


def test_a_log_that_cannot_be_written_changes_nothing() -> None:
    def broken(_actor: str, _event: str, _fields: Mapping[str, object]) -> None:
        raise OSError("disk full")

    bench = Bench()
    bench.kernel.log = broken

    bench.give("counter", Crash())
    bench.give("counter", RestartActor("counter", redeliver=False))
    bench.give("counter", Add(1))

    assert 1 == bench.total()


class CrashOnce:
    """A saboteur that crashes one actor's next step."""

    def __init__(self, victim: str) -> None:
        self.victim = victim

    def before_step(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - any message
        """Crash once."""
        if cell.name == self.victim:
            self.victim = ""
            raise InjectedCrash("by the test")


def test_a_sabotaged_step_fails_in_place_of_its_handler() -> None:
    bench = Bench()
    bench.kernel.saboteur = CrashOnce("counter")

    (failed,) = bench.give("counter", Add(1))
    bench.give("counter", RestartActor("counter", redeliver=True))

    assert "InjectedCrash" == failed.message.error
    assert 1 == bench.total()


def test_the_snapshot_of_a_suspended_actor_holds_nothing_of_the_failed_step() -> None:
    bench = Bench(journal=True)
    assert bench.journal is not None
    bench.give("counter", Add(1))
    bench.give("counter", ApplyBadly())

    bench.kernel.take_snapshot(0)

    assert {"total": 1} == bench.journal.records[-1]["states"]["counter"]["state"]
