"""Position bench: a PositionMonitor on the step runner, with builders for what it hears.

Unless a test says otherwise the position is long one ETH, entered at 2000, with a stop at 1900 and
a target at 2200, in one-way mode.
"""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.policies.guard import Guard
from callboard.actors.position_monitor import PositionMonitor
from callboard.actors.settings import ProtectionSettings
from callboard.messages.intake import SubmitSignal
from callboard.messages.market import MarkChanged
from callboard.messages.orders import FillBooked, LegChanged
from callboard.messages.positions import RequestClose
from callboard.messages.reconciliation import AdoptPosition, ComparePositions
from callboard.messages.values import (
    Leg,
    OrderState,
    PositionSide,
    Side,
    SignalType,
    WorkingType,
)
from callboard.messages.venue import PositionEvidence, TradeEvidence
from support.steps import Step, StepRunner

SYMBOL = "ETHUSDT"
KEY = f"{SYMBOL}/BOTH"
ONE = Decimal(1)
ZERO = Decimal(0)
ENTRY_PRICE = Decimal(2000)
STOP_PRICE = Decimal(1900)
TARGET_PRICE = Decimal(2200)
STOP_CID = "cb1-p1-s1"
TARGET_CID = "cb1-p1-t1"
EXIT_CID = "cb1-p1-x1"
SETTINGS = ProtectionSettings(
    unprotected_ms_max=10_000,
    exit_retry_base_ms=1_000,
    exit_retry_cap_ms=30_000,
    stop_failed_pct=Decimal("3.1"),
    stop_loss_pct_max=Decimal(10),
)
CIDS = {
    Leg.STOP: STOP_CID,
    Leg.TARGET: TARGET_CID,
    Leg.TRAIL: "cb1-p1-r1",
    Leg.EXIT: EXIT_CID,
}


def fill(
    quantity: Decimal = ONE, price: Decimal = ENTRY_PRICE, *, side: Side = Side.BUY, **changes: Any
) -> FillBooked:
    """Return a fill of an entry; changes of its trade are named `trade_…`."""
    trade = TradeEvidence(
        trade_id="1",
        venue_order_id="900",
        symbol=SYMBOL,
        side=side,
        position_side=PositionSide.BOTH,
        quantity=quantity,
        price=price,
        fee=Decimal("0.8"),
        realised_pnl=ZERO,
        is_maker=False,
        at_ms=0,
    )
    of_trade = {
        name.removeprefix("trade_"): value
        for name, value in changes.items()
        if name.startswith("trade_")
    }
    rest = {name: value for name, value in changes.items() if not name.startswith("trade_")}
    booked = FillBooked(
        client_order_id="cb1-1-e1",
        intent_id="1",
        leg=Leg.ENTRY,
        signal_id="s1",
        strategy="alpha",
        stop_loss=STOP_PRICE,
        take_profit=TARGET_PRICE,
        working_type=WorkingType.MARK_PRICE,
        trade=evolve(trade, **of_trade),
        late=False,
    )
    return evolve(booked, **rest)


def exit_fill(
    quantity: Decimal = ONE, price: Decimal = Decimal(2100), **changes: Any
) -> FillBooked:
    """Return a fill of an exit of a long position."""
    given: dict[str, Any] = {
        "leg": Leg.EXIT,
        "client_order_id": EXIT_CID,
        "intent_id": "p1",
        "signal_id": "",
        "trade_trade_id": "2",
    }
    return fill(quantity, price, side=Side.SELL, **{**given, **changes})


def leg(which: Leg, state: OrderState, **changes: Any) -> LegChanged:
    """Return what OrderManager tells of the first order of a leg in the first life."""
    prices = {Leg.STOP: STOP_PRICE, Leg.TARGET: TARGET_PRICE}
    change = LegChanged(
        client_order_id=CIDS[which],
        intent_id="p1",
        leg=which,
        symbol=SYMBOL,
        position_side=PositionSide.BOTH,
        state=state,
        trigger_price=prices.get(which),
        filled=ZERO,
        kind="",
        reason="",
    )
    return evolve(change, **changes)


def wish(signal: SignalType = SignalType.CLOSE_LONG, **changes: Any) -> RequestClose:
    """Return a strategy's wish to close."""
    return RequestClose("9", evolve(SubmitSignal("s9", 0, signal, SYMBOL), **changes))


class PositionBench:
    """One monitor."""

    def __init__(self, **settings: Any) -> None:
        monitor = PositionMonitor(evolve(SETTINGS, **settings))
        self.steps = StepRunner(monitor, name="position_monitor")
        self.steps.start()
        self.passes = 0

    def tell(self, message: object, **options: Any) -> Step:
        """Tell the monitor something."""
        return self.steps.tell(message, **options)

    def opened(self) -> "PositionBench":
        """Open the position: its stop and its target are asked for."""
        self.tell(fill())
        return self

    def protected(self) -> "PositionBench":
        """Open it and let stop and target rest."""
        self.opened()
        self.tell(leg(Leg.STOP, OrderState.ACTIVE))
        self.tell(leg(Leg.TARGET, OrderState.ACTIVE))
        return self

    def compare(self, quantity: Decimal | None, **changes: Any) -> Step:
        """Let the next listing of positions come, that left just now; None lists nothing."""
        self.passes += 1
        venue = PositionEvidence(SYMBOL, PositionSide.BOTH, quantity or ZERO, ENTRY_PRICE)
        message = ComparePositions(
            pass_number=self.passes,
            departed_at_ns=self.steps.now_ns + 1,
            positions=() if quantity is None else (venue,),
            final=False,
        )
        return self.tell(evolve(message, **changes), sender="reconciler", after_ns=2)

    def adopt(self) -> Step:
        """Let the reconciler say that the last listing shall be taken over."""
        return self.tell(AdoptPosition(self.passes, SYMBOL), sender="reconciler")

    def mark(self, price: int, symbol: str = SYMBOL) -> Step:
        """Let the mark price change."""
        at = Decimal(price)
        return self.tell(MarkChanged(symbol, at, at, at, self.steps.now_ns))

    @property
    def guard(self) -> Guard:
        """What the monitor knows of the position."""
        guard = self.steps.actor.state.guards[KEY]
        assert isinstance(guard, Guard)
        return guard
