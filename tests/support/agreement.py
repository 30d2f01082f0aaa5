"""Agreement: the venue's ledger, the trade store and the journal, to the last decimal.

Owns what `kill_verdict` does not judge: money, quantities, ends of signals, and limits by the
venue's own count. A trade that a person made beside the engine is nobody's; what the venue forced
on a position is in its books as in ours.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from callboard.actors.adapters.records.store_schema import FILE
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.settings import RateLimits
from support.kills import facts_of, is_fact

STATES = {
    "FILLED": ("FILLED",),
    "CANCELED": ("CANCELLED",),
    "EXPIRED": ("EXPIRED", "CANCELLED"),
    "EXPIRED_IN_MATCH": ("EXPIRED", "CANCELLED"),
}
"""What the store says of an order whose end the venue names so."""
ENTRY = "e"
Row = tuple[str, ...]


def disagreements(
    ledger: VenueLedger, folder: Path, believed: dict[str, Any], *, limits: RateLimits
) -> Iterator[str]:
    """Yield where two of the books differ, and which promise was broken, in sentences."""
    with closing(sqlite3.connect(folder / FILE)) as store:
        yield from _fills(ledger, store)
        yield from _orders(ledger, store)
    yield from _money(ledger, believed)
    yield from ends(facts_of(folder), believed["orders"])
    yield from _limits(ledger, limits)


def _fills(ledger: VenueLedger, store: sqlite3.Connection) -> Iterator[str]:
    """Compare every fill, with its price, fee and profit."""
    theirs = {
        str(fill.trade_id): (
            fill.symbol,
            fill.side,
            _plain(fill.quantity),
            _plain(fill.price),
            _plain(fill.fee),
            fill.fee_asset,
            _plain(fill.realized),
        )
        for fill in ledger.fills
    }
    rows = store.execute(
        "SELECT venue_trade_id, symbol, side, quantity, price, commission, commission_asset,"
        " realised_pnl FROM fills"
    ).fetchall()
    ours = {row[0]: (*row[1:3], *map(_text, row[3:6]), row[6], _text(row[7])) for row in rows}
    if len(rows) != len(ours):
        yield f"the store holds {len(rows)} fills of {len(ours)} trades"
    for trade_id in sorted(theirs.keys() | ours.keys()):
        if theirs.get(trade_id) != ours.get(trade_id):
            yield f"trade {trade_id}: venue {theirs.get(trade_id)}, store {ours.get(trade_id)}"


def _orders(ledger: VenueLedger, store: sqlite3.Connection) -> Iterator[str]:
    """Compare every order that the venue took: what it has filled, and how it ended."""
    ours = {
        row[0]: (row[1], _text(row[2]))
        for row in store.execute("SELECT client_order_id, state, filled FROM orders")
    }
    for order in ledger.orders:
        if order.parent_algo_id is not None or order.is_forced:
            continue
        state, filled = ours.get(order.client_order_id, ("unknown", ""))
        wanted = STATES.get(order.status, ())
        if filled != _plain(order.executed) or (wanted and state not in wanted):
            yield (
                f"{order.client_order_id}: venue {order.status} {order.executed},"
                f" store {state} {filled}"
            )


def _money(ledger: VenueLedger, believed: dict[str, Any]) -> Iterator[str]:
    for name, theirs in (("realised_pnl", ledger.realized), ("fees", ledger.fees)):
        if theirs != Decimal(believed[name]):
            yield f"{name}: venue {theirs}, engine {believed[name]}"
    booked = sum((fill.realized for fill in ledger.fills), Decimal(0))
    if booked != ledger.realized:
        yield f"the venue's fills made {booked}, its account says {ledger.realized}"


def ends(facts: Iterable[dict[str, Any]], resting: Collection[str]) -> Iterator[str]:
    """Yield signals that were not taken once, or have neither one end nor an entry that rests."""
    taken: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for fact in facts:
        if is_fact(fact, "execution_system/CommandTaken") and fact["intent_id"]:
            taken[fact["command_id"]] += 1
        elif is_fact(fact, "execution_system/SignalEnded"):
            ended[fact["signal_id"]] += 1
        elif is_fact(fact, "order_manager/OrderIntended"):
            approved = fact["approved"]
            if approved["leg"] == ENTRY and approved["client_order_id"] in resting:
                ended[approved["signal_id"]] += 1
    for signal_id in sorted(taken.keys() | ended.keys()):
        if (taken[signal_id], ended[signal_id]) != (1, 1):
            yield f"{signal_id} was taken {taken[signal_id]} times, and ended {ended[signal_id]}"


def _limits(ledger: VenueLedger, limits: RateLimits) -> Iterator[str]:
    for name, used, granted in (
        ("weight in a minute", ledger.weight_1m_used_max, limits.weight_1m_max),
        ("orders in ten seconds", ledger.orders_10s_used_max, limits.orders_10s_max),
        ("orders in a minute", ledger.orders_1m_used_max, limits.orders_1m_max),
    ):
        if used > granted:
            yield f"{name}: {used} used of {granted}"


def _text(figure: str) -> str:
    return _plain(Decimal(figure))


def _plain(figure: Decimal) -> str:
    return f"{figure.normalize():f}" if figure else "0"
