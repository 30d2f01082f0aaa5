"""A command right behind an entry: what is told second never overtakes what was told first."""

import pytest

from callboard.actors import names
from callboard.messages.values import SignalType
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.workload import Command, Signal, Workload
from callboard.scenarios.world import World


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("kind", ["flatten", "cancel"])
def test_an_entry_that_a_command_follows_at_once_is_taken_back(
    kind: str, delivery: Delivery
) -> None:
    world = World(3, workload=Workload(3), delivery=delivery, is_thorough=False)
    world.start()
    world.run_for(4)

    signal_id = world.send(Signal(0, SignalType.LONG_ENTRY))
    world.give(Command(0, kind))
    world.run_for(2)

    assert {} == world.engine.state(names.POSITION_MONITOR).guards
    assert "CANCELLED" == world.engine.state(names.EXECUTION_SYSTEM).finished[signal_id]
