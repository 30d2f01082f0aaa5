"""Order life in a race: a venue whose two voices, answers and reports, come in any order."""

from collections import deque
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType] - untyped there
)

from callboard.actors.policies.order_life import TRANSITIONS, Event, next_state
from callboard.messages.values import TERMINAL_STATES, OrderState

ORDERED = 2


class OneOrder(RuleBasedStateMachine):
    """One order between a client that follows the table and a venue with two voices.

    The venue is the plain model: a request in flight, at most one order with a count of filled
    units, a queue of reports, and answers that are told in any order, late, or never.
    """

    seen: ClassVar[set[OrderState]] = set()
    """The states that any run came through."""

    def __init__(self) -> None:
        super().__init__()
        self.state = OrderState.PENDING
        self.filled_known = 0
        self.is_conditional = False
        self.is_in_flight = False
        self.is_triggered = False
        self.executions = 0
        self.end: Event | None = None
        self.filled = 0
        self.is_live = False
        self.reports: deque[tuple[Event, int]] = deque()
        self.placement_answer: tuple[Event, int] | None = None
        self.other_answers: list[tuple[Event, int]] = []

    @initialize(is_conditional=st.booleans())
    def choose_the_store(self, is_conditional: bool) -> None:
        self.is_conditional = is_conditional

    @precondition(lambda self: self.state in TERMINAL_STATES)
    @rule()
    def let_time_pass(self) -> None:
        """Nothing speaks; an order that is over leaves no other rule."""

    # The client's side: what it hears becomes events of the table.

    def hear(self, event: Event, filled: int) -> None:
        """Take an event that carries the cumulative fill."""
        grew = filled > self.filled_known
        self.filled_known = max(self.filled_known, filled)
        if self.state in TERMINAL_STATES and event in (Event.PARTIAL_FILL, Event.FILL):
            if not grew:
                return
            event = Event.LATE_FULL_FILL if filled == ORDERED else Event.LATE_FILL
        self.state = next_state(self.state, event, is_partly_filled=self.filled_known > 0)
        self.seen.add(self.state)

    @precondition(lambda self: self.state is OrderState.PENDING)
    @rule()
    def send(self) -> None:
        self.hear(Event.SENT, 0)
        self.is_in_flight = True
        self.placement_answer = None

    @precondition(lambda self: self.state is OrderState.SUBMITTED)
    @rule()
    def time_out(self) -> None:
        self.hear(Event.OUTCOME_UNKNOWN, 0)

    @precondition(lambda self: self.state is OrderState.UNKNOWN)
    @rule()
    def ask_after_the_horizon(self) -> None:
        self.is_in_flight = False
        self.ask()

    @precondition(lambda self: self.state not in TERMINAL_STATES and self.executions > 0)
    @rule()
    def ask(self) -> None:
        if self.executions == 0:
            self.hear(Event.ABSENT, 0)
        elif self.is_live:
            event = Event.TRIGGERED if self.is_triggered else Event.FOUND
            self.hear(event, self.filled)
        else:
            assert self.end is not None
            self.hear(self.end, self.filled)

    @precondition(
        lambda self: self.state in TRANSITIONS and Event.CANCEL_SENT in TRANSITIONS[self.state]
    )
    @rule(arrives=st.booleans(), is_answered=st.booleans())
    def cancel(self, arrives: bool, is_answered: bool) -> None:
        self.hear(Event.CANCEL_SENT, 0)
        answer = Event.CANCEL_CONFIRMED if self.is_live else Event.CANCEL_REFUSED
        if arrives and self.is_live:
            self.finish(Event.CANCEL_CONFIRMED)
        if arrives and is_answered:
            self.other_answers.append((answer, self.filled))
        else:
            self.other_answers.append((Event.OUTCOME_UNKNOWN, 0))

    @precondition(
        lambda self: (
            not self.is_conditional
            and self.state in (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED)
        )
    )
    @rule(is_answered=st.booleans(), is_accepted=st.booleans())
    def amend(self, is_answered: bool, is_accepted: bool) -> None:
        self.hear(Event.AMEND_SENT, 0)
        is_amended = self.is_live and is_accepted
        if is_amended:
            self.reports.append((Event.AMENDED, self.filled))
        answer = Event.AMENDED if is_amended else Event.AMEND_REFUSED
        answer = answer if is_answered else Event.OUTCOME_UNKNOWN
        self.other_answers.append((answer, 0))

    @precondition(lambda self: self.state is OrderState.PENDING)
    @rule(event=st.sampled_from([Event.WITHDRAWN, Event.GIVEN_UP]))
    def drop(self, event: Event) -> None:
        self.hear(event, 0)

    # The wire: what was said arrives, in the order of its own voice only.

    @precondition(lambda self: bool(self.reports))
    @rule()
    def deliver_report(self) -> None:
        self.hear(*self.reports.popleft())

    @precondition(lambda self: self.placement_answer is not None)
    @rule()
    def deliver_placement_answer(self) -> None:
        assert self.placement_answer is not None
        self.hear(*self.placement_answer)
        self.placement_answer = None

    @precondition(lambda self: bool(self.other_answers))
    @rule(data=st.data())
    def deliver_other_answer(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.other_answers) - 1))
        self.hear(*self.other_answers.pop(index))

    # The venue's side.

    @precondition(lambda self: self.is_in_flight)
    @rule(fate=st.sampled_from([Event.ACKNOWLEDGED, Event.REJECTED, Event.NOT_SENT]))
    def arrive(self, fate: Event) -> None:
        self.is_in_flight = False
        self.placement_answer = (fate, 0)
        if fate is Event.ACKNOWLEDGED:
            self.executions += 1
            self.is_live = True
            self.reports.append((Event.ACKNOWLEDGED, 0))

    @precondition(lambda self: self.is_live and self.is_conditional and not self.is_triggered)
    @rule()
    def trigger(self) -> None:
        self.is_triggered = True
        self.reports.extend([(Event.TRIGGERING, 0), (Event.TRIGGERED, 0)])

    @precondition(lambda self: self.is_live and self.is_triggered >= self.is_conditional)
    @rule()
    def fill(self) -> None:
        self.filled += 1
        if self.filled == ORDERED:
            self.finish(Event.FILL)
        else:
            self.reports.append((Event.PARTIAL_FILL, self.filled))

    @precondition(lambda self: self.is_live)
    @rule()
    def expire(self) -> None:
        self.finish(Event.EXPIRED)

    def finish(self, end: Event) -> None:
        """End the order at the venue, and say so in the stream."""
        self.is_live = False
        self.end = end
        self.reports.append((end, self.filled))
        if self.is_conditional and self.is_triggered:
            is_filled = end is Event.FILL
            algo_end = Event.FINISHED_FILLED if is_filled else Event.FINISHED_CANCELLED
            self.reports.append((algo_end, self.filled))

    @invariant()
    def no_order_is_placed_twice(self) -> None:
        assert self.executions <= 1

    @invariant()
    def the_client_believes_nothing_that_the_venue_would_deny(self) -> None:
        if self.state in (OrderState.PENDING, OrderState.REJECTED, OrderState.FAILED):
            assert self.executions == 0
        if self.state in TERMINAL_STATES:
            assert not self.is_live
        if self.state is OrderState.FILLED:
            assert self.end is Event.FILL
        if self.state is OrderState.EXPIRED:
            assert self.end is Event.EXPIRED
        if self.state in (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERING):
            assert self.executions == 1

    def teardown(self) -> None:
        """Let every voice finish and ask once more: the client must know the truth."""
        if self.is_in_flight:
            self.is_in_flight = False
            self.placement_answer = (Event.NOT_SENT, 0)
        while self.reports:
            self.deliver_report()
        if self.placement_answer is not None:
            self.deliver_placement_answer()
        while self.other_answers:
            self.hear(*self.other_answers.pop(0))
        if self.executions > 0 and self.state not in TERMINAL_STATES:
            self.ask()
        assert self.truth() == self.state or self.executions == 0

    def truth(self) -> OrderState:
        """Say where the venue's order is."""
        ends = {
            Event.FILL: OrderState.FILLED,
            Event.CANCEL_CONFIRMED: OrderState.CANCELLED,
            Event.EXPIRED: OrderState.EXPIRED,
        }
        if self.end is not None:
            return ends[self.end]
        if self.state in (OrderState.CANCELLING, OrderState.AMENDING):
            return self.state
        if self.filled > 0:
            return OrderState.PARTIALLY_FILLED
        return OrderState.TRIGGERING if self.is_triggered else OrderState.ACTIVE


def test_no_order_of_voices_makes_the_client_believe_what_is_not_so() -> None:
    OneOrder.seen.clear()
    long_runs = settings(stateful_step_count=40, max_examples=600)

    run_state_machine_as_test(OneOrder, settings=long_runs)

    rare = {OrderState.UNKNOWN, OrderState.CANCELLING, OrderState.EXPIRED, OrderState.CANCELLED}
    assert rare <= OneOrder.seen, "the runs were too short to mean anything"
