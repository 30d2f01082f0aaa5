"""PauseBy429: 429 with Retry-After in the answer to an entry.

No library among the peers reads Retry-After; they wait a constant or not at all and earn the ban
(freqtrade #7187, nefertiti #55). Not a request leaves before the pause is over. The entry is by
then too old to be sent as it was approved, so it is judged anew.
"""

from ..script import filled, long_entry, planned_fault, resting, scenario, sent, told

STORY = (
    scenario("429 with a pause, then the entry")
    .given(planned_fault("http_429", "order", at="4s"), lasts="90s")
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("AlertRaised", says="rate_limit"),
        sent("anything", times=0, since="6s", until="39s"),
        sent("entry", times=2),
        filled("entry", times=1),
        resting("stop", times=1),
    )
)
