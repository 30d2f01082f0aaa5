"""RestartWithAnOpenPosition: a restart while a position is open and protected.

A restart that does not know the position opens it again; one that does not trust itself closes it,
at the market, for nothing (NautilusTrader #4736, Hummingbot #6107, freqtrade #10436). The position
stays, its stop stays, and the next signal closes it.
"""

from ..script import close_long, engine_crash, filled, long_entry, position, resting, scenario, sent

STORY = (
    scenario("a restart over an open position")
    .given(long_entry("3s", stop_bps=60))
    .when(engine_crash("6s", down="2s"), close_long("25s"))
    .then(
        position("LONG", at="24s"),
        resting("stop", times=1, at="24s"),
        sent("stop", times=1),
        sent("exit", times=0, until="25s"),
        filled("entry", times=1),
        filled("exit", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
