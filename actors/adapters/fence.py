"""Fence: what a lane may send at this very moment, decided from what it was last told.

Pure. Opening orders need the current epoch, trading in force and time left on the venue's clock;
reducing orders, cancels and queries pass whatever the epoch. Every request needs a permit that
still holds, and every signed one a clock that is trusted. What the lane was not told yet counts
against the request. A pause voids the permits that were granted before the limiter heard of it.
"""

from attrs import evolve, frozen

from ...messages.control import TradingStateChanged
from ...messages.market import ClockChanged
from ...messages.values import Priority, TradingState
from ...messages.venue import AmendOne, MakeCall, PlaceOrder, RequestsPaused

MS = 1_000_000

HALTED = "halted"
SYMBOL_REDUCING = "symbol_reducing"
TOO_LATE = "too_late"
PERMIT_EXPIRED = "permit_expired"
PAUSED = "paused"
CLOCK_UNTRUSTED = "clock_untrusted"


@frozen
class Fence:
    """Trading state and clock as a lane knows them; a fresh one opens and signs nothing."""

    trading: TradingStateChanged | None = None
    clock: ClockChanged | None = None
    paused_until_ns: int = 0
    placements_paused_until_ns: int = 0

    @property
    def epoch(self) -> int:
        """The epoch last told, -1 before any."""
        return -1 if self.trading is None else self.trading.epoch

    @property
    def trusts_clock(self) -> bool:
        """True while a request can be signed."""
        return self.clock is not None and self.clock.trusted

    def with_trading(self, told: TradingStateChanged) -> "Fence":
        """Return the fence after word from the breaker; an older epoch changes nothing."""
        return self if told.epoch < self.epoch else evolve(self, trading=told)

    def with_clock(self, told: ClockChanged) -> "Fence":
        """Return the fence after word from the venue's clock."""
        return evolve(self, clock=told)

    def with_pause(self, told: RequestsPaused) -> "Fence":
        """Return the fence after word from the limiter; a pause never shortens another."""
        if told.placements_only:
            until_ns = max(self.placements_paused_until_ns, told.until_ns)
            return evolve(self, placements_paused_until_ns=until_ns)
        return evolve(self, paused_until_ns=max(self.paused_until_ns, told.until_ns))

    def venue_ms(self, now_ns: int) -> int:
        """Return the venue's time in ms, as far as it is known."""
        offset_ns = 0 if self.clock is None else self.clock.offset_ns
        return (now_ns + offset_ns) // MS

    def refusal(self, call: MakeCall, *, now_ns: int, is_signed: bool) -> str:
        """Return why the call may not leave now, empty when it may."""
        if now_ns > call.permit.expires_at_ns:
            return PERMIT_EXPIRED
        if now_ns < self._paused_until_ns(call):
            return PAUSED
        if is_signed and not self.trusts_clock:
            return CLOCK_UNTRUSTED
        if not is_opening(call):
            return ""
        return self._opening_refusal(call, now_ns)

    def _paused_until_ns(self, call: MakeCall) -> int:
        if not isinstance(call.call, PlaceOrder):
            return self.paused_until_ns
        return max(self.paused_until_ns, self.placements_paused_until_ns)

    def _opening_refusal(self, call: MakeCall, now_ns: int) -> str:
        trading = self.trading
        if trading is None or trading.state is not TradingState.ACTIVE:
            return HALTED
        if call.epoch < trading.epoch:
            return HALTED
        assert isinstance(call.call, PlaceOrder | AmendOne)
        if call.call.symbol in trading.reducing_symbols:
            return SYMBOL_REDUCING
        return TOO_LATE if self.venue_ms(now_ns) > call.send_by_ms else ""


def is_opening(call: MakeCall) -> bool:
    """Say whether a call opens risk: a placement or an amendment of the opening class."""
    return call.priority is Priority.OPENING and isinstance(call.call, PlaceOrder | AmendOne)
