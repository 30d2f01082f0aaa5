"""AccountReader: an account as one sees it who only looks; no word of it changes anything.

Owns a client with the account's key and the account's stream. What it can say is its methods:
there is none for an order, a cancel or a setting, and whatever it sends is a GET but for one
thing, the wish for a listen key, which opens an ear and nothing else. Any thread, one request at a
time. On failure: a reading that does not come raises `NotRead`; the stream is connected anew.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ....messages.listen_key import RenewListenKey
from ....messages.values import Phase
from ....messages.venue import (
    AccountRead,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    OrderEvidence,
    OrdersListed,
    PositionEvidence,
    PositionsListed,
    ReadAccount,
    TradeEvidence,
    TradesListed,
)
from ...errors import EngineError
from ...ports import Clock, StreamListener
from ..binance_replies import ReplyOptions, error_of, is_success, read_result
from ..binance_requests import build_request, stamp
from ..wire import ReplyUnreadable
from .client import ClientOptions, build_client
from .streams import BinanceStreams
from .user_wire import STREAM

MS_NS = 1_000_000
LOOK = "look"
"""Names every request: they are answered one by one."""
Look = ReadAccount | ListPositions | ListOpenOrders | ListTrades


class NotRead(EngineError):
    """The venue does not tell; says why, without anything secret."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason, code)
        self.reason = reason
        self.code = code
        """The venue's, 0 where it gave none."""

    def __str__(self) -> str:
        return self.reason


class AccountReader:
    """Looks at one account.

    Raises `ConfigurationError` for a key that is none, and an address that must not be reached.
    """

    def __init__(
        self,
        options: ClientOptions,
        streams: BinanceStreams,
        clock: Clock,
        *,
        margin_asset: str,
        recv_window_ms: int,
        ahead_ms: int,
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._replies = ReplyOptions(margin_asset, ())
        self._window_ms = recv_window_ms
        self._ahead_ms = ahead_ms
        self._client = build_client(options)
        self._turn = threading.Lock()

    @property
    def venue_ms(self) -> int:
        """The venue's time now, as far as it was told."""
        return self._clock.now_ns() // MS_NS + self._ahead_ms

    def account(self) -> AccountRead:
        """Return its balances; raises `NotRead`."""
        read: AccountRead = self._read(ReadAccount())
        return read

    def positions(self) -> tuple[PositionEvidence, ...]:
        """Return its open positions; raises `NotRead`."""
        listed: PositionsListed = self._read(ListPositions())
        return listed.positions

    def open_orders(self) -> tuple[OrderEvidence, ...]:
        """Return its open orders of both stores; raises `NotRead`."""
        regular: OrdersListed = self._read(ListOpenOrders(conditional=False))
        conditional: OrdersListed = self._read(ListOpenOrders(conditional=True))
        return regular.orders + conditional.orders

    def trades(self, symbol: str, since_ms: int) -> tuple[TradeEvidence, ...]:
        """Return its fills of a symbol since a venue time, oldest first, as far as a page goes.

        Raises `NotRead`.
        """
        listed: TradesListed = self._read(ListTrades(symbol, since_ms))
        return listed.trades

    def listen(self, listener: StreamListener) -> None:
        """Hear the account's stream until `close`; the listener is never asked for a key."""
        self._streams.open(STREAM, (), _Ear(listener, self._renew))

    def deafen(self) -> None:
        """Hear nothing any more; what is read is told as before."""
        self._streams.close()

    def close(self) -> None:
        """End every connection; no callback comes afterwards."""
        self._streams.close()
        self._client.close()

    def _read(self, look: Look) -> Any:
        request = build_request(look, LOOK)
        assert request.method == "GET", "a look changes nothing"
        stamped = stamp(request, at_ms=self.venue_ms, recv_window_ms=self._window_ms)
        with self._turn:
            answer = self._client.perform(stamped)
        if answer.phase is not Phase.ANSWERED:
            raise NotRead(f"{request.path}: {answer.text or answer.phase.value}")
        if not is_success(answer):
            code, said = error_of(answer)
            raise NotRead(f"{request.path}: refused: {answer.status} {code} {said}", code)
        try:
            return read_result(look, answer, self._replies).result
        except ReplyUnreadable as error:
            raise NotRead(f"{request.path}: {error}") from error

    def _renew(self) -> None:
        """Ask for the listen key, which the stream takes out of the answer."""
        request = build_request(RenewListenKey(), LOOK)
        with self._turn:
            answer = self._client.perform(request)
        self._streams.see(request, answer)


class _Ear:
    """A listener whose wish for a key is granted."""

    def __init__(self, listener: StreamListener, renew: Callable[[], None]) -> None:
        self._listener = listener
        self._renew = renew

    def on_open(self, stream: str) -> None:
        self._listener.on_open(stream)

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:
        self._listener.on_frame(stream, frame)

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:
        self._listener.on_unreadable(stream, text, reason)

    def on_key_wanted(self, stream: str, reason: str) -> None:  # noqa: ARG002 - a port
        self._renew()

    def on_close(self, stream: str, reason: str) -> None:
        self._listener.on_close(stream, reason)
