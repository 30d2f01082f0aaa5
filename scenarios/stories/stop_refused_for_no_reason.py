"""StopRefusedForNoReason: the stop is refused once, with a code that no document names.

New codes come without notice (the list grew to -44xx in 2026). A refusal of the one order that
protects a position must end in another stop or in a closed position, whatever its number says; told
as freqtrade #12610 and #12681, when all stops failed on one day (-4120).
"""

from ..script import filled, long_entry, planned_fault, position, protected, resting, scenario, told

STORY = (
    scenario("a stop is refused with an unheard-of code")
    .given(planned_fault("unknown_code_9999", "conditional", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("AlertRaised", says="unknown_code"),
        filled("entry", times=1),
        protected("10s"),
        position("LONG"),
        resting("stop", times=1),
    )
)
