"""Loss walls: what the account's losses demand of trading.

Pure. Three walls, all looked at, the strictest counts: the loss since the start of the UTC day
reduces, a larger one halts, and a drawdown from the highest equity halts. Equity holds unrealised
profit. The walls of the day fall with the next day's first equity; that of the drawdown falls only
when equity recovers or a person sets the peak anew.

Source: requirements C-10; percent of equity, positive for a loss.
"""

from decimal import Decimal

from attrs import field, frozen

from ...messages.values import TradingState

PERCENT = Decimal(100)
ORDER = (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)
"""From all allowed to only verified reducing orders."""


@frozen
class LossLimits:
    """Where the walls stand, in percent."""

    daily_reduce_pct: Decimal = Decimal("3.1")
    daily_halt_pct: Decimal = Decimal("5.0")
    drawdown_halt_pct: Decimal = Decimal("15.0")


@frozen
class Wall:
    """What the losses demand; `text` names the loss, empty when nothing is demanded."""

    state: TradingState = TradingState.ACTIVE
    text: str = ""
    of_peak_alone: bool = field(default=False)
    """True when nothing but the drawdown demands it, so that a person may set the peak anew."""


NO_WALL = Wall()


def is_stricter(state: TradingState, than: TradingState) -> bool:
    """Say whether a trading state allows less than another."""
    return ORDER.index(state) > ORDER.index(than)


def loss_pct(base: Decimal, equity: Decimal) -> Decimal:
    """Return the loss from a base; negative for a gain, zero without a base."""
    return (base - equity) / base * PERCENT if base > 0 else Decimal(0)


def find_wall(limits: LossLimits, *, equity: Decimal, day_start: Decimal, peak: Decimal) -> Wall:
    """Return the strictest wall that the losses touch; a loss equal to its limit touches it."""
    day = _day_wall(limits, loss_pct(day_start, equity))
    drawdown = loss_pct(peak, equity)
    if drawdown < limits.drawdown_halt_pct:
        return day
    return Wall(
        TradingState.HALTED,
        f"drawdown {drawdown:.2f} %",
        of_peak_alone=day.state is TradingState.ACTIVE,
    )


def _day_wall(limits: LossLimits, loss: Decimal) -> Wall:
    if loss < limits.daily_reduce_pct:
        return NO_WALL
    halts = loss >= limits.daily_halt_pct
    state = TradingState.HALTED if halts else TradingState.REDUCING
    return Wall(state, f"loss of the day {loss:.2f} %")
