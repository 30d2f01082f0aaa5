"""Trail: the life of one order, or of a signal that became none, as the journal tells it.

Owns what a life is made of: the steps that were about it, the requests on the wire, the moves of
its state. Plain values, no journal and no terminal; `trail_collector.py` fills them.
"""

from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from attrs import define, field, frozen

from ....messages.orders import ApprovedOrder
from ....messages.values import TERMINAL_STATES, OrderState

ZERO = Decimal(0)


class Verdict(StrEnum):
    """What a request came to."""

    DONE = "done"
    REFUSED = "refused"
    NOT_EXECUTED = "not executed"
    ABSENT = "absent"
    """A question was answered: the store that was asked does not have the order."""
    FAILED = "failed"
    """A question had no answer that says anything."""
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    OPEN = "no answer"
    """The record ends, or the engine died, before the answer."""


@frozen
class Entry:
    """One step about the order."""

    sequence: int
    now_ns: int
    actor: str
    sender: str
    """Who told the message; empty for the host, and for the runtime itself."""
    message: str
    text: str
    """What the message says, shortly."""
    facts: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    """What left the core: events and requests."""
    gap_ns: int = 0
    """Since the step about the order before it."""
    waited_for: str = ""
    attempt: int = 0
    """Number of the attempt that begins here, 0 for none."""
    error: str = ""
    """What the handler raised."""
    in_passing: bool = False
    """Named among others, as in a listing of all open orders."""
    repeated: int = 1
    """How often the same was seen in a row, where it was in passing."""


@define
class Wire:
    """One request: from the step that told a lane to the step that heard what came of it."""

    call_id: str
    what: str
    """Class of the call, as in PlaceOrder."""
    number: int
    lane: str
    out_sequence: int
    out_ns: int
    sent_ns: int = 0
    """When the request left, by the lane's word; 0 where it did not."""
    back_sequence: int = 0
    back_ns: int = 0
    verdict: Verdict = Verdict.OPEN
    answer: str = ""
    """Phase, status, code and text for people."""

    @property
    def held_ns(self) -> int:
        """How long it waited for the journal and the lane before it left; 0 where it did not."""
        return max(self.sent_ns - self.out_ns, 0)


@frozen
class Move:
    """The order is in a state from here on."""

    sequence: int
    at_ns: int
    state: OrderState
    reason: str = ""


@frozen
class Fault:
    """A failed request, as it was judged."""

    sequence: int
    at_ns: int
    text: str


@frozen
class Doubt:
    """A time in which nobody knew what had become of the order."""

    since: Move
    until: Move | None = None
    """What it came to; None where the record ends before."""
    by: str = ""
    """Who told what settled it, and in which message."""


@define
class Trail:
    """One life; an order is named by its client id, a signal without an order by its own id."""

    name: str
    approved: ApprovedOrder | None = None
    """None for a signal that no order came of."""
    signal_id: str = ""
    wish: str = ""
    """Of a signal: what was wished, in which symbol."""
    entries: list[Entry] = field(factory=list[Entry])
    wires: dict[str, Wire] = field(factory=dict[str, Wire])
    """By call id."""
    moves: list[Move] = field(factory=list[Move])
    faults: list[Fault] = field(factory=list[Fault])
    venue_ids: dict[str, None] = field(factory=dict[str, None])
    """In the order in which they became known."""
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    """Price times quantity of its fills."""
    told: str = ""
    """The terminal event that the host got, with its reason."""

    @property
    def is_order(self) -> bool:
        """False for a signal that no order came of."""
        return self.approved is not None

    @property
    def state(self) -> OrderState | None:
        """Where the order is at the end of the record."""
        return self.moves[-1].state if self.moves else None

    @property
    def state_word(self) -> str:
        """The state for people; a signal's is how it ended."""
        if self.state is not None:
            return self.state.value
        return "REFUSED" if self.told.startswith("OrderRefused") else "NO ORDER"

    @property
    def is_open(self) -> bool:
        """True where the record ends before the order does."""
        return self.state is not None and self.state not in TERMINAL_STATES

    @property
    def attempts(self) -> int:
        """How often its placement was tried."""
        return sum(entry.attempt > 0 for entry in self.entries)

    @property
    def doubts(self) -> list[Doubt]:
        """The times in which it was not known what had become of it."""
        said = {entry.sequence: f"{entry.sender} {entry.message}" for entry in self.entries}
        found: list[Doubt] = []
        for is_unknown, group in groupby(self.moves, lambda move: move.state is OrderState.UNKNOWN):
            first = next(group)
            if is_unknown:
                found.append(Doubt(first))
            elif found and found[-1].until is None:
                found[-1] = Doubt(found[-1].since, first, said.get(first.sequence, ""))
        return found

    @property
    def begin_ns(self) -> int:
        """Time of its first step."""
        return self.entries[0].now_ns if self.entries else 0

    @property
    def end_ns(self) -> int:
        """Time of its last move to an end, or of its last step."""
        if self.moves and not self.is_open:
            return self.moves[-1].at_ns
        return self.entries[-1].now_ns if self.entries else 0

    @property
    def reason(self) -> str:
        """Why it ended so, where somebody said."""
        return "" if self.is_open or not self.moves else self.moves[-1].reason

    @property
    def average_price(self) -> Decimal:
        """Of its fills; zero without one."""
        return self.cost / self.filled if self.filled else ZERO
