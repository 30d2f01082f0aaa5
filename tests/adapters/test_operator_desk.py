"""OperatorDesk: words become commands, and what they did becomes the answer."""

from pathlib import Path

import pytest
from attrs import evolve

from callboard.actors.adapters import operator_desk
from callboard.actors.adapters.operator_desk import FILE_ORDER, OperatorDesk
from callboard.actors.adapters.spool import (
    Order,
    Spool,
)
from callboard.actors.names import (
    CIRCUIT_BREAKER,
    EXECUTION_SYSTEM,
    ORDER_MANAGER,
    POSITION_MONITOR,
)
from callboard.actors.order_answers import order_view
from callboard.messages.intake import (
    CancelOrders,
    EndOrder,
    FlattenPositions,
    HaltTrading,
    LookForOrder,
    ReconcileNow,
    ResumeTrading,
)
from callboard.messages.queries import (
    CancellationView,
    FlatteningView,
    GetCancellation,
    GetPositions,
)
from callboard.messages.values import OrderState, TradingState
from support.order_bench import CID, OrderBench
from support.spools import Core, answer_of, put


def test_a_status_shows_the_state_and_the_positions(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="status")

    desk.look()
    desk.look()

    owners = [CIRCUIT_BREAKER, POSITION_MONITOR, ORDER_MANAGER]
    assert owners == [to for to, _, _ in core.posted]
    assert isinstance(core.posted[1][1], GetPositions)
    assert {
        "ok": True,
        "reason": "as told",
        "trading_state": "ACTIVE",
        "epoch": 3,
        "held_symbols": ["BTCUSDT"],
        "venue_open": True,
        "positions": [
            {
                "symbol": "ETHUSDT",
                "position_side": "BOTH",
                "quantity": "0.1",
                "entry_price": "2600",
                "mark_price": "2601",
                "stop_price": "2548",
                "protected": True,
                "liquidation_price": "1320.5",
                "liquidation_distance_pct": "49.2503",
            }
        ],
        "realised_pnl": "1.5",
        "fees": "0.2",
        "orders": {
            "total_orders": 6,
            "executed": 2,
            "failed": 1,
            "cancelled": 2,
            "pending": 1,
            "success_rate": "0.6667",
        },
    } == answer_of(tmp_path, "1")


def test_words_become_commands_of_the_core(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="halt", reason="news", by="me")
    put(tmp_path, "2", command="resume", by="me", approvals=["you", "me"])
    put(tmp_path, "3", command="resume", by="me")
    put(tmp_path, "4", command="flatten", symbol="ETHUSDT")
    put(tmp_path, "5", command="look", target="900")
    put(tmp_path, "6", command="end", target="900", reason="it never came", by="me")
    put(tmp_path, "7", command="reconcile", by="me")

    desk.look()

    assert [
        (EXECUTION_SYSTEM, HaltTrading("1", "news", "me"), True),
        (EXECUTION_SYSTEM, ResumeTrading("2", "resumed by an operator", ("you", "me")), True),
        (EXECUTION_SYSTEM, ResumeTrading("3", "resumed by an operator", ("me",)), True),
        (EXECUTION_SYSTEM, FlattenPositions("4", "ETHUSDT", "", verified=True), False),
        (EXECUTION_SYSTEM, LookForOrder("5", "900"), False),
        (EXECUTION_SYSTEM, EndOrder("6", "900", "it never came", "me"), False),
        (EXECUTION_SYSTEM, ReconcileNow("7", "asked by an operator", "me"), False),
    ] == core.posted


@pytest.mark.parametrize(
    ("command", "state", "ok"),
    [
        ("halt", TradingState.HALTED, True),
        ("halt", TradingState.ACTIVE, False),
        ("resume", TradingState.ACTIVE, True),
        ("resume", TradingState.REDUCING, False),
        ("flatten", TradingState.HALTED, True),
    ],
)
def test_an_answer_is_the_effect_and_not_the_wish(
    tmp_path: Path, command: str, state: TradingState, ok: bool
) -> None:
    desk = OperatorDesk(Spool(tmp_path), Core(state).post)
    put(tmp_path, "1", command=command)

    desk.look()
    desk.look()

    assert ok is answer_of(tmp_path, "1")["ok"]


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [
        ("order", OrderState.PARKED, ""),
        ("look", OrderState.UNKNOWN, ""),
        ("end", OrderState.FAILED, ""),
        ("end", OrderState.ACTIVE, "the order is ACTIVE: only a parked one is ended by hand"),
        ("end", None, "no order cb1-1-e1"),
        ("order", None, "no order cb1-1-e1"),
    ],
)
def test_a_command_that_means_an_order_is_answered_with_it(
    tmp_path: Path, command: str, state: OrderState | None, reason: str
) -> None:
    core = Core()
    bench = OrderBench().unknown()
    core.orders = () if state is None else (evolve(order_view(bench.order), state=state),)
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command=command, target=CID)

    desk.look()
    desk.look()

    answer = answer_of(tmp_path, "1")
    shown = answer.get("order")
    assert reason is not answer["ok"]
    assert reason in answer["reason"]
    assert (None if state is None else state.value) == (shown and shown["state"])


def test_an_answer_of_a_strange_kind_is_no_state(tmp_path: Path) -> None:
    desk = OperatorDesk(Spool(tmp_path), Core().post)
    order = Order("1", "status")

    for _ in range(3):
        desk.on_reply(order, RuntimeError("stopped"))

    assert {"ok": False, "reason": "no state: stopped"} == answer_of(tmp_path, "1")


def test_a_file_named_halt_halts_once_while_it_lies_there(tmp_path: Path) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post)
    (tmp_path / "HALT").write_text("fire")
    halt = (EXECUTION_SYSTEM, HaltTrading(FILE_ORDER, "fire", by="HALT"), True)

    desk.look()
    desk.look()
    once = list(core.posted)
    (tmp_path / "HALT").unlink()
    desk.look()
    (tmp_path / "HALT").write_text("fire")
    desk.look()

    assert [halt] == once
    assert [halt, halt] == core.posted


def test_nobody_resumes_against_a_file_named_halt(tmp_path: Path) -> None:
    core = Core(TradingState.HALTED)
    desk = OperatorDesk(Spool(tmp_path), core.post)
    (tmp_path / "HALT").write_text("fire")
    put(tmp_path, "1", command="resume")

    desk.look()

    assert 1 == len(core.posted)
    assert "a file named HALT lies in the data directory" in answer_of(tmp_path, "1")["reason"]


def test_a_command_that_takes_its_time_is_answered_when_it_is_over(tmp_path: Path) -> None:
    core = Core()
    core.cancellation = CancellationView("1", is_over=False, pending=("cb1-1-e1",))
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="cancel-all", symbol="ETHUSDT", all_orders=True, reason="drill")

    for _ in range(3):
        desk.look()
    waiting = (tmp_path / "answers" / "1.json").exists()
    core.cancellation = CancellationView("1", is_over=True, done=("cb1-1-e1",))
    desk.look()
    desk.look()

    assert (EXECUTION_SYSTEM, CancelOrders("1", "ETHUSDT", True, "drill"), False) == core.posted[0]
    assert not waiting
    answer = answer_of(tmp_path, "1")
    assert answer["ok"]
    assert {"done": ["cb1-1-e1"], "failed": {}, "pending": []} == answer["outcome"]
    assert 3 == sum(isinstance(each, GetCancellation) for _, each, _ in core.posted)


def test_a_command_that_did_not_come_to_its_end_says_so(tmp_path: Path) -> None:
    core = Core()
    failed = (("cb1-1-e1", "it was filled"),)
    core.cancellation = CancellationView("1", is_over=True, failed=failed)
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="cancel-all")

    desk.look()
    desk.look()

    answer = answer_of(tmp_path, "1")
    assert (False, "1 not cancelled") == (answer["ok"], answer["reason"])
    assert {"cb1-1-e1": "it was filled"} == answer["outcome"]["failed"]


def test_a_command_whose_end_nobody_tells_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_desk, "LOOKS_MAX", 2)
    desk = OperatorDesk(Spool(tmp_path), Core().post)
    put(tmp_path, "1", command="cancel-all")

    for _ in range(3):
        desk.look()

    assert "it is not over yet" == answer_of(tmp_path, "1")["reason"]


def test_a_flatten_says_what_the_venue_shows(tmp_path: Path) -> None:
    core = Core()
    core.flattening = FlatteningView("1", is_over=True, left=("BTCUSDT/BOTH",))
    desk = OperatorDesk(Spool(tmp_path), core.post)
    put(tmp_path, "1", command="flatten")

    desk.look()
    desk.look()

    answer = answer_of(tmp_path, "1")
    assert (False, "not flat at the venue") == (answer["ok"], answer["reason"])
    assert {"is_flat": False, "left": ["BTCUSDT/BOTH"]} == answer["outcome"]


@pytest.mark.parametrize("command", ["flatten", "cancel-all"])
@pytest.mark.parametrize(
    ("symbol", "reason"),
    [
        ("BTCUSD", "BTCUSD is not in risk.symbols; did you mean BTCUSDT? Without a symbol all"),
        ("XRP", "XRP is not in risk.symbols; Without a symbol all are meant"),
    ],
)
def test_a_symbol_that_the_engine_does_not_have_is_refused_with_the_nearest(
    tmp_path: Path, command: str, symbol: str, reason: str
) -> None:
    core = Core()
    desk = OperatorDesk(Spool(tmp_path), core.post, symbols=("BTCUSDT", "ETHUSDT"))
    put(tmp_path, "1", command=command, symbol=symbol)

    desk.look()

    answer = answer_of(tmp_path, "1")
    assert [] == core.posted
    assert not answer["ok"]
    assert answer["reason"].startswith(reason)
