"""Client: what an API answers, and what goes wrong on the way, never with a token."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.terminal.client import BYTES_MAX
from support.answering import Answering, answering
from support.command_line import invoke

TOKEN = "a-token-of-some-length"
POSITIONS: dict[str, Any] = {"positions": [], "realised_pnl": "0", "fees": "0"}


@pytest.fixture
def api() -> Generator[Answering]:
    with answering() as told:
        yield told


def test_an_answer_is_shown_and_the_token_goes_into_one_header(api: Answering) -> None:
    api.says(POSITIONS)

    result = invoke("positions", api.url, environ={"CALLBOARD_API_TOKEN": TOKEN})

    (method, path, headers, _), *more = api.asked
    assert ("GET", "/api/execution/positions", []) == (method, path, more)
    assert f"Bearer {TOKEN}" == headers["authorization"]
    assert TOKEN not in result.output
    assert "no open position" in result.stdout


def test_a_token_may_stand_in_a_file_that_nobody_else_can_read(
    api: Answering, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    api.says(POSITIONS)
    environ = {"CALLBOARD_API_TOKEN_FILE": str(file)}

    file.chmod(0o644)
    open_to_all = invoke("positions", api.url, environ=environ)
    file.chmod(0o600)
    private = invoke("positions", api.url, environ=environ)

    assert Exit.CONFIGURATION == open_to_all.exit_code
    assert "chmod 600" in open_to_all.stderr
    assert Exit.OK == private.exit_code
    assert [f"Bearer {TOKEN}"] == [headers["authorization"] for _, _, headers, _ in api.asked]


def test_a_place_behind_a_proxy_keeps_its_path(api: Answering) -> None:
    api.says(POSITIONS)

    invoke("positions", f"{api.url}/desk/")

    assert "/desk/api/execution/positions" == api.asked[0][1]


def test_a_refusal_is_told_with_code_and_every_fault(api: Answering) -> None:
    faults = [{"field": "symbol", "message": "is unknown"}, {"field": "x", "message": "y"}]
    api.says({"error": {"code": "invalid", "message": "no", "details": faults}}, 422)

    result = invoke("orders", api.url)

    assert Exit.REFUSED == result.exit_code
    assert "error: no (invalid, 422); symbol: is unknown; x: y\n" == result.stderr


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (503, b'{"error": {"code": "engine_gone", "message": "no engine"}}', "no engine"),
        (504, b'{"error": {"code": "engine_slow", "message": "slow"}}', "slow (engine_slow"),
        (200, b"<html>", "not as a Callboard does"),
        (200, b"[1]", "not as a Callboard does"),
        (500, b"oops", "not as a Callboard does"),
        (404, b"{}", "answers with 404"),
        (200, b"{}", "answers without positions"),
        (302, b"", "answers with 302"),
        (200, b"x" * (BYTES_MAX + 1), "more than"),
    ],
)
def test_what_is_no_answer_of_an_engine_is_out_of_reach(
    api: Answering, status: int, body: bytes, why: str
) -> None:
    api.status, api.body = status, body
    api.headers = {"location": "http://127.0.0.1:1/"}

    result = invoke("positions", api.url)

    assert Exit.UNREACHABLE == result.exit_code
    assert f"error: {api.url}: " in result.stderr
    assert why in result.stderr


def test_an_address_where_nobody_is_and_one_that_is_silent_are_out_of_reach(
    api: Answering,
) -> None:
    api.is_silent = True

    silent = invoke("positions", api.url, "--timeout", "0.2")
    nobody = invoke("positions", "http://127.0.0.1:1")

    assert Exit.UNREACHABLE == silent.exit_code == nobody.exit_code
    assert "no answer within 0.2 s" in silent.stderr
    assert "connection refused" in nobody.stderr


def test_an_order_is_sent_with_a_key_so_that_it_is_carried_out_once(api: Answering) -> None:
    api.says({"signal_id": "mine", "state": "ACTIVE", "client_order_id": "cb1-1-e1"}, 201)
    words = ("--symbol", "BTCUSDT", "--side", "long", "--quantity", "0.10", "--id", "mine")

    result = invoke("order", "new", api.url, *words, "--stop-loss", "49000", "--json")

    method, path, headers, body = api.asked[0]
    assert ("POST", "mine") == (method, headers["idempotency-key"])
    assert path.startswith("/api/execution/order?wait_ms=")
    assert ("LONG_ENTRY", "0.1", "49000", "manual") == tuple(
        body[name] for name in ("signal", "quantity", "stop_loss", "source")
    )
    assert (Exit.OK, "ACTIVE") == (result.exit_code, json.loads(result.stdout)["state"])


def test_an_order_that_was_refused_is_told_with_its_guard(api: Answering) -> None:
    error = {"code": "refused", "message": "refused by the guard notional"}
    api.says(
        {"error": error, "state": "REFUSED", "guard": "notional", "figure": "9", "limit": "5"}, 422
    )

    result = invoke("order", "new", api.url, "--symbol", "BTCUSDT", "--side", "long")

    assert Exit.REFUSED == result.exit_code
    assert "refused by notional: 9 (limit 5)" in result.stderr


def test_an_unknown_outcome_is_told_as_unknown_and_never_as_failed(api: Answering) -> None:
    api.says({"signal_id": "s", "state": "UNKNOWN", "client_order_id": "cb1-1-e1"}, 202)

    result = invoke("order", "new", api.url, "--symbol", "BTCUSDT", "--side", "long")

    assert "UNKNOWN" in result.stdout
    assert "do not give it again" in result.stderr
    assert "failed" not in result.output.lower()


@pytest.mark.parametrize(
    "words",
    [
        ("cancel-all",),
        ("logs", "errors"),
    ],
)
def test_what_only_a_folder_has_is_refused_before_anything_is_asked(
    api: Answering, words: tuple[str, ...]
) -> None:
    result = invoke(*words, api.url)

    assert Exit.USAGE == result.exit_code
    assert "takes a data directory, not a URL" in result.stderr
    assert [] == api.asked


def test_events_are_shown_as_they_come_with_gaps_until_the_stream_ends(api: Answering) -> None:
    filled = {"at_ms": 1_000, "topic": "order.filled", "data": {"symbol": "BTCUSDT"}}
    other = {"at_ms": 2_000, "topic": "order.filled", "data": {"symbol": "ETHUSDT"}}
    told = [("order.filled", filled), ("gap", {"dropped": 3}), ("order.filled", other)]
    lines = [
        f"id: {n}.0\nevent: {name}\ndata: {json.dumps(d)}\n\n" for n, (name, d) in enumerate(told)
    ]
    api.body = (": hello\n\n" + "".join(lines)).encode()

    result = invoke("logs", "tail", api.url, "--symbol", "BTCUSDT", "--json")

    assert [filled] == [json.loads(line) for line in result.stdout.splitlines()]
    assert "3 events were missed here" in result.stderr
    assert "the stream has ended" in result.stderr
    assert Exit.UNREACHABLE == result.exit_code
