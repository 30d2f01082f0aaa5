"""Algorithms on threads: a host tells one to a running system, and hears and asks of it."""

from decimal import Decimal

from attrs import evolve

from callboard import (
    AlgorithmProgressed,
    ExecuteAlgorithm,
    GetAlgorithms,
    OrderFilled,
    SignalType,
    plans,
)
from support.eth_stage import signal
from support.hosts import ask, has, paper_system


def test_a_host_tells_an_algorithm_and_hears_of_its_slices_and_its_end() -> None:
    wish = evolve(signal("s1", SignalType.LONG_ENTRY), quantity=Decimal("0.04"))

    with paper_system() as (ref, collector):
        ref.tell(ExecuteAlgorithm(wish, plans.Twap(1_000, 2)))
        collector.wait_for(
            lambda: any(
                isinstance(e, OrderFilled) and e.signal_id == "s1" for e in collector.events
            )
        )
        (view,) = ask(ref, GetAlgorithms()).algorithms

    assert has(collector, AlgorithmProgressed)()
    slices = [each.slice_id for each in collector.events if isinstance(each, AlgorithmProgressed)]
    assert ["s1/1", "s1/2"] == slices
    assert ("Twap", Decimal("0.04"), "FILLED") == (view.algorithm, view.filled, view.outcome)
