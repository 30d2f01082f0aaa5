"""Test of CircuitBreaker: latched, the strictest source wins, and only a person resumes."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.circuit_breaker import LISTENERS
from callboard.messages.account import AccountChanged
from callboard.messages.control import (
    JournalFailed,
    RunTripHooks,
    TradingStateChanged,
    TripBreaker,
    TripHooksEnded,
)
from callboard.messages.events import AlertRaised, TradingStateReported
from callboard.messages.intake import EmergencyStateChanged, HaltTrading
from callboard.messages.orders import CancelEntries
from callboard.messages.positions import FlattenAll
from callboard.messages.queries import EngineStatus, GetStatus
from callboard.messages.values import EscalationLevel, HookPhase, Severity, TradingState
from callboard.messages.venue import LaneStarted
from support.breakers import DOWN, breaker, state_of, told
from support.entries import ACCOUNT, SYMBOL

D = Decimal
ACTIVE, REDUCING, HALTED = TradingState
HALT = HaltTrading("h1", "drill", by="ada")
HOOKS_DONE = TripHooksEnded(HookPhase.BEFORE, 2)


def worth(equity: str, *, peak: str = "10000") -> AccountChanged:
    return evolve(ACCOUNT, equity=D(equity), peak_equity=D(peak))


def test_every_start_tells_the_latched_state() -> None:
    steps = breaker()
    steps.tell(HALT)

    again = steps.start()

    expected = TradingStateChanged(HALTED, 2, "ada: drill", venue_open=True)
    assert expected == told(again)


def test_a_halt_is_told_urgently_to_everybody_who_could_open_risk() -> None:
    step = breaker().tell(HALT)

    assert TradingStateChanged(HALTED, 2, "ada: drill", venue_open=True) == told(step)
    alert = AlertRaised(Severity.CRITICAL, "trading_halted", "account", "ada: drill")
    assert [TradingStateReported(HALTED, 2, "ada: drill"), alert] == step.to("event_bus")
    assert {"risk_gate", "order_queue", "order_manager", "lane_opening", "lane_reducing"} == set(
        LISTENERS
    )


def test_a_second_halt_changes_nothing() -> None:
    steps = breaker()
    steps.tell(HALT)

    step = steps.tell(evolve(HALT, command_id="h2"))

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(REDUCING, HALTED, HALTED), (HALTED, REDUCING, HALTED), (REDUCING, REDUCING, REDUCING)],
)
def test_the_strictest_source_wins(
    first: TradingState, second: TradingState, expected: TradingState
) -> None:
    steps = breaker()
    steps.tell(TripBreaker(first, "one"))
    steps.tell(TripBreaker(second, "other"))

    assert expected is state_of(steps)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("CRITICAL", HALTED), ("WARNING", HALTED), ("", HALTED), ("ok", ACTIVE), ("NORMAL", ACTIVE)],
)
def test_any_word_of_the_emergency_stop_that_is_not_calm_halts(
    word: str, expected: TradingState
) -> None:
    steps = breaker()
    steps.tell(EmergencyStateChanged(word, "ess", 1))

    assert expected is state_of(steps)


def test_a_calm_word_does_not_lift_a_halt() -> None:
    steps = breaker()
    steps.tell(EmergencyStateChanged("CRITICAL", "ess", 1))
    steps.tell(EmergencyStateChanged("NORMAL", "ess", 2))

    assert HALTED is state_of(steps)


@pytest.mark.parametrize(
    ("equity", "expected", "flattens"),
    [
        ("9690.01", ACTIVE, False),
        ("9690", REDUCING, False),
        ("9500.01", REDUCING, False),
        ("9500", HALTED, True),
    ],
)
def test_the_loss_of_the_day_has_two_walls(
    equity: str, expected: TradingState, *, flattens: bool
) -> None:
    """C-10: CLOSE_ONLY at 3.1 % of the day, HALT and flatten at 5 %."""
    steps = breaker()

    step = steps.tell(worth(equity))
    if step.told(RunTripHooks):
        step = steps.tell(HOOKS_DONE)

    assert expected is state_of(steps)
    assert flattens is bool(step.told(FlattenAll))


def test_a_loss_at_the_wall_of_halted_closes_every_position_once() -> None:
    steps = breaker()
    steps.tell(worth("9500"))

    first, second = steps.tell(HOOKS_DONE), steps.tell(worth("9400"))

    expected = FlattenAll("circuit_breaker", "", "loss of the day 5.00 %")
    cancel = CancelEntries("", "loss of the day 5.00 %", flattens=True)
    assert ([expected], [cancel]) == (first.to("position_monitor"), first.told(CancelEntries))
    assert () == second.tells


def test_a_loss_flattens_also_where_an_operator_halted_before() -> None:
    steps = breaker()
    steps.tell(HALT)
    steps.tell(HOOKS_DONE)

    step = steps.tell(worth("9500"))
    closing = steps.tell(HOOKS_DONE)

    assert () == step.urgent
    assert 1 == len(closing.to("position_monitor"))


def test_an_account_without_a_base_has_no_loss() -> None:
    steps = breaker()
    steps.tell(evolve(ACCOUNT, equity=D(-5), day_start_equity=D(0), peak_equity=D(0)))

    assert ACTIVE is state_of(steps)


def test_a_calm_source_that_was_never_alarmed_is_no_news() -> None:
    step = breaker().tell(EmergencyStateChanged("NORMAL", "ess", 1))

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (EscalationLevel.ORDER, ACTIVE),
        (EscalationLevel.SYMBOL, ACTIVE),
        (EscalationLevel.ACCOUNT, REDUCING),
        (EscalationLevel.ENGINE, HALTED),
        (EscalationLevel.VENUE, ACTIVE),
    ],
)
def test_a_failure_stops_as_much_as_it_concerns(
    level: EscalationLevel, expected: TradingState
) -> None:
    steps = breaker()
    steps.tell(evolve(DOWN, level=level))

    assert expected is state_of(steps)


def test_a_symbol_in_trouble_takes_no_entries_and_the_epoch_grows() -> None:
    steps = breaker()

    step = steps.tell(evolve(DOWN, level=EscalationLevel.SYMBOL, reason="bug"))
    again = steps.tell(evolve(DOWN, level=EscalationLevel.SYMBOL, reason="bug"))

    expected = TradingStateChanged(ACTIVE, 2, "", venue_open=True, reducing_symbols=(SYMBOL,))
    assert expected == told(step)
    alert = AlertRaised(Severity.CRITICAL, "symbol_reducing", SYMBOL, "bug")
    assert [alert] == step.to("event_bus")
    assert () == again.tells


def test_a_halt_keeps_the_symbols_in_trouble() -> None:
    steps = breaker()
    steps.tell(evolve(DOWN, level=EscalationLevel.SYMBOL))

    assert (SYMBOL,) == told(steps.tell(HALT)).reducing_symbols


def test_the_same_failure_of_the_journal_is_told_once() -> None:
    steps = breaker()
    steps.tell(JournalFailed("disk full"))

    step = steps.tell(JournalFailed("disk full"))

    assert ((), ()) == (step.facts, step.tells)


def test_a_lane_that_begins_a_life_is_told_the_state() -> None:
    steps = breaker()
    steps.tell(HALT)

    step = steps.tell(LaneStarted("lane_opening"))

    expected = TradingStateChanged(HALTED, 2, "ada: drill", venue_open=True)
    assert (("lane_opening", expected),) == step.urgent


def test_the_status_says_state_reason_and_symbols() -> None:
    steps = breaker()
    steps.tell(evolve(DOWN, level=EscalationLevel.SYMBOL))
    steps.tell(HALT)

    expected = EngineStatus(HALTED, 3, "ada: drill", (SYMBOL,), venue_open=True)
    assert (expected,) == steps.tell(GetStatus()).replies
