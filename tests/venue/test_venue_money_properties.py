"""Venue money: whatever befalls an account, its wallet is the sum of what is told of it."""

from collections import defaultdict
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType] - untyped upstream
)

from callboard.actors.adapters.binance_frames import read_user_frame
from callboard.actors.adapters.binance_replies import ReplyOptions, read_result
from callboard.actors.adapters.binance_requests import build_request
from callboard.messages.venue import (
    Call,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    ReadAccount,
    ReadAccountMode,
)
from callboard.scenarios.venue import outside
from callboard.scenarios.venue.account import is_covered, value
from callboard.scenarios.venue.account_settings import LiquidationRules
from callboard.scenarios.venue.market import Mark
from callboard.scenarios.venue.settings import RateLimits, VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

D = Decimal
WALLET = D(2_000)
ETH = {"symbol": "ETHUSDT"}
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(100, 12_000).map(lambda steps: str(D(steps) / 1000))
CENTS = st.integers(230_000, 290_000).map(lambda cents: str(D(cents) / 100))
NAMES = st.sampled_from(["a", "b", "c"])
READS: tuple[Call, ...] = (
    ReadAccount(),
    ReadAccountMode(),
    ListPositions(),
    ListOpenOrders(conditional=False),
    ListOpenOrders(conditional=True),
    ListTrades("ETHUSDT", 0),
)
LIMITS = RateLimits(orders_10s_max=10**6, orders_1m_max=10**6, weight_1m_max=10**6)


class AnyAccount(RuleBasedStateMachine):
    """An account with little behind it, in a wild market that pays funding."""

    is_hedged = False

    def __init__(self) -> None:
        super().__init__()
        rules = evolve(LiquidationRules(), takeover_ms=20)
        self.world = VenueWorld(
            VenueSettings(
                rate_limits=LIMITS,
                wallet_balance=WALLET,
                hedge_mode=self.is_hedged,
                liquidation=rules,
            )
        )
        self.world.quote("2600.00", "2600.10", quantity="8")
        self.world.mark("2600.00")
        self.world.listen()

    @initialize(is_isolated=st.booleans(), leverage=st.integers(5, 100))
    def configure(self, is_isolated: bool, leverage: int) -> None:
        if is_isolated:
            self.world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
        self.world.done("POST", "/fapi/v1/leverage", **ETH, leverage=str(leverage))

    def _sided(self, side: str, *, closes: bool) -> dict[str, str]:
        if not self.is_hedged:
            return {"reduceOnly": "true"} if closes else {}
        return {"positionSide": "LONG" if (side == "BUY") != closes else "SHORT"}

    @rule(side=SIDES, quantity=QUANTITIES, closes=st.booleans())
    def market(self, side: str, quantity: str, closes: bool) -> None:
        more = self._sided(side, closes=closes)
        self.world.ask("POST", ORDER, **market_order(side, quantity, **more))

    @rule(side=SIDES, quantity=QUANTITIES, price=CENTS, name=NAMES)
    def limit(self, side: str, quantity: str, price: str, name: str) -> None:
        more = self._sided(side, closes=False)
        self.world.ask("POST", ORDER, **limit_order(side, quantity, price, name, **more))

    @rule(side=SIDES, price=CENTS, name=NAMES)
    def stop(self, side: str, price: str, name: str) -> None:
        more = {"closePosition": "true", "timeInForce": "GTE_GTC"}
        more |= {} if not self.is_hedged else self._sided(side, closes=True)
        self.world.ask("POST", ALGO, **stop_order(side, price, name, **more))

    @rule(price=CENTS, size=st.integers(1, 20))
    def move(self, price: str, size: int) -> None:
        self.world.quote(price, str(D(price) + D("0.10")), quantity=str(size))
        self.world.mark(price)

    @rule(price=CENTS, points=st.integers(-300, 300))
    def pay_funding(self, price: str, points: int) -> None:
        due_ms = self.world.venue.core.funding.due_ms
        self.world.wait(max(0, due_ms - self.world.now_ms))
        rate = D(points) / 100_000
        self.world.say(Mark("ETHUSDT", self.world.now_ns, D(price), funding_rate=rate))

    @rule()
    def deleverage(self) -> None:
        outside.deleverage(self.world.venue.core)

    @rule(leverage=st.integers(1, 125))
    def change_leverage(self, leverage: int) -> None:
        self.world.ask("POST", "/fapi/v1/leverage", **ETH, leverage=str(leverage))

    @rule(amount=st.integers(1, 400), kind=st.sampled_from(["1", "2"]), side=SIDES)
    def move_margin(self, amount: int, kind: str, side: str) -> None:
        more = self._sided(side, closes=False) if self.is_hedged else {}
        path = "/fapi/v1/positionMargin"
        self.world.ask("POST", path, **ETH, amount=str(amount), type=kind, **more)

    @rule(duration_ms=st.integers(1, 100))
    def wait(self, duration_ms: int) -> None:
        self.world.wait(duration_ms)

    @invariant()
    def the_wallet_is_the_sum_of_what_moved_it(self) -> None:
        ledger = self.world.venue.ledger()
        assert ledger.wallet_balance == WALLET + ledger.realized - ledger.fees + ledger.moved
        assert ledger.moved == sum(ledger.incomes.values(), D(0))
        assert ledger.fees == sum((fill.fee for fill in ledger.fills), D(0))
        assert ledger.realized == sum((fill.realized for fill in ledger.fills), D(0))

    @invariant()
    def the_statement_adds_up_to_the_wallet(self) -> None:
        rows = self.world.venue.core.income.all()
        told = sum((row.amount for row in rows), D(0))
        assert WALLET + told == self.world.venue.ledger().wallet_balance

    @invariant()
    def positions_are_the_sum_of_fills(self) -> None:
        ledger = self.world.venue.ledger()
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for fill in ledger.fills:
            amounts[fill.position_side] += fill.quantity if fill.side == "BUY" else -fill.quantity
        held = {position.position_side: position.amount for position in ledger.positions}
        assert {side: amount for side, amount in amounts.items() if amount} == held

    @invariant()
    def margin_is_held_where_something_is_open(self) -> None:
        account = self.world.venue.core.account
        for position in account.positions.values():
            assert position.amount or not position.isolated_wallet
        if not any(map(self.world.venue.core.matching.orders.open_count, account.rules)):
            assert set(account.held_margin.values()) == {D(0)}

    @invariant()
    def nobody_is_left_below_zero(self) -> None:
        core = self.world.venue.core
        self.world.wait(30)
        if not core.account.open_positions():
            self.world.mark(str(core.books["ETHUSDT"].mark))
            assert core.account.wallet >= 0

    @invariant()
    def the_quick_look_and_the_close_one_agree(self) -> None:
        core = self.world.venue.core
        view, ratio = value(core.account, core.books), D("0.8")
        covered = view.cross_maintenance < view.cross_equity * ratio or not view.cross_maintenance
        for position in core.account.open_positions():
            if core.account.is_isolated(position.symbol):
                balance = position.isolated_wallet + view.profits[position.key]
                covered = covered and view.maintenance < balance * ratio
        if not self.is_hedged:
            assert covered == is_covered(core.account, core.books, ratio)

    @invariant()
    def the_stream_told_the_wallet_as_it_is(self) -> None:
        self.world.wait(10)
        frames = self.world.frames_of("ACCOUNT_UPDATE")
        if frames:
            [balance] = frames[-1]["a"]["B"]
            core = self.world.venue.core
            assert (core.account.wallet, core.account.cross_wallet) == (
                D(balance["wb"]), D(balance["cw"]),
            )  # fmt: skip

    def teardown(self) -> None:
        """Read all that was said, and what can be asked for, as the engine does."""
        for frame in self.world.frames:
            read_user_frame(frame, "USDT")
        for call in READS:
            request = build_request(call, "r")
            answer = self.world.ask(request.method, request.path, **request.params)
            assert () == read_result(call, answer, ReplyOptions("USDT")).faults


class AnyHedgedAccount(AnyAccount):
    """The same with a position on either side."""

    is_hedged = True


@pytest.mark.parametrize("machine", [AnyAccount, AnyHedgedAccount])
def test_the_wallet_adds_up_whatever_befalls_the_account(machine: type[AnyAccount]) -> None:
    run_state_machine_as_test(machine, settings=settings(settings(), stateful_step_count=40))
