"""Cell: what is kept of an actor so that it can be rebuilt, and how much of it."""

from callboard.actors.runtime.cell import BASE_BYTES_A_FACT, FACTS_MAX
from callboard.messages.codec import loads
from callboard.messages.lifecycle import RestartActor
from support.benches import Bench
from support.toys import Add


def test_facts_become_a_base_when_they_are_many() -> None:
    bench = Bench()

    for _ in range(FACTS_MAX + 1):
        bench.give("counter", Add(1))

    assert FACTS_MAX == loads(bench.counter.base)["total"]
    assert 1 == len(bench.counter.facts)
    bench.give("counter", RestartActor("counter", redeliver=False))
    assert FACTS_MAX + 1 == bench.total()


def test_a_large_base_waits_for_more_facts_than_a_small_one() -> None:
    bench = Bench()
    bench.counter.rebase({"total": "9" * BASE_BYTES_A_FACT * (FACTS_MAX + 2)})
    facts_max = bench.counter.facts_max

    for _ in range(facts_max - 1):
        bench.give("counter", Add(1))
    assert FACTS_MAX < facts_max - 1 == len(bench.counter.facts)

    bench.give("counter", Add(1))
    assert not bench.counter.facts
    assert FACTS_MAX == bench.counter.facts_max
