"""AccountWatch: what a live account does while an engine trades in its shadow.

Owns two views of the account, from the beginning and the end, and what was heard in between, which
is logged as it comes: `live_account_filled`, and `live_stream_opened` and `live_stream_closed`. The
stream may lose a fill, so the fills that count are those that the venue lists at the end.
Bound: `PAGES_MAX` pages of a symbol's fills. On failure: `begin` raises `NotRead`; an end that
cannot be read says so, and holds nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

from ...actors.adapters.binance.account_reader import AccountReader, NotRead
from ...actors.adapters.binance_frames import read_user_frame
from ...actors.adapters.wire import ReplyUnreadable
from ...actors.policies.rounding import plain
from ...actors.runtime.hosting import LogSink
from ...messages.stream import OrderFrame
from ...messages.venue import OrderEvidence, PositionEvidence, TradeEvidence

SHADOW = "shadow"
PAGES_MAX = 50
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
"""A list of fills covers a week from its start (account trade list, read 2026-11)."""


@frozen
class AccountView:
    """An account at a moment."""

    positions: tuple[PositionEvidence, ...] = ()
    orders: tuple[OrderEvidence, ...] = ()


@frozen
class Watched:
    """What an account did."""

    before: AccountView
    after: AccountView = field(factory=AccountView)
    trades: tuple[TradeEvidence, ...] = ()
    gaps: int = 0
    """How often its stream was lost."""
    unread: str = ""
    """Why the end is not known; empty where it is."""


@define(eq=False)
class AccountWatch:
    """Looks at an account, from `begin` to `end`."""

    reader: AccountReader
    symbols: tuple[str, ...]
    margin_asset: str
    log: LogSink
    gaps: int = field(init=False, default=0)
    _began_ms: int = field(init=False, default=0)
    _before: AccountView = field(init=False, factory=AccountView)

    def begin(self) -> None:
        """Take the first view, and listen from then on; raises `NotRead`."""
        self._began_ms = self.reader.venue_ms
        self._before = self._view()
        self.reader.listen(self)

    def end(self) -> Watched:
        """Listen no more, and return what the account did."""
        self.reader.deafen()
        try:
            trades = tuple(each for symbol in self.symbols for each in self._trades(symbol))
            return Watched(self._before, self._view(), trades, self.gaps)
        except NotRead as error:
            return Watched(self._before, gaps=self.gaps, unread=str(error))

    def on_open(self, stream: str) -> None:
        """The account is heard."""
        self.log(SHADOW, "live_stream_opened", {"stream": stream})

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - a port
        """One frame came; only a whole fill is told."""
        try:
            message = read_user_frame(frame, self.margin_asset)
        except ReplyUnreadable as error:
            self.log(SHADOW, "live_frame_unreadable", {"reason": str(error)})
            return
        if isinstance(message, OrderFrame) and message.trade is not None and not message.lite:
            self.log(SHADOW, "live_account_filled", _fields(message.trade))

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:  # noqa: ARG002 - a port
        """Something came that nobody can read."""
        self.log(SHADOW, "live_frame_unreadable", {"reason": reason})

    def on_key_wanted(self, stream: str, reason: str) -> None:
        """Never told: the reader has the key."""

    def on_close(self, stream: str, reason: str) -> None:
        """The account is not heard for a while."""
        self.gaps += 1
        self.log(SHADOW, "live_stream_closed", {"stream": stream, "reason": reason})

    def _view(self) -> AccountView:
        return AccountView(self.reader.positions(), self.reader.open_orders())

    def _trades(self, symbol: str) -> Iterator[TradeEvidence]:
        """Yield the fills of a symbol since the beginning, each once."""
        since_ms, told = self._began_ms, dict[str, None]()
        for _ in range(PAGES_MAX):
            page = self.reader.trades(symbol, since_ms)
            fresh = [each for each in page if each.trade_id not in told]
            yield from fresh
            if fresh:
                since_ms = page[-1].at_ms
            else:
                since_ms += WEEK_MS
                if since_ms > self.reader.venue_ms:
                    return
            told = {each.trade_id: None for each in page}
        raise NotRead(f"{symbol}: more fills than {PAGES_MAX} pages hold")


def _fields(trade: TradeEvidence) -> Mapping[str, object]:
    return {
        "symbol": trade.symbol,
        "side": trade.side.value,
        "quantity": plain(trade.quantity),
        "price": plain(trade.price),
        "venue_order_id": trade.venue_order_id,
        "at_ms": trade.at_ms,
    }
