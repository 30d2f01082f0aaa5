"""Limits: weight and order counts in fixed windows, and the ban for who ignores a refusal.

Owns the counters of one IP and one account; accounts used from one IP share its counters. Windows
turn at full minutes and full ten seconds of the venue's clock, and count arrivals, refused ones
too. Over a limit the answer is 429 (-1003 for
weight, -1015 for orders); too many of these in one minute earn a ban (418), each longer than the
last. Remembers the highest use of any window for the ledger.
"""

from attrs import define, field

from .refusal import TEXTS, VenueRefusal
from .settings import RateLimits

MINUTE_MS, TEN_SECONDS_MS = 60_000, 10_000


@define
class Window:
    """A count that starts anew whenever `length_ms` of the venue's clock are full."""

    length_ms: int
    number: int = -1
    used: int = 0
    used_max: int = 0
    """The highest count of one window, without what was used elsewhere."""
    elsewhere: int = 0
    """What others have used of this window, counted in `used`."""

    def count(self, amount: int, at_ms: int) -> int:
        """Add to the window of `at_ms` and return its count."""
        number = at_ms // self.length_ms
        if number != self.number:
            self.number, self.used, self.elsewhere = number, 0, 0
        self.used += amount
        own = self.used - self.elsewhere
        if own > self.used_max:
            self.used_max = own
        return self.used

    def count_elsewhere(self, amount: int, at_ms: int) -> None:
        """Add what others use of the window of `at_ms`."""
        self.count(0, at_ms)
        self.used += amount
        self.elsewhere += amount


class BannedError(Exception):
    """The IP is banned until `until_ms`; with `is_told` the answer says until when."""

    def __init__(self, until_ms: int, *, is_told: bool = True) -> None:
        self.until_ms = until_ms
        self.is_told = is_told
        until = f" until {until_ms}" if is_told else ""
        self.message = (
            f"Way too many requests; IP(127.0.0.1) banned{until}. "
            "Please use the websocket for live updates to avoid bans."
        )
        super().__init__(self.message)


@define(eq=False)
class Address:
    """What is counted for one IP, whichever accounts are used from there."""

    weight_1m: Window = field(factory=lambda: Window(MINUTE_MS))
    refusals_1m: Window = field(factory=lambda: Window(MINUTE_MS))
    bans: int = 0
    ban: BannedError | None = None


class Limits:
    """All counters of the venue for one account and the address that it is used from."""

    def __init__(self, limits: RateLimits, address: Address | None = None) -> None:
        self.limits = limits
        self.address = Address() if address is None else address
        self.orders_10s = Window(TEN_SECONDS_MS)
        self.orders_1m = Window(MINUTE_MS)

    def check_ban(self, at_ms: int) -> None:
        """Raise BannedError while a ban runs, or start one for who was refused too often."""
        ban = self.address.ban
        if ban is not None and at_ms < ban.until_ms:
            raise ban
        if self.address.refusals_1m.count(0, at_ms) >= self.limits.refusals_before_ban:
            length_ms = min(
                self.limits.ban_first_ms << self.address.bans, self.limits.ban_longest_ms
            )
            raise self.ban(at_ms, length_ms)

    def ban(self, at_ms: int, length_ms: int, *, is_told: bool = True) -> BannedError:
        """Ban the client for a while; return what it is told from now on."""
        self.address.bans += 1
        self.address.refusals_1m.used = 0
        ban = self.address.ban = BannedError(at_ms + length_ms, is_told=is_told)
        return ban

    def use_elsewhere(self, weight: int, at_ms: int) -> None:
        """Count weight that others of the same address use."""
        self.address.weight_1m.count_elsewhere(weight, at_ms)

    def charge_weight(self, weight: int, at_ms: int) -> None:
        """Count a request's weight; raise the 429 refusal over the limit."""
        if self.address.weight_1m.count(weight, at_ms) > self.limits.weight_1m_max:
            self.address.refusals_1m.count(1, at_ms)
            raise VenueRefusal(-1003, self.limits.weight_1m_max, status=429)

    def charge_orders(self, orders: int, at_ms: int, *, in_1m: int | None = None) -> None:
        """Count orders, a batch's other in the minute; raise the 429 refusal over either limit."""
        in_ten = self.orders_10s.count(orders, at_ms)
        in_minute = self.orders_1m.count(orders if in_1m is None else in_1m, at_ms)
        if in_ten > self.limits.orders_10s_max:
            self.address.refusals_1m.count(1, at_ms)
            raise VenueRefusal(-1015, self.limits.orders_10s_max, "10 SECONDS", status=429)
        if in_minute > self.limits.orders_1m_max:
            self.address.refusals_1m.count(1, at_ms)
            raise VenueRefusal(-1015, self.limits.orders_1m_max, "1 MINUTE", status=429)

    def refuse(self, at_ms: int) -> str:
        """Count a 429 that was not earned (a fault) and return its text."""
        self.address.refusals_1m.count(1, at_ms)
        return TEXTS[-1003].format(self.limits.weight_1m_max)

    def weight_headers(self) -> dict[str, str]:
        """Return the header that every answered request carries."""
        return {"X-MBX-USED-WEIGHT-1M": str(self.address.weight_1m.used)}

    def order_headers(self) -> dict[str, str]:
        """Return the headers of an answered order request."""
        return {
            "X-MBX-ORDER-COUNT-10S": str(self.orders_10s.used),
            "X-MBX-ORDER-COUNT-1M": str(self.orders_1m.used),
        }

    def retry_headers(self, at_ms: int, until_ms: int | None = None) -> dict[str, str]:
        """Return Retry-After in whole seconds, until the ban's end or the next full minute."""
        if not self.limits.retry_after_header:
            return {}
        end_ms = until_ms if until_ms is not None else (at_ms // MINUTE_MS + 1) * MINUTE_MS
        return {"Retry-After": str(-((at_ms - end_ms) // 1000))}
