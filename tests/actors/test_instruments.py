"""Test of Instruments: read at start and in time, told by difference, refreshed on refusal."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.exchange_settings import InstrumentSettings
from callboard.actors.instruments import Instruments
from callboard.messages.events import AlertRaised
from callboard.messages.instruments import (
    ContractStatus,
    Filters,
    InstrumentsChanged,
    LimitsPublished,
    RefreshInstruments,
)
from callboard.messages.values import Priority
from callboard.messages.venue import (
    Fenced,
    InstrumentsRead,
    MakeCall,
    Permit,
    PermitGranted,
    PermitRefused,
    ReadInstruments,
)
from support.steps import SECOND, Step, StepRunner
from support.venue_samples import BTC, read_ended

HOUR = 3_600 * SECOND
CALL = "instruments/ReadInstruments"
ONE = Decimal(1)
ETH = evolve(BTC, symbol="ETHUSDT")
LIMITS = LimitsPublished(2400, 300, 1200)


class Bench:
    def __init__(self) -> None:
        settings = InstrumentSettings(refresh_ms=23 * 3_600_000, retry_ms=10_000)
        self.steps = StepRunner(Instruments(settings, 24 * 3_600_000), name="instruments")
        self.started = self.steps.start()

    def read(
        self,
        *filters: Filters,
        sent_at_ns: int | None = None,
        limits: LimitsPublished = LIMITS,
    ) -> Step:
        sent = self.steps.now_ns if sent_at_ns is None else sent_at_ns
        return self.steps.tell(read_ended(CALL, InstrumentsRead(filters, limits), sent_at_ns=sent))

    def fail(self) -> Step:
        return self.steps.tell(read_ended(CALL, None, sent_at_ns=self.steps.now_ns))

    def wait_ms(self) -> int:
        return (self.steps.timers["tick"].due_ns - self.steps.now_ns) // 1_000_000


def test_filters_are_asked_for_at_every_start() -> None:
    bench = Bench()

    again = bench.steps.start()

    for step in (bench.started, again):
        assert ["ReadInstruments"] == [request.call for request in step.to("rate_limiter")]


def test_a_granted_permit_becomes_a_call() -> None:
    bench = Bench()
    (request,) = bench.started.to("rate_limiter")
    permit = Permit("p1", bench.steps.now_ns + SECOND)

    step = bench.steps.tell(PermitGranted(request.token, permit))

    expected = MakeCall(request.token, ReadInstruments(), permit, Priority.OPENING, 0, 0)
    assert [expected] == step.to("lane_reducing")


def test_the_first_reading_tells_gate_and_monitor_everything() -> None:
    bench = Bench()

    step = bench.read(BTC, ETH)

    changed = InstrumentsChanged((BTC, ETH), (), bench.steps.now_ns)
    told = (("risk_gate", changed), ("position_monitor", changed), ("rate_limiter", LIMITS))
    assert told == step.tells
    assert 23 * HOUR == bench.steps.timers["tick"].due_ns - bench.steps.now_ns


def test_a_later_reading_tells_only_what_changed_and_what_is_gone() -> None:
    bench = Bench()
    bench.read(BTC, ETH)
    halted = evolve(BTC, status=ContractStatus.TRADING_HALT)

    step = bench.read(halted)

    assert [InstrumentsChanged((halted,), ("ETHUSDT",), bench.steps.now_ns)] == (
        step.to("risk_gate")
    )
    assert {"BTCUSDT": halted} == bench.steps.actor.state.filters
    assert [("symbol_status", "BTCUSDT"), ("symbol_gone", "ETHUSDT")] == [
        (alert.alert, alert.subject) for alert in step.told(AlertRaised)
    ]


def test_a_reading_without_change_is_told_for_its_time() -> None:
    bench = Bench()
    bench.read(BTC)

    step = bench.read(BTC)

    assert [InstrumentsChanged((), (), bench.steps.now_ns)] == step.to("risk_gate")


def test_a_failed_reading_leaves_the_old_rules() -> None:
    bench = Bench()
    bench.read(BTC)
    bench.steps.fire("tick")

    step = bench.fail()

    assert () == step.tells
    assert {"BTCUSDT": BTC} == bench.steps.actor.state.filters


def test_a_failed_reading_is_repeated_soon_and_then_less_and_less_often() -> None:
    bench = Bench()

    waits: list[int] = []
    for _ in range(8):
        bench.fail()
        waits.append(bench.wait_ms())
        bench.steps.fire("tick")
    bench.read(BTC)
    bench.fail()

    assert [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000] == waits
    assert 250 == bench.wait_ms()


def test_a_reading_that_left_before_the_one_known_is_left_out() -> None:
    bench = Bench()
    bench.read(BTC)

    step = bench.read(ETH, sent_at_ns=bench.steps.now_ns - 1)

    assert ((), ()) == (step.facts, step.tells)


@pytest.mark.parametrize(
    "message", [PermitRefused("instruments/ReadInstruments", "late"), Fenced("c", 0, "x")]
)
def test_a_reading_that_did_not_leave_waits_for_its_tick(
    message: PermitRefused | Fenced,
) -> None:
    bench = Bench()

    step = bench.steps.tell(message)

    assert ((), ()) == (step.facts, step.tells)
    assert "tick" in bench.steps.timers


def test_a_refusal_for_a_filter_voids_the_symbol_for_entries_and_reads_at_once() -> None:
    """C-20: -1111, -1121, -4014, -4023 and -4164 end the filters' validity."""
    bench = Bench()
    bench.read(BTC)
    read_at_ns = bench.steps.now_ns

    step = bench.steps.tell(RefreshInstruments("BTCUSDT", "-4014"), after_ns=SECOND)
    fresh = bench.read(BTC)

    assert [("ReadInstruments", Priority.REDUCING)] == [
        (request.call, request.priority) for request in step.to("rate_limiter")
    ]
    assert [InstrumentsChanged((), ("BTCUSDT",), read_at_ns)] == step.to("risk_gate")
    assert [] == step.to("position_monitor")
    assert [(BTC,)] == [changed.filters for changed in fresh.to("risk_gate")]


def test_only_what_the_venue_called_old_is_read_in_the_class_of_exits() -> None:
    bench = Bench()
    bench.read(BTC)
    permit = Permit("p1", bench.steps.now_ns + SECOND)

    usual = bench.steps.tell(PermitGranted(CALL, permit))
    bench.steps.tell(RefreshInstruments("BTCUSDT", "-4014"))
    doubted = bench.steps.tell(PermitGranted(CALL, permit))

    assert [Priority.OPENING, Priority.REDUCING] == [
        call.priority for step in (usual, doubted) for call in step.to("lane_reducing")
    ]


def test_a_symbol_that_nobody_read_is_read_with_the_others_from_then_on() -> None:
    """C-20, S4-042: the whitelist is warm, others are lazy, none is forgotten."""
    bench = Bench()
    bench.read(BTC)
    bench.steps.tell(RefreshInstruments("ETHUSDT", "a position of it is open"))
    permit = Permit("p1", bench.steps.now_ns + SECOND)

    asked = bench.steps.tell(PermitGranted(CALL, permit))
    bench.read(BTC, ETH)
    again = bench.steps.tell(PermitGranted(CALL, permit))

    assert [("BTCUSDT", "ETHUSDT")] * 2 == [
        call.call.also for step in (asked, again) for call in step.to("lane_reducing")
    ]


def test_filters_that_are_a_day_old_are_told_to_people_once() -> None:
    """C-20: expired at an age of 24 h, inclusive; exits go by the old ones with a warning."""
    bench = Bench()
    bench.read(BTC)
    bench.steps.now_ns += 24 * HOUR - 1
    young = bench.steps.fire("tick")
    bench.steps.now_ns += 1
    old = bench.steps.fire("tick")
    older = bench.steps.fire("tick")
    bench.read(BTC)

    alerts = [[each.alert for each in step.told(AlertRaised)] for step in (young, old, older)]
    assert [[], ["filters_stale"], []] == alerts
    assert not bench.steps.actor.state.warned


def test_the_venues_own_rate_limits_are_told_when_they_change() -> None:
    """C-01: the limits are those that the venue publishes."""
    bench = Bench()
    bench.read(BTC)

    same, other = bench.read(BTC), bench.read(BTC, limits=evolve(LIMITS, weight_1m_max=1000))

    assert [] == same.to("rate_limiter")
    assert [LimitsPublished(1000, 300, 1200)] == other.to("rate_limiter")


def test_many_refusals_ask_for_one_reading_until_it_is_overdue() -> None:
    bench = Bench()
    bench.read(BTC)
    refusal = RefreshInstruments("BTCUSDT", "-4014")
    bench.steps.tell(refusal)

    soon = bench.steps.tell(refusal, after_ns=SECOND)
    overdue = bench.steps.tell(refusal, after_ns=10 * SECOND)

    assert (0, 1) == (len(soon.to("rate_limiter")), len(overdue.to("rate_limiter")))


def test_a_wanted_symbol_that_the_venue_does_not_list_is_named() -> None:
    wanted = ("BTCUSDT", "NOPEUSDT")
    steps = StepRunner(Instruments(InstrumentSettings(), 1_000, wanted), name="instruments")
    steps.start()

    step = steps.tell(read_ended(CALL, InstrumentsRead((BTC,), LIMITS), sent_at_ns=steps.now_ns))

    assert [("symbol_unknown", "NOPEUSDT")] == [
        (alert.alert, alert.subject) for alert in step.told(AlertRaised)
    ]
