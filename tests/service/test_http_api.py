"""The HTTP API on a running paper engine: what a person or a program asks is done and told."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from support.http_service import PATH, SAMPLE, Caller, paper_service, paper_settings


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Generator[Caller]:
    folder: Path = tmp_path_factory.mktemp("api")
    with paper_service(folder, paper_settings()) as caller:
        yield caller


@pytest.fixture(scope="module")
def sample(api: Caller) -> dict[str, str]:
    """Return what became of the manual order of the documents."""
    placed = api.post(f"{PATH}/order?wait_ms=10000", SAMPLE, Idempotency_Key="sample")
    assert placed.status == 201, placed.body
    told: dict[str, str] = placed.json
    return told


def test_the_manual_order_of_the_documents_is_filled_and_protected(
    api: Caller, sample: dict[str, str]
) -> None:
    """S1-019, S1-020, S1-021: with its figures exact from their text."""
    assert ("FILLED", "0.001", "BTCUSDT") == (sample["state"], sample["filled"], sample["symbol"])
    assert 49_000 < Decimal(sample["average_price"]) < 50_100

    position = api.until_answer(f"{PATH}/positions")["positions"][0]

    assert ("BTCUSDT", "0.001") == (position["symbol"], position["quantity"])
    assert ("49000", sample["average_price"]) == (position["stop_price"], position["entry_price"])


def test_a_key_that_comes_again_gets_its_answer_again_and_nothing_is_sent(
    api: Caller, sample: dict[str, str]
) -> None:
    again = api.post(f"{PATH}/order", SAMPLE, Idempotency_Key="sample")
    other = api.post(f"{PATH}/order", SAMPLE + b" ", Idempotency_Key="sample")

    assert (201, sample, "true") == (
        again.status,
        again.json,
        again.headers["idempotency-replayed"],
    )
    assert (422, "key_reused") == (other.status, other.code)


def test_one_key_at_the_same_time_is_one_order(api: Caller) -> None:
    body = b'{"symbol":"ETHUSDT","side":"buy","type":"limit","amount":0.05,"price":2500}'

    def place(_number: int) -> tuple[int, str]:
        told = api.post(f"{PATH}/order", body, Idempotency_Key="at once")
        return told.status, str(told.json["client_order_id"])

    with ThreadPoolExecutor(4) as pool:
        placed = list(pool.map(place, range(4)))

    assert [placed[0]] * 4 == placed
    listed = api.get(f"{PATH}/orders?symbol=ETHUSDT").json["orders"]
    assert [placed[0][1]] == [each["client_order_id"] for each in listed]
    assert "2500" == listed[0]["price"]


def test_a_resting_order_is_cancelled_by_its_id_and_not_twice(api: Caller) -> None:
    body = b'{"symbol":"SOLUSDT","side":"buy","type":"limit","quantity":"1","price":"140"}'
    placed = api.post(f"{PATH}/order", body)
    name = placed.json["client_order_id"]

    cancelled = api.send("DELETE", f"{PATH}/orders/{name}?wait_ms=10000")
    again = api.send("DELETE", f"{PATH}/orders/{name}")
    unknown = api.send("DELETE", f"{PATH}/orders/nobody?wait_ms=10000")

    assert (201, 200, "CANCELLED") == (placed.status, cancelled.status, cancelled.json["state"])
    assert (409, "order_ended") == (again.status, again.code)
    assert (404, "order_unknown") == (unknown.status, unknown.code)


@pytest.mark.parametrize(
    ("body", "guard", "figure"),
    [
        (b'{"symbol":"DOGEUSDT","side":"buy","quantity":1}', "symbol_whitelist", "DOGEUSDT"),
        (b'{"symbol":"SOLUSDT","side":"buy","quantity":0.01}', "filter_notional_min", None),
        (b'{"symbol":"SOLUSDT","side":"buy","quantity":1,"price":1}', "slippage_reference", None),
        (b'{"symbol":"SOLUSDT","side":"buy","leverage":50}', "leverage_policy", "50"),
    ],
)
def test_a_refused_order_names_guard_figure_and_limit(
    api: Caller, body: bytes, guard: str, figure: str | None
) -> None:
    refused = api.post(f"{PATH}/order?wait_ms=10000", body)

    told = refused.json
    assert (422, "refused", guard) == (refused.status, refused.code, told["guard"])
    assert told["limit"]
    assert guard in told["error"]["message"]
    assert figure in (None, told["figure"])


def test_a_position_is_closed_by_the_word_of_the_documents(
    api: Caller, sample: dict[str, str]
) -> None:
    """C-32: `CLOSE` with the order's side; a manual exit needs no thresholds."""
    assert sample["filled"] == "0.001"

    closed = api.post(
        f"{PATH}/order?wait_ms=10000", b'{"symbol":"BTCUSDT","action":"close","side":"sell"}'
    )

    assert (201, "FILLED", "SELL") == (closed.status, closed.json["state"], closed.json["side"])
    trade = api.until_answer(f"{PATH}/trades?limit=50&status=closed", next_cursor=None)
    assert trade["trades"] == [] or trade["trades"][0]["symbol"] == "BTCUSDT"


def test_trades_are_listed_a_page_at_a_time_and_shown_whole(
    api: Caller, sample: dict[str, str]
) -> None:
    """S1-022, S1-023."""
    assert sample["state"] == "FILLED"
    api.until_answer(f"{PATH}/orders?status=all&limit=1&symbol=BTCUSDT", strangers=[])

    page = api.get(f"{PATH}/trades?limit=1&symbol=BTCUSDT&since=2020-01-01")
    shown = api.get(f"{PATH}/trades/{page.json['trades'][0]['trade_id']}")

    assert (200, 200) == (page.status, shown.status)
    assert "0.001" == shown.json["quantity"] == shown.json["fills"][0]["quantity"]
    assert shown.json["opened_at_ms"] > 1_700_000_000_000
    assert (404, "trade_unknown") == (
        api.get(f"{PATH}/trades/nobody").status,
        api.get(f"{PATH}/trades/nobody").code,
    )


def test_the_timeline_of_an_order_goes_from_the_signal_to_its_fill(
    api: Caller, sample: dict[str, str]
) -> None:
    told = api.get(f"{PATH}/timeline/{sample['client_order_id']}").json
    by_signal = api.get(f"{PATH}/timeline/{sample['signal_id']}").json

    assert (sample["signal_id"], "FILLED", 1) == (
        told["signal_id"],
        told["state"],
        told["attempts"],
    )
    assert ("execution_system", "SubmitSignal") == (
        told["steps"][0]["actor"],
        told["steps"][0]["message"],
    )
    assert ["done"] == [each["verdict"] for each in told["wires"]]
    assert sample["client_order_id"] in (
        by_signal["name"],
        *(each["name"] for each in by_signal["others"]),
    )
    assert 404 == api.get(f"{PATH}/timeline/nobody").status


def test_events_are_streamed_in_order_and_resumed_behind_any_of_them(
    api: Caller, sample: dict[str, str]
) -> None:
    told = api.events(8, Last_Event_ID="0.0")
    resumed = api.events(3, f"{PATH}/events?after={told[4].event_id}")
    filled = api.events(1, f"{PATH}/events?topics=order.filled&after=0.0")[0]
    wrong = api.get(f"{PATH}/events", Last_Event_ID="yesterday")

    places = [tuple(map(int, each.event_id.split("."))) for each in told]
    assert sorted(set(places)) == places
    assert told[5:8] == resumed
    assert {"event_id", "topic", "version", "at_ms", "correlation", "data"} == set(filled.data)
    data = filled.data["data"]
    assert (sample["client_order_id"], "order.filled") == (data["client_order_id"], filled.topic)
    assert Decimal(sample["average_price"]) == Decimal(data["average_price"])
    assert (422, {"Last-Event-ID"}) == (wrong.status, set(wrong.fields))


def test_a_stream_begins_with_what_happens_from_now_on(api: Caller) -> None:
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(api.events, 1, f"{PATH}/events?topics=trading.state_changed")
        while not told.done():
            api.post(f"{PATH}/halt", {"reason": "a test"})
            api.post(f"{PATH}/resume", {"reason": "a test"})

    assert "trading.state_changed" == told.result()[0].topic


def test_halt_resume_flatten_and_reconcile_do_what_they_say(api: Caller) -> None:
    halted = api.post(f"{PATH}/halt?wait_ms=10000", {"reason": "lunch"})
    during = (api.get("/ready"), api.get("/health"))
    refused = api.post(f"{PATH}/order?wait_ms=10000", SAMPLE)
    resumed = api.post(f"{PATH}/resume?wait_ms=10000", {"reason": "back"})
    flat = api.post(f"{PATH}/flatten?wait_ms=10000", {"reason": "over", "symbol": "ETHUSDT"})
    shown = api.get(f"{PATH}/flatten/{flat.json['command_id']}")
    compared = api.post(f"{PATH}/reconcile", {"reason": "to be sure"})

    assert (200, "HALTED") == (halted.status, halted.json["trading_state"])
    assert (503, 200, "degraded") == (
        during[0].status,
        during[1].status,
        during[1].json["status"],
    )
    assert "lunch" in during[0].json["reasons"][0]
    assert (422, "trading_state") == (refused.status, refused.json["guard"])
    assert (200, "ACTIVE") == (resumed.status, resumed.json["trading_state"])
    assert (200, True, True) == (flat.status, flat.json["is_flat"], shown.json["is_over"])
    assert 202 == compared.status
    api.until_ready()


def test_what_the_engine_says_of_itself_is_shown(api: Caller) -> None:
    status = api.get(f"{PATH}/status").json
    health = api.get("/health").json

    assert ("paper", "ACTIVE", True) == (
        status["mode"],
        status["trading_state"],
        status["ready"],
    )
    assert status["account"]["wallet"]
    assert ("ok", "local gate only") == (
        health["status"],
        health["components"]["emergency"]["text"],
    )
    for name, member in (("queue", "classes"), ("limits", "budgets"), ("actors", "actors")):
        assert api.get(f"{PATH}/{name}").json[member]
    missing = api.get(f"{PATH}/metrics")
    assert (503, "face_unavailable") == (missing.status, missing.code)
