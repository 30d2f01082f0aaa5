"""EntryAgainstAPosition: a short entry comes while the account is long, in one-way mode.

The venue nets the two: the "entry" closes what is open, its own stop protects nothing, and the
books show a long and a short that do not exist (NautilusTrader #3104, Hummingbot #6609). Turning
round is two decisions: a close, then an entry.
"""

from ..script import close_long, long_entry, position, resting, scenario, short_entry, told

STORY = (
    scenario("a short entry against a long position")
    .given(long_entry("3s", stop_bps=60))
    .when(
        short_entry("6s", stop_bps=60),
        close_long("9s"),
        short_entry("12s", stop_bps=60),
    )
    .then(
        told("OrderRefused", 1, times=1, says="opposite_position"),
        position("LONG", at="8s"),
        position("FLAT", at="11s"),
        told("OrderFilled", 3, times=1),
        position("SHORT"),
        resting("stop", times=1),
    )
)
