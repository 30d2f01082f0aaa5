"""Reconciler listings: what a pass asks for, in which order, and by which tokens."""

from ..messages.reconciliation import VenueListed
from ..messages.venue import Call, ListOpenOrders, ListPositions, OrderEvidence
from .reconciler_facts import COMPARING

STAGES: tuple[Call, ...] = (
    ListOpenOrders(conditional=False),
    ListOpenOrders(conditional=True),
    ListPositions(),
)
assert len(STAGES) + 1 == COMPARING


def token_of(number: int, stage: int, symbol: str = "") -> str:
    """Return the token of a request: the pass, its stage, and the symbol where it is for one."""
    return f"{number}.{stage}:{symbol}"


def parse(token: str) -> tuple[int, int, str]:
    """Return (pass number, stage, symbol) of a request's token."""
    number, _, rest = token.partition(".")
    stage, _, symbol = rest.partition(":")
    return int(number), int(stage), symbol


def venue_listed(departed_at_ns: int, orders: tuple[OrderEvidence, ...]) -> VenueListed:
    """Return how many orders both listings hold, for whoever must leave room for more."""
    regular: dict[str, int] = {}
    for order in orders:
        if not order.conditional:
            regular[order.symbol] = regular.get(order.symbol, 0) + 1
    conditional = sum(order.conditional for order in orders)
    return VenueListed(departed_at_ns, tuple(sorted(regular.items())), conditional)
