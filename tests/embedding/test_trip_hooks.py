"""Trip hooks: a host's functions run on a halt, and one that hangs holds nothing up."""

from queue import Queue
from threading import Event

from callboard import (
    HaltTrading,
    HookPhase,
    Hooks,
    RiskSettings,
    RunTripHooks,
    Settings,
    TradingState,
)
from callboard.scenarios import paper

PATIENCE_SECONDS = 60


def test_a_halt_calls_the_hosts_hooks_before_and_after_though_one_of_them_hangs() -> None:
    """C-53: bounded hooks of the host, first and last."""
    called: Queue[RunTripHooks] = Queue()
    is_over = Event()
    hooks = Hooks(before=(lambda _run: is_over.wait(), called.put), after=(called.put,))
    engine = paper.start(
        Settings(seed=7, risk=RiskSettings(symbols=("ETHUSDT",))), speed=20, hooks=hooks
    )
    try:
        engine.tell(HaltTrading("h1", "drill", by="ada"))
        before, after = (called.get(timeout=PATIENCE_SECONDS) for _ in range(2))
    finally:
        is_over.set()
        engine.stop()

    assert [HookPhase.BEFORE, HookPhase.AFTER] == [before.phase, after.phase]
    assert (TradingState.HALTED, "ada: drill") == (after.state, after.reason)
