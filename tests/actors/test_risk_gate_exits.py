"""Test of RiskGate's exits: what a program's wish waits for, and what waits for nothing.

C-30: the limits are for discretion; protection, breakers and people are exempt.
"""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.settings import RiskSettings
from callboard.messages.intake import PolicyChanged
from callboard.messages.orders import ApprovalRefused, ApprovedOrder, ExposureChanged, RequestExit
from callboard.messages.values import Leg, PositionSide, SignalSource, SignalType
from support.entries import SETTINGS, SYMBOL, entry, exit_request
from support.gates import GateBench
from support.steps import SECOND

D = Decimal
MINUTE = 60 * SECOND
STRICT = evolve(SETTINGS, cooldown_exempt=())


def wish(kind: SignalType = SignalType.REDUCE_50, number: int = 1, **changes: Any) -> RequestExit:
    """Return the exit that a program's signal asks for."""
    signal = entry(signal_id=f"x{number}", signal=kind, **changes)
    return exit_request(intent_id=f"9{number}", signal_id=signal.signal_id, wish=signal)


def guard(bench: GateBench, request: RequestExit) -> str:
    """Ask for an exit; return the guard that refused it, empty when it was approved."""
    step = bench.steps.tell(request)
    refused = step.to("position_monitor")
    assert len(refused) + len(step.told(ApprovedOrder)) == 1
    if not refused:
        return ""
    assert isinstance(refused[0], ApprovalRefused)
    return refused[0].guard


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        (SignalType.CLOSE_LONG, SETTINGS, ""),
        (SignalType.REDUCE_50, SETTINGS, "cooldown"),
        (SignalType.CLOSE_LONG, STRICT, "cooldown"),
        (SignalType.REDUCE_50, evolve(SETTINGS, cooldown_exempt=("REDUCE_50",)), ""),
    ],
)
def test_in_the_cooldown_of_an_entry_a_close_passes_and_a_halving_waits(
    kind: SignalType, settings: RiskSettings, expected: str
) -> None:
    """C-30: by default; which kinds pass is a setting."""
    bench = GateBench(settings)
    bench.fill(bench.approve())

    assert expected == guard(bench, wish(kind))


def test_the_refusal_of_an_exit_tells_the_time_that_remains_to_intake_and_monitor() -> None:
    bench = GateBench()
    bench.fill(bench.approve())
    bench.wait(5 * MINUTE)

    step = bench.steps.tell(wish())

    expected = ApprovalRefused("91", Leg.EXIT, "x1", SYMBOL, "cooldown", "600000 left", "900000")
    assert [expected] == step.to("position_monitor") == step.to("execution_system")


def test_two_halvings_are_apart_by_the_cooldown() -> None:
    bench = GateBench()

    first, second = guard(bench, wish(number=1)), guard(bench, wish(number=2))
    bench.wait(15 * MINUTE)

    assert ("", "cooldown", "") == (first, second, guard(bench, wish(number=3)))


def test_an_exit_that_is_asked_for_again_is_charged_once() -> None:
    bench = GateBench()
    bench.steps.tell(wish())

    assert "" == guard(bench, wish())
    assert 1 == bench.steps.actor.state.executions.executions


def test_an_exit_that_never_left_gives_its_charge_back() -> None:
    bench = GateBench()
    bench.steps.tell(wish())
    bench.steps.tell(
        ExposureChanged(
            client_order_id="cb3-91-x1",
            intent_id="91",
            leg=Leg.EXIT,
            symbol=SYMBOL,
            position_side=PositionSide.BOTH,
            filled=D(0),
            remaining=D(0),
            fill=D(0),
            fill_price=D(0),
            sent=False,
            ended=True,
        )
    )

    assert "" == guard(bench, wish(number=2))
    assert 1 == bench.steps.actor.state.executions.executions


def test_the_days_quota_refuses_a_halving_and_no_close() -> None:
    """C-52: counted over the account."""
    bench = GateBench(evolve(SETTINGS, cooldown_ms=0, executions_per_day_max=1))
    bench.steps.tell(wish())

    assert "daily_quota" == guard(bench, wish(number=2))
    assert "daily_quota" == bench.guard()
    assert "" == guard(bench, wish(SignalType.CLOSE_LONG, 3))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (wish(confidence=D("0.5")), "confidence"),
        (wish(confidence=None), ""),
        (wish(confidence=D("0.1"), source=SignalSource.MANUAL), ""),
        (wish(SignalType.CLOSE_LONG, confidence=D("0.1")), ""),
        (exit_request(), ""),
    ],
)
def test_a_low_score_refuses_a_programs_halving_only(request_: RequestExit, expected: str) -> None:
    """C-29, C-30: given scores count; people, protection and closes are exempt."""
    assert expected == guard(GateBench(), request_)


def test_people_and_protection_wait_for_no_cooldown() -> None:
    """C-30: operator orders, stops and the exits of the engine itself are exempt."""
    bench = GateBench(STRICT)
    bench.fill(bench.approve())

    by_hand = wish(SignalType.CLOSE_LONG, source=SignalSource.MANUAL)

    assert ["", ""] == [guard(bench, by_hand), guard(bench, exit_request())]


def test_an_action_that_is_not_listed_is_not_carried_out_even_where_it_reduces() -> None:
    """C-32: the list is for wishes; what protects is no wish."""
    bench = GateBench(evolve(SETTINGS, actions=("CLOSE_LONG",)))

    assert "action_whitelist" == guard(bench, wish())
    assert "" == guard(bench, wish(SignalType.CLOSE_LONG, 2))
    assert "" == guard(bench, exit_request())


def test_the_exit_only_profile_opens_nothing_and_closes() -> None:
    """C-32: CLOSE and REDUCE_50 alone."""
    bench = GateBench(evolve(SETTINGS, actions=("CLOSE_LONG", "CLOSE_SHORT", "REDUCE_50")))

    assert "action_whitelist" == bench.guard()
    assert ["", ""] == [guard(bench, wish()), guard(bench, wish(SignalType.CLOSE_LONG, 2))]


def test_a_policy_that_no_longer_fits_refuses_no_exit() -> None:
    bench = GateBench()
    bench.steps.tell(PolicyChanged("position_size_pct_max", "8", "desk", 0))
    bench.steps.actor._settings = evolve(SETTINGS, gross_exposure_pct_max=D(6))

    assert "policy" == bench.guard()
    assert "" == guard(bench, wish())


def test_charges_of_past_days_are_forgotten() -> None:
    bench = GateBench()
    bench.steps.tell(wish())
    bench.wait(24 * 60 * MINUTE)

    bench.steps.tell(wish(number=2))

    assert ["92"] == list(bench.steps.actor.state.exits)


def test_who_wished_and_by_which_model_travels_with_the_exit() -> None:
    request = wish(SignalType.CLOSE_LONG, source=SignalSource.MANUAL, model_version="m-7")

    (approved,) = GateBench().steps.tell(request).told(ApprovedOrder)

    assert (SignalSource.MANUAL, "m-7") == (approved.source, approved.model_version)
