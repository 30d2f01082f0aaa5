"""Order sweep: many orders cancelled by one command, and what became of each.

OrderManager's tools for `CancelOrders`, bound to one message. Every order is cancelled by a request
of its own, with its own permit, in the store where it lives: the venue's call that cancels all of a
symbol would also take stops, and what others have placed. An order that is on its way is cancelled
once it is answered. What became of them is looked at again and again and told in one event, when
all are settled or after `SWEEP_MS_MAX`. What the venue itself has placed nobody can cancel.
"""

from attrs import evolve, frozen

from ..messages.intake import CancelOrders
from ..messages.outcomes import OrdersCancelled
from ..messages.queries import CancellationView, GetCancellation
from ..messages.values import CloseReason, Leg, OrderState
from ..messages.venue import AttemptEnded, CancelAccepted, OrderEvidence
from .names import EVENT_BUS
from .order_calls import Calls
from .order_desk import MS, Desk
from .order_facts import StrangerSeen, SweepBegun, SweepDue, SweepEnded, SweepMissed
from .order_forgotten import Forgotten
from .order_state import OrdersState, Sweep, is_open
from .order_strangers import Strangers
from .order_wishes import Wishes
from .policies.order_record import Order

LOOK_MS = 100
SWEEP_MS_MAX = 30_000
"""What is not settled by then has failed, as far as the command is concerned."""
CANCELLED = "CANCELED"
"""The venue's word for a conditional order whose cancel it has accepted."""


@frozen
class Sweeps:
    """Cancels many orders; bound to one message by its desk."""

    desk: Desk

    def begin(self, message: CancelOrders) -> None:
        """Cancel what the command means; told again, it does nothing."""
        desk = self.desk
        if message.command_id in desk.state.sweeps:
            return
        ours = [each for each in desk.state.orders.values() if _is_meant(each, message)]
        theirs = _strangers_meant(desk.state, message)
        orders = (*(each.approved.client_order_id for each in ours), *theirs)
        desk.ctx.record(SweepBegun(message.command_id, orders, desk.ctx.now))
        wishes = Wishes(Calls(desk))
        for order in ours:
            wishes.cancel(order, message.reason or "cancelled by command")
        for client_order_id in theirs:
            Forgotten(desk).request(client_order_id)
        self._look_later(message.command_id, 0)

    def answered(self, client_order_id: str, message: AttemptEnded) -> None:
        """Note what came of the cancel of an order that is not ours."""
        stranger = self.desk.state.strangers.get(client_order_id)
        if stranger is None or not self._is_swept(client_order_id):
            return
        match message.result:
            case OrderEvidence():
                Strangers(self.desk).seen(message.result)
            case CancelAccepted():
                gone = evolve(stranger.evidence, status=CANCELLED)
                self.desk.ctx.record(StrangerSeen(gone, stranger.reason))
            case _:
                why = f"{message.code} {message.text}".strip() if message.code else message.phase
                self.desk.ctx.record(SweepMissed(client_order_id, why))

    def due(self, message: SweepDue) -> None:
        """Tell what became of the orders, once all are settled or their time is up."""
        sweep = self.desk.state.sweeps.get(message.command_id)
        if sweep is None or sweep.is_over:
            return
        found = view_of(self.desk.state, message.command_id, sweep)
        is_late = self.desk.ctx.now - sweep.began_ns >= SWEEP_MS_MAX * MS
        if found.pending and not is_late:
            self._look_later(message.command_id, LOOK_MS)
            return
        late = ((each, _why_late(self.desk.state, each)) for each in found.pending)
        failed = (*found.failed, *late)
        self.desk.ctx.record(SweepEnded(message.command_id, found.done, failed))
        self.desk.ctx.tell(EVENT_BUS, OrdersCancelled(message.command_id, found.done, failed))

    def answer(self, message: GetCancellation) -> None:
        """Answer how far a command has come."""
        sweep = self.desk.state.sweeps.get(message.command_id)
        if sweep is None:
            self.desk.ctx.reply(CancellationView(message.command_id, is_over=False))
        else:
            self.desk.ctx.reply(view_of(self.desk.state, message.command_id, sweep))

    def take_up(self) -> None:
        """Go on looking after a restart."""
        for command_id, sweep in self.desk.state.sweeps.items():
            if not sweep.is_over:
                self._look_later(command_id, 0)

    def _is_swept(self, client_order_id: str) -> bool:
        sweeps = self.desk.state.sweeps.values()
        return any(client_order_id in each.orders and not each.is_over for each in sweeps)

    def _look_later(self, command_id: str, delay_ms: int) -> None:
        self.desk.ctx.after(delay_ms * MS, SweepDue(command_id), key=f"sweep/{command_id}")


def view_of(state: OrdersState, command_id: str, sweep: Sweep) -> CancellationView:
    """Return what has become of the orders of a sweep."""
    if sweep.is_over:
        return CancellationView(command_id, is_over=True, done=sweep.done, failed=sweep.failed)
    failed = {each: _why_failed(state, sweep, each) for each in sweep.orders}
    pending = tuple(each for each in sweep.orders if not failed[each] and _rests(state, each))
    return CancellationView(
        command_id,
        is_over=False,
        done=tuple(each for each in sweep.orders if not failed[each] and each not in pending),
        failed=tuple((each, why) for each, why in failed.items() if why),
        pending=pending,
    )


def _is_meant(order: Order, message: CancelOrders) -> bool:
    """Say whether an order is one to cancel; one that only waits for its fills is over."""
    approved = order.approved
    is_kind = message.all_orders or approved.leg is Leg.ENTRY
    return is_kind and message.symbol in ("", approved.symbol) and not order.final


def _strangers_meant(state: OrdersState, message: CancelOrders) -> tuple[str, ...]:
    """Return the open orders that others have placed, where they are wanted gone."""
    return tuple(
        client_order_id
        for client_order_id, each in state.strangers.items()
        if message.all_orders
        and is_open(each)
        and each.reason is CloseReason.FOREIGN
        and message.symbol in ("", each.evidence.symbol)
    )


def _why_failed(state: OrdersState, sweep: Sweep, client_order_id: str) -> str:
    """Return why an order was not cancelled, empty while it may be and where it was."""
    order = state.find(client_order_id)
    if order is None:
        return sweep.missed.get(client_order_id, "")
    match order.state:
        case OrderState.FILLED:
            return "it was filled"
        case OrderState.PARKED:
            return f"it waits for a person: {order.reason}"
        case _:
            return ""


def _rests(state: OrdersState, client_order_id: str) -> bool:
    order = state.find(client_order_id)
    if order is not None:
        return order.is_open
    stranger = state.strangers.get(client_order_id)
    return stranger is not None and is_open(stranger)


def _why_late(state: OrdersState, client_order_id: str) -> str:
    """Return what is known of an order whose time is up."""
    order = state.find(client_order_id)
    if order is None:
        return "no answer"
    said = f": {order.errors[-1].text}" if order.errors else ""
    return f"still {order.state} after {SWEEP_MS_MAX} ms{said}"
