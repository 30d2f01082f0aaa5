"""Planned: trouble at a time and a place, where `Faults` only says how likely it is.

Owns the records of what a story plans (a fault of one request, a move of the price, an incident at
the exchange, a request that a person makes by hand) and the plain words for kinds of requests.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import Attribute, field, frozen

from .venue.fault_targets import ALGO_ORDER, ORDER
from .venue.faults import Fault, ScriptedFault
from .venue.hands import Act, by_hand
from .venue.streams import MARKET, USER

STREAM = "STREAM"
REQUEST = re.compile(r"(GET|POST|PUT|DELETE) +/\S+( +\w+=\S*)*")
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "order": ("POST", ORDER),
        "amend": ("PUT", ORDER),
        "cancel": ("DELETE", ORDER),
        "query": ("GET", ORDER),
        "conditional": ("POST", ALGO_ORDER),
        "cancel_conditional": ("DELETE", ALGO_ORDER),
        "query_conditional": ("GET", ALGO_ORDER),
        "open_orders": ("GET", "/fapi/v1/openOrders"),
        "open_conditionals": ("GET", "/fapi/v1/openAlgoOrders"),
        "trades": ("GET", "/fapi/v1/userTrades"),
        "positions": ("GET", "/fapi/v3/positionRisk"),
        "account": ("GET", "/fapi/v3/account"),
        "time": ("GET", "/fapi/v1/time"),
        "filters": ("GET", "/fapi/v1/exchangeInfo"),
        "user_stream": (STREAM, USER),
        "market_stream": (STREAM, MARKET),
    }
)
"""Word -> method and path: an `order` is a regular one, a `conditional` is a stop or a target."""
STRIKING = tuple(fault for fault in Fault if fault.is_incident)


@frozen
class PlannedFault:
    """The `nth` request or frame of a kind from a time on meets a fault, `times` in a row."""

    fault: Fault
    on: str
    """A word of `KINDS`."""
    at_ms: int = 0
    nth: int = 1
    times: int = 1
    is_executed: bool = True
    """Among faults that leave it open, whether the venue executes the request."""
    size_ms: int | None = None
    """None for the fault's own."""

    def scripted(self) -> tuple[ScriptedFault, ...]:
        """Return it as the venue plans it."""
        method, path = KINDS[self.on]
        return tuple(
            ScriptedFault(method, path, nth, self.fault, self.is_executed, self.size_ms)
            for nth in range(self.nth, self.nth + self.times)
        )


@frozen
class PriceMove:
    """From a time on a symbol's prices stand so far from where they would have been."""

    at_ms: int
    bps: int
    """Of the market's start; moves add up."""
    symbol: str = "ETHUSDT"
    over_ms: int = 0
    """How long it takes; 0 for a jump."""


@frozen
class Incident:
    """Something befalls the exchange or the account at a time."""

    at_ms: int
    fault: Fault
    """One of `STRIKING`."""
    symbol: str = "ETHUSDT"
    size_ms: int | None = None
    """How long, where it has an end; None for the fault's own."""


def _has_its_form(_: object, __: "Attribute[str]", request: str) -> None:
    if REQUEST.fullmatch(request) is None:
        raise ValueError(f"request: is a method, a path and name=value, not {request!r}")


@frozen
class ManualRequest:
    """A person's request at the venue's own page: "POST /fapi/v1/order symbol=ETHUSDT ..."."""

    at_ms: int
    request: str = field(validator=_has_its_form)

    def act(self) -> Act:
        """Return it as the venue performs it."""
        method, path, *words = self.request.split()
        params = (word.partition("=") for word in words)
        return by_hand(method, path, **{name: value for name, _, value in params})
