"""Test of questions: who looks at an engine leaves nothing in its journal."""

from callboard.actors import names
from callboard.messages.queries import GetOrders, GetPositions, GetStatus
from callboard.scenarios.world import World

SEED = 3
ASKED = (
    (GetStatus(), names.CIRCUIT_BREAKER),
    (GetOrders(open_only=False), names.ORDER_MANAGER),
    (GetPositions(), names.POSITION_MONITOR),
)


def head(*, is_watched: bool) -> tuple[int, str]:
    """Return the last record of a run, and its hash."""
    world = World(SEED)
    engine = world.engine
    engine.start()
    for _ in range(20):
        engine.run_for(0.5)
        if is_watched:
            for query, owner in ASKED:
                assert engine.ask(query, owner) is not None
    return engine.kernel.sequence, engine.kernel.chain.head


def test_a_run_that_is_watched_leaves_the_journal_of_one_that_is_not() -> None:
    alone, watched = head(is_watched=False), head(is_watched=True)

    assert alone == watched
    assert alone[0] > 100
