"""Venue breaker: whether the venue itself can be relied on.

CircuitBreaker's tool, bound to one message. Closed: failures are counted. Open: entries are
refused, exits and queries go on. After `venue_open_ms` it is half-open: one comparison of our view
with the venue's is asked for, whose first request is the probe; a clean one closes the breaker, a
failure opens it again. Nobody has to resume it (requirements, C-27 and C-28).
"""

from attrs import evolve, frozen

from ..messages.control import TradingStateChanged
from ..messages.events import AlertRaised
from ..messages.failure import EscalateFailure
from ..messages.stream import BackfillDone, BackfillNeeded
from ..messages.values import ErrorKind, Severity
from . import names
from .breaker_facts import (
    BreakerState,
    VenueAnsweredNoted,
    VenueFailed,
    VenueTried,
    VenueWorks,
)
from .policies.venue_health import HealthLimits, is_down, note_failure
from .runtime.actor import Context
from .settings import BreakerSettings

MS = 1_000_000
PROBE = "probe"


@frozen
class ProbeDue:
    """The breaker has been open long enough."""


@frozen
class VenueBreaker:
    """Opens by failures, closes by a clean comparison; of one message."""

    state: BreakerState
    settings: BreakerSettings
    ctx: Context

    def failed(self, message: EscalateFailure) -> TradingStateChanged | None:
        """Count a failure; return what the others must be told when it opens the breaker."""
        state, now = self.state, self.ctx.now
        health = evolve(state.venue)
        note_failure(health, health_limits(self.settings), now)
        is_outage = message.kind is ErrorKind.BANNED or is_down(
            health, health_limits(self.settings)
        )
        opens = state.is_probing or (state.venue_open and is_outage)
        self.ctx.record(VenueFailed(now, opens))
        if not opens:
            return None
        self.wait()
        if not state.venue_open:
            return None
        self._alert(Severity.CRITICAL, "venue_down", message.reason)
        return evolve(state.told(), reason=message.reason, venue_open=False)

    def answered(self) -> None:
        """Count an answer, where failures are counted."""
        if self.state.venue.failed_at_ns:
            self.ctx.record(VenueAnsweredNoted(self.ctx.now))

    def probe_due(self) -> None:
        """Half-open: ask for the comparison that tells whether the venue works."""
        if self.state.venue_open:
            return
        self.ctx.record(VenueTried())
        since_ms = self.state.venue_shut_at_ns // MS - self.settings.venue_window_ms
        self.ctx.tell(names.RECONCILER, BackfillNeeded(since_ms, "the venue was down"))

    def compared(self, message: BackfillDone) -> TradingStateChanged | None:
        """A clean comparison ends the outage; return what the others must be told then."""
        if not self.state.is_probing:
            self.ctx.log("comparison_left_out", since_ms=message.since_ms)
            return None
        self.ctx.record(VenueWorks())
        self._alert(Severity.INFO, "venue_up", "it answers, and our view is the same")
        return evolve(self.state.told(), venue_open=True)

    def wait(self) -> None:
        """Try the venue again after a while."""
        self.ctx.after(self.settings.venue_open_ms * MS, ProbeDue(), key=PROBE)

    def _alert(self, severity: Severity, name: str, text: str) -> None:
        self.ctx.tell(names.EVENT_BUS, AlertRaised(severity, name, "venue", text))


def health_limits(settings: BreakerSettings) -> HealthLimits:
    """Return when the venue counts as down under these settings."""
    return HealthLimits(
        in_row_max=settings.venue_failures_max,
        share_max=settings.venue_failed_pct_max / 100,
        requests_min=settings.venue_requests_min,
        window_ms=settings.venue_window_ms,
    )
