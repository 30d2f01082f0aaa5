"""EntryFilledInPart: an entry finds half of its depth; the rest expires.

A market order that fills half is an entry of half the size, with a stop of its own. Protection that
waits for the whole fill waits for ever (Hummingbot #6980, #7611).
"""

from ..script import long_entry, planned_fault, position, protected, resting, scenario, told

STORY = (
    scenario("half of an entry is filled")
    .given(planned_fault("fill_partial", "order", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderExpired", 0, times=1, says="0.038"),
        position("LONG"),
        protected("2s"),
        resting("stop", times=1),
    )
)
