"""Clocks: D12, about requests that are signed with a time that the venue does not accept."""

from typing import ClassVar

from attrs import define, field

from ...actors.ports import VenueAnswer, VenueRequest
from ..disk import DiskFaults, SimulatedDisk
from .ground import Ground, Hooks, client_id_of_placement, code_of

CLOCK_CODES = (-1021, -5028)


@define(eq=False)
class ClockIsFollowed:
    """D12: after the venue refused a placement's time, none leaves with a time as wrong.

    Until the venue's clock is set once more, which nobody can know. On a slow disk the news waits
    for its record as long as any message to a lane that opens nothing.
    """

    ground: Ground
    _told_at_ns: int = field(init=False, default=0)
    """When a placement was last refused for its time, 0 for never."""
    _skew_ms: int = field(init=False, default=0)
    name: ClassVar[str] = "D12"

    def hooks(self) -> Hooks:
        """Look at the answers to placements, and at placements that leave."""
        return Hooks(request=self.on_request, answer=self.on_answer)

    def on_answer(self, request: VenueRequest, answer: VenueAnswer) -> None:
        """Keep when the engine was told."""
        self._follow()
        is_told = code_of(answer) in CLOCK_CODES and client_id_of_placement(request)
        if is_told and not self.ground.engine.venue.is_made_up(request.request_id):
            self._told_at_ns = self.ground.now_ns

    def on_request(self, request: VenueRequest) -> None:
        """Compare the time that a placement is signed with."""
        self._follow()
        client_order_id = client_id_of_placement(request)
        if (
            not client_order_id
            or not 0 < self._told_at_ns < self.ground.now_ns - self._writing_ns()
        ):
            return
        wrong_ms = abs(int(request.params["timestamp"]) - self.ground.venue_ms)
        if wrong_ms > int(request.params["recvWindow"]):
            since_ms = (self.ground.now_ns - self._told_at_ns) // 1_000_000
            text = f"{client_order_id} is signed {wrong_ms} ms off, {since_ms} ms after a refusal"
            self.ground.report(self.name, text)

    def _writing_ns(self) -> int:
        """Return for how long the news of the clock may wait for the disk."""
        engine = self.ground.engine
        disk = engine.disk
        faults = disk.faults if isinstance(disk, SimulatedDisk) else DiskFaults()
        is_slow = faults.latency_ns_max or faults.hangs
        return engine.settings.journal.exit_wait_ms * 1_000_000 if is_slow else 0

    def _follow(self) -> None:
        """Forget what the engine was told of a clock that was set meanwhile."""
        skew_ms = self.ground.engine.venue.core.moment.skew_ms
        if skew_ms != self._skew_ms:
            self._skew_ms, self._told_at_ns = skew_ms, 0
