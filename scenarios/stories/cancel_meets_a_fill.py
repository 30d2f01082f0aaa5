"""CancelMeetsAFill: the market reaches an order in the moment of its cancel.

-2011 says that there is nothing to cancel; it does not say that nothing was bought. Qubx #434 sent
14,000 cancels in twenty hours, freqtrade #3647 and #9128 lost the fill. A refused cancel is a
reason to ask, and the position that came of it gets its stop.
"""

from ..script import command, long_entry, planned_fault, position, resting, scenario, sent, told

STORY = (
    scenario("a cancel comes a moment after the fill")
    .given(
        long_entry("3s", limit_bps=20, stop_bps=60),
        planned_fault("cancel_race", "cancel", at="4s"),
    )
    .when(command("cancel", "8s"))
    .then(
        sent("cancel", times=1),
        told("OrderFilled", 0, times=1),
        told("OrderCancelled", 0, times=0),
        position("LONG"),
        resting("stop", times=1),
    )
)
