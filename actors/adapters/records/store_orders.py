"""Store orders: the rows of signals, orders, attempts, errors and executions.

Pure but for the connection: the same facts in the same order give the same rows. A fact about an
order that the store does not know, since the journal's beginning is gone, changes nothing.
"""

import sqlite3
from decimal import Decimal

from attrs import frozen

from ....messages.events import (
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ....messages.intake import SubmitSignal
from ....messages.orders import ApprovedOrder
from ....messages.values import TERMINAL_STATES, OrderState
from ....messages.venue import AttemptEnded
from ...order_calls import Kind, parse_call_id
from ...order_facts import AttemptStarted, ErrorNoted, OrderIntended, OrderMoved, OrderSeen
from ...policies.order_life import Event, next_state
from .stamps import figure, masked, stamp, stamp_of_ms

ZERO = Decimal(0)

Terminal = OrderRefused | OrderFilled | OrderFailed | OrderCancelled | OrderExpired


@frozen
class OrderRows:
    """Writes the rows of one run's orders; `mode` is that of the run."""

    connection: sqlite3.Connection
    mode: str

    def signal(self, signal: SubmitSignal, at_ns: int) -> None:
        """Keep a wish of a strategy; told twice, it is kept once."""
        self.connection.execute(
            "INSERT INTO signals (signal_id, at, action, symbol, strategy, source,"
            " model_version, mode, confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (signal_id) DO NOTHING",
            (
                signal.signal_id,
                stamp(at_ns),
                signal.signal.value,
                signal.symbol,
                signal.strategy,
                signal.source.value,
                signal.model_version or "",
                self.mode,
                figure(signal.confidence),
            ),
        )

    def intended(self, fact: OrderIntended) -> None:
        """Keep an order that is about to be sent."""
        approved = fact.approved
        values: dict[str, object] = {
            **_columns(approved),
            "mode": self.mode,
            "state": OrderState.PENDING.value,
            "created_at": stamp(fact.at_ns),
            "changed_at": stamp(fact.at_ns),
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.connection.execute(
            f"INSERT INTO orders ({names}) VALUES ({marks})"  # noqa: S608 - our names
            " ON CONFLICT (client_order_id) DO NOTHING",
            tuple(values.values()),
        )
        self._transition(approved.client_order_id, "", OrderState.PENDING, fact.at_ns)

    def attempted(self, fact: AttemptStarted) -> None:
        """Keep an attempt, and that the order is out."""
        if not self._knows(fact.client_order_id):
            return
        self.connection.execute(
            "INSERT OR REPLACE INTO attempts (client_order_id, attempt, started_at)"
            " VALUES (?, ?, ?)",
            (fact.client_order_id, fact.attempt, stamp(fact.at_ns)),
        )
        self.connection.execute(
            "UPDATE orders SET attempts = ? WHERE client_order_id = ?",
            (fact.attempt, fact.client_order_id),
        )
        self._move(fact.client_order_id, (Event.SENT,), "", fact.at_ns)

    def moved(self, fact: OrderMoved) -> None:
        """Keep where the order is in its life."""
        if self._knows(fact.client_order_id):
            self._move(fact.client_order_id, fact.events, fact.reason, fact.at_ns)

    def seen(self, fact: OrderSeen) -> None:
        """Keep the venue's id, and what rests there instead of what was approved."""
        self.connection.execute(
            "UPDATE orders SET venue_order_id = ?, algo_id = coalesce(nullif(?, ''), algo_id),"
            " resting_quantity = ?, resting_price = ?, changed_at = ? WHERE client_order_id = ?",
            (
                fact.venue_order_id,
                fact.algo_id,
                figure(fact.quantity),
                figure(fact.price),
                stamp(fact.at_ns),
                fact.client_order_id,
            ),
        )

    def answered(self, answer: AttemptEnded, at_ns: int) -> None:
        """Keep what came of an attempt to place an order."""
        client_order_id, kind, number = parse_call_id(answer.call_id)
        if kind is Kind.PLACE:
            self.connection.execute(
                "UPDATE attempts SET ended_at = ?, phase = ?, status = ?, code = ?, text = ?"
                " WHERE client_order_id = ? AND attempt = ?",
                (
                    stamp(at_ns),
                    answer.phase.value,
                    answer.status,
                    answer.code,
                    masked(answer.text),
                    client_order_id,
                    number,
                ),
            )

    def failed(self, fact: ErrorNoted) -> None:
        """Keep an error with its type, severity and number."""
        if not self._knows(fact.client_order_id):
            return
        error = fact.error
        self.connection.execute(
            "INSERT INTO errors (client_order_id, operation, attempt, type, severity, kind,"
            " outcome, status, code, text, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                fact.client_order_id,
                error.operation.value,
                error.attempt,
                error.error_type.value,
                error.severity.value,
                error.kind.value,
                error.outcome.value,
                error.status,
                error.code,
                masked(error.text),
                stamp_of_ms(error.at_ms),
            ),
        )

    def ended(self, event: Terminal, sequence: int, at_ns: int) -> None:
        """Keep what a signal came to."""
        client_order_id = "" if isinstance(event, OrderRefused) else event.client_order_id
        state, quantity, reason = _end_of(event)
        action, strategy = self._wish(event.signal_id)
        side, average_price = self._order(client_order_id)
        if isinstance(event, OrderFilled):
            average_price = figure(event.average_price)
        self.connection.execute(
            "INSERT OR REPLACE INTO execution_history"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sequence,
                stamp(at_ns),
                event.signal_id,
                client_order_id,
                event.symbol,
                action,
                side,
                figure(quantity),
                average_price,
                quantity > ZERO,
                state,
                reason,
                strategy,
                self.mode,
            ),
        )
        self.connection.execute(
            "UPDATE signals SET outcome = ? WHERE signal_id = ? AND outcome = ''",
            (state, event.signal_id),
        )

    def corrected(self, event: OrderCorrected) -> None:
        """Keep what was executed after the end had been told."""
        _, average_price = self._order(event.client_order_id)
        self.connection.execute(
            "UPDATE execution_history SET quantity = ?, price = ?, executed = 1"
            " WHERE client_order_id = ? AND client_order_id <> ''",
            (figure(event.filled), average_price, event.client_order_id),
        )

    def _knows(self, client_order_id: str) -> bool:
        found = self.connection.execute(
            "SELECT 1 FROM orders WHERE client_order_id = ?", (client_order_id,)
        )
        return found.fetchone() is not None

    def _move(
        self, client_order_id: str, events: tuple[Event, ...], reason: str, at_ns: int
    ) -> None:
        word, filled, reason_before = self.connection.execute(
            "SELECT state, filled, reason FROM orders WHERE client_order_id = ?",
            (client_order_id,),
        ).fetchone()
        state, is_partly = OrderState(word), Decimal(filled) > ZERO
        for event in events:
            state = next_state(state, event, is_partly_filled=is_partly)
            self._transition(client_order_id, event.value, state, at_ns)
        at = stamp(at_ns)
        self.connection.execute(
            "UPDATE orders SET state = ?, reason = ?, changed_at = ?,"
            " ended_at = CASE WHEN ? THEN coalesce(ended_at, ?) END WHERE client_order_id = ?",
            (
                state.value,
                masked(reason) or reason_before,
                at,
                state in TERMINAL_STATES,
                at,
                client_order_id,
            ),
        )

    def _transition(self, client_order_id: str, event: str, state: OrderState, at_ns: int) -> None:
        self.connection.execute(
            "INSERT INTO transitions SELECT ?, count(*) + 1, ?, ?, ? FROM transitions"
            " WHERE client_order_id = ?",
            (client_order_id, event, state.value, stamp(at_ns), client_order_id),
        )

    def _wish(self, signal_id: str) -> tuple[str, str]:
        found = self.connection.execute(
            "SELECT action, strategy FROM signals WHERE signal_id = ?", (signal_id,)
        ).fetchone()
        return ("", "") if found is None else (str(found[0]), str(found[1]))

    def _order(self, client_order_id: str) -> tuple[str, str | None]:
        """Return (side, average price) of an order, empty where there is none."""
        found = self.connection.execute(
            "SELECT side, average_price FROM orders WHERE client_order_id = ?", (client_order_id,)
        ).fetchone()
        return ("", None) if found is None else (str(found[0]), found[1])


def _columns(approved: ApprovedOrder) -> dict[str, object]:
    return {
        "client_order_id": approved.client_order_id,
        "intent_id": approved.intent_id,
        "leg": approved.leg.name.lower(),
        "signal_id": approved.signal_id,
        "strategy": approved.strategy,
        "source": approved.source.value,
        "model_version": approved.model_version or "",
        "symbol": approved.symbol,
        "side": approved.side.value,
        "position_side": approved.position_side.value,
        "order_type": approved.order_type.value,
        "time_in_force": approved.time_in_force.value,
        "reduce_only": approved.reduce_only,
        "close_position": approved.close_position,
        "quantity": figure(approved.quantity),
        "price": figure(approved.price),
        "trigger_price": figure(approved.trigger_price),
        "reference_price": figure(approved.reference_price),
    }


def _end_of(event: Terminal) -> tuple[str, Decimal, str]:
    """Return (state, executed quantity, reason) of a terminal event."""
    match event:
        case OrderRefused():
            return "REFUSED", ZERO, event.reason or event.guard
        case OrderFilled():
            return OrderState.FILLED.value, event.quantity, ""
        case OrderFailed():
            return event.state.value, event.filled, event.reason
        case OrderCancelled():
            return OrderState.CANCELLED.value, event.filled, ""
        case OrderExpired():
            return OrderState.EXPIRED.value, event.filled, ""
