"""Triggers: the waiting conditional orders of a symbol, nearest trigger first.

Owns four lines by price kind and direction, and the trailing stops that follow a price. A tick
looks at the nearest trigger only, and at each trailing stop that is already active; those are
bounded by the account's limit of open conditionals. A trailing stop waits in a line for its
activation price, which it meets in the direction of a take profit.
"""

from decimal import Decimal

from attrs import define, field

from .algo_orders import AlgoOrder, AlgoRequest
from .price_index import PriceIndex

HUNDRED = Decimal(100)


class TrailingLine:
    """Active trailing stops of one symbol and price kind, oldest first."""

    def __init__(self) -> None:
        self._active: dict[int, AlgoOrder] = {}

    def __len__(self) -> int:
        return len(self._active)

    def add(self, algo: AlgoOrder, price: Decimal) -> None:
        """Let a trailing stop follow from `price` on; 0 for a price that is not known yet."""
        algo.is_activated = True
        algo.best_price = price
        self._active[algo.algo_id] = algo

    def remove(self, algo: AlgoOrder) -> None:
        """Follow no more."""
        del self._active[algo.algo_id]

    def fired(self, price: Decimal) -> list[AlgoOrder]:
        """Move every best price on; return those that `price` came back from."""
        return [algo for algo in self._active.values() if _has_turned(algo, price)]


def _has_turned(algo: AlgoOrder, price: Decimal) -> bool:
    """Follow the price to its best, and say whether it came back by the callback rate."""
    is_buy, best = algo.request.side == "BUY", algo.best_price
    if not best or (price < best if is_buy else price > best):
        algo.best_price = price
        return False
    share = algo.request.callback_rate / HUNDRED
    return price >= best * (1 + share) if is_buy else price <= best * (1 - share)


def _rising() -> PriceIndex[AlgoOrder]:
    return PriceIndex[AlgoOrder](highest_first=False)


def _falling() -> PriceIndex[AlgoOrder]:
    return PriceIndex[AlgoOrder](highest_first=True)


@define
class PriceTriggers:
    """What waits for one kind of price of one symbol."""

    rising: PriceIndex[AlgoOrder] = field(factory=_rising)
    falling: PriceIndex[AlgoOrder] = field(factory=_falling)
    trailing: TrailingLine = field(factory=TrailingLine)

    def add(self, algo: AlgoOrder, price: Decimal) -> None:
        """Let a new conditional wait, or follow at once when nothing need be reached first."""
        request = algo.request
        if request.is_trailing and not request.activate_price:
            self.trailing.add(algo, price)
        else:
            self._line(request).add(request.waits_for, algo.algo_id, algo)

    def activate(self, algo: AlgoOrder, price: Decimal) -> None:
        """Let a trailing stop that reached its activation price follow."""
        self._line(algo.request).remove(algo.request.waits_for, algo.algo_id)
        self.trailing.add(algo, price)

    def remove(self, algo: AlgoOrder) -> None:
        """Let a conditional wait no more."""
        if algo.is_activated:
            self.trailing.remove(algo)
        else:
            self._line(algo.request).remove(algo.request.waits_for, algo.algo_id)

    def _line(self, request: AlgoRequest) -> PriceIndex[AlgoOrder]:
        return self.rising if request.is_rising else self.falling


@define
class TriggerBook:
    """What waits in one symbol."""

    mark: PriceTriggers = field(factory=PriceTriggers)
    contract: PriceTriggers = field(factory=PriceTriggers)

    def of(self, request: AlgoRequest) -> PriceTriggers:
        """Return what waits for the same price as a conditional."""
        return self.mark if request.working_type == "MARK_PRICE" else self.contract
