"""PriceMatch: the limit price that an order takes from the book instead of naming one.

OPPONENT is the other side's best price, QUEUE the own side's; a number behind it asks for the price
so many levels into the book. Owns no state. A book that is not that deep is -5041.
"""

from decimal import Decimal

from .book import Book
from .refusal import VenueRefusal

NO_MATCH = "NONE"
OPPONENT = {"OPPONENT": 1, "OPPONENT_5": 5, "OPPONENT_10": 10, "OPPONENT_20": 20}
QUEUE = {"QUEUE": 1, "QUEUE_5": 5, "QUEUE_10": 10, "QUEUE_20": 20}
MODES = (NO_MATCH, *OPPONENT, *QUEUE)


def matched_price(book: Book, mode: str, *, is_buy: bool) -> Decimal:
    """Return the price of a mode other than NONE for an order of this direction."""
    # What an order of the other direction would meet is the own side of this one.
    if mode in OPPONENT:
        price = book.level_price(OPPONENT[mode], is_buy=is_buy)
    else:
        price = book.level_price(QUEUE[mode], is_buy=not is_buy)
    if price is None:
        raise VenueRefusal(-5041)
    return price
