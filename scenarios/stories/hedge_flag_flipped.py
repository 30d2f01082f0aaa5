"""HedgeFlagFlipped: somebody switches the account to hedge mode on the venue's page.

The flag is account wide, shared with COIN-M, and every order in the old form is refused from then
on (-4061; NautilusTrader #4231, #3745). It must be noticed before an order finds out, entries wait,
and when the flag is back they go on.
"""

from ..script import filled, incident, long_entry, position, scenario, told

STORY = (
    scenario("the position mode is changed by hand")
    .given(incident("mode_changed", "3s", size="90s"), lasts="80s")
    .when(long_entry("75s", stop_bps=60))
    .then(
        told("AlertRaised", says="account_mode_wrong"),
        told("OrderRefused", 0, times=1),
        filled("entry", times=0),
        position("FLAT"),
    )
)
