"""HTTP outcomes: what a sender is told while one is open, and by a service that starts anew."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import evolve

from callboard import Settings
from callboard.actors.adapters.http.idempotency import FILE
from callboard.actors.adapters.service.link import EngineGone, EngineSlow
from callboard.actors.errors import Refused
from callboard.actors.service_settings import ApiSettings
from callboard.messages.intake import SubmitSignal
from callboard.messages.queries import GetOrders, OrdersView, OrderView
from callboard.messages.values import (
    Leg,
    OrderState,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
)
from support.http_service import PATH, SAMPLE, Answer, Caller, ScriptedLink, served

ORDER = f"{PATH}/order?wait_ms=0"
VIEW = OrderView(
    client_order_id="cb1-1-e1",
    venue_order_id="7",
    client_algo_id="",
    algo_id="",
    intent_id="1",
    leg=Leg.ENTRY,
    signal_id="s",
    strategy="default",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.BOTH,
    order_type=OrderType.MARKET,
    time_in_force=TimeInForce.GTC,
    state=OrderState.UNKNOWN,
    reason="",
    quantity=Decimal("0.001"),
    price=None,
    trigger_price=None,
    reduce_only=False,
    close_position=False,
    filled=Decimal(0),
    average_price=Decimal(0),
    attempts=1,
    created_at_ms=1,
    deadline_ms=0,
    times=(),
    errors=(),
)
GONE = EngineGone(Path("/nowhere"), "it has gone")


def view(**changes: Any) -> OrdersView:
    return OrdersView((evolve(VIEW, **changes),))


def place(api: Caller, answer: object, link: ScriptedLink, **headers: str) -> Answer:
    link.answers[GetOrders] = answer
    return api.post(ORDER, SAMPLE, **headers)


def test_an_open_outcome_is_202_and_never_a_failure(tmp_path: Path) -> None:
    link = ScriptedLink()
    with served(link, tmp_path) as api:
        unknown = place(api, view(), link)
        nothing = place(api, OrdersView(()), link)
        gone = place(api, GONE, link)
        placed = place(api, view(state=OrderState.ACTIVE), link)
        failed = place(api, view(state=OrderState.REJECTED, reason="no margin"), link)
        partly = place(api, view(state=OrderState.FAILED, filled=Decimal("0.0005")), link)

    assert [(202, "UNKNOWN"), (202, "ACCEPTED"), (202, "ACCEPTED"), (201, "ACTIVE")] == [
        (each.status, each.json["state"]) for each in (unknown, nothing, gone, placed)
    ]
    assert unknown.json["links"]["timeline"] == f"{PATH}/timeline/cb1-1-e1"
    assert (422, "order_failed") == (failed.status, failed.code)
    assert "no margin" in failed.json["error"]["message"]
    assert (201, "0.0005") == (partly.status, partly.json["filled"])


def test_an_engine_that_did_not_take_the_order_is_told_as_what_it_is(tmp_path: Path) -> None:
    faults = {
        (504, "engine_slow"): EngineSlow(Path("/nowhere"), "no answer"),
        (503, "engine_gone"): GONE,
        (422, "refused"): Refused("malformed: no such thing"),
        (503, "queue_full"): Refused("queue_full"),
    }
    link = ScriptedLink()
    with served(link, tmp_path) as api:
        for wanted, fault in faults.items():
            link.answers[SubmitSignal] = fault
            answer = api.post(ORDER, SAMPLE)

            assert wanted == (answer.status, answer.code)


def test_a_key_outlives_the_service(tmp_path: Path) -> None:
    """S1-019: the engine is told one id, however often the service starts."""
    link = ScriptedLink()
    with served(link, tmp_path) as api:
        first = place(api, view(), link, Idempotency_Key="k")
    with served(link, tmp_path) as api:
        second = place(api, view(state=OrderState.FILLED), link, Idempotency_Key="k")
        other = api.post(ORDER, SAMPLE.replace(b"50000", b"50001"), Idempotency_Key="k")
    with served(link, tmp_path) as api:
        third = api.post(ORDER, SAMPLE, Idempotency_Key="k")
        strange = api.post(ORDER, SAMPLE, Idempotency_Key="k" * 129)

    assert [202, 201, 422, 201, 422] == [
        each.status for each in (first, second, other, third, strange)
    ]
    assert ("key_reused", "invalid") == (other.code, strange.code)
    assert second.json == third.json
    assert 2 == len(link.told)
    assert 1 == len({command.signal_id for command in link.told})


def test_the_id_of_a_signal_is_a_key_by_itself(tmp_path: Path) -> None:
    link = ScriptedLink({GetOrders: view(state=OrderState.FILLED)})
    body = {"signal_id": "mine", "symbol": "BTCUSDT", "side": "buy"}
    with served(link, tmp_path) as api:
        first, again = api.post(ORDER, body), api.post(ORDER, body)
        other = api.post(ORDER, {**body, "quantity": 1})

    assert [201, 201, 422] == [each.status for each in (first, again, other)]
    assert first.json == again.json
    assert ["mine"] == [command.signal_id for command in link.told]


def test_keys_that_cannot_be_read_or_written_hold_up_no_order(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    log: list[str] = []
    link = ScriptedLink()
    with served(link, tmp_path, log=log) as api:
        placed = place(api, view(state=OrderState.FILLED), link, Idempotency_Key="k")

    assert 201 == placed.status
    assert any("keys_not_kept" in line for line in log)


def test_lines_of_keys_that_are_damaged_are_left_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'{"key":1}\n[]\n\xff\n{"key":"old","body":"b","at":1}\n')
    link = ScriptedLink()
    with served(link, tmp_path) as api:
        placed = place(api, view(state=OrderState.FILLED), link, Idempotency_Key="k")

    assert 201 == placed.status
    assert b"old" not in (tmp_path / FILE).read_bytes()


def test_a_leverage_within_the_policy_is_passed_on_as_the_most_that_may_be_set(
    tmp_path: Path,
) -> None:
    link = ScriptedLink()
    with served(link, tmp_path, Settings(api=ApiSettings(port=0))) as api:
        place(api, view(state=OrderState.FILLED), link)

    (signal,) = link.told
    assert (10, "manual", Decimal("0.001")) == (
        signal.leverage_max,
        signal.source.value,
        signal.quantity,
    )
