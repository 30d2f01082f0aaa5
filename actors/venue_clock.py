"""VenueClock: the venue's time, its error bound, and whether it may be signed with.

Owns the samples of the venue's clock. It reads one every interval, and every second while the
clock is not trusted; an answer that fails is simply asked again at the next tick. The clock is
trusted while there is a sample that is young enough and whose error bound is inside the setting;
a new life of this actor trusts nothing before its first sample, since the host's clock may have
been set. `ClockChanged` goes out only on a material change, and to a lane that begins a life.
Bound: `window` samples. Source: Binance general information, timing security, 2026-11-20.
"""

from typing import assert_never

from attrs import define, frozen

from ..messages.market import ClockChanged, ResyncClock
from ..messages.values import Priority
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    LaneStarted,
    PermitGranted,
    PermitRefused,
    ReadTime,
    TimeRead,
)
from .exchange_settings import ClockSettings
from .names import (
    LANE_OPENING,
    LANE_REDUCING,
    ORDER_MANAGER,
    ORDER_QUEUE,
    POSITION_MONITOR,
    RECONCILER,
    RISK_GATE,
    SUPERVISOR,
)
from .policies.clock_sync import Sample, best_of, error_at_ns, take_sample, with_sample
from .reading import ReadOptions, ask_to_read, left_out, make_read
from .runtime.actor import Actor, Context

MS = 1_000_000
UNTRUSTED_INTERVAL_MS = 1_000
"""How often the clock is read while nothing may be signed."""

LISTENERS = (
    LANE_OPENING,
    LANE_REDUCING,
    RISK_GATE,
    ORDER_QUEUE,
    ORDER_MANAGER,
    POSITION_MONITOR,
    RECONCILER,
    SUPERVISOR,
)
UNKNOWN = ClockChanged(offset_ns=0, error_ns=0, trusted=False)


@frozen
class _Tick:
    """Read the venue's clock again."""


@frozen
class _SampleTaken:
    """Fact: the venue's clock was read."""

    sample: Sample


@frozen
class _SamplesDropped:
    """Fact: what was known of the clock says nothing any more."""


@frozen
class _ClockTold:
    """Fact: what the others were told last."""

    told: ClockChanged


@define
class ClockState:
    """Samples, oldest first, and what was told."""

    samples: tuple[Sample, ...] = ()
    told: ClockChanged = UNKNOWN


Inbox = _Tick | AttemptEnded | PermitGranted | PermitRefused | Fenced | LaneStarted | ResyncClock
Fact = _SampleTaken | _SamplesDropped | _ClockTold


class VenueClock(Actor):
    """Knows what time it is at the venue, and how well."""

    State = ClockState
    private = (_Tick, _SampleTaken, _SamplesDropped, _ClockTold)
    state: ClockState

    def __init__(self, settings: ClockSettings) -> None:
        super().__init__()
        self._settings = settings
        # The clock is what every signature needs, so its reads may use the limiter's reserve.
        self._reads = ReadOptions(Priority.REDUCING, settings.interval_ms * MS)

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Tick():
                self.on_tick(ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case PermitGranted():
                make_read(ctx, message, self._reads)
            case PermitRefused() | Fenced():
                left_out(ctx, message, _Tick())
            case LaneStarted():
                ctx.tell(message.lane, self.state.told)
            case ResyncClock():
                self.on_resync_clock(message, ctx)
            case _:
                assert_never(message)

    def on_tick(self, ctx: Context) -> None:
        """Read the clock, and look whether what is known has become too old."""
        self._tell_if_material(self.state.samples, ctx)
        self._read(ctx)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Take the sample; any answer is one, however late, since it carries its departure."""
        if not isinstance(message.result, TimeRead):
            ctx.log("clock_read_failed", phase=message.phase, status=message.status)
            return
        sample = take_sample(
            venue_ms=message.result.venue_ms,
            sent_at_ns=message.sent_at_ns,
            received_at_ns=ctx.now,
        )
        ctx.record(_SampleTaken(sample))
        samples = with_sample(self.state.samples, sample, self._settings.window)
        if self._tell_if_material(samples, ctx).trusted:
            ctx.after(self._settings.interval_ms * MS, _Tick(), key="tick")

    def on_resync_clock(self, message: ResyncClock, ctx: Context) -> None:
        """The venue refused our time, whatever the samples say: forget them and read anew."""
        ctx.log("clock_resync", reason=message.reason)
        self._forget(ctx)
        self._read(ctx, trusted=False)

    def resume(self, ctx: Context) -> None:
        """Trust nothing of an earlier life, and read at once."""
        self._forget(ctx)
        self._read(ctx, trusted=False)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        match fact:
            case _SampleTaken():
                window = self._settings.window
                self.state.samples = with_sample(self.state.samples, fact.sample, window)
            case _SamplesDropped():
                self.state.samples = ()
            case _ClockTold():
                self.state.told = fact.told
            case _:
                assert_never(fact)

    def _read(self, ctx: Context, *, trusted: bool | None = None) -> None:
        """Ask to read; the next tick comes sooner while the clock is not trusted."""
        ask_to_read(ctx, ReadTime(), self._reads)
        is_trusted = self._judge(self.state.samples, ctx.now).trusted
        sure = is_trusted if trusted is None else trusted
        interval_ms = self._settings.interval_ms
        delay_ms = interval_ms if sure else min(interval_ms, UNTRUSTED_INTERVAL_MS)
        ctx.after(delay_ms * MS, _Tick(), key="tick")

    def _forget(self, ctx: Context) -> None:
        if self.state.samples:
            ctx.record(_SamplesDropped())
        self._tell_if_material((), ctx)

    def _tell_if_material(self, samples: tuple[Sample, ...], ctx: Context) -> ClockChanged:
        """Tell the others what the samples come to, if that matters to them."""
        judged = self._judge(samples, ctx.now)
        if self._is_material(judged):
            ctx.record(_ClockTold(judged))
            for listener in LISTENERS:
                ctx.tell(listener, judged)
        return judged

    def _judge(self, samples: tuple[Sample, ...], now_ns: int) -> ClockChanged:
        """Say what the samples come to: without any, the offset told last stays, untrusted."""
        best = best_of(samples, now_ns)
        if best is None:
            told = self.state.told
            return ClockChanged(told.offset_ns, told.error_ns, trusted=False)
        error_ns = error_at_ns(best, now_ns)
        is_young = now_ns - samples[-1].taken_at_ns <= self._settings.age_ms_max * MS
        is_narrow = error_ns <= self._settings.error_ms_max * MS
        return ClockChanged(best.offset_ns, error_ns, trusted=is_young and is_narrow)

    def _is_material(self, judged: ClockChanged) -> bool:
        told = self.state.told
        if judged.trusted != told.trusted:
            return True
        material_ns = self._settings.material_ms * MS
        offset_moved = abs(judged.offset_ns - told.offset_ns) >= material_ns
        return offset_moved or abs(judged.error_ns - told.error_ns) >= material_ns
