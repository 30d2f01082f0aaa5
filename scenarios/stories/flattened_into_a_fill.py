"""FlattenedIntoAFill: a resting entry is filled before a flatten cancels it.

"Close all" is a list of what is open at that moment in most tools; what is filled a moment later
stays open, and the operator has gone home believing himself flat (freqtrade #9273, NautilusTrader
#4152). Flat means flat at the venue, whatever was still under way.
"""

from ..script import (
    command,
    filled,
    long_entry,
    planned_fault,
    position,
    resting,
    scenario,
    told,
)

STORY = (
    scenario("a flatten meets the fill of a resting entry")
    .given(
        long_entry("3s", limit_bps=30, stop_bps=60),
        planned_fault("cancel_race", "cancel", at="4s"),
    )
    .when(command("flatten", "8s"))
    .then(
        told("OrderFilled", 0, times=1),
        filled("exit", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
