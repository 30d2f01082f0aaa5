"""MarketData: the last mark, bid and ask of every symbol, with the time they were heard.

Owns the marks. Each quote of the market socket, which has thinned them already, becomes one
`MarkChanged`. Where no mark came the middle of bid and ask stands for it; where no book came the
mark stands for both; a quote with neither is left out. An old mark is not withdrawn: it carries
its time, and who decides by it refuses a stale one. Bound: one mark per symbol listened to.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, field, frozen

from ..messages.events import AlertRaised
from ..messages.market import MarkChanged, MarketStreamChanged, QuoteObserved
from ..messages.values import Severity
from .names import EVENT_BUS, POSITION_MONITOR, RISK_GATE
from .runtime.actor import Actor, Context

ZERO = Decimal(0)
TWO = Decimal(2)


@frozen
class _Connected:
    """Fact: the market stream opened or closed."""

    connected: bool


@define
class MarketState:
    """Marks by symbol."""

    marks: dict[str, MarkChanged] = field(factory=dict[str, MarkChanged])
    connected: bool = False


Inbox = QuoteObserved | MarketStreamChanged
Fact = MarkChanged | _Connected


class MarketData(Actor):
    """Knows what things cost, and since when."""

    State = MarketState
    private = (_Connected,)
    state: MarketState

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case QuoteObserved():
                self.on_quote_observed(message, ctx)
            case MarketStreamChanged():
                self.on_market_stream_changed(message, ctx)
            case _:
                assert_never(message)

    def on_quote_observed(self, message: QuoteObserved, ctx: Context) -> None:
        """Tell the new mark to those who decide by it."""
        changed = mark_of(message, ctx.now)
        if changed is None:
            ctx.log("quote_left_out", symbol=message.symbol, bid=message.bid, ask=message.ask)
            return
        ctx.record(changed)
        ctx.tell(RISK_GATE, changed)
        ctx.tell(POSITION_MONITOR, changed)

    def on_market_stream_changed(self, message: MarketStreamChanged, ctx: Context) -> None:
        """Say that prices stopped, or came back; their age does the rest."""
        if message.connected == self.state.connected:
            return
        ctx.record(_Connected(message.connected))
        alert = _stream_alert(message)
        ctx.tell(EVENT_BUS, alert)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        match fact:
            case MarkChanged():
                self.state.marks[fact.symbol] = fact
            case _Connected():
                self.state.connected = fact.connected
            case _:
                assert_never(fact)


def mark_of(quote: QuoteObserved, now_ns: int) -> MarkChanged | None:
    """Return the mark that a quote comes to, None when it holds no price at all."""
    has_book = quote.bid > ZERO and quote.ask > ZERO
    if quote.mark <= ZERO and not has_book:
        return None
    mark = quote.mark if quote.mark > ZERO else (quote.bid + quote.ask) / TWO
    bid, ask = (quote.bid, quote.ask) if has_book else (mark, mark)
    return MarkChanged(symbol=quote.symbol, mark=mark, bid=bid, ask=ask, at_ns=now_ns)


def _stream_alert(message: MarketStreamChanged) -> AlertRaised:
    return AlertRaised(
        severity=Severity.INFO if message.connected else Severity.WARNING,
        alert="market_stream_opened" if message.connected else "market_stream_closed",
        subject="market",
        text=message.reason,
    )
