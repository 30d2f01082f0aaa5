"""Float rounding: a trigger price is put on its grid with binary floating point.

2587.05 becomes 2587.0500000000002, which the venue refuses: no stop rests, for a digit that nobody
sees in a log.
"""

from contextlib import AbstractContextManager
from decimal import Decimal
from unittest.mock import patch

from callboard.actors.policies import stop_plan
from callboard.messages.instruments import Filters


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def round_trigger_price(price: Decimal, entry_price: Decimal, filters: Filters) -> Decimal:
        del entry_price
        tick = float(filters.tick_size)
        return Decimal(str(round(float(price) / tick) * tick))

    return patch.object(stop_plan, "round_trigger_price", round_trigger_price)
