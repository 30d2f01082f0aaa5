"""Coalescing: which of many quotes of one symbol are worth telling.

Pure. A book frame and a mark frame each hold half of a quote; the halves are merged, and an older
frame never replaces a newer one of its half. A merged quote is due when the interval is over, or
when the mark, the bid or the ask moved by `move_bps` since the one told last. What is not due
waits; the owner of the timer tells it when the interval is over, so a last move is never lost.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ...messages.market import QuoteObserved

ZERO = Decimal(0)
BPS = Decimal(10_000)


@frozen
class Coalesced:
    """The newest halves of a symbol's quote, with their venue times, and the quote told last."""

    symbol: str
    bid: Decimal = ZERO
    ask: Decimal = ZERO
    mark: Decimal = ZERO
    book_at_ms: int = 0
    mark_at_ms: int = 0
    told: QuoteObserved | None = None
    told_at_ns: int = 0
    is_pending: bool = False
    """True while a half is newer than what was told."""

    @property
    def latest(self) -> QuoteObserved:
        """The quote that the halves make, with the time of the newer one."""
        at_ms = max(self.book_at_ms, self.mark_at_ms)
        return QuoteObserved(self.symbol, self.bid, self.ask, self.mark, at_ms)


def observe(known: Coalesced | None, half: QuoteObserved) -> Coalesced:
    """Return what is known of the symbol after one more frame; zeros of `half` say nothing."""
    if known is None:
        known = Coalesced(half.symbol)
    if half.bid > ZERO and half.ask > ZERO and half.at_ms >= known.book_at_ms:
        known = evolve(known, bid=half.bid, ask=half.ask, book_at_ms=half.at_ms, is_pending=True)
    if half.mark > ZERO and half.at_ms >= known.mark_at_ms:
        known = evolve(known, mark=half.mark, mark_at_ms=half.at_ms, is_pending=True)
    return known


def is_due(known: Coalesced, *, now_ns: int, interval_ns: int, move_bps: Decimal) -> bool:
    """Say whether the latest quote should be told now."""
    if not known.is_pending:
        return False
    told = known.told
    if told is None or now_ns - known.told_at_ns >= interval_ns:
        return True
    return (
        _moved(told.bid, known.bid, move_bps)
        or _moved(told.ask, known.ask, move_bps)
        or _moved(told.mark, known.mark, move_bps)
    )


def after_telling(known: Coalesced, now_ns: int) -> Coalesced:
    """Return what is known once the latest quote was told."""
    return evolve(known, told=known.latest, told_at_ns=now_ns, is_pending=False)


def _moved(before: Decimal, after: Decimal, move_bps: Decimal) -> bool:
    """A figure that came for the first time counts as a move."""
    return abs(after - before) * BPS >= move_bps * before if before > ZERO else after > ZERO
