"""Store projection: which facts of the journal become which rows.

Used by the engine's writer and by a rebuild alike, so that both leave the same rows. Idempotent by
sequence: a batch of records and the place behind them are one transaction, and what stands at or
before the place is never applied again.
"""

import decimal
import sqlite3
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ....messages.codec import Codec, Json
from ....messages.events import (
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
)
from ....messages.intake import ExecuteAlgorithm, SubmitSignal
from ....messages.venue import AttemptEnded
from ... import names
from ...algorithms.facts import SliceAsked
from ...order_facts import (
    AttemptStarted,
    ErrorNoted,
    OrderIntended,
    OrderMoved,
    OrderSeen,
    TradeBooked,
)
from ...position_facts import FillApplied, FillCorrected
from ...runtime.segment import RunFacts
from ...runtime.step import ENGINE_DECIMALS
from .journal_tail import Place
from .recorded import Recorded, RecordReader
from .store_fills import FillRows
from .store_orders import OrderRows
from .store_trades import TradeRows

MESSAGES: Mapping[type, str] = MappingProxyType(
    {
        SubmitSignal: names.EXECUTION_SYSTEM,
        ExecuteAlgorithm: names.EXECUTION_SYSTEM,
        AttemptEnded: names.ORDER_MANAGER,
    }
)
FACTS = (
    OrderIntended,
    AttemptStarted,
    OrderMoved,
    OrderSeen,
    ErrorNoted,
    TradeBooked,
    FillApplied,
    FillCorrected,
    SliceAsked,
)
EVENTS = (
    OrderRefused,
    OrderFilled,
    OrderFailed,
    OrderCancelled,
    OrderExpired,
    OrderCorrected,
    PositionOpened,
    PositionUpdated,
    PositionClosed,
    PositionCorrected,
)
Lives = PositionOpened | PositionUpdated | PositionClosed


@frozen
class StoreProjection:
    """Turns records into rows of one connection."""

    connection: sqlite3.Connection
    reader: RecordReader

    @staticmethod
    def on(connection: sqlite3.Connection, codec: Codec) -> "StoreProjection":
        """Return the projection into a store that is open."""
        return StoreProjection(
            connection, RecordReader(codec, messages=MESSAGES, facts=FACTS, told=EVENTS)
        )

    def place(self) -> Place:
        """Return the record up to which the store is made."""
        sequence, head = self.connection.execute("SELECT sequence, head FROM progress").fetchone()
        return Place(sequence, head)

    def apply(self, lines: Iterable[bytes], run: RunFacts, place: Place) -> None:
        """Apply records and remember the place behind them, in one transaction.

        Raises:
            CodecError: A message is not one that this version knows; nothing was applied.
            sqlite3.Error: The store cannot be written; nothing was applied.
        """
        rows = _Rows.of(self.connection, run)
        with decimal.localcontext(ENGINE_DECIMALS):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                for line in lines:
                    recorded = self.reader.read(line)
                    if recorded is not None:
                        rows.take(recorded)
                self.connection.execute(
                    "UPDATE progress SET sequence = ?, head = ?", (place.sequence, place.head)
                )
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.rollback()
                raise

    def begin_at(self, place: Place) -> None:
        """Remember that the journal's records up to this place are gone, and were never read."""
        self.connection.execute(
            "UPDATE progress SET sequence = ?, head = ?, begins_at = ?",
            (place.sequence, place.head, place.sequence + 1),
        )


@frozen
class _Rows:
    orders: OrderRows
    fills: FillRows
    trades: TradeRows

    @staticmethod
    def of(connection: sqlite3.Connection, run: RunFacts) -> "_Rows":
        mode, margin_asset = mode_of(run), margin_asset_of(run)
        fills = FillRows(connection, margin_asset)
        return _Rows(
            OrderRows(connection, mode),
            fills,
            TradeRows(connection, mode),
        )

    def take(self, recorded: Recorded) -> None:
        """Apply one record: what was delivered, what was written down, what was told."""
        if recorded.message is not None:
            self._deliver(recorded.message, recorded)
        for fact in recorded.facts:
            self._fact(fact)
        for index, event in enumerate(recorded.told):
            self._event(event, recorded, index)
        for fact in recorded.facts:
            if isinstance(fact, FillApplied):
                self._link(fact, recorded)

    def _deliver(self, message: Any, recorded: Recorded) -> None:
        match message:
            case SubmitSignal():
                self.orders.signal(message, recorded.now_ns)
            case ExecuteAlgorithm():
                self.orders.signal(message.signal, recorded.now_ns)
            case AttemptEnded():
                self.orders.answered(message, recorded.now_ns)
            case _:
                raise AssertionError(message)

    def _fact(self, fact: Any) -> None:
        match fact:
            case OrderIntended():
                self.orders.intended(fact)
            case AttemptStarted():
                self.orders.attempted(fact)
            case OrderMoved():
                self.orders.moved(fact)
            case OrderSeen():
                self.orders.seen(fact)
            case ErrorNoted():
                self.orders.failed(fact)
            case TradeBooked():
                self.fills.booked(fact)
            case FillCorrected():
                self.fills.settled(fact)
            case SliceAsked():
                self.orders.signal(fact.signal, fact.at_ns)
            case FillApplied():
                return
            case _:
                raise AssertionError(fact)

    def _link(self, fact: FillApplied, recorded: Recorded) -> None:
        """Join a fill with the trade that the same step told of, now that its row is there."""
        lives = (each.position_id for each in recorded.told if isinstance(each, Lives))
        self.fills.traded(fact, next(lives, ""))

    def _event(self, event: Any, recorded: Recorded, index: int) -> None:
        match event:
            case PositionOpened():
                self.trades.opened(event, recorded.now_ns)
            case PositionUpdated():
                self.trades.updated(event)
            case PositionClosed():
                self.trades.closed(event, recorded.now_ns)
            case PositionCorrected():
                self.trades.corrected(event)
            case OrderCorrected():
                self.orders.corrected(event)
            case _ if event.signal_id:
                number = recorded.sequence * EVENTS_MAX + index
                self.orders.ended(event, number, recorded.now_ns)
            case _:
                return


EVENTS_MAX = 1_000
"""More terminal events than one step tells; an execution's number is made of both."""


def mode_of(run: RunFacts) -> str:
    """Return the mode under which a run wrote its records."""
    return str(_settings_of(run).get("mode", ""))


def margin_asset_of(run: RunFacts) -> str:
    """Return the asset in which a run counts money."""
    return str(_settings_of(run).get("accounts", {}).get("margin_asset", ""))


def _settings_of(run: RunFacts) -> Json:
    settings: Json | None = run.settings
    return settings or {}
