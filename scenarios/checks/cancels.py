"""Cancels: D14, about how often an order is cancelled that does not end.

A cancel that is refused, or lost, is followed by a question and by a next one less and less often.
What the end was is for S7 to compare.
"""

from collections import deque
from typing import ClassVar

from attrs import define, field

from ...actors.ports import VenueRequest
from .ground import PLACING_PATHS, Ground, Hooks

MINUTE_NS = 60_000_000_000
CANCELS_MAX = 40
"""In a minute, of one order: several times what a doubling wait lets through."""
ORDERS_KEPT = 1_000


@define(eq=False)
class CancelsAreFew:
    """D14: the attempts to cancel one order are bounded in any minute."""

    ground: Ground
    _times_ns: dict[str, deque[int]] = field(init=False, factory=dict[str, deque[int]])
    """By client order id, when cancels left, the latest of them."""
    name: ClassVar[str] = "D14"

    def hooks(self) -> Hooks:
        """Look at every cancel that leaves."""
        return Hooks(request=self.on_request)

    def on_request(self, request: VenueRequest) -> None:
        """Count those of the last minute."""
        if request.method != "DELETE" or request.path not in PLACING_PATHS:
            return
        params, now_ns = request.params, self.ground.now_ns
        client_order_id = params.get("origClientOrderId") or params.get("clientAlgoId", "")
        times = self._times_ns.setdefault(client_order_id, deque(maxlen=CANCELS_MAX))
        if len(times) == CANCELS_MAX and now_ns - times[0] < MINUTE_NS:
            text = f"{client_order_id} is cancelled more than {CANCELS_MAX} times in a minute"
            self.ground.report(self.name, text)
            times.clear()
        times.append(now_ns)
        if len(self._times_ns) > ORDERS_KEPT:
            del self._times_ns[next(iter(self._times_ns))]
