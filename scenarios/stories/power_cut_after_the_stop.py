"""PowerCutAfterTheStop: the power fails before the answer to a stop was kept.

The stop rests at the venue, and the start does not know it: its last word is that a request was
out. A clock that counts the time without power closes the position at once, at the market, beside
a stop that did its work all the while. The venue is looked at first; stop and position stay.
"""

from ..script import close_long, engine_crash, filled, long_entry, position, resting, scenario, sent

STORY = (
    scenario("a power cut before the answer to a stop was kept")
    .given(long_entry("3s", stop_bps=60))
    .when(engine_crash("8s", down="15s"), close_long("40s"))
    .then(
        position("LONG", at="39s"),
        resting("stop", times=1, at="39s"),
        sent("stop", times=1),
        sent("exit", times=0, until="40s"),
        filled("exit", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
