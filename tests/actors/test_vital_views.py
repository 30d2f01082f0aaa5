"""Test of the vital views: an owner says how it is, and asking changes nothing."""

from decimal import Decimal

from callboard.actors.account import Account
from callboard.actors.exchange_settings import AccountSettings, StreamSettings
from callboard.actors.queue_facts import OrderWaited
from callboard.actors.risk_gate import RiskGate
from callboard.actors.user_stream import UserStream
from callboard.messages.orders import HoldSymbol
from callboard.messages.stream import BackfillDone, UserStreamChanged
from callboard.messages.values import Priority
from callboard.messages.venue import AccountModeRead, AccountRead, RequestPermit
from callboard.messages.vitals import (
    AccountView,
    BudgetView,
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    HoldView,
    LimitsView,
    MarkView,
    QueueClassView,
    QueueView,
    StreamsView,
    UserStreamView,
    VitalsQuery,
)
from support import limiters, queues
from support.entries import CLOCK, SETTINGS, SYMBOL, mark
from support.gates import GateBench
from support.steps import MS, SECOND, START_NS, StepRunner
from support.venue_samples import read_ended

NOW_MS = START_NS // MS
D = Decimal


def answer(steps: StepRunner, query: VitalsQuery) -> object:
    """Return what the owner answers; it must want nothing else."""
    step = steps.tell(query)
    assert ((), (), ()) == (step.facts, step.tells, step.timers)
    (reply,) = step.replies
    return reply


def limits(steps: StepRunner) -> LimitsView:
    """Return what the limiter answers."""
    view = answer(steps, GetLimits())
    assert isinstance(view, LimitsView)
    return view


def budget(steps: StepRunner, name: str) -> BudgetView:
    """Return what the limiter answers of one limit."""
    return next(each for each in limits(steps).budgets if each.budget == name)


def test_a_fresh_limiter_has_used_nothing_and_heard_nothing() -> None:
    view = limits(limiters.bench())

    assert (0, 0, 0, 0) == (
        view.permits,
        view.paused_until_ms,
        view.orders_paused_until_ms,
        view.banned_until_ms,
    )
    assert "" == view.pause_reason
    assert [0, 0, 0, 0] == [each.used for each in view.budgets]
    assert [None] * 4 == [each.reported for each in view.budgets]
    assert ["normal"] * 4 == [each.pressure for each in view.budgets]
    assert all(0 < each.tokens == each.tokens_max for each in view.budgets)


def test_the_venues_own_figure_stands_beside_our_reckoning_with_its_time() -> None:
    steps = limiters.bench()
    limiters.ask(steps, "one")
    steps.now_ns += SECOND

    limiters.observe(steps, weight_used_1m=900, orders_used_10s=1, orders_used_1m=40)

    weight, orders = budget(steps, "weight_1m"), budget(steps, "orders_1m")
    assert (900, 900, NOW_MS + 1_000) == (weight.used, weight.reported, weight.reported_at_ms)
    assert (40, 40, 2400, 1200) == (orders.used, orders.reported, weight.limit, orders.limit)
    assert None is budget(steps, "requests_1m").reported


def test_the_venues_figure_stays_when_its_window_is_over_and_when_limits_change() -> None:
    steps = limiters.bench()
    limiters.observe(steps, weight_used_1m=900)

    steps.now_ns += 120 * SECOND
    later = budget(steps, "weight_1m")

    assert (0, 900, NOW_MS) == (later.used, later.reported, later.reported_at_ms)


def test_a_pause_is_told_with_its_end_and_the_venues_words() -> None:
    steps = limiters.bench()

    limiters.pause(steps, retry_after_s=5)

    view = limits(steps)
    assert view.paused_until_ms > view.at_ms
    assert "status 429: slow" == view.pause_reason


def test_who_waits_for_a_permit_is_counted_by_class() -> None:
    steps = limiters.bench()
    limiters.pause(steps)
    limiters.ask(steps, "a")
    limiters.ask(steps, "b")
    limiters.ask(steps, "c", reducing=True)

    view = limits(steps)

    assert (2, 1) == (view.waiting_opening, view.waiting_reducing)


def test_the_queue_tells_depth_and_oldest_age_of_each_class_and_who_holds_what() -> None:
    steps = queues.bench(queues.opening("a"))
    steps.tell(queues.opening("b"), after_ns=2 * SECOND)
    steps.tell(queues.reducing("c"), after_ns=SECOND)
    steps.tell(HoldSymbol("ETHUSDT", "order c7"))

    view = answer(steps, GetQueue())

    assert (
        QueueView(
            at_ms=NOW_MS + 3_000,
            classes=(
                QueueClassView(Priority.REDUCING, 1, 0),
                QueueClassView(Priority.OPENING, 2, 3_000),
            ),
            in_flight=0,
            holds=(HoldView("ETHUSDT", ("order c7",)),),
            entries_off="",
        )
        == view
    )


def test_an_order_that_left_the_queue_is_not_counted_any_more() -> None:
    steps = queues.bench(queues.opening("a"))
    queues.grant(steps, "a")

    view = answer(steps, GetQueue())

    assert isinstance(view, QueueView)
    assert (0, 0, 1) == (view.classes[1].waiting, view.classes[1].oldest_age_ms, view.in_flight)


def test_an_order_of_an_older_journal_waits_since_nobody_knows_when() -> None:
    steps = queues.bench()
    steps.actor.apply(OrderWaited(queues.opening("a")))

    view = steps.actor.state

    assert {"a": 0} == view.since_ns


def test_the_gate_answers_by_what_it_judges_entries() -> None:
    gate = GateBench()
    gate.steps.now_ns += SECOND

    view = answer(gate.steps, GetStreams())

    assert isinstance(view, StreamsView)
    assert (True, True, True, True) == (
        view.ready,
        view.user_stream_healthy,
        view.venue_open,
        view.clock_trusted,
    )
    quote = mark()
    assert MarkView(SYMBOL, quote.mark, quote.bid, quote.ask, 1_000) in view.marks
    assert sorted(each.symbol for each in view.marks) == [each.symbol for each in view.marks]
    assert (CLOCK.offset_ns // MS, 1_000) == (view.clock_offset_ms, view.filters_age_ms)


def test_a_gate_that_was_told_nothing_answers_what_refuses() -> None:
    steps = StepRunner(RiskGate(SETTINGS, "cb"), name="risk_gate")

    view = answer(steps, GetStreams())

    assert (
        StreamsView(
            at_ms=NOW_MS,
            ready=False,
            user_stream_healthy=False,
            venue_open=False,
            clock_trusted=False,
            clock_offset_ms=0,
            clock_error_ms=0,
            marks=(),
            filters_age_ms=None,
            mismatched=(),
            unprotected=(),
        )
        == view
    )


def test_a_stream_tells_its_silence_and_its_gap() -> None:
    steps = StepRunner(UserStream(StreamSettings()), name="user_stream")
    steps.start()

    before = answer(steps, GetUserStream())
    steps.tell(UserStreamChanged(connected=True, reason="up"))
    open_gap = answer(steps, GetUserStream())
    steps.tell(BackfillDone(0), after_ns=SECOND)
    whole = answer(steps, GetUserStream())

    assert UserStreamView(NOW_MS, False, False, None, 0, None) == before
    assert UserStreamView(NOW_MS, True, False, 0, 0, 0) == open_gap
    assert UserStreamView(NOW_MS + 1_000, True, True, 1_000, 0, None) == whole


def test_an_account_that_was_never_read_is_worth_nobody_knows_what() -> None:
    steps = StepRunner(Account(AccountSettings()), name="account")

    view = answer(steps, GetAccount())

    assert isinstance(view, AccountView)
    assert (0, None, None, None) == (view.known_at_ms, view.equity, view.wallet, view.hedge_mode)
    assert (None, None, None) == (view.drawdown_pct, view.day_start_equity, view.peak_equity)


def test_an_account_tells_equity_day_start_peak_and_drawdown() -> None:
    steps = StepRunner(Account(AccountSettings()), name="account")
    mode = AccountModeRead(hedge_mode=False, multi_assets=False, can_trade=True)
    for result in (mode, AccountRead(D(1000), D(900), D(0)), AccountRead(D(1000), D(800), D(-50))):
        steps.tell(read_ended("account/ReadAccount", result, sent_at_ns=steps.now_ns))

    view = answer(steps, GetAccount())

    assert (
        AccountView(
            at_ms=NOW_MS,
            known_at_ms=NOW_MS,
            wallet=D(1000),
            available=D(800),
            unrealised_pnl=D(-50),
            equity=D(950),
            day_start_equity=D(1000),
            peak_equity=D(1000),
            drawdown_pct=D(5),
            hedge_mode=False,
            can_trade=True,
            mode_fault="",
            key_fault="",
        )
        == view
    )


def test_a_permit_waits_for_no_query() -> None:
    steps = limiters.bench()
    limits(steps)

    assert ["a"] == limiters.granted(limiters.ask(steps, "a"))
    assert [] == steps.tell(GetLimits()).told(RequestPermit)
