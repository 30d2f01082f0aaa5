"""Test of OrderQueue's house rules: drawn orders, permits, slots, holds and halts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from callboard.messages.orders import (
    EnqueueOrder,
    HoldSymbol,
    ReleaseSymbol,
    SlotFreed,
)
from callboard.messages.values import Priority
from callboard.messages.venue import Permit, PermitGranted, PermitRefused
from support.entries import ACTIVE, SYMBOL
from support.queues import HALTED, bench, dropped, opening, reducing, released
from support.steps import Step


class Queue(RuleBasedStateMachine):
    """Drawn orders, permits, holds and halts; what leaves is compared with the house rules."""

    NAMES = st.sampled_from(("a", "b", "c", "d"))
    SYMBOLS = st.sampled_from((SYMBOL, "BTCUSDT"))

    def __init__(self) -> None:
        super().__init__()
        self.steps = bench(opening_max=3, reducing_expected=3)
        self.count = 0
        self.orders: dict[str, EnqueueOrder] = {}
        self.flying: dict[str, str] = {}
        self.held: set[tuple[str, str]] = set()
        self.is_halted = False

    @rule(symbol=SYMBOLS, is_opening=st.booleans())
    def enqueue(self, symbol: str, *, is_opening: bool) -> None:
        self.count += 1
        name = f"{'e' if is_opening else 'x'}{self.count}"
        order = opening(name, symbol) if is_opening else reducing(name, symbol)
        self.orders[name] = order
        self.look(self.steps.tell(order))

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        waiting = list(self.steps.actor.state.asked)
        if waiting:
            name = data.draw(st.sampled_from(waiting))
            late = data.draw(st.booleans())
            told = PermitRefused(name, "late") if late else PermitGranted(name, Permit("p", 1))
            self.look(self.steps.tell(told))

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        if self.flying:
            name = data.draw(st.sampled_from(sorted(self.flying)))
            del self.flying[name]
            self.look(self.steps.tell(SlotFreed(name)))

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        if self.flying:
            name = data.draw(st.sampled_from(sorted(self.flying)))
            order = opening(name, self.flying.pop(name))
            self.orders[name] = order
            self.look(self.steps.tell(order))

    @rule(symbol=SYMBOLS, holder=NAMES)
    def hold(self, symbol: str, holder: str) -> None:
        self.held.add((symbol, holder))
        self.look(self.steps.tell(HoldSymbol(symbol, holder)))

    @rule(symbol=SYMBOLS, holder=NAMES)
    def release(self, symbol: str, holder: str) -> None:
        self.held.discard((symbol, holder))
        self.look(self.steps.tell(ReleaseSymbol(symbol, holder)))

    @rule(is_halted=st.booleans())
    def halt(self, *, is_halted: bool) -> None:
        self.is_halted = is_halted
        self.look(self.steps.tell(HALTED if is_halted else ACTIVE))

    def look(self, step: Step) -> None:
        for name in released(step):
            line = [each for each in self.orders.values() if same_line(each, self.orders[name])]
            order = self.orders.pop(name)
            if order.priority is Priority.OPENING:
                assert not self.is_halted
                assert order.symbol not in {symbol for symbol, _ in self.held}
                assert order.symbol not in self.flying.values()
                self.flying[name] = order.symbol
            assert order is line[0], "another one of the line came before"
        for name, reason in dropped(step):
            order = self.orders.pop(name)
            assert order.priority is Priority.OPENING, f"C-25: an exit was dropped: {reason}"

    @invariant()
    def every_line_has_asked_unless_something_stands_in_its_way(self) -> None:
        state = self.steps.actor.state
        for order in state.waiting.values():
            first = next(each for each in state.waiting.values() if same_line(each, order))
            blocked = order.symbol in {symbol for symbol, _ in self.held}
            blocked |= order.symbol in self.flying.values()
            again = f"again/{first.client_order_id}" in self.steps.timers
            has_asked = first.client_order_id in state.asked or again
            assert has_asked or (blocked and order.priority is Priority.OPENING)


def same_line(one: EnqueueOrder, other: EnqueueOrder) -> bool:
    return (one.symbol, one.priority) == (other.symbol, other.priority)


Queue.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestQueue = Queue.TestCase
