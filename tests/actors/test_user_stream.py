"""Test of UserStream: every report once, and no health without a comparison after a gap."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.exchange_settings import StreamSettings
from callboard.actors.user_stream import UserStream
from callboard.messages.account import RefreshAccount
from callboard.messages.control import TripBreaker
from callboard.messages.events import AlertRaised
from callboard.messages.orders import OrderReported
from callboard.messages.reconciliation import TradesFound
from callboard.messages.stream import (
    AccountConfigFrame,
    AccountFrame,
    BackfillDone,
    BackfillNeeded,
    BalancesReported,
    FrameQuarantined,
    FundingPaid,
    MarginCalled,
    OrderFrame,
    PositionReported,
    ReportUserStream,
    StreamHealthChanged,
    UserStreamChanged,
)
from callboard.messages.values import PositionSide, Severity, TradingState
from callboard.messages.venue import PositionEvidence
from support import venue_samples
from support.steps import SECOND, Step, StepRunner

ZERO = Decimal(0)
EVIDENCE = evolve(venue_samples.EVIDENCE, updated_at_ms=100)
TRADE = evolve(venue_samples.TRADE, at_ms=101)
NEW = OrderFrame(EVIDENCE, None, "NEW", lite=False, event_at_ms=100)
PARTLY = evolve(EVIDENCE, status="PARTIALLY_FILLED", filled=Decimal("0.004"), updated_at_ms=101)
FILL = OrderFrame(PARTLY, TRADE, "TRADE", lite=False, event_at_ms=101)
LITE = OrderFrame(None, evolve(TRADE, fee=ZERO), "TRADE", lite=True, event_at_ms=101)
OPEN = UserStreamChanged(connected=True, reason="opened")
LOST = UserStreamChanged(connected=False, reason="closed")


def bench(*, window: int = 100, healthy: bool = True) -> StepRunner:
    settings = StreamSettings(dedupe_window=window, silence_ms_max=60_000)
    steps = StepRunner(UserStream(settings), name="user_stream")
    steps.start()
    if healthy:
        steps.tell(OPEN)
        steps.tell(BackfillDone(0))
    return steps


def since(steps: StepRunner) -> int:
    """Tell the stream open and return where its gap begins."""
    (needed,) = steps.tell(OPEN).told(BackfillNeeded)
    return needed.since_ms


def test_a_life_begins_unhealthy_and_asks_the_socket() -> None:
    steps = StepRunner(UserStream(StreamSettings()), name="user_stream")

    step = steps.start()

    assert [ReportUserStream()] == step.to("user_socket")
    assert [StreamHealthChanged(healthy=False, reason="starting")] == step.to("risk_gate")


def healths(step: Step) -> list[bool]:
    """What the gate hears of the stream's health; the order manager hears the same."""
    told = [health for health in step.to("risk_gate") if isinstance(health, StreamHealthChanged)]
    assert told == [each for each in step.to("order_manager") if each in told]
    return [health.healthy for health in told]


def test_a_report_is_passed_on_as_evidence() -> None:
    step = bench().tell(FILL)

    assert (("order_manager", OrderReported(PARTLY, TRADE, "stream")),) == step.tells


def test_a_stranger_s_order_is_passed_on_all_the_same() -> None:
    stranger = evolve(NEW, evidence=evolve(EVIDENCE, client_order_id="web_1"))

    assert 1 == len(bench().tell(stranger).to("order_manager"))


def test_the_same_report_is_passed_on_once() -> None:
    steps = bench()
    steps.tell(FILL)

    step = steps.tell(FILL)

    assert ((), ()) == (step.facts, step.tells)
    assert "duplicate_frame_left_out" == step.logs[0][0]


def test_reports_that_differ_in_status_fill_trade_or_time_all_pass() -> None:
    steps = bench()
    amended = evolve(EVIDENCE, price=Decimal(59000), updated_at_ms=150)
    frames = [
        NEW,
        FILL,
        evolve(FILL, trade=evolve(TRADE, trade_id="4712")),
        evolve(NEW, evidence=evolve(EVIDENCE, status="CANCELED"), execution="CANCELED"),
        evolve(NEW, evidence=amended, execution="AMENDMENT"),
        evolve(NEW, evidence=evolve(amended, updated_at_ms=151), execution="AMENDMENT"),
    ]

    passed = [len(steps.tell(frame).to("order_manager")) for frame in frames]

    assert [1, 1, 1, 1, 1, 1] == passed


def test_an_order_and_a_conditional_one_of_the_same_number_are_two() -> None:
    steps = bench()
    steps.tell(NEW)

    step = steps.tell(evolve(NEW, evidence=evolve(EVIDENCE, conditional=True)))

    assert 1 == len(step.to("order_manager"))


def test_a_bare_fill_is_told_early_and_its_full_report_follows_with_the_same_trade_id() -> None:
    steps = bench()

    early = steps.tell(LITE)
    full = steps.tell(FILL)

    assert LITE.trade is not None
    assert [TradesFound("BTCUSDT", (LITE.trade,))] == early.to("order_manager")
    assert [OrderReported(PARTLY, TRADE, "stream")] == full.to("order_manager")


def test_a_bare_fill_after_its_full_report_says_nothing() -> None:
    steps = bench()
    steps.tell(FILL)

    assert () == steps.tell(LITE).tells


def test_the_window_forgets_the_oldest_first() -> None:
    steps = bench(window=2)
    frames = [evolve(NEW, evidence=evolve(EVIDENCE, venue_order_id=number)) for number in "abc"]
    for frame in frames:
        steps.tell(frame)

    newest = steps.tell(frames[2]).tells
    oldest = steps.tell(frames[0]).tells

    assert (0, 1) == (len(newest), len(oldest))
    assert 2 == len(steps.actor.state.seen)


def test_an_account_event_tells_wallet_and_positions_to_their_owners() -> None:
    long = PositionEvidence("BTCUSDT", PositionSide.LONG, Decimal(1), Decimal(60000))

    step = bench().tell(AccountFrame("ORDER", Decimal(999), (long,), 200))

    assert (
        ("account", BalancesReported(Decimal(999), 200, "ORDER")),
        (
            "position_monitor",
            PositionReported("BTCUSDT", PositionSide.LONG, Decimal(1), Decimal(60000), 200),
        ),
    ) == step.tells


def test_an_account_event_says_why_the_wallet_moved_and_how_far() -> None:
    frame = AccountFrame("DEPOSIT", Decimal(1099), (), 200, change=Decimal(100))

    step = bench().tell(frame)

    expected = BalancesReported(Decimal(1099), 200, "DEPOSIT", Decimal(100))
    assert (("account", expected),) == step.tells


def test_a_changed_setting_of_the_account_is_read_at_once() -> None:
    """C-50: leverage that somebody changes is known before the next order."""
    step = bench().tell(AccountConfigFrame(200))

    assert 1 == len(step.told(RefreshAccount))
    assert ["account_setting_changed"] == [alert.alert for alert in step.told(AlertRaised)]


def test_a_margin_call_opens_nothing_more_and_is_told() -> None:
    short = PositionEvidence("BTCUSDT", PositionSide.SHORT, Decimal(-1), Decimal(0))

    step = bench().tell(MarginCalled((short,), 200))

    (trip,) = step.told(TripBreaker)
    assert TradingState.REDUCING is trip.state
    assert [("margin_call", Severity.CRITICAL)] == [
        (alert.alert, alert.severity) for alert in step.told(AlertRaised)
    ]


def test_funding_is_passed_on_once_with_its_symbol() -> None:
    steps = bench()
    frame = AccountFrame("FUNDING_FEE", Decimal(998), (), 200, Decimal(-2), "BTCUSDT")

    first, second = steps.tell(frame), steps.tell(frame)

    assert [FundingPaid("BTCUSDT", Decimal(-2), 200)] == first.told(FundingPaid)
    assert [] == second.told(FundingPaid)


@pytest.mark.parametrize("is_lossy", [True, False])
def test_a_frame_that_nobody_can_read_has_the_venue_asked(*, is_lossy: bool) -> None:
    """What is unknown is quarantined and reconciled; only what may be lost stops entries."""
    steps = bench()

    step = steps.tell(FrameQuarantined("NEWS", "unknown kind", "{}", is_lossy))

    assert ["frame_quarantined"] == [
        alert.alert for alert in step.told(AlertRaised) if alert.alert != "user_stream_lost"
    ]
    assert 1 == len(step.told(BackfillNeeded))
    assert [False] * is_lossy == healths(step)
    assert steps.actor.state.connected


def test_a_strange_frame_of_a_lost_stream_waits_for_the_next_connection() -> None:
    step = bench(healthy=False).tell(FrameQuarantined("NEWS", "unknown kind", "{}", False))

    assert [] == step.told(BackfillNeeded)


def test_silence_is_noticed_as_soon_as_it_has_lasted() -> None:
    """C-24: a stream that delivers nothing is asked about after its time, not after twice that."""
    steps = bench()
    steps.tell(FILL, after_ns=40 * SECOND)

    early = steps.fire("silence")
    wait_ns = steps.timers["silence"].due_ns - steps.now_ns
    step = steps.fire("silence")

    assert ([], 40 * SECOND) == (early.told(BackfillNeeded), wait_ns)
    assert 1 == len(step.told(BackfillNeeded))


def test_an_account_event_without_our_asset_tells_no_wallet() -> None:
    assert () == bench().tell(AccountFrame("DEPOSIT", None, (), 200)).tells


def test_an_older_account_event_does_not_bring_old_figures_back() -> None:
    steps = bench()
    flat = PositionEvidence("BTCUSDT", PositionSide.BOTH, ZERO, ZERO)
    other = evolve(flat, symbol="ETHUSDT")
    steps.tell(AccountFrame("ORDER", Decimal(999), (flat,), 200))

    step = steps.tell(AccountFrame("ORDER", Decimal(998), (flat, other), 199))

    assert ["ETHUSDT"] == [report.symbol for report in step.told(PositionReported)]
    assert [] == step.to("account")


def test_a_lost_stream_is_unhealthy_at_once() -> None:
    step = bench().tell(LOST)

    assert [StreamHealthChanged(healthy=False, reason="closed")] == step.to("risk_gate")
    assert ["user_stream_lost"] == [alert.alert for alert in step.to("event_bus")]


def test_a_new_connection_asks_for_what_came_since_the_last_frame() -> None:
    steps = bench()
    steps.tell(FILL)
    steps.tell(LOST)

    step = steps.tell(OPEN)

    assert (("reconciler", BackfillNeeded(101, "opened")),) == step.tells


def test_the_stream_is_healthy_only_after_the_comparison() -> None:
    steps = bench(healthy=False)
    gap = since(steps)

    step = steps.tell(BackfillDone(gap))

    assert [StreamHealthChanged(healthy=True, reason="backfilled")] == step.to("risk_gate")
    assert ["user_stream_healthy"] == [alert.alert for alert in step.to("event_bus")]


def test_a_comparison_that_ends_while_the_stream_is_lost_counts_for_nothing() -> None:
    steps = bench(healthy=False)
    gap = since(steps)
    steps.tell(LOST)

    assert () == steps.tell(BackfillDone(gap)).tells


def test_the_answer_to_an_earlier_gap_does_not_close_a_later_one() -> None:
    steps = bench(healthy=False)
    first = since(steps)
    steps.tell(LOST)
    second = since(steps)

    early = steps.tell(BackfillDone(first))
    own = steps.tell(BackfillDone(second))

    assert second < first
    assert () == early.tells
    assert [True] == healths(own)


def test_two_openings_in_a_row_are_a_loss_between_them() -> None:
    step = bench().tell(OPEN)

    assert [False] == healths(step)
    assert 1 == len(step.told(BackfillNeeded))


def test_a_new_life_asks_for_the_gap_once_the_socket_says_that_it_is_open() -> None:
    steps = bench()
    steps.tell(FILL)

    again = steps.start()

    assert [False] == healths(again)
    assert 101 == since(steps)


def test_silence_asks_for_a_comparison_without_losing_health() -> None:
    steps = bench()
    steps.tell(FILL)

    step = steps.fire("silence")
    done = steps.tell(BackfillDone(101))

    assert (("reconciler", BackfillNeeded(101, "nothing heard for long")),) == step.tells
    assert () == done.tells
    assert "silence" in steps.timers


def test_a_stream_that_speaks_is_left_alone() -> None:
    steps = bench()
    steps.tell(FILL, after_ns=30 * SECOND)

    assert () == steps.fire("silence").tells


def test_a_gap_that_nobody_answers_is_asked_for_again() -> None:
    steps = bench(healthy=False)
    gap = since(steps)

    step = steps.fire("silence")

    assert [gap] == [needed.since_ms for needed in step.told(BackfillNeeded)]


def test_a_lost_stream_is_not_asked_about_its_silence() -> None:
    assert () == bench(healthy=False).fire("silence").tells
