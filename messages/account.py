"""Account: balances and modes, from their owner to those who decide by them.

Account -> RiskGate (`AccountChanged`), CircuitBreaker (`AccountChanged`). Whoever was refused for
the account's mode tells Account `RefreshAccount`.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class AccountChanged:
    """Money in the margin asset; `at_ns` is the engine time when it was known."""

    wallet: Decimal
    available: Decimal
    equity: Decimal
    day_start_equity: Decimal
    peak_equity: Decimal
    hedge_mode: bool
    can_trade: bool
    at_ns: int


@frozen
class PositionsValued:
    """PositionMonitor -> Account: unrealised profit of all open positions at the marks."""

    unrealised_pnl: Decimal
    at_ns: int


@frozen
class RefreshAccount:
    """The venue refused a request for the account's mode: read balances and modes now."""

    reason: str
