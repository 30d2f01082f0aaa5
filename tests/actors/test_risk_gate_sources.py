"""Test of RiskGate: what policies change, and how long the emergency source may be silent."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.policies.emergency import EmergencyTerms
from callboard.actors.risk_facts import EmergencyHeard, PolicyBound, WorldNoted
from callboard.actors.service_settings import EmergencySettings
from callboard.actors.settings import RiskSettings, Settings
from callboard.actors.system import emergency_terms, gate_settings
from callboard.messages.control import EngineStarted
from callboard.messages.events import AlertRaised
from callboard.messages.intake import EmergencyStateChanged, PolicyChanged
from callboard.messages.orders import (
    ApprovalRefused,
    ApprovedOrder,
    RenewalRefused,
    RenewApproval,
)
from callboard.messages.values import LastRun
from support.entries import NOW_MS, SETTINGS, exit_request
from support.gates import NO_COOLDOWN, GateBench
from support.steps import MS

D = Decimal
TTL_MS = 15_000
CLOSED = EmergencyTerms(TTL_MS)
OPEN = EmergencyTerms(TTL_MS, fails_open=True)


def word(at_ms: int, state: str = "NORMAL") -> EmergencyStateChanged:
    return EmergencyStateChanged(state, "risk_service", at_ms)


def test_without_a_source_its_silence_means_nothing() -> None:
    bench = GateBench()

    step = bench.steps.tell(word(NOW_MS))

    assert () == step.facts
    assert "" == bench.guard()


def test_a_source_that_never_spoke_refuses_entries_by_name_and_no_exit() -> None:
    bench = GateBench(emergency=CLOSED)

    (refused,) = bench.ask().told(ApprovalRefused)

    assert ("emergency_age", "never heard", "15000") == (
        refused.guard,
        refused.figure,
        refused.limit,
    )
    assert 1 == len(bench.steps.tell(exit_request()).told(ApprovedOrder))


@pytest.mark.parametrize(("later_ms", "guard"), [(TTL_MS, ""), (TTL_MS + 1, "emergency_age")])
def test_a_word_counts_for_its_time_and_not_a_moment_longer(later_ms: int, guard: str) -> None:
    bench = GateBench(emergency=CLOSED)
    bench.steps.tell(word(NOW_MS))

    bench.wait(later_ms * MS)

    assert guard == bench.guard()


def test_the_age_of_a_silent_source_stands_in_the_refusal() -> None:
    bench = GateBench(emergency=CLOSED)
    bench.steps.tell(word(NOW_MS))
    bench.wait(20_000 * MS)

    (refused,) = bench.ask().told(ApprovalRefused)

    assert ("20000", "15000") == (refused.figure, refused.limit)


def test_a_word_from_the_future_is_as_young_as_its_arrival() -> None:
    bench = GateBench(emergency=CLOSED)

    step = bench.steps.tell(word(NOW_MS + 3_600_000))

    assert (EmergencyHeard(NOW_MS),) == step.facts


def test_a_word_that_comes_late_does_not_make_the_source_older() -> None:
    bench = GateBench(emergency=CLOSED)
    bench.steps.tell(word(NOW_MS))

    bench.steps.tell(word(NOW_MS - 60_000))

    assert "" == bench.guard()


def test_an_approval_that_aged_is_not_renewed_without_the_source() -> None:
    bench = GateBench(emergency=CLOSED)
    bench.steps.tell(word(NOW_MS))
    order = bench.approve()
    bench.wait((TTL_MS + 1) * MS)

    step = bench.steps.tell(RenewApproval(order.client_order_id, order.intent_id))

    assert [RenewalRefused(order.client_order_id, "emergency_age")] == step.to("order_manager")


def test_open_by_setting_lets_entries_pass_and_says_so_of_each() -> None:
    bench = GateBench(NO_COOLDOWN, emergency=OPEN)

    spared = bench.approve()
    bench.steps.tell(word(NOW_MS))
    heard = bench.approve()

    assert "emergency_age: never heard against 15000" == spared.waived
    assert "" == heard.waived


@pytest.mark.parametrize(
    ("terms", "names"),
    [(OPEN, ["emergency_fails_open"]), (CLOSED, []), (EmergencyTerms(0, fails_open=True), [])],
)
def test_open_by_setting_is_said_at_every_start(terms: EmergencyTerms, names: list[str]) -> None:
    bench = GateBench(emergency=terms)

    step = bench.steps.tell(EngineStarted(4, LastRun.STOPPED))

    assert names == [alert.alert for alert in step.told(AlertRaised)]


def test_a_policy_is_written_down_with_what_it_replaces() -> None:
    bench = GateBench()
    first = PolicyChanged("position_size_pct_default", "1", "store", 1)
    second = PolicyChanged("position_size_pct_default", "1.5", "store", 2)

    steps = bench.steps.tell(first), bench.steps.tell(second)

    assert [(PolicyBound(first, "2"),), (PolicyBound(second, "1"),)] == [s.facts for s in steps]


@pytest.mark.parametrize(
    ("key", "value", "before"),
    [
        ("scale_in", "true", "false"),
        ("actions", "CLOSE_LONG", ",".join(SETTINGS.actions)),
        ("positions_max", "5", "3"),
        ("sizing", "risk", "percent"),
    ],
)
def test_what_a_policy_replaces_is_written_as_a_source_would(
    key: str, value: str, before: str
) -> None:
    policy = PolicyChanged(key, value, "store", 1)

    assert (PolicyBound(policy, before),) == GateBench().steps.tell(policy).facts


@pytest.mark.parametrize("value", ["2", "2.0", "2.00"])
def test_a_repeated_value_is_a_sign_of_life_and_no_change(value: str) -> None:
    bench = GateBench()
    policy = PolicyChanged("position_size_pct_default", value, "store", 7)

    step = bench.steps.tell(policy)

    assert ((WorldNoted(policy),), ()) == (step.facts, step.logs)
    assert 7 == bench.steps.actor.state.policy_at_ms


def test_the_settings_ask_a_source_only_where_one_is_configured() -> None:
    source = EmergencySettings(url="http://127.0.0.1:8003", ttl_ms=TTL_MS)

    assert EmergencyTerms() == emergency_terms(Settings())
    assert CLOSED == emergency_terms(Settings(emergency=source))
    assert OPEN == emergency_terms(Settings(emergency=evolve(source, fail_mode="open")))


def test_a_policy_source_that_is_asked_must_not_be_silent_longer_than_its_time() -> None:
    keys = EmergencySettings(url="http://127.0.0.1:8003", policy_keys=("leverage",))
    own = RiskSettings(policy_age_ms_max=7)

    assert 0 == gate_settings(Settings()).policy_age_ms_max
    assert 0 == gate_settings(Settings(emergency=evolve(keys, url=""))).policy_age_ms_max
    assert TTL_MS == gate_settings(Settings(emergency=keys)).policy_age_ms_max
    assert 7 == gate_settings(Settings(emergency=keys, risk=own)).policy_age_ms_max
