"""Trouble scenes: faults, crashes and restarts, each for the refusals that they bring about."""

from decimal import Decimal

from callboard.actors import names
from callboard.messages.intake import FlattenPositions, ResumeTrading
from callboard.scenarios.venue.faults import Fault
from support.crashes import Crashes
from support.long_runs import BTC, ETH, LONG, PLACE, SOL, LongRun
from support.scenes import NO_PAUSE


def an_account_that_has_no_money_yet(run: LongRun) -> None:
    account = run.world.venue.core.account
    account.wallet, money = Decimal(0), account.wallet
    run.world.start()
    run.wait(10)
    run.wish(LONG)
    account.wallet = money
    run.wait(120)


def nothing_has_to_wait_today(run: LongRun) -> None:
    run.policy(**NO_PAUSE)


def the_user_stream_breaks_off(run: LongRun) -> None:
    run.plan("STREAM", "user", Fault.STREAM_DISCONNECT, size_ms=20_000)
    run.wish(LONG, BTC, seconds=5)
    run.wish(LONG, SOL, seconds=60)
    run.tell(FlattenPositions("s1"), 30)


def the_market_stream_falls_silent(run: LongRun) -> None:
    run.plan("STREAM", "market", Fault.STREAM_STALL, size_ms=20_000)
    run.wait(12)
    run.wish(LONG, seconds=60)


def the_venue_fails(run: LongRun) -> None:
    run.plan(*PLACE, Fault.HTTP_503_SERVICE_UNAVAILABLE, count=20)
    run.wish(LONG, BTC, seconds=20)
    run.wish(LONG, SOL, seconds=5)
    run.wish(LONG, ETH, seconds=120)


def the_clock_cannot_be_read(run: LongRun) -> None:
    run.plan("GET", "/fapi/v1/time", Fault.REQUEST_LOST_BEFORE_EXECUTION, count=60)
    run.wait(6 * 60)
    run.wish(LONG, BTC)
    run.wait(30 * 60)


def the_account_cannot_be_read(run: LongRun) -> None:
    for path in ("/fapi/v2/account", "/fapi/v3/account"):
        run.plan("GET", path, Fault.REQUEST_LOST_BEFORE_EXECUTION, count=60)
    run.wait(6 * 60)
    run.wish(LONG, BTC)
    run.wait(60 * 60)


def the_venue_takes_no_entries(run: LongRun) -> None:
    run.plan(*PLACE, Fault.NO_ENTRIES_4140)
    run.wish(LONG, seconds=10)
    run.wish(LONG)


def a_symbol_is_closed_when_the_filters_are_read(run: LongRun) -> None:
    run.wait_until(22.9)
    run.set_status(SOL, "SETTLING")
    run.wait_until(23.1)
    run.wish(LONG, SOL)
    run.set_status(SOL, "TRADING")


def the_account_may_not_trade(run: LongRun) -> None:
    run.world.venue.core.account.may_trade = False
    run.wait(120)
    run.tell(ResumeTrading("r2", "a drill", ("one", "two")))
    run.wish(LONG, BTC)
    run.world.venue.core.account.may_trade = True
    run.wait(120)
    run.tell(ResumeTrading("r3", "it may again", ("one", "two")))


def the_settings_contradict_the_policy_after_a_restart(run: LongRun) -> None:
    run.policy(stop_loss_pct_default="1.5")
    run.restart(stop_loss_pct_default=Decimal("0.5"), stop_loss_pct_max=Decimal("1.0"))
    run.wish(LONG, BTC)
    run.restart()
    run.policy(stop_loss_pct_default="2.0")


def the_gate_fails_twice_on_a_wish(run: LongRun) -> None:
    run.world.kernel.saboteur = Crashes(names.RISK_GATE, "RequestEntry", times=2)
    run.wish(LONG, BTC, seconds=10)
    run.world.kernel.saboteur = None
    run.tell(ResumeTrading("r4", "a drill", ("one", "two")))


def a_crash_between_the_wish_and_the_gate(run: LongRun) -> None:
    run.wish(LONG, BTC, seconds=None)
    run.step_until(lambda cell: cell.name == names.EXECUTION_SYSTEM)
    run.restart()


TROUBLE = (
    an_account_that_has_no_money_yet,
    nothing_has_to_wait_today,
    the_user_stream_breaks_off,
    the_market_stream_falls_silent,
    the_venue_fails,
    the_clock_cannot_be_read,
    the_account_cannot_be_read,
    the_venue_takes_no_entries,
    the_account_may_not_trade,
    a_symbol_is_closed_when_the_filters_are_read,
    the_settings_contradict_the_policy_after_a_restart,
    the_gate_fails_twice_on_a_wish,
    a_crash_between_the_wish_and_the_gate,
)
