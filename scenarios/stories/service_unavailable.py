"""ServiceUnavailable: 503 "Service Unavailable.": this one was certainly not executed.

Of the five kinds of 503 this says that nothing happened. Here waiting and sending again is right,
and asking first only costs time; NautilusTrader and ccxt treat all of them alike.
"""

from ..script import filled, long_entry, planned_fault, resting, scenario, sent, told

STORY = (
    scenario("503 that was certainly not executed")
    .given(planned_fault("http_503_service_unavailable", "order", at="4s"))
    .when(long_entry("5s", stop_bps=60))
    .then(
        told("OrderUnknown", 0, times=0),
        sent("entry", times=2),
        sent("query", times=0),
        filled("entry", times=1),
        resting("stop", times=1),
    )
)
