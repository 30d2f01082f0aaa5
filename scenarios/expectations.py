"""Expectations: what must have come of a story, one class for each word of `then`.

Owns the words: what the engine told and in which order, what it sent, what the venue's own ledger
shows as filled, held and resting, and how soon a position was protected. Each is a sentence, and
says what was seen instead when it does not hold.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import get_args

from attrs import frozen

from ..messages.events import Event, PositionProtected
from ..messages.values import Leg
from .demo import wire
from .evidence import Evidence, Seen
from .planned import KINDS, STREAM
from .venue.ledger import OrderTruth
from .workload import MS, START_NS

EVENTS = tuple(kind.__name__ for kind in get_args(Event))
LEGS: Mapping[str, Leg] = MappingProxyType(
    {"entry": Leg.ENTRY, "exit": Leg.EXIT, "stop": Leg.STOP, "target": Leg.TARGET}
)
"""What an order of ours is for."""
ANYTHING = "anything"
SENDABLE = (ANYTHING, *LEGS, *(word for word, (method, _) in KINDS.items() if method != STREAM))
RESTABLE = (ANYTHING, *LEGS)
SIDES = ("LONG", "SHORT", "FLAT")


@frozen
class Told:
    """The engine told an event: `times`, or at least once for None; 0 is never."""

    event: str
    signal: int | None = None
    """Only of this signal, counted from 0."""
    times: int | None = None
    says: str = ""
    """Only with this text in one of its fields."""

    def __str__(self) -> str:
        of = "" if self.signal is None else f" of s{self.signal}"
        says = f' that says "{self.says}"' if self.says else ""
        return f"{self.event}{of}{says} is told {_times(self.times)}"

    def missed(self, evidence: Evidence) -> str:
        """Return how often it was told, nothing when that is right."""
        told = [seen for seen in evidence.events if self._is_of_signal(seen)]
        count = sum(seen.name == self.event and self.says in str(seen.event) for seen in told)
        return _wrong(count, self.times, f"told were {_counted(seen.name for seen in told)}")

    def _is_of_signal(self, seen: Seen) -> bool:
        return self.signal is None or getattr(seen.event, "signal_id", "") == f"s{self.signal}"


@frozen
class InOrder:
    """These events were told one after the other, whatever came between them."""

    events: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', then '.join(self.events)} is told"

    def missed(self, evidence: Evidence) -> str:
        """Return the first of them that did not come, nothing when all came."""
        told = iter([seen.name for seen in evidence.events])
        late = next((event for event in self.events if event not in told), None)
        return "" if late is None else f"no {late} at its place"


@frozen
class Sent:
    """The engine sent requests of a kind, or placed orders for a purpose."""

    what: str
    """A word of `SENDABLE`."""
    times: int | None = None
    since_ms: int = 0
    until_ms: int | None = None

    def __str__(self) -> str:
        return f"{self.what} is sent {_times(self.times)}{_between(self.since_ms, self.until_ms)}"

    def missed(self, evidence: Evidence) -> str:
        """Return how often it was sent, nothing when that is right."""
        sent = [each for each in evidence.sent if self._is_in_time(each)]
        words = [_word(evidence, each) for each in sent]
        kinds = [_kind(each) for each in sent]
        count = len(sent) if self.what == ANYTHING else words.count(self.what)
        count += 0 if self.what in LEGS else kinds.count(self.what)
        return _wrong(count, self.times, f"sent were {_counted((*words, *kinds))}")

    def _is_in_time(self, sent: wire.Sent) -> bool:
        at_ms = (sent.at_ns - START_NS) // MS
        return self.since_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


@frozen
class Filled:
    """The venue filled orders of ours for a purpose, whole or in part."""

    what: str
    """A word of `LEGS`."""
    times: int | None = None

    def __str__(self) -> str:
        return f"the venue fills {self.what} {_times(self.times)}"

    def missed(self, evidence: Evidence) -> str:
        """Return how many orders it filled, nothing when that is right."""
        filled = [each for each in evidence.orders() if each.executed and not each.is_algo]
        legs = [evidence.leg_of(each.client_order_id) for each in filled]
        told = _counted(f"{each.side} {each.client_order_id}" for each in filled)
        return _wrong(legs.count(LEGS[self.what]), self.times, f"filled were {told}")


@frozen
class Position:
    """The venue holds a position, or none, at a moment or when all is settled."""

    side: str
    """A word of `SIDES`."""
    symbol: str = "ETHUSDT"
    at_ms: int | None = None

    def __str__(self) -> str:
        return f"{self.symbol} is {self.side} at the venue{_when(self.at_ms)}"

    def missed(self, evidence: Evidence) -> str:
        """Return what it holds instead, nothing when that is right."""
        held = [each for each in evidence.ledgers[self.at_ms].positions if each.amount]
        mine = [each for each in held if each.symbol == self.symbol]
        sides = [SIDES[0] if each.amount > 0 else SIDES[1] for each in mine] or [SIDES[2]]
        told = ", ".join(f"{each.symbol} {each.amount}" for each in held) or "no position"
        return "" if sides == [self.side] else f"{told}"


@frozen
class Resting:
    """So many orders of ours for a purpose rest at the venue, or at least one for None."""

    what: str
    """A word of `RESTABLE`."""
    times: int | None = None
    symbol: str = "ETHUSDT"
    at_ms: int | None = None

    def __str__(self) -> str:
        count = "at least one" if self.times is None else str(self.times)
        return f"{count} {self.what} of {self.symbol} rests at the venue{_when(self.at_ms)}"

    def missed(self, evidence: Evidence) -> str:
        """Return what rests, nothing when that is right."""
        resting = [each for each in evidence.orders(self.at_ms) if each.is_open]
        legs = [evidence.leg_of(each.client_order_id) for each in resting if self._is_mine(each)]
        count = len(legs) if self.what == ANYTHING else legs.count(LEGS[self.what])
        told = _counted(f"{each.type} {each.client_order_id}" for each in resting)
        return _wrong(count, self.times, f"resting are {told}")

    def _is_mine(self, order: OrderTruth) -> bool:
        return order.symbol == self.symbol


@frozen
class Protected:
    """Every stop that was told to protect a position did so soon; there was at least one."""

    within_ms: int
    symbol: str = "ETHUSDT"

    def __str__(self) -> str:
        return f"{self.symbol} is protected within {self.within_ms} ms"

    def missed(self, evidence: Evidence) -> str:
        """Return how late it was, nothing when that is right."""
        told = [each.event for each in evidence.events if isinstance(each.event, PositionProtected)]
        after_ms = [each.after_ms for each in told if each.symbol == self.symbol]
        if not after_ms:
            return "it was never told to be"
        return "" if max(after_ms) <= self.within_ms else f"after {max(after_ms)} ms"


Expectation = Told | InOrder | Sent | Filled | Position | Resting | Protected


@frozen
class Then:
    """All that must have come of a story."""

    told: tuple[Told, ...] = ()
    in_order: tuple[InOrder, ...] = ()
    sent: tuple[Sent, ...] = ()
    filled: tuple[Filled, ...] = ()
    positions: tuple[Position, ...] = ()
    resting: tuple[Resting, ...] = ()
    protected: tuple[Protected, ...] = ()

    def __iter__(self) -> Iterator[Expectation]:
        yield from self.told
        yield from self.in_order
        yield from self.sent
        yield from self.filled
        yield from self.positions
        yield from self.resting
        yield from self.protected

    @property
    def moments_ms(self) -> tuple[int, ...]:
        """When the venue's ledger must be looked at, the end apart."""
        looks = [*(each.at_ms for each in self.positions), *(each.at_ms for each in self.resting)]
        return tuple(dict.fromkeys(at_ms for at_ms in looks if at_ms is not None))


def _word(evidence: Evidence, sent: wire.Sent) -> str:
    """Return what an order is for that a request places, nothing for another request."""
    leg = evidence.leg_of(sent.client_order_id) if sent.request.method == "POST" else None
    return next((word for word, meant in LEGS.items() if meant is leg), "")


def _kind(sent: wire.Sent) -> str:
    place = (sent.request.method, sent.request.path)
    return next((word for word, meant in KINDS.items() if meant == place), "another")


def _wrong(count: int, wanted: int | None, otherwise: str) -> str:
    is_right = count > 0 if wanted is None else count == wanted
    return "" if is_right else f"{_times(count)}; {otherwise}"


def _times(times: int | None) -> str:
    words = {None: "at least once", 0: "never", 1: "once", 2: "twice"}
    return words.get(times, f"{times} times")


def _counted(words: Iterable[str]) -> str:
    counts = Counter(word for word in words if word)
    return ", ".join(f"{word} ({count})" for word, count in counts.items()) or "none"


def _between(since_ms: int, until_ms: int | None) -> str:
    since = f" from {since_ms} ms on" if since_ms else ""
    return since if until_ms is None else f"{since} until {until_ms} ms"


def _when(at_ms: int | None) -> str:
    return " in the end" if at_ms is None else f" at {at_ms} ms"
