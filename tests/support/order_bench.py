"""Order bench: an OrderManager on the step runner, with builders for what it hears.

Engine time and venue time are the same here. The order of a bench is a market entry of one ETH
unless a test says otherwise.
"""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.order_manager import OrderManager
from callboard.actors.policies.order_record import Order
from callboard.actors.settings import OrderSettings
from callboard.messages.failure import RetryDirective
from callboard.messages.orders import ApprovedOrder, CancelIntent, OrderReleased, OrderReported
from callboard.messages.values import (
    Action,
    ErrorKind,
    ErrorType,
    Fix,
    Leg,
    Operation,
    OrderState,
    OrderType,
    Outcome,
    Phase,
    PositionSide,
    Priority,
    Severity,
    Side,
    TimeInForce,
    WorkingType,
)
from callboard.messages.venue import (
    AttemptEnded,
    MakeCall,
    OrderEvidence,
    Permit,
    PermitGranted,
    RequestPermit,
    Result,
    TradeEvidence,
)
from support.steps import MS, SECOND, START_NS, Step, StepRunner

CID = "cb1-1-e1"
STOP_CID = "cb1-p1-s1"
EXIT_CID = "cb1-p1-x1"
SYMBOL = "ETHUSDT"
ONE = Decimal(1)
HALF = Decimal("0.5")
ZERO = Decimal(0)
PRICE = Decimal(2000)
START_MS = START_NS // MS
SETTINGS = OrderSettings(
    recv_window_ms=2_500, unknown_margin_ms=10_000, query_first_ms=250, query_cap_ms=5_000
)

ENTRY = ApprovedOrder(
    client_order_id=CID,
    intent_id="1",
    leg=Leg.ENTRY,
    signal_id="s1",
    strategy="alpha",
    symbol=SYMBOL,
    side=Side.BUY,
    position_side=PositionSide.BOTH,
    order_type=OrderType.MARKET,
    quantity=ONE,
    price=None,
    trigger_price=None,
    time_in_force=TimeInForce.GTC,
    reduce_only=False,
    close_position=False,
    working_type=WorkingType.MARK_PRICE,
    priority=Priority.OPENING,
    epoch=7,
    send_by_ms=START_MS + 3_000,
    deadline_ms=START_MS + 600_000,
    stop_loss=Decimal(1900),
    take_profit=Decimal(2200),
)
LIMIT = evolve(ENTRY, order_type=OrderType.LIMIT, price=PRICE)
EXIT = evolve(
    ENTRY,
    client_order_id=EXIT_CID,
    intent_id="p1",
    leg=Leg.EXIT,
    signal_id="",
    side=Side.SELL,
    reduce_only=True,
    priority=Priority.REDUCING,
    send_by_ms=0,
    deadline_ms=0,
    stop_loss=None,
    take_profit=None,
)
STOP = evolve(
    EXIT,
    client_order_id=STOP_CID,
    leg=Leg.STOP,
    order_type=OrderType.STOP_MARKET,
    quantity=None,
    trigger_price=Decimal(1900),
    reduce_only=False,
    close_position=True,
)

CANCEL = CancelIntent("c1", "1")


def calls(step: Step) -> list[object]:
    """What the lanes are asked for."""
    return [made.call for made in step.told(MakeCall)]


def tokens(step: Step) -> list[str]:
    """The calls that permits are asked for."""
    return [request.token for request in step.told(RequestPermit)]


def trade(number: int = 1, quantity: Decimal = ONE, **changes: Any) -> TradeEvidence:
    """Return a fill of the venue's order 900."""
    made = TradeEvidence(
        trade_id=str(number),
        venue_order_id="900",
        symbol=SYMBOL,
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        quantity=quantity,
        price=PRICE,
        fee=Decimal("0.8"),
        realised_pnl=ZERO,
        is_maker=False,
        at_ms=START_MS,
    )
    return evolve(made, **changes)


def evidence(status: str, filled: Decimal = ZERO, **changes: Any) -> OrderEvidence:
    """Return what the venue says of its order 900."""
    made = OrderEvidence(
        client_order_id=CID,
        venue_order_id="900",
        symbol=SYMBOL,
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        order_type=OrderType.MARKET,
        status=status,
        quantity=ONE,
        filled=filled,
        average_price=PRICE,
        price=ZERO,
        trigger_price=ZERO,
        reduce_only=False,
        close_position=False,
        conditional=False,
        updated_at_ms=START_MS,
    )
    return evolve(made, **changes)


def stop_evidence(status: str, **changes: Any) -> OrderEvidence:
    """Return what the venue says of a resting stop."""
    made = evidence(status, client_order_id=STOP_CID, conditional=True, venue_order_id="77")
    return evolve(made, quantity=ZERO, side=Side.SELL, **changes)


class OrderBench:
    """One manager; `cid` names the order at hand."""

    def __init__(self, approved: ApprovedOrder = ENTRY, **settings: Any) -> None:
        self.steps = StepRunner(OrderManager(evolve(SETTINGS, **settings)), name="order_manager")
        self.steps.start()
        self.approved = approved
        self.cid = approved.client_order_id

    @property
    def order(self) -> Order:
        """The order at hand, as the manager knows it."""
        order = self.steps.actor.state.find(self.cid)
        assert isinstance(order, Order)
        return order

    @property
    def state(self) -> OrderState:
        """State of the order at hand."""
        return self.order.state

    def tell(self, message: object, **options: Any) -> Step:
        """Tell the manager something."""
        return self.steps.tell(message, **options)

    def approve(self) -> Step:
        """Approve the order."""
        return self.tell(self.approved)

    def release(self) -> Step:
        """Let the order go, with a permit for one second."""
        permit = Permit("p1", self.steps.now_ns + SECOND)
        return self.tell(OrderReleased(self.cid, permit))

    def submitted(self) -> "OrderBench":
        """Bring the order to its first attempt."""
        self.approve()
        self.release()
        return self

    def resting(self) -> "OrderBench":
        """Bring the order to the venue's book."""
        self.submitted()
        conditional = self.approved.order_type.is_conditional
        self.report("NEW", conditional=conditional, venue_order_id="77" if conditional else "900")
        return self

    def unknown(self) -> "OrderBench":
        """Lose the answer of the first attempt."""
        self.submitted()
        self.direct(Action.QUERY)
        return self

    def report(
        self, status: str, filled: Decimal = ZERO, fill: TradeEvidence | None = None, **changes: Any
    ) -> Step:
        """Let the user stream speak of the order."""
        said = evidence(status, filled, **{"client_order_id": self.cid, **changes})
        return self.tell(OrderReported(said, fill, "stream"))

    def answer(
        self,
        mark: str,
        number: int = 1,
        *,
        result: Result | None = None,
        code: int = 0,
        phase: Phase = Phase.ANSWERED,
        sent_at_ns: int | None = None,
        **changes: Any,
    ) -> Step:
        """Let a lane answer the call of that mark and number."""
        at_ns = self.steps.now_ns if sent_at_ns is None else sent_at_ns
        operations = {"#": Operation.PLACE, "!": Operation.CANCEL, "~": Operation.AMEND}
        ended = AttemptEnded(
            call_id=f"{self.cid}{mark}{number}",
            operation=operations.get(mark, Operation.READ),
            phase=phase,
            status=200 if result is not None else 400,
            code=code,
            text="",
            sent_at_ms=at_ns // MS,
            sent_at_ns=at_ns,
            result=result,
        )
        return self.tell(evolve(ended, **changes))

    def direct(
        self, action: Action, *, operation: Operation = Operation.PLACE, **changes: Any
    ) -> Step:
        """Let the supervisor speak about the first attempt."""
        directive = RetryDirective(
            client_order_id=self.cid,
            attempt=1,
            operation=operation,
            kind=ErrorKind.NETWORK,
            outcome=Outcome.NOT_EXECUTED,
            action=action,
            fix=None,
            delay_ms=1_000,
            reason="because",
            error_type=ErrorType.NETWORK_ERROR,
            severity=Severity.WARNING,
            attempts_max=6,
            status=0,
            code=0,
            text="connection refused",
        )
        return self.tell(evolve(directive, **changes))

    def grant(self, mark: str, number: int = 1) -> Step:
        """Grant the permit of a call."""
        permit = Permit("p9", self.steps.now_ns + SECOND)
        return self.tell(PermitGranted(f"{self.cid}{mark}{number}", permit))

    def absent(self, number: int, *, after_ns: int = 0) -> Step:
        """Let a query come back empty that left now, or later."""
        self.steps.now_ns += after_ns
        return self.answer("?", number, code=-2013)


FIXES = (Fix.REFRESH_FILTERS, Fix.REFRESH_MODE)
