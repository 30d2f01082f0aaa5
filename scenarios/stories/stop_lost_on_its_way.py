"""StopLostOnItsWay: the request for the stop never reaches the venue.

Five seconds of silence is half of the ten that a position may be without a stop. The second stop
does not wait for proof that the first is lost: both only reduce, and one too many is swept
(freqtrade logs a transport error here and tries in the next loop).
"""

from ..script import long_entry, planned_fault, position, protected, resting, scenario, sent

STORY = (
    scenario("the request for a stop is lost")
    .given(planned_fault("request_lost_before_execution", "conditional", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        sent("stop"),
        protected("10s"),
        position("LONG"),
        resting("stop", times=1),
    )
)
