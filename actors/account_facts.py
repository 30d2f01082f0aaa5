"""Account facts: what Account writes down, and its state as the fold of that."""

from decimal import Decimal
from typing import assert_never

from attrs import define, field, frozen

from ..messages.account import Bracket, LeverageLadder, SymbolConfig, SymbolLeverage
from ..messages.venue import AccountModeRead
from .policies.equity import EquityMarks, mark_equity, move_marks, reset_peak

ZERO = Decimal(0)

Configs = dict[str, SymbolConfig]
Ladders = dict[str, tuple[Bracket, ...]]


@frozen
class MoneyKnown:
    """Fact: what the account holds, after a reading, a report or a valuation."""

    wallet: Decimal
    available: Decimal
    unrealised_pnl: Decimal
    known_at_ns: int
    """When the venue last told wallet or balances; a valuation makes no balance younger."""
    at_ns: int
    moved: Decimal = ZERO
    """What was moved in, or out where negative; neither profit nor loss."""
    counted: bool = False
    """True when equity held that already before it was named."""
    resets_peak: bool = False
    """True when a person accepted the drawdown."""

    @property
    def equity(self) -> Decimal:
        """Wallet and unrealised profit."""
        return self.wallet + self.unrealised_pnl


@frozen
class WalletReported:
    """Fact: the user stream told the wallet, so an older reading of it is void."""

    at_ns: int


@frozen
class ModeKnown:
    """Fact: the account's modes, and what is wrong with them (empty: nothing)."""

    mode: AccountModeRead
    fault: str


@frozen
class LeverageKnown:
    """Fact: how symbols are set or what bounds their leverage, whichever was read."""

    configs: tuple[SymbolConfig, ...] | None
    ladders: tuple[LeverageLadder, ...] | None
    at_ns: int


@frozen
class SettingAsked:
    """Fact: a request that sets something was asked for, or, at time 0, may be asked for again."""

    token: str
    at_ns: int


@frozen
class CountdownLeaving:
    """Fact: the countdown of these symbols is being disarmed; of none at a start."""

    symbols: tuple[str, ...]


@frozen
class CountdownLeft:
    """Fact: what came of disarming a symbol's countdown; empty when it is disarmed."""

    symbol: str
    why: str


@frozen
class KeyJudged:
    """Fact: what the venue has against the key, as people were told; empty for nothing."""

    fault: str


PRIVATE = (
    KeyJudged,
    MoneyKnown,
    WalletReported,
    ModeKnown,
    LeverageKnown,
    SettingAsked,
    CountdownLeaving,
    CountdownLeft,
)
Fact = (
    KeyJudged
    | MoneyKnown
    | WalletReported
    | ModeKnown
    | LeverageKnown
    | SettingAsked
    | CountdownLeaving
    | CountdownLeft
)


@define
class AccountState:
    """Money in the margin asset; None where nothing was read yet."""

    wallet: Decimal = ZERO
    available: Decimal = ZERO
    unrealised_pnl: Decimal = ZERO
    known_at_ns: int = 0
    reported_at_ns: int = 0
    marks: EquityMarks | None = None
    mode: AccountModeRead | None = None
    fault: str = ""
    key_fault: str = ""
    configs: Configs = field(factory=Configs)
    ladders: Ladders = field(factory=Ladders)
    leverage_read_at_ns: int = 0
    asked: dict[str, int] = field(factory=dict[str, int])
    """Token of a request that sets something -> when it was asked for."""
    leaving: dict[str, str | None] = field(factory=dict[str, str | None])
    """Symbol whose countdown is being disarmed -> why it is not; None while nobody has said."""


def leverage_of(configs: Configs, ladders: Ladders) -> tuple[SymbolLeverage, ...]:
    """Return the leverage of every symbol of which both readings are known."""
    return tuple(
        SymbolLeverage(config, ladders[symbol])
        for symbol, config in configs.items()
        if symbol in ladders
    )


def apply_fact(state: AccountState, fact: Fact) -> None:
    """Change the state by one fact."""
    match fact:
        case MoneyKnown():
            state.wallet, state.available = fact.wallet, fact.available
            state.unrealised_pnl, state.known_at_ns = fact.unrealised_pnl, fact.known_at_ns
            state.marks = marks_after(state.marks, fact)
        case KeyJudged():
            state.key_fault = fact.fault
        case WalletReported():
            state.reported_at_ns = fact.at_ns
        case ModeKnown():
            state.mode, state.fault = fact.mode, fact.fault
        case LeverageKnown():
            _know_leverage(state, fact)
        case SettingAsked():
            state.asked.pop(fact.token, None)
            if fact.at_ns:
                state.asked[fact.token] = fact.at_ns
        case CountdownLeaving():
            state.leaving = dict.fromkeys(fact.symbols)
        case CountdownLeft():
            state.leaving[fact.symbol] = fact.why
        case _:
            assert_never(fact)


def marks_after(marks: EquityMarks | None, known: MoneyKnown) -> EquityMarks:
    """Return the marks once this is known of the account's money."""
    if marks is not None and known.moved:
        marks = move_marks(marks, known.moved, known.equity, counted=known.counted)
    marked = mark_equity(marks, known.equity, known.at_ns)
    return reset_peak(marked, known.equity) if known.resets_peak else marked


def _know_leverage(state: AccountState, fact: LeverageKnown) -> None:
    state.leverage_read_at_ns = fact.at_ns
    if fact.configs is not None:
        state.configs = {config.symbol: config for config in fact.configs}
    if fact.ladders is not None:
        state.ladders = {ladder.symbol: ladder.brackets for ladder in fact.ladders}
