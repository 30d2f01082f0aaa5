"""GatewayLane: one connection to the venue's REST interface, one request at a time.

Owns the request in flight and those that wait for it: reducing ones first, then in order of
arrival. By setting, calls that do not depend on one another leave in one request (`batches.py`),
each with its own permit, its own look at the fence and its own outcome. One that is asked for anew
meanwhile keeps its turn, with the newer permit, and has one answer. The lane sends once and answers
every outcome; it never retries. Right before a request leaves, the fence is asked: an opening order
must be of the current epoch and in time, every request needs a permit that still holds and that no
pause has voided, and nothing is signed while the clock is not trusted. An answer that comes after
its timeout, or for an earlier life of this lane, is evidence and is told too. Whoever's request was
refused for its time: VenueClock hears of it first.

Bound: `waiting_max` waiting calls; a call beyond it is answered NOT_SENT. A lane knows neither
trading state nor clock at its start: it asks for both, and until then opens and signs nothing.
Closed with calls open, it answers them: what is out may have arrived, what waits was not sent.
On failure: an exchange that raises after it was handed a request gives MAYBE_SENT, since nobody
can say how far the bytes got.
"""

from typing import assert_never

from attrs import evolve, field, frozen

from ...messages.control import TradingStateChanged
from ...messages.market import ClockChanged, ResyncClock
from ...messages.values import ErrorKind, Phase, Priority
from ...messages.venue import (
    AttemptEnded,
    Fenced,
    LaneStarted,
    MakeCall,
    RequestsPaused,
    Result,
)
from ..names import CIRCUIT_BREAKER, RATE_LIMITER, VENUE_CLOCK
from ..policies.error_codes import CODES
from ..ports import Exchange, VenueAnswer, VenueRequest
from ..runtime.actor import Context, EdgeActor
from .batches import goes_with, join, split
from .binance_replies import ReplyOptions, error_of, is_success, read_result, usage_of
from .binance_requests import Inexpressible, build_request, operation_of, stamp
from .fence import PAUSED, Fence
from .posting import Post
from .wire import ReplyUnreadable

MS = 1_000_000
TIMEOUT_KEY = "timeout"
FAULTS_LOGGED_MAX = 20
PAUSING_STATUSES = (403, 418, 429)
CLOCK_CODES = tuple(code for code, row in CODES.items() if row.kind is ErrorKind.CLOCK)
"""The venue's words for a request that was signed with a wrong time."""


@frozen
class LaneSettings:
    """How a lane signs, how long it waits, and what its answers are read with."""

    recv_window_ms: int
    request_timeout_ms: int
    reply: ReplyOptions
    waiting_max: int = 1_000
    batch_max: int = 1
    """Calls in one request."""


@frozen
class _Ticket:
    """One call with all that is needed to answer it, even after this lane is gone."""

    call: MakeCall
    lane: str
    asker: str
    request_id: str
    """Id of the message that asked; unique in the journal."""
    correlation: str
    sent_at_ns: int = 0
    sent_at_ms: int = 0
    joined: tuple["_Ticket", ...] = ()
    """Those of the calls that left in the same request."""

    @property
    def all(self) -> tuple["_Ticket", ...]:
        """Every call of the request."""
        return (self, *self.joined)

    def sent(self, at_ns: int, at_ms: int) -> "_Ticket":
        """Return the ticket of the call when it leaves, by our clock and by the venue's."""
        return _Ticket(
            self.call, self.lane, self.asker, self.request_id, self.correlation, at_ns, at_ms
        )


@frozen
class _Answered:
    """The exchange answered the request of a ticket."""

    ticket: _Ticket
    answer: VenueAnswer


@frozen
class _TimedOut:
    """The request of a ticket was out for too long."""

    request_id: str


@frozen
class _Waiting:
    """A call in the queue, with its request ready but for the time."""

    ticket: _Ticket
    request: VenueRequest = field(repr=False)

    def rank(self, *, can_sign: bool) -> tuple[bool, bool]:
        """Return what it is sorted by; of equals, who came first is served first."""
        needs_clock = self.request.signed and not can_sign
        return needs_clock, self.ticket.call.priority is not Priority.REDUCING


Inbox = MakeCall | TradingStateChanged | ClockChanged | RequestsPaused | _Answered | _TimedOut


class GatewayLane(EdgeActor):
    """Sends once, answers everything."""

    def __init__(self, exchange: Exchange, post: Post, settings: LaneSettings) -> None:
        self._exchange = exchange
        self._post = post
        self._settings = settings
        self._fence = Fence()
        self._waiting: dict[str, _Waiting] = {}
        self._in_flight: _Ticket | None = None

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case MakeCall():
                self.on_make_call(message, ctx)
            case TradingStateChanged():
                self._fence = self._fence.with_trading(message)
            case ClockChanged():
                self._fence = self._fence.with_clock(message)
            case RequestsPaused():
                self._fence = self._fence.with_pause(message)
            case _Answered():
                self.on_answered(message, ctx)
            case _TimedOut():
                self.on_timed_out(message, ctx)
            case _:
                assert_never(message)

    def on_make_call(self, message: MakeCall, ctx: Context) -> None:
        """Let the call wait for its turn, which comes at once when nothing is in flight."""
        ticket = _Ticket(message, ctx.me, ctx.sender, ctx.message_id, ctx.correlation)
        is_known = message.call_id in self._waiting
        if len(self._waiting) >= self._settings.waiting_max and not is_known:
            self._tell_unsent(ticket, "too many calls wait for this lane", ctx)
            return
        try:
            request = build_request(message.call, ticket.request_id)
        except Inexpressible as error:
            self._tell_unsent(ticket, str(error), ctx)
            return
        self._waiting[message.call_id] = _Waiting(ticket, request)
        self._send_next(ctx)

    def on_answered(self, message: _Answered, ctx: Context) -> None:
        """Tell what the answer says; if its request is the one in flight, the next may go."""
        tickets = message.ticket.all
        for ticket, answer in zip(tickets, split(message.answer, len(tickets)), strict=True):
            self._tell_answer(ticket, answer, ctx)
        if message.answer.status in PAUSING_STATUSES:
            self._turn_away(ctx)
        if self._in_flight == message.ticket:
            self._in_flight = None
            ctx.cancel(TIMEOUT_KEY)
            self._send_next(ctx)

    def on_timed_out(self, message: _TimedOut, ctx: Context) -> None:
        """Give the request up for unknown; its answer may still come."""
        ticket = self._in_flight
        if ticket is None or ticket.request_id != message.request_id:
            return
        self._in_flight = None
        waited_ms = (ctx.now - ticket.sent_at_ns) // MS
        for each in ticket.all:
            self._tell_maybe_sent(each, f"timed out after {waited_ms} ms", ctx)
        self._send_next(ctx)

    def resume(self, ctx: Context) -> None:
        """Ask for what the fence must know."""
        started = LaneStarted(ctx.me)
        ctx.tell(CIRCUIT_BREAKER, started)
        ctx.tell(VENUE_CLOCK, started)

    def close(self) -> None:
        """Answer what is still open, since after this life nobody else could."""
        in_flight, self._in_flight = self._in_flight, None
        if in_flight is not None:
            for each in in_flight.all:
                self._post_end(each, Phase.MAYBE_SENT)
        while self._waiting:
            self._post_end(self._pop_next().ticket, Phase.NOT_SENT)

    def _post_end(self, ticket: _Ticket, phase: Phase) -> None:
        self._post(
            ticket.asker,
            _ended(ticket, phase=phase, text="the lane was closed"),
            sender=ticket.lane,
            correlation=ticket.correlation,
            cause=ticket.request_id,
        )

    def _send_next(self, ctx: Context) -> None:
        while self._waiting and self._in_flight is None:
            waiting = self._pop_next()
            reason = self._fence.refusal(
                waiting.ticket.call, now_ns=ctx.now, is_signed=waiting.request.signed
            )
            if reason:
                call_id = waiting.ticket.call.call_id
                ctx.tell(waiting.ticket.asker, Fenced(call_id, self._fence.epoch, reason))
            else:
                self._send(waiting, ctx)

    def _pop_next(self) -> _Waiting:
        """Take whose turn it is: a periodic read never holds up what protects.

        Before the clock is trusted, what needs no signature goes first: the others could not leave.
        """
        can_sign = self._fence.trusts_clock
        waiting = self._waiting
        return waiting.pop(min(waiting, key=lambda each: waiting[each].rank(can_sign=can_sign)))

    def _turn_away(self, ctx: Context) -> None:
        """Send nothing of what waits: its permits are older than the venue's wish for a pause."""
        while self._waiting:
            ticket = self._pop_next().ticket
            ctx.tell(ticket.asker, Fenced(ticket.call.call_id, self._fence.epoch, PAUSED))

    def _send(self, waiting: _Waiting, ctx: Context) -> None:
        at_ms = self._fence.venue_ms(ctx.now)
        ticket, request = waiting.ticket.sent(ctx.now, at_ms), waiting.request
        if self._settings.batch_max > 1:
            others = self._companions(waiting, ctx)
            joined = tuple(each.ticket.sent(ctx.now, at_ms) for each in others)
            ticket = evolve(ticket, joined=joined)
            request = join([request, *(each.request for each in others)])
        request = stamp(request, at_ms=at_ms, recv_window_ms=self._settings.recv_window_ms)
        self._in_flight = ticket
        self._hand_over(ticket, request, ctx)

    def _companions(self, first: _Waiting, ctx: Context) -> list[_Waiting]:
        """Take from those that wait whoever may leave in the same request, at this very moment."""
        found: list[_Waiting] = []
        for each in self._waiting.values():
            call, others = each.ticket.call, [one.ticket.call for one in found]
            is_full = len(found) + 1 >= self._settings.batch_max
            if is_full or not goes_with(first.ticket.call, others, call):
                continue
            if not self._fence.refusal(call, now_ns=ctx.now, is_signed=each.request.signed):
                found.append(each)
        for each in found:
            del self._waiting[each.ticket.call.call_id]
        return found

    def _hand_over(self, ticket: _Ticket, request: VenueRequest, ctx: Context) -> None:
        def answer(given: VenueAnswer) -> None:
            self._post(
                ticket.lane,
                _Answered(ticket, given),
                sender=ticket.lane,
                correlation=ticket.correlation,
                cause=ticket.request_id,
            )

        try:
            self._exchange.request(request, answer)
        except Exception as error:  # noqa: BLE001 - raising now would redeliver and send twice
            self._in_flight = None
            for each in ticket.all:
                self._tell_maybe_sent(each, f"{type(error).__name__}: {error}", ctx)
            return
        timeout_ns = self._settings.request_timeout_ms * MS
        ctx.after(timeout_ns, _TimedOut(ticket.request_id), key=TIMEOUT_KEY)

    def _tell_answer(self, ticket: _Ticket, answer: VenueAnswer, ctx: Context) -> None:
        if answer.phase is not Phase.ANSWERED:
            ctx.tell(ticket.asker, _ended(ticket, phase=answer.phase, text=answer.text))
            return
        usage = usage_of(answer, ticket.call.permit.permit_id)
        ctx.tell(RATE_LIMITER, usage)
        if is_success(answer):
            self._tell_success(ticket, answer, ctx)
            return
        code, text = error_of(answer)
        if code in CLOCK_CODES:
            ctx.tell(VENUE_CLOCK, ResyncClock(text))
        ended = _ended(ticket, status=answer.status, code=code, text=text)
        ctx.tell(ticket.asker, evolve(ended, retry_after_s=usage.retry_after_s))

    def _tell_success(self, ticket: _Ticket, answer: VenueAnswer, ctx: Context) -> None:
        try:
            reading = read_result(ticket.call.call, answer, self._settings.reply)
        except ReplyUnreadable as error:
            ctx.log("reply_unreadable", call_id=ticket.call.call_id, field=error.field)
            ctx.tell(ticket.asker, _ended(ticket, status=answer.status, text=str(error)))
            return
        if reading.faults:
            left_out = reading.faults[:FAULTS_LOGGED_MAX]
            ctx.log("reply_parts_left_out", count=len(reading.faults), first=left_out)
        ended = _ended(ticket, status=answer.status, result=reading.result)
        ctx.tell(ticket.asker, ended)

    def _tell_unsent(self, ticket: _Ticket, text: str, ctx: Context) -> None:
        ctx.tell(ticket.asker, _ended(ticket, phase=Phase.NOT_SENT, text=text))

    def _tell_maybe_sent(self, ticket: _Ticket, text: str, ctx: Context) -> None:
        ctx.tell(ticket.asker, _ended(ticket, phase=Phase.MAYBE_SENT, text=text))


def _ended(
    ticket: _Ticket,
    *,
    phase: Phase = Phase.ANSWERED,
    status: int = 0,
    code: int = 0,
    text: str = "",
    result: Result | None = None,
) -> AttemptEnded:
    return AttemptEnded(
        call_id=ticket.call.call_id,
        operation=operation_of(ticket.call.call),
        phase=phase,
        status=status,
        code=code,
        text=text,
        sent_at_ms=ticket.sent_at_ms,
        sent_at_ns=ticket.sent_at_ns,
        result=result,
    )
