"""Test of a resume: a person, a reason, a cooldown, and no cause that still stands."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.messages.account import AccountChanged, ResetPeak
from callboard.messages.control import (
    JournalFailed,
    JournalRecovered,
    TradingStateChanged,
)
from callboard.messages.events import CommandRefused, TradingStateReported
from callboard.messages.intake import EmergencyStateChanged, HaltTrading, ResumeTrading
from callboard.messages.values import EscalationLevel, TradingState
from support.breakers import DOWN, breaker, state_of, told
from support.entries import ACCOUNT
from support.steps import SECOND

D = Decimal
MINUTE = 60 * SECOND
HOUR = 3_600 * SECOND
ACTIVE, REDUCING, HALTED = TradingState
HALT = HaltTrading("h1", "drill", by="ada")
RESUME = ResumeTrading("r1", "checked", ("ada", "bo"))


def worth(equity: str, *, peak: str = "10000") -> AccountChanged:
    return evolve(ACCOUNT, equity=D(equity), peak_equity=D(peak))


def test_a_resume_names_who_approved_it_and_the_epoch_grows() -> None:
    steps = breaker()
    steps.tell(HALT)

    step = steps.tell(RESUME)

    reason = "resumed by ada, bo: checked"
    assert TradingStateChanged(ACTIVE, 3, reason, venue_open=True) == told(step)
    assert [TradingStateReported(ACTIVE, 3, reason)] == step.to("event_bus")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_resume_without_a_reason_is_refused(reason: str) -> None:
    """C-27: an operator resets with a reason."""
    steps = breaker()
    steps.tell(HALT)

    step = steps.tell(evolve(RESUME, reason=reason))

    assert (("event_bus", CommandRefused("r1", "resume needs a reason")),) == step.tells


def test_a_resume_of_active_trading_fences_no_approval() -> None:
    step = breaker().tell(RESUME)

    report = TradingStateReported(ACTIVE, 1, "resumed by ada, bo: checked")
    assert ((), (("event_bus", report),)) == (step.facts, step.tells)


@pytest.mark.parametrize(("equity", "expected"), [("10200.01", ACTIVE), ("10200", HALTED)])
def test_the_loss_from_the_peak_has_its_wall(equity: str, expected: TradingState) -> None:
    steps = breaker()
    steps.tell(worth(equity, peak="12000"))

    assert expected is state_of(steps)


def test_a_drawdown_stands_until_a_person_sets_the_peak_anew() -> None:
    """C-10: a drawdown is reset by hand alone."""
    steps = breaker()
    steps.tell(worth("10200", peak="12000"))

    asked = steps.tell(RESUME, after_ns=HOUR)
    meanwhile = state_of(steps)
    resumed = steps.tell(worth("10200", peak="10200"))

    assert [ResetPeak("resumed by ada, bo: checked")] == asked.to("account")
    assert HALTED is meanwhile
    assert (ACTIVE, "resumed by ada, bo: checked") == (told(resumed).state, told(resumed).reason)


def test_a_second_resume_does_not_reset_the_peak_twice() -> None:
    steps = breaker()
    steps.tell(worth("10200", peak="12000"))
    steps.tell(RESUME, after_ns=HOUR)

    step = steps.tell(evolve(RESUME, command_id="r2"))

    assert [CommandRefused("r2", "r1 waits for the peak to be set anew")] == step.to("event_bus")
    assert [] == step.to("account")


def test_a_new_peak_with_another_loss_resumes_nothing() -> None:
    steps = breaker()
    steps.tell(worth("10200", peak="12000"))
    steps.tell(RESUME, after_ns=HOUR)

    step = steps.tell(worth("9600", peak="9600"))

    assert [CommandRefused("r1", "the loss stands: loss of the day 4.00 %")] == step.to("event_bus")
    assert HALTED is state_of(steps)


def test_a_resume_that_waits_for_the_peak_survives_a_restart() -> None:
    steps = breaker()
    steps.tell(worth("10200", peak="12000"))
    steps.tell(RESUME, after_ns=HOUR)

    assert 1 == len(steps.start().to("account"))


def test_nobody_resumes_while_an_emergency_stands() -> None:
    """C-09: the most restrictive source wins, and only its own word ends it."""
    steps = breaker()
    steps.tell(EmergencyStateChanged("CRITICAL", "ess", 1))

    refused = steps.tell(RESUME, after_ns=HOUR)
    steps.tell(EmergencyStateChanged("NORMAL", "ess", 2))
    steps.tell(RESUME)

    reason = "the emergency stands: ess reports CRITICAL"
    assert [CommandRefused("r1", reason)] == refused.to("event_bus")
    assert ACTIVE is state_of(steps)


def test_after_an_emergency_a_resume_waits_for_the_cooldown() -> None:
    """C-27: an emergency trip lasts at least its cooldown, however soon it is over."""
    steps = breaker()
    steps.tell(EmergencyStateChanged("CRITICAL", "ess", 1))
    steps.tell(EmergencyStateChanged("NORMAL", "ess", 2))

    step = steps.tell(RESUME, after_ns=MINUTE)

    left = "the emergency stop tripped the breaker; 3540000 ms of its cooldown are left"
    assert [CommandRefused("r1", left)] == step.to("event_bus")


def test_nobody_resumes_while_the_loss_stands() -> None:
    steps = breaker()
    steps.tell(worth("9600"))

    step = steps.tell(RESUME, after_ns=2 * HOUR)

    refusal = CommandRefused("r1", "the loss stands: loss of the day 4.00 %")
    assert (("event_bus", refusal),) == step.tells


@pytest.mark.parametrize(
    ("waited_ns", "expected"), [(HOUR - SECOND, REDUCING), (HOUR, ACTIVE), (2 * HOUR, ACTIVE)]
)
def test_after_a_loss_a_resume_waits_for_the_cooldown(
    waited_ns: int, expected: TradingState
) -> None:
    steps = breaker()
    steps.tell(worth("9600"))
    steps.tell(worth("9900"))

    steps.tell(RESUME, after_ns=waited_ns)

    assert expected is state_of(steps)


def test_a_halt_after_a_loss_does_not_end_its_cooldown() -> None:
    steps = breaker()
    steps.tell(worth("9600"))
    steps.tell(worth("9900"))
    steps.tell(HALT, after_ns=MINUTE)

    step = steps.tell(RESUME, after_ns=MINUTE)

    left = "a loss tripped the breaker; 3540000 ms of its cooldown are left"
    assert [CommandRefused("r1", left)] == step.to("event_bus")


def test_a_halt_by_hand_is_resumed_at_once() -> None:
    steps = breaker()
    steps.tell(HALT)
    steps.tell(RESUME)

    assert ACTIVE is state_of(steps)


def test_a_loss_after_a_resume_trips_again() -> None:
    steps = breaker()
    steps.tell(worth("9600"))
    steps.tell(worth("9900"))
    steps.tell(RESUME, after_ns=HOUR)

    steps.tell(worth("9600"))

    assert REDUCING is state_of(steps)


def test_a_resume_lets_symbols_in_trouble_in_again() -> None:
    steps = breaker()
    steps.tell(evolve(DOWN, level=EscalationLevel.SYMBOL))

    step = steps.tell(RESUME)

    assert () == told(step).reducing_symbols
    assert () == told(steps.start()).reducing_symbols


def test_a_journal_that_cannot_write_reduces_and_stands_in_the_way_of_a_resume() -> None:
    steps = breaker()

    step = steps.tell(JournalFailed("disk full"))
    resumed = steps.tell(RESUME)

    reason = "the journal cannot write: disk full"
    assert (REDUCING, reason) == (told(step).state, told(step).reason)
    assert [CommandRefused("r1", reason)] == resumed.to("event_bus")


def test_a_journal_that_writes_again_does_not_resume_by_itself() -> None:
    steps = breaker()
    steps.tell(JournalFailed("disk full"))

    step = steps.tell(JournalRecovered())
    before = state_of(steps)
    steps.tell(RESUME)

    assert ((), REDUCING, ACTIVE) == (step.tells, before, state_of(steps))


def test_a_loss_during_a_halt_begins_its_own_cooldown() -> None:
    steps = breaker()
    steps.tell(HALT)
    steps.tell(worth("9600"), after_ns=HOUR // 2)
    steps.tell(worth("9900"))

    steps.tell(RESUME, after_ns=HOUR - SECOND)

    assert HALTED is state_of(steps)


def test_a_loss_that_was_resumed_from_delays_no_later_resume() -> None:
    steps = breaker()
    steps.tell(worth("9600"))
    steps.tell(worth("9900"))
    steps.tell(RESUME, after_ns=HOUR)
    steps.tell(HALT)

    steps.tell(RESUME)

    assert ACTIVE is state_of(steps)
