"""StopExistsAlready: a person has placed a stop for the whole position by hand (-4130).

The venue takes one closePosition stop of a direction. Ours is refused then, and -4130 must not be
read as "there is no stop", nor as "all is well": the other one is the person's, who may cancel it.
"""

from ..script import filled, long_entry, manual_request, position, resting, scenario, sent

STORY = (
    scenario("a stop by hand is in the way of ours")
    .given(
        manual_request(
            "POST /fapi/v1/algoOrder symbol=ETHUSDT side=SELL algoType=CONDITIONAL "
            "type=STOP_MARKET triggerPrice=2570.00 closePosition=true clientAlgoId=by-hand",
            "4s",
        ),
    )
    .when(long_entry("5s", stop_bps=60))
    .then(
        filled("entry", times=1),
        sent("stop"),
        resting("stop", times=1),
        position("LONG"),
    )
)
