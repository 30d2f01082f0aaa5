"""Control: the trading state, and who is told of it.

CircuitBreaker -> RiskGate, OrderQueue, OrderManager and every lane (`TradingStateChanged`, urgent).
The epoch only grows; an opening approval of an older epoch is fenced at the lane. A trip also goes
to the host's hooks: CircuitBreaker -> TripHooks (`RunTripHooks`), before it acts and after; each is
answered by `TripHooksEnded`, for which nobody waits longer than a setting allows.
"""

from attrs import frozen

from .values import HookPhase, LastRun, TradingState


@frozen
class TradingStateChanged:
    """The account's trading state and its epoch."""

    state: TradingState
    epoch: int
    reason: str
    venue_open: bool
    """False while the venue breaker is open: entries are refused."""
    reducing_symbols: tuple[str, ...] = ()
    """Symbols that take no entries for a reason of their own."""


@frozen
class TripBreaker:
    """A core actor found a reason to stop opening risk."""

    state: TradingState
    reason: str


@frozen
class MessageLost:
    """Supervisor says that an actor failed twice on a message, which is given up.

    It carries the correlation of that message, by which its subject may be known.
    """

    actor: str
    message: str
    """Its class."""


@frozen
class RunTripHooks:
    """Run the host's hooks of a phase; this is also what each of them is given."""

    phase: HookPhase
    state: TradingState
    epoch: int
    reason: str
    flattens: bool
    """True for a trip that closes our positions."""
    is_flat: bool
    """True when none of our positions is open any more, as far as the breaker was told."""


@frozen
class TripHooksEnded:
    """The hooks of a phase are over; `failed` names those that raised, with what they said."""

    phase: HookPhase
    epoch: int
    failed: tuple[str, ...] = ()


@frozen
class EngineStarted:
    """The composition root says that the actors are up; first message of every start.

    `generation` grows at every start on one journal and is a part of every client order id.
    """

    generation: int
    last_run: LastRun


@frozen
class RecoveryDone:
    """The first reconciliation of this start is through; told to RiskGate and ExecutionSystem."""

    generation: int


@frozen
class JournalFailed:
    """The journal cannot write: entries are refused until it can and a person resumes trading."""

    reason: str


@frozen
class JournalRecovered:
    """The journal writes again."""
