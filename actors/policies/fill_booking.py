"""Fill booking: what one fill makes of a position and of its trade books.

Pure. The position's ledger says what the fill closed and what it opened; the books of the life that
was, and of the life that it may begin, are charged with that.
"""

from attrs import frozen

from ...messages.orders import FillBooked
from .ledger import Position, book_fill
from .trade_book import TradeBook, book_other_fee, book_trade, booking_of


@frozen
class Booked:
    """What one fill makes of a position and its books."""

    before: Position
    was: TradeBook
    fill: FillBooked
    at_ns: int
    after: Position
    charged: TradeBook
    """The book of the life that was."""
    book: TradeBook
    """The book of the life that is."""

    def is_of(self, before: Position, was: TradeBook, fill: FillBooked, at_ns: int) -> bool:
        """True for the very same values, which never change."""
        is_same = self.before is before and self.was is was and self.fill is fill
        return is_same and self.at_ns == at_ns


def book_of_fill(before: Position, was: TradeBook, fill: FillBooked, at_ns: int) -> Booked:
    """Return what a fill makes of the position and the book that it finds."""
    trade = fill.trade
    after = book_fill(
        before,
        side=trade.side,
        quantity=trade.quantity,
        price=trade.price,
        fee=trade.fee,
        at_ns=at_ns,
        realised=trade.realised_pnl if trade.settled else None,
    )
    charged, book = _books(before, was, fill, after)
    return Booked(before, was, fill, at_ns, after, charged, book)


def _books(
    before: Position, was: TradeBook, fill: FillBooked, after: Position
) -> tuple[TradeBook, TradeBook]:
    """Return the trade books after a fill: of the life that was, and of the life that is."""
    trade, own = fill.trade, bool(fill.signal_id)
    ends, begins = booking_of(before, after, trade.price, strategy=fill.strategy, own=own)
    charged = was if ends is None else book_trade(was, ends)
    book = TradeBook() if begins is None else book_trade(TradeBook(), begins)
    if ends is not None:
        charged = book_other_fee(charged, trade.other_fee_asset, trade.other_fee)
    else:
        book = book_other_fee(book, trade.other_fee_asset, trade.other_fee)
    return charged, charged if begins is None else book
