"""Test of ExecutionSystem: a command comes in once and ends in at most one terminal event."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.intake_facts import ModelNoted
from callboard.messages.control import RecoveryDone
from callboard.messages.events import (
    CommandRefused,
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
    OrderUnresolved,
)
from callboard.messages.intake import (
    AmendOrder,
    CancelOrder,
    EmergencyStateChanged,
    ExecuteAlgorithm,
    FlattenPositions,
    HaltTrading,
    ModelPromoted,
    PolicyChanged,
    ReconcileNow,
    ResumeTrading,
    SubmitSignal,
)
from callboard.messages.orders import (
    AmendIntent,
    ApprovalRefused,
    CancelEntries,
    CancelIntent,
    OrderEnded,
    RequestEntry,
)
from callboard.messages.plans import Twap
from callboard.messages.positions import CheckPositions, CloseRefused, FlattenAll, RequestClose
from callboard.messages.queries import GetSummary, SummaryView
from callboard.messages.values import Leg, OrderState, Side, SignalSource
from support.entries import SYMBOL, entry
from support.intakes import CLOSE, HALVE, TIMEOUT_MS, intake
from support.steps import MS, SECOND

D = Decimal


def ended(state: OrderState, *, filled: str = "0") -> OrderEnded:
    return OrderEnded("1", "cb1-1-e1", SYMBOL, Side.BUY, state, "why", D(filled), D(2000))


def gate_refused(**changes: Any) -> ApprovalRefused:
    plain = ApprovalRefused("1", Leg.ENTRY, "s1", SYMBOL, "cooldown", "10", "900000")
    return evolve(plain, **changes)


def test_an_entry_gets_the_next_intent_and_goes_to_the_gate() -> None:
    steps = intake()

    first = steps.tell(entry())
    second = steps.tell(entry(signal_id="s2"))

    assert [RequestEntry("1", entry())] == first.to("risk_gate")
    assert [RequestEntry("2", entry(signal_id="s2"))] == second.to("risk_gate")


@pytest.mark.parametrize("signal", [CLOSE, HALVE])
def test_an_exit_goes_to_the_position_monitor(signal: SubmitSignal) -> None:
    step = intake().tell(signal)

    assert (("position_monitor", RequestClose("1", signal)),) == step.tells


def test_a_repeated_signal_is_ignored_while_it_is_open() -> None:
    steps = intake()
    steps.tell(entry())

    step = steps.tell(entry(quantity=D(1)))

    assert ((), ()) == (step.facts, step.tells)
    assert [("command_repeated", {"id": "s1"})] == list(step.logs)


def test_a_repeated_signal_is_ignored_after_its_end() -> None:
    steps = intake()
    steps.tell(entry())
    steps.tell(ended(OrderState.FILLED, filled="0.1"))

    step = steps.tell(entry())

    assert ((), ()) == (step.facts, step.tells)


def test_a_signal_is_remembered_until_enough_others_came_after_it() -> None:
    steps = intake(signals_kept=1)
    for name, intent in (("s1", "1"), ("s2", "2")):
        steps.tell(entry(signal_id=name))
        steps.tell(evolve(ended(OrderState.FILLED), intent_id=intent))

    assert () == steps.tell(entry(signal_id="s2")).tells
    assert 1 == len(steps.tell(entry(signal_id="s1")).to("risk_gate"))


def test_an_impossible_signal_is_refused_before_anybody_looks() -> None:
    step = intake().tell(entry(quantity=D(-1)))

    reason = "signal_quantity: -1 against above 0"
    expected = OrderRefused("s1", SYMBOL, "signal_quantity", "-1", "above 0", reason)
    assert (("event_bus", expected),) == step.tells


@pytest.mark.parametrize(
    ("refusal", "figure", "limit"),
    [
        (gate_refused(), "10", "900000"),
        (CloseRefused("1", "s1", SYMBOL, "cooldown", "0", "none"), "0", "none"),
    ],
)
def test_the_word_of_a_guard_is_the_terminal_event(
    refusal: ApprovalRefused | CloseRefused, figure: str, limit: str
) -> None:
    steps = intake()
    steps.tell(entry())

    step = steps.tell(refusal)

    reason = f"cooldown: {figure} against {limit}"
    expected = OrderRefused("s1", SYMBOL, "cooldown", figure, limit, reason, "cooldown")
    assert (expected,) == tuple(step.to("event_bus"))


def test_a_refusal_of_the_gate_keeps_the_mark_and_the_drawdown() -> None:
    """S0-106: whoever looks into it sees both."""
    steps = intake()
    steps.tell(entry())

    step = steps.tell(evolve(gate_refused(), mark=D(2000), drawdown_pct=D("1.5")))

    (event,) = step.told(OrderRefused)
    assert (D(2000), D("1.5")) == (event.mark, event.drawdown_pct)


def test_a_refusal_that_comes_twice_ends_the_signal_once() -> None:
    steps = intake()
    steps.tell(entry())
    steps.tell(gate_refused())

    step = steps.tell(gate_refused())

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (
            OrderState.FILLED,
            OrderFilled("s1", "cb1-1-e1", SYMBOL, Side.BUY, D("0.1"), D(2000)),
        ),
        (OrderState.CANCELLED, OrderCancelled("s1", "cb1-1-e1", SYMBOL, D("0.1"))),
        (OrderState.EXPIRED, OrderExpired("s1", "cb1-1-e1", SYMBOL, D("0.1"))),
        (
            OrderState.REJECTED,
            OrderFailed("s1", "cb1-1-e1", SYMBOL, OrderState.REJECTED, "why", D("0.1")),
        ),
        (
            OrderState.FAILED,
            OrderFailed("s1", "cb1-1-e1", SYMBOL, OrderState.FAILED, "why", D("0.1")),
        ),
    ],
)
def test_the_end_of_the_order_is_the_terminal_event(state: OrderState, event: object) -> None:
    steps = intake()
    steps.tell(entry())

    step = steps.tell(ended(state, filled="0.1"))

    assert (("event_bus", event),) == step.tells


def test_the_end_of_an_order_without_a_signal_is_nobodys_event() -> None:
    step = intake().tell(ended(OrderState.FILLED))

    assert ((), ()) == (step.facts, step.tells)


def test_a_late_fill_is_published_as_the_correction_that_it_is() -> None:
    corrected = OrderCorrected("s1", "cb1-1-e1", SYMBOL, "OrderCancelled", D("0.1"))

    step = intake().tell(corrected)

    assert (("event_bus", corrected),) == step.tells


def test_a_cancel_reaches_the_order_of_an_open_signal() -> None:
    steps = intake()
    steps.tell(entry())

    step = steps.tell(CancelOrder("c1", "s1"))

    assert (("risk_gate", CancelIntent("c1", "1")),) == step.tells


def test_an_amendment_reaches_the_order_of_an_open_signal() -> None:
    steps = intake()
    steps.tell(entry())

    step = steps.tell(AmendOrder("c1", "s1", price=D(1990)))

    assert (("order_manager", AmendIntent("c1", "1", D(1990), None)),) == step.tells


@pytest.mark.parametrize("command", [CancelOrder("c1", "s9"), AmendOrder("c1", "s9")])
def test_a_command_for_no_open_signal_is_refused_once(command: CancelOrder | AmendOrder) -> None:
    steps = intake()

    first, second = steps.tell(command), steps.tell(command)

    assert (("event_bus", CommandRefused("c1", "no open signal s9")),) == first.tells
    assert () == second.tells


def test_a_flatten_cancels_entries_and_closes_positions_once() -> None:
    steps = intake()

    first = steps.tell(FlattenPositions("f1", SYMBOL, "drill"))
    second = steps.tell(FlattenPositions("f1", SYMBOL, "drill"))

    expected = (
        ("risk_gate", CancelEntries(SYMBOL, "drill", flattens=True)),
        ("position_monitor", FlattenAll("f1", SYMBOL, "drill")),
    )
    assert (expected, ()) == (first.tells, second.tells)


@pytest.mark.parametrize(
    "command", [HaltTrading("h1", "why"), EmergencyStateChanged("CRITICAL", "ess", 1)]
)
@pytest.mark.parametrize("ready", [False, True])
def test_a_brake_goes_to_the_breaker_at_once_and_every_time(command: Any, *, ready: bool) -> None:
    steps = intake(ready=ready)

    for _ in range(2):
        assert (("circuit_breaker", command),) == steps.tell(command).urgent


def test_the_venue_is_looked_at_once_for_each_word_that_wants_it() -> None:
    steps = intake()
    doubt = ReconcileNow("c1", "a strange fill", by="ann")

    first, second = steps.tell(doubt), steps.tell(doubt)

    assert (("reconciler", CheckPositions("a strange fill (ann)")),) == first.tells
    assert () == second.tells


def test_a_repeated_resume_does_not_lift_a_later_halt() -> None:
    steps = intake()
    resume = ResumeTrading("r1", "checked", ("one", "two"))

    first, second = steps.tell(resume), steps.tell(resume)

    assert (("circuit_breaker", resume),) == first.urgent
    assert () == second.tells


def test_a_policy_goes_to_the_gate() -> None:
    policy = PolicyChanged("leverage", "5", "store", 1)

    assert (("risk_gate", policy),) == intake().tell(policy).tells


def test_the_word_of_an_emergency_source_goes_to_the_gate_too() -> None:
    word = EmergencyStateChanged("NORMAL", "ess", 1)

    assert [word] == intake().tell(word).to("risk_gate")


def test_a_promoted_model_marks_the_signals_after_it_that_name_none() -> None:
    steps = intake()
    before = steps.tell(entry())
    steps.tell(ModelPromoted("v2", "ai-engine", 1))

    after = steps.tell(entry(signal_id="s2"))
    own = steps.tell(entry(signal_id="s3", model_version="v1"))
    persons = steps.tell(entry(signal_id="s4", source=SignalSource.MANUAL))
    exit_ = steps.tell(CLOSE)

    told = [step.to("risk_gate")[0].signal.model_version for step in (before, after, own, persons)]
    assert [None, "v2", "v1", None] == told
    assert "v2" == exit_.to("position_monitor")[0].signal.model_version


def test_a_promoted_model_marks_an_algorithm_too() -> None:
    steps = intake()
    steps.tell(ModelPromoted("v2", "ai-engine", 1))

    step = steps.tell(ExecuteAlgorithm(entry(quantity=D(1)), Twap(duration_ms=60_000, slices=3)))

    (request,) = step.to("risk_gate")
    assert "v2" == request.command.signal.model_version


def test_the_same_model_again_changes_nothing() -> None:
    steps = intake()

    first = steps.tell(ModelPromoted("v2", "ai-engine", 1))
    second = steps.tell(ModelPromoted("v2", "ai-engine", 2))

    assert ((ModelNoted("v2", "", "ai-engine"),), ()) == (first.facts, second.facts)


def test_a_signal_beyond_its_time_is_reported_again_and_again() -> None:
    steps = intake()
    steps.tell(entry())
    begun_ns = steps.now_ns
    events: list[OrderUnresolved] = []

    while steps.now_ns - begun_ns < (TIMEOUT_MS + 60_000) * MS:
        events += steps.fire("sweep").told(OrderUnresolved)

    waits = [event.waiting_ms for event in events]
    assert [TIMEOUT_MS, TIMEOUT_MS + 60_000] == waits


def test_an_unresolved_signal_refuses_the_entries_of_its_symbol_and_no_exit() -> None:
    steps = intake()
    steps.tell(entry())
    steps.tell(GetSummary(), after_ns=TIMEOUT_MS * MS)

    same = steps.tell(entry(signal_id="s2"))
    other = steps.tell(entry(signal_id="s3", symbol="BTCUSDT"))
    exit_ = steps.tell(CLOSE)

    assert ["unresolved"] == [event.guard for event in same.told(OrderRefused)]
    assert 1 == len(other.to("risk_gate"))
    assert 1 == len(exit_.to("position_monitor"))


def test_a_resolved_signal_lets_its_symbol_in_again() -> None:
    steps = intake()
    steps.tell(entry())
    steps.tell(ended(OrderState.FILLED), after_ns=TIMEOUT_MS * MS)

    step = steps.tell(entry(signal_id="s2"), after_ns=SECOND)

    assert 1 == len(step.to("risk_gate"))


def test_the_summary_counts_signals_refusals_and_ends() -> None:
    steps = intake(ready=False)
    steps.tell(entry(signal_id="waits"))
    steps.tell(CancelOrder("c1", "waits"))
    steps.tell(RecoveryDone(1))
    steps.tell(entry())
    steps.tell(ended(OrderState.FILLED))
    steps.tell(entry(signal_id="s2", quantity=D(-1)))

    step = steps.tell(GetSummary())

    expected = SummaryView(
        signals=3,
        refusals=(("signal_quantity", 1), ("taken_back", 1)),
        outcomes=(("FILLED", 1), ("REFUSED", 2)),
    )
    assert (expected,) == step.replies
