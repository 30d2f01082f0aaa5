"""HaltedInTheMidstOfAnEntry: the operator halts while an entry is on its way.

An order on the wire cannot be taken back: it counts, it is found, and what came of it is protected.
The next one is refused. NautilusTrader's HALTED once denied closing orders too (#4761): an exit in
the halt goes through.
"""

from ..script import (
    close_long,
    command,
    filled,
    long_entry,
    planned_fault,
    position,
    scenario,
    told,
)

STORY = (
    scenario("a halt in the midst of an entry, and an exit in the halt")
    .given(planned_fault("answer_late", "order", at="4s", size="3s"))
    .when(
        long_entry("5s", stop_bps=60),
        command("halt", "5.005s"),
        long_entry("8s", "BTCUSDT", stop_bps=60),
        close_long("12s"),
    )
    .then(
        told("TradingStateReported", says="HALTED"),
        told("OrderRefused", 1, times=1, says="trading_state"),
        filled("entry", times=1),
        told("OrderFilled", 2, times=1),
        position("FLAT"),
        position("FLAT", "BTCUSDT"),
    )
)
