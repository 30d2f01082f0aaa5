"""Account setup: what the settings want is set at the venue, once, and told when refused."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.actors.account import Account
from callboard.actors.account_setup import SetupWishes, setting_of, token_of
from callboard.actors.exchange_settings import AccountSettings
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.account import (
    ArmCountdown,
    CountdownArmed,
    CountdownReported,
    DisarmCountdown,
    FeePriceChanged,
    FeePriceRead,
    LeverageSet,
    MarginTypeSet,
    ReadFeePrice,
    ReportCountdown,
    SetLeverage,
    SetMarginType,
    SymbolConfig,
    SymbolConfigsRead,
)
from callboard.messages.events import AlertRaised, OrderRefused
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import OrderType, Phase, Priority, SignalType, TimeInForce
from callboard.messages.venue import Fenced, MakeCall, Permit, PermitGranted, PermitRefused, Result
from support.eth_stage import RULES, SYMBOL, EthStage, make_venue
from support.steps import SECOND, Step, StepRunner
from support.venue_samples import read_ended

HOUR = 3_600 * SECOND
PERMIT = Permit("p1", 0)
WISHES = SetupWishes(("BTCUSDT", "ETHUSDT"), leverage=10, isolated=True)


def _config(symbol: str, leverage: int = 20, *, isolated: bool = False) -> SymbolConfig:
    return SymbolConfig(symbol, leverage, Decimal(1_000_000), isolated)


class Bench:
    def __init__(self, wishes: SetupWishes = WISHES) -> None:
        self.steps = StepRunner(Account(AccountSettings(), wishes), name="account")
        self.started = self.steps.start()

    def read(self, *configs: SymbolConfig) -> Step:
        return self.ended("account/ReadSymbolConfigs", SymbolConfigsRead(configs))

    def ended(self, token: str, result: Result | None, **changes: Any) -> Step:
        sent_at_ns = self.steps.now_ns
        return self.steps.tell(read_ended(token, result, sent_at_ns=sent_at_ns, **changes))


def _tokens(step: Step) -> list[str]:
    return [request.token for request in step.to("rate_limiter")]


@pytest.mark.parametrize(
    "setting",
    [
        SetLeverage("1000PEPEUSDC", 7),
        SetMarginType("BTCUSDT", isolated=True),
        SetMarginType("BTCUSDT", isolated=False),
        ArmCountdown("BTCUSDT_260327", 120_000),
    ],
)
def test_a_token_says_which_request_it_stands_for(setting: Any) -> None:
    assert setting == setting_of(token_of("account", setting))
    assert setting_of("account/ReadAccount") is None


def test_what_differs_is_set_and_nothing_else() -> None:
    bench = Bench()

    step = bench.read(_config("BTCUSDT"), _config("ETHUSDT", 10, isolated=True), _config("XRPUSDT"))

    assert ["account/SetMarginType/BTCUSDT/1", "account/SetLeverage/BTCUSDT/10"] == _tokens(step)


def test_nothing_is_set_where_nothing_is_wished() -> None:
    bench = Bench(SetupWishes(("BTCUSDT",)))

    assert [] == _tokens(bench.read(_config("BTCUSDT")))
    assert "beat" not in bench.steps.timers


def test_a_permit_becomes_the_request_on_the_lane_without_openings() -> None:
    bench = Bench()
    (_, token) = _tokens(bench.read(_config("BTCUSDT")))

    step = bench.steps.tell(PermitGranted(token, Permit("p", bench.steps.now_ns + SECOND)))

    (made,) = step.to("lane_reducing")
    assert (SetLeverage("BTCUSDT", 10), Priority.OPENING) == (made.call, made.priority)


def test_what_was_set_is_known_at_once() -> None:
    bench = Bench()
    bench.read(_config("BTCUSDT"))

    bench.ended("account/SetLeverage/BTCUSDT/10", LeverageSet("BTCUSDT", 10, Decimal(7)))
    bench.ended("account/SetMarginType/BTCUSDT/1", MarginTypeSet("BTCUSDT", isolated=True))

    known = bench.steps.actor.state.configs["BTCUSDT"]
    assert SymbolConfig("BTCUSDT", 10, Decimal(7), isolated=True) == known


def test_what_was_so_already_counts_as_set() -> None:
    bench = Bench()
    bench.read(_config("BTCUSDT"))

    step = bench.ended("account/SetMarginType/BTCUSDT/1", None, status=400, code=-4046)

    assert bench.steps.actor.state.configs["BTCUSDT"].isolated
    assert [] == step.told(AlertRaised)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"status": 400, "code": -4048, "text": "position"}, "was not set: -4048 position"),
        ({"phase": Phase.MAYBE_SENT, "status": 0}, "was not set: MAYBE_SENT"),
    ],
)
def test_what_was_not_set_is_told_and_read_again_and_left(
    changes: dict[str, Any], text: str
) -> None:
    bench = Bench()
    bench.read(_config("BTCUSDT", 10))

    step = bench.ended("account/SetMarginType/BTCUSDT/1", None, **changes)
    again = bench.read(_config("BTCUSDT", 10))

    (alert,) = step.told(AlertRaised)
    assert ("symbol_not_set", "BTCUSDT") == (alert.alert, alert.subject)
    assert text in alert.text
    assert ["account/ReadSymbolConfigs"] == _tokens(step)
    assert [] == _tokens(again)


def test_what_was_not_set_is_tried_again_with_the_next_whole_reading_and_at_a_start() -> None:
    bench = Bench()
    bench.read(_config("BTCUSDT", 10))
    bench.steps.now_ns += HOUR

    later = bench.read(_config("BTCUSDT", 10))
    bench.steps.start()
    restarted = bench.read(_config("BTCUSDT", 10))

    assert ["account/SetMarginType/BTCUSDT/1"] == _tokens(later) == _tokens(restarted)


def test_what_got_no_leave_is_asked_for_at_the_next_reading() -> None:
    bench = Bench()
    (token,) = _tokens(bench.read(_config("BTCUSDT", 10)))

    for left_out in (PermitRefused(token, "full"), Fenced(token, 0, "permit_expired")):
        bench.steps.tell(left_out)

        assert [token] == _tokens(bench.read(_config("BTCUSDT", 10)))


def test_a_countdown_is_armed_at_a_start_with_a_warning_and_thrice_in_its_time() -> None:
    bench = Bench(SetupWishes(("BTCUSDT", "ETHUSDT"), countdown_ms=30_000))

    beat = bench.steps.fire("beat")

    (alert,) = bench.started.told(AlertRaised)
    assert "whether stops go too is not documented" in alert.text
    arms = ["account/ArmCountdown/BTCUSDT/30000", "account/ArmCountdown/ETHUSDT/30000"]
    assert arms == [token for token in _tokens(bench.started) if "Arm" in token]
    assert arms == _tokens(beat)
    assert {Priority.REDUCING} == {request.priority for request in beat.to("rate_limiter")}
    assert 10 * SECOND == bench.steps.timers["beat"].due_ns - bench.steps.now_ns


def test_a_countdown_that_is_not_armed_is_told() -> None:
    bench = Bench(SetupWishes(("BTCUSDT",), countdown_ms=30_000))
    token = "account/ArmCountdown/BTCUSDT/30000"

    good = bench.ended(token, CountdownArmed("BTCUSDT", 30_000))
    bad = bench.ended(token, None, phase=Phase.NOT_CONNECTED)

    assert [] == good.told(AlertRaised)
    assert "the countdown of 30000 ms was not armed: NOT_CONNECTED" == (
        bad.told(AlertRaised)[0].text
    )


def test_a_countdown_whose_request_did_not_leave_is_armed_a_moment_later() -> None:
    bench = Bench(SetupWishes(("BTCUSDT",), countdown_ms=30_000))
    token = "account/ArmCountdown/BTCUSDT/30000"

    bench.steps.tell(Fenced(token, 0, "clock_untrusted"))

    assert SECOND // 4 == bench.steps.timers["beat"].due_ns - bench.steps.now_ns
    assert [token] == _tokens(bench.steps.fire("beat"))


def test_a_stop_in_order_is_not_undone_by_a_countdown_that_did_not_leave() -> None:
    bench = Bench(SetupWishes(("BTCUSDT",), countdown_ms=30_000))
    bench.steps.tell(DisarmCountdown())

    bench.steps.tell(Fenced("account/ArmCountdown/BTCUSDT/30000", 0, "clock_untrusted"))

    assert "beat" not in bench.steps.timers


def _settings(risk: RiskSettings, accounts: AccountSettings) -> Settings:
    return Settings(seed=1, risk=risk, accounts=accounts)


def test_the_venue_is_set_as_the_settings_say_before_the_first_entry() -> None:
    risk = RiskSettings(symbols=(SYMBOL,), leverage=7, margin_type="isolated")
    accounts = AccountSettings(set_leverage=True, set_margin_type=True)
    venue = make_venue()
    stage = EthStage(venue, _settings(risk, accounts))
    stage.world.run_for(10)

    stage.signal("s1", SignalType.LONG_ENTRY)

    account = venue.core.account
    assert (7, "ISOLATED") == (account.leverage[SYMBOL], account.margin_type[SYMBOL])
    assert [] == stage.of(OrderRefused)
    assert venue.ledger().positions


def test_entries_of_a_symbol_with_another_margin_type_are_refused() -> None:
    risk = RiskSettings(symbols=(SYMBOL,), margin_type="isolated")
    stage = EthStage(settings=_settings(risk, AccountSettings()))
    stage.world.run_for(10)

    stage.signal("s1", SignalType.LONG_ENTRY)

    (refused,) = stage.of(OrderRefused)
    assert ("margin_type", "crossed", "isolated") == (
        refused.guard,
        refused.figure,
        refused.limit,
    )


def _report(bench: Bench) -> CountdownReported:
    (answer,) = bench.steps.tell(ReportCountdown()).replies
    assert isinstance(answer, CountdownReported)
    return answer


def test_a_stop_in_order_disarms_every_symbol_and_arms_none_any_more() -> None:
    bench = Bench(SetupWishes(("BTCUSDT", "ETHUSDT"), countdown_ms=30_000))
    late = PermitGranted("account/ArmCountdown/BTCUSDT/30000", PERMIT)

    step = bench.steps.tell(DisarmCountdown())
    waiting = _report(bench)
    made = bench.steps.tell(PermitGranted("account/ArmCountdown/BTCUSDT/0", PERMIT))
    for symbol in ("BTCUSDT", "ETHUSDT"):
        bench.ended(f"account/ArmCountdown/{symbol}/0", CountdownArmed(symbol, 0))

    assert [f"account/ArmCountdown/{each}/0" for each in ("BTCUSDT", "ETHUSDT")] == _tokens(step)
    assert "beat" not in bench.steps.timers
    assert CountdownReported(("BTCUSDT", "ETHUSDT")) == waiting
    assert [ArmCountdown("BTCUSDT", 0)] == [each.call for each in made.told(MakeCall)]
    assert () == bench.steps.tell(late).tells
    assert CountdownReported(()) == _report(bench)


def test_what_may_still_run_after_a_stop_is_told_with_its_reason() -> None:
    bench = Bench(SetupWishes(("BTCUSDT", "ETHUSDT"), countdown_ms=30_000))
    bench.steps.tell(DisarmCountdown())

    refused = bench.ended(
        "account/ArmCountdown/BTCUSDT/0", None, phase=Phase.ANSWERED, code=-1121, text="Invalid"
    )
    bench.steps.tell(PermitRefused("account/ArmCountdown/ETHUSDT/0", "banned"))

    (alert,) = refused.told(AlertRaised)
    assert "the countdown was not disarmed: -1121 Invalid" == alert.text
    left = (("BTCUSDT", "-1121 Invalid"), ("ETHUSDT", "banned"))
    assert CountdownReported((), left) == _report(bench)


def test_where_no_countdown_is_wanted_none_is_disarmed_and_a_start_forgets_an_old_stop() -> None:
    bench = Bench(SetupWishes(("BTCUSDT",)))
    armed = Bench(SetupWishes(("BTCUSDT",), countdown_ms=30_000))
    armed.steps.tell(DisarmCountdown())

    step = bench.steps.tell(DisarmCountdown())
    stray = bench.ended("account/ArmCountdown/BTCUSDT/0", CountdownArmed("BTCUSDT", 0))
    armed.steps.start()

    assert [] == _tokens(step)
    assert () == stray.facts
    assert CountdownReported(()) == _report(bench) == _report(armed)


def test_the_price_of_the_asset_that_pays_fees_is_read_with_the_rest_and_told() -> None:
    bench = Bench(SetupWishes(fee_asset="BNB", fee_symbol="BNBUSDT"))

    made = bench.steps.tell(PermitGranted("account/ReadFeePrice", PERMIT))
    told = bench.ended("account/ReadFeePrice", FeePriceRead("BNBUSDT", Decimal(600)))

    assert "account/ReadFeePrice" in _tokens(bench.started)
    assert [ReadFeePrice("BNBUSDT")] == [each.call for each in made.told(MakeCall)]
    now_ns = bench.steps.now_ns
    assert [FeePriceChanged("BNB", Decimal(600), now_ns)] == told.to("position_monitor")


def test_the_venue_cancels_resting_entries_of_an_engine_that_fell_silent() -> None:
    risk = RiskSettings(symbols=(SYMBOL,), cooldown_ms=0)
    venue = make_venue(RULES)
    stage = EthStage(venue, _settings(risk, AccountSettings(countdown_ms=30_000)))
    stage.world.run_for(10)
    mark = venue.core.books[SYMBOL].mark_price
    price = (mark * Decimal("0.97")).quantize(Decimal("0.01"))
    resting = SubmitSignal(
        "s1",
        0,
        SignalType.LONG_ENTRY,
        SYMBOL,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=price,
        confidence=Decimal("0.9"),
    )
    stage.world.tell(resting)

    stage.world.run_for(120)
    alive = venue.core.matching.orders.open_count(SYMBOL)
    stage.world.crash()
    stage.world.run_for(31)

    assert (1, 0) == (alive, venue.core.matching.orders.open_count(SYMBOL))
