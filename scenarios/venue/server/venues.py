"""Venues: one venue for each account over one market, and one that nobody trades at.

Owns them by the account's name. They share the market, event by event, and nothing of their books:
an order of one account takes no depth from another, and two accounts never trade with each other.
The public venue answers those who show no key. An account that comes later begins with what the
market shows then. Bound: `ACCOUNTS_MAX` accounts, since each takes its own look at every event.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import evolve

from ..faults import Fault, Faults
from ..limits import Address
from ..market import Market, MarketEvent
from ..settings import VenueSettings
from ..streams import Delivery
from ..venue import Venue
from .door import ACCOUNTS_MAX, TooManyAccountsError
from .shared_market import SharedMarket

PUBLIC = ""


class Venues:
    """All venues of a server."""

    def __init__(
        self, settings: VenueSettings, market: Market, *, seed: int, start_ns: int
    ) -> None:
        self.settings = settings
        self.market = SharedMarket(market)
        self.seed = seed
        self._now_ns = start_ns
        self._venues: dict[str, Venue] = {}
        self.address = Address()
        """Every client comes from the one address of this machine."""
        self.public = self._open(PUBLIC, settings)

    @property
    def now_ms(self) -> int:
        """Milliseconds on the venue's own clock."""
        return self.public.now_ms

    def __iter__(self) -> Iterator[tuple[str, Venue]]:
        """Go through the accounts and their venues, in the order of their opening."""
        return ((name, venue) for name, venue in self._venues.items() if name != PUBLIC)

    def of(self, account: str, terms: Mapping[str, Any] | None = None) -> Venue:
        """Return an account's venue, opened on first use, with settings of its own in `terms`.

        Raises:
            TooManyAccountsError: It would be one more than `ACCOUNTS_MAX`.
        """
        found = self._venues.get(account)
        if found is not None:
            return found
        if len(self._venues) > ACCOUNTS_MAX:
            raise TooManyAccountsError
        settings = evolve(self.settings, **(terms or {}))
        return self._join(self._open(account, settings))

    def next_at_ns(self) -> int | None:
        """When `step` next has something to do, None for never."""
        times = [at_ns for venue in self._venues.values() if (at_ns := venue.next_at_ns())]
        return min(times, default=None)

    def step(self, now_ns: int) -> list[tuple[str, Delivery]]:
        """Do everything due at every venue; return what reaches clients, by account."""
        self._now_ns = now_ns
        return [
            (name, delivery)
            for name, venue in self._venues.items()
            for delivery in venue.step(now_ns)
        ]

    def set_faults(self, faults: Faults) -> None:
        """Replace the drawn faults of every venue, and of those to come."""
        self.settings = evolve(self.settings, faults=faults)
        for venue in self._venues.values():
            venue.set_faults(faults)

    def forget_planned(self) -> None:
        """Let no planned fault happen any more at any venue."""
        for venue in self._venues.values():
            venue.forget_planned()

    def fault_counts(self) -> dict[Fault, int]:
        """Return how often each fault has fired at all venues together."""
        counts = dict.fromkeys(Fault, 0)
        for venue in self._venues.values():
            for fault, count in venue.fault_counts.items():
                counts[fault] += count
        return counts

    def set_clock_skew_ms(self, skew_ms: int) -> None:
        """Set how far the venues' one clock runs ahead of the given time."""
        self.settings = evolve(self.settings, clock_skew_ms=skew_ms)
        for venue in self._venues.values():
            venue.set_clock_skew_ms(skew_ms)

    def hear_market(self, listener: Callable[[MarketEvent], None]) -> None:
        """Tell each market event once, as it happens."""
        self.market.hear(listener)

    def _open(self, account: str, settings: VenueSettings) -> Venue:
        # Each account has draws of its own, the same in every run that opens it as the same one.
        seed = self.seed + len(self._venues)
        venue = Venue(
            settings,
            self.market.onlooker(),
            seed=seed,
            start_ns=self._now_ns,
            address=self.address,
        )
        self._venues[account] = venue
        return venue

    def _join(self, venue: Venue) -> Venue:
        """Show a new venue what the market shows now."""
        public = self.public.core
        for book in public.books.values():
            for event in book.restated(self._now_ns):
                venue.core.on_market(event)
        venue.core.funding.rates.update(public.funding.rates)
        return venue
