"""RateShares: how much of one address's rate limit the systems of this process have taken.

Owns the sum of the shares. The venue counts weight and requests by IP, so systems that reach it
from one process divide one limit; a built-in venue has limits of its own and so its own `Shares`.
Bound: the sum is at most 1; a share that would pass it is refused with `ConfigurationError`, and
nothing is taken.
"""

import threading
from decimal import Decimal

from attrs import define, field

from ..errors import ConfigurationError

WHOLE = Decimal(1)


@define(eq=False)
class Shares:
    """The shares of one limit; any thread."""

    taken: Decimal = field(init=False, default=Decimal(0))
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def take(self, share: Decimal) -> None:
        """Take a share; raises `ConfigurationError` when too little is left."""
        with self._lock:
            if self.taken + share > WHOLE:
                raise ConfigurationError(
                    f"limits.rate_limit_share: {share} is too much beside {self.taken} that other"
                    " systems of this process have; their sum must not pass 1"
                )
            self.taken += share

    def give_back(self, share: Decimal) -> None:
        """Give a taken share back."""
        with self._lock:
            assert share <= self.taken, (share, self.taken)
            self.taken -= share


OF_THIS_PROCESS = Shares()
"""The one limit of the address that this process reaches venues from."""
