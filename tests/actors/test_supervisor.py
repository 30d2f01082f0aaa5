"""Test of Supervisor: directives about attempts, restarts of actors, and who is told."""

from typing import Any

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.runtime.step import Restart, Watch
from callboard.actors.settings import OrderSettings, RetryFigures
from callboard.actors.supervisor import TREE, Supervisor
from callboard.messages.control import MessageLost, TripBreaker
from callboard.messages.events import AlertRaised, SystemFailed
from callboard.messages.failure import (
    EscalateFailure,
    FailureClassified,
    RetryDirective,
)
from callboard.messages.lifecycle import ENGINE_STOPS, ActorFailed, HighWaterPassed, Terminated
from callboard.messages.market import ClockChanged
from callboard.messages.values import (
    Action,
    ErrorKind,
    ErrorType,
    EscalationLevel,
    Fix,
    Operation,
    Outcome,
    Phase,
    Severity,
    TradingState,
)
from support.steps import MS, SECOND, START_NS, Step, StepRunner
from support.venue_samples import FAILURE

START_MS = START_NS // MS
NETWORK = FailureClassified(
    failure=FAILURE,
    kind=ErrorKind.NETWORK,
    outcome=Outcome.NOT_EXECUTED,
    error_type=ErrorType.NETWORK_ERROR,
    severity=Severity.WARNING,
    rule="phase NOT_CONNECTED",
)
LIMITED = evolve(
    NETWORK,
    kind=ErrorKind.RATE_LIMITED,
    error_type=ErrorType.RATE_LIMIT_ERROR,
    failure=evolve(FAILURE, phase=Phase.ANSWERED, status=429, code=-1003),
)


class Bench:
    def __init__(self, **settings: Any) -> None:
        given = evolve(OrderSettings(jitter=False), **settings)
        self.steps = StepRunner(Supervisor(given, RetryFigures()), name="supervisor")
        self.started = self.steps.start()
        self.failures = 0

    def classified(
        self, message: FailureClassified = NETWORK, *, after_ns: int = 0, **failure: Any
    ) -> RetryDirective:
        step = self.step(message, after_ns=after_ns, **failure)
        (directive,) = step.to("order_manager")
        assert isinstance(directive, RetryDirective)
        return directive

    def step(self, message: FailureClassified, *, after_ns: int = 0, **failure: Any) -> Step:
        changed = evolve(message, failure=evolve(message.failure, **failure))
        return self.steps.tell(changed, after_ns=after_ns)

    def failed(self, actor: str, *, message_id: str = "", after_ns: int = 0) -> Step:
        self.failures += 1
        text = message_id or f"{self.failures}.0"
        failed = ActorFailed(actor, 1, text, "OrderReported", "KeyError", "'x'")
        return self.steps.tell(failed, after_ns=after_ns)


def restarts(step: Step) -> list[tuple[str, bool]]:
    """Who is rebuilt, and whether its message is delivered again."""
    return [(each[0], each[1]) for each in step.others if isinstance(each, Restart)]


def test_a_directive_names_attempt_kind_outcome_and_delay() -> None:
    directive = Bench().classified(attempt=2)

    expected = RetryDirective(
        client_order_id="cb1-1-e1",
        attempt=2,
        operation=Operation.PLACE,
        kind=ErrorKind.NETWORK,
        outcome=Outcome.NOT_EXECUTED,
        action=Action.REDELIVER,
        fix=None,
        delay_ms=4_000,
        reason="the request did not reach the venue",
        error_type=ErrorType.NETWORK_ERROR,
        severity=NETWORK.severity,
        attempts_max=6,
        status=NETWORK.failure.status,
        code=NETWORK.failure.code,
        text=NETWORK.failure.text,
    )
    assert expected == directive


def test_an_unknown_outcome_is_asked_for_and_never_sent_again() -> None:
    unknown = evolve(NETWORK, kind=ErrorKind.UNKNOWN_OUTCOME, outcome=Outcome.UNKNOWN)

    directive = Bench().classified(unknown)

    assert (Action.QUERY, 0) == (directive.action, directive.delay_ms)


def test_a_fix_is_named_once_and_not_tried_twice() -> None:
    clock = evolve(NETWORK, kind=ErrorKind.CLOCK, error_type=ErrorType.API_ERROR)

    first = Bench().classified(clock)
    second = Bench().classified(clock, fixes_tried=(Fix.RESYNC_CLOCK,))

    assert (Action.FIX_AND_REDELIVER, Fix.RESYNC_CLOCK) == (first.action, first.fix)
    assert (Action.END, None) == (second.action, second.fix)


def test_repetitions_end_with_the_type_s_number() -> None:
    actions = [Bench().classified(attempt=attempt).action for attempt in (5, 6)]

    assert [Action.REDELIVER, Action.END] == actions


def test_bounds_are_compared_in_venue_time() -> None:
    bench = Bench()
    bench.steps.tell(ClockChanged(10 * SECOND, 0, trusted=True))

    late = bench.classified(send_by_ms=START_MS + 11_000)
    in_time = bench.classified(send_by_ms=START_MS + 12_000)

    assert [Action.REAPPROVE, Action.REDELIVER] == [late.action, in_time.action]


def test_a_deadline_that_comes_first_ends_the_order() -> None:
    directive = Bench().classified(deadline_ms=START_MS + 1_999)

    assert Action.END is directive.action


def test_the_retry_budget_is_spent_by_repetitions_and_fills_again() -> None:
    bench = Bench(retries_in_30s_max=2)

    spent = [bench.classified(after_ns=SECOND).action for _ in range(3)]
    later = bench.classified(after_ns=29 * SECOND).action

    assert [Action.REDELIVER, Action.REDELIVER, Action.END] == spent
    assert Action.REDELIVER is later


def test_questions_cost_nothing_of_the_budget() -> None:
    bench = Bench(retries_in_30s_max=1)
    unknown = evolve(NETWORK, kind=ErrorKind.UNKNOWN_OUTCOME, outcome=Outcome.UNKNOWN)

    for _ in range(5):
        bench.classified(unknown)

    assert Action.REDELIVER is bench.classified().action


def test_jitter_is_drawn_from_the_context_and_stays_within_a_quarter() -> None:
    bench = Bench(jitter=True)

    delays = [bench.classified().delay_ms for _ in range(10)]

    assert 1 < len(set(delays))
    assert 1_500 <= min(delays) <= max(delays) <= 2_500


def test_the_venue_s_own_waiting_time_is_taken() -> None:
    assert 7_000 == Bench().classified(LIMITED, retry_after_s=7).delay_ms


def test_the_end_of_a_ban_that_the_text_names_is_taken() -> None:
    banned = evolve(LIMITED, kind=ErrorKind.BANNED)
    text = f"Way too many requests; IP banned until {START_MS + 300_000}."

    directive = Bench().classified(banned, status=418, text=text)

    assert 300_000 == directive.delay_ms


def test_pauses_in_a_row_grow_when_the_venue_names_no_time() -> None:
    bench = Bench()

    delays = [
        bench.classified(LIMITED, after_ns=pause_s * SECOND).delay_ms
        for pause_s in (0, 60, 120, 240)
    ]

    assert [60_000, 120_000, 240_000, 300_000] == delays


def test_several_orders_that_hear_of_one_pause_count_it_once() -> None:
    bench = Bench()

    delays = [bench.classified(LIMITED).delay_ms for _ in range(4)]

    assert [60_000] * 4 == delays
    assert 1 == bench.steps.actor.state.pauses


def test_a_pause_long_after_the_last_one_begins_a_new_row() -> None:
    bench = Bench()
    bench.classified(LIMITED)

    directive = bench.classified(LIMITED, after_ns=121 * SECOND)

    assert 60_000 == directive.delay_ms


def test_an_order_limit_waits_for_its_window_to_turn() -> None:
    ordered = evolve(LIMITED, kind=ErrorKind.ORDER_LIMITED)

    directive = Bench().classified(ordered, code=-1015, status=400)

    assert 10_000 - START_MS % 10_000 == directive.delay_ms


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (ErrorKind.AUTH, EscalationLevel.ACCOUNT),
        (ErrorKind.SYMBOL_RESTRICTED, EscalationLevel.SYMBOL),
        (ErrorKind.LIQUIDATION, EscalationLevel.ENGINE),
        (ErrorKind.VENUE_DOWN, EscalationLevel.VENUE),
        (ErrorKind.BUG, EscalationLevel.SYMBOL),
    ],
)
def test_what_concerns_more_than_the_order_is_told_to_the_breaker(
    kind: ErrorKind, level: EscalationLevel
) -> None:
    step = Bench().step(evolve(NETWORK, kind=kind, outcome=Outcome.REJECTED))

    assert [(level, kind, "ETHUSDT")] == [
        (each.level, each.kind, each.symbol) for each in step.told(EscalateFailure)
    ]


@pytest.mark.parametrize(
    ("phase", "status"),
    [(Phase.NOT_CONNECTED, 0), (Phase.MAYBE_SENT, 0), (Phase.ANSWERED, 502)],
)
def test_a_venue_that_does_not_answer_is_told_to_the_breaker(phase: Phase, status: int) -> None:
    """C-28, S4-092: failures of any order count towards an outage of the venue."""
    failure = evolve(NETWORK.failure, phase=phase, status=status)

    step = Bench().step(evolve(NETWORK, failure=failure))

    assert [EscalationLevel.VENUE] == [each.level for each in step.told(EscalateFailure)]


def test_a_kind_that_keeps_failing_waits_longer_until_a_minute_is_quiet() -> None:
    """S4-091: base delays adapt to a kind's recent failures, and recover."""
    bench = Bench(retries_in_30s_max=1_000)

    waits = [bench.classified().delay_ms for _ in range(11)]
    later = bench.classified(after_ns=60 * SECOND).delay_ms

    assert [2_000] * 10 + [4_000] == waits
    assert 2_000 == later


def test_what_concerns_the_order_alone_is_told_to_nobody_else() -> None:
    refused = evolve(NETWORK.failure, phase=Phase.ANSWERED, status=400)
    invalid = evolve(NETWORK, failure=refused, kind=ErrorKind.INVALID, outcome=Outcome.REJECTED)

    step = Bench().step(invalid)

    assert ["order_manager"] == [receiver for receiver, _ in step.tells]


def test_a_failed_core_actor_is_rebuilt_at_once_with_its_message() -> None:
    step = Bench().failed(names.ORDER_MANAGER)

    assert [(names.ORDER_MANAGER, True)] == restarts(step)
    alert = AlertRaised(Severity.CRITICAL, "actor_failed", names.ORDER_MANAGER, "KeyError: 'x'")
    failed = SystemFailed(names.ORDER_MANAGER, "actor_failed", "KeyError: 'x'")
    assert (("event_bus", alert), ("event_bus", failed)) == step.tells


def test_a_message_that_fails_twice_is_poison_and_not_delivered_a_third_time() -> None:
    bench = Bench()
    bench.failed(names.ORDER_MANAGER, message_id="7.1")

    step = bench.failed(names.ORDER_MANAGER, message_id="7.1")

    assert [(names.ORDER_MANAGER, False)] == restarts(step)
    assert ["actor_failed", "message_lost"] == [each.alert for each in step.told(AlertRaised)]
    (trip,) = step.told(TripBreaker)
    assert (TradingState.REDUCING, True) == (trip.state, "OrderReported 7.1" in trip.reason)
    lost = MessageLost(names.ORDER_MANAGER, "OrderReported")
    assert [lost] == step.to(names.EXECUTION_SYSTEM)


def test_a_wire_is_rebuilt_after_a_backoff_that_doubles() -> None:
    bench = Bench()

    delays = [bench.failed(names.USER_SOCKET).timers[0][1] // MS for _ in range(3)]
    step = bench.steps.fire(f"restart/{names.USER_SOCKET}")

    assert [100, 200, 400] == delays
    assert [(names.USER_SOCKET, True)] == restarts(step)


def test_more_failures_than_a_group_bears_rebuild_everything_once_more_in_start_order() -> None:
    bench = Bench()
    for _ in range(10):
        bench.failed(names.ORDER_MANAGER)

    rebuilt = [name for name, _ in restarts(bench.failed(names.ORDER_MANAGER))]

    core = [name for name in names.CORE if name != names.SUPERVISOR]
    assert core == rebuilt[: len(core)]
    assert names.LANE_REDUCING in rebuilt
    assert names.SUPERVISOR not in rebuilt


def test_only_the_actor_that_failed_gets_its_message_again() -> None:
    bench = Bench()
    for _ in range(10):
        bench.failed(names.ORDER_MANAGER)

    step = bench.failed(names.ORDER_MANAGER)

    assert [names.ORDER_MANAGER] == [name for name, redelivers in restarts(step) if redelivers]


def test_past_the_root_of_the_tree_trading_is_halted_and_the_actor_still_rebuilt() -> None:
    bench = Bench()
    for _ in range(13):
        bench.failed(names.ORDER_MANAGER)

    step = bench.failed(names.ORDER_MANAGER, message_id="7.1")
    again = bench.failed(names.ORDER_MANAGER, message_id="7.1")

    (trip,) = step.told(TripBreaker)
    assert (TradingState.HALTED, True) == (trip.state, names.ORDER_MANAGER in trip.reason)
    assert [(names.ORDER_MANAGER, True)] == restarts(step)
    assert [(names.ORDER_MANAGER, False)] == restarts(again)


def test_failures_that_are_long_ago_do_not_count() -> None:
    bench = Bench()
    for _ in range(10):
        bench.failed(names.ORDER_MANAGER)

    step = bench.failed(names.ORDER_MANAGER, after_ns=31 * SECOND)

    assert [(names.ORDER_MANAGER, True)] == restarts(step)


def test_every_actor_but_the_supervisor_stands_in_the_tree() -> None:
    supervised = {child for group in TREE for child in group.children}

    expected = {*names.CORE, *names.EDGES} - {names.SUPERVISOR}

    assert expected <= supervised


def test_every_core_actor_is_watched_from_the_start() -> None:
    watched = [each[0] for each in Bench().started.others if isinstance(each, Watch)]

    assert [name for name in names.CORE if name != names.SUPERVISOR] == watched


def test_an_actor_that_is_gone_for_good_is_alarmed() -> None:
    step = Bench().steps.tell(Terminated(names.ACCOUNT, "enough"))

    alert = AlertRaised(Severity.CRITICAL, "actor_stopped", names.ACCOUNT, "enough")
    failed = SystemFailed(names.ACCOUNT, "actor_stopped", "enough")
    assert (("event_bus", alert), ("event_bus", failed)) == step.tells


def test_an_orderly_end_alarms_nobody() -> None:
    step = Bench().steps.tell(Terminated(names.ACCOUNT, ENGINE_STOPS))

    assert ((), ()) == (step.facts, step.tells)


def test_a_flood_stops_opening_risk() -> None:
    step = Bench().steps.tell(HighWaterPassed(60_000, 50_000))

    reason = "60000 messages wait in the core, the mark is 50000"
    assert (("circuit_breaker", TripBreaker(TradingState.REDUCING, reason)),) == step.tells
