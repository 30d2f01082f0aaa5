"""ContractSettled: the contract is settled under an open position.

A delisting closes positions at the mark and cancels what rests (`settlement_autoclose-`). The books
are flat, no stop is sent for a contract that takes none, and entries wait until it trades again.
"""

from ..script import filled, incident, long_entry, position, resting, scenario, told

STORY = (
    scenario("a contract ends under a position")
    .given(long_entry("3s", stop_bps=60))
    .when(incident("symbol_settled", "8s", size="40s"), long_entry("20s", stop_bps=60))
    .then(
        told("PositionClosed", times=1),
        filled("exit", times=0),
        filled("entry", times=1),
        position("FLAT"),
        resting("anything", times=0),
    )
)
