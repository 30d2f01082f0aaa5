"""Test of `callboard venue --port`: any Binance client finds it, until it is told to stop."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.command_line import invoke

LISTENING = re.compile(r"at http://127\.0\.0\.1:(\d+), control at http://127\.0\.0\.1:(\d+)")


@contextmanager
def venue_on_port(*options: str) -> Generator[tuple["subprocess.Popen[str]", int, int]]:
    """Run the command until the end of the block; yield it, its port and its control port."""
    words = ["venue", "--port", "0", "--control-port", "0", *options]
    command = [sys.executable, "-m", "callboard", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = LISTENING.search(process.stdout.readline())
            assert found is not None
            yield process, int(found[1]), int(found[2])
        finally:
            if process.poll() is None:
                process.kill()


def ask(port: int, method: str, path: str, body: str | None = None, key: str = "") -> object:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"X-MBX-APIKEY": key} if key else {})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_sigterm_ends_it_in_order_and_the_ledgers_are_in_the_state_file(tmp_path: Path) -> None:
    state = tmp_path / "venue.json"
    order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&newClientOrderId=a-1&timestamp=1"
    with venue_on_port("--speed=10", f"--state-file={state}") as (process, port, control):
        listening = json.loads(state.read_bytes())
        placed = ask(port, "POST", "/fapi/v1/order", order, key="CANARY")
        faults = ask(control, "POST", "/faults", '{"page_502": 0.5}')

        process.send_signal(signal.SIGTERM)

        assert 0 == process.wait(30)
    stopped = state.read_text()
    assert ("listening", port) == (listening["status"], listening["port"])
    assert isinstance(placed, dict)
    assert {"page_502": 0.5} == faults
    ledgers = json.loads(stopped)["ledgers"]
    assert ["a-1"] == [row["client_order_id"] for row in ledgers["account-1"]["orders"]]
    assert "CANARY" not in stopped


def test_a_busy_port_ends_it_with_code_4_and_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]

        result = invoke("venue", "--port", port)

    assert 4 == result.exit_code
    assert f"port {port} is in use" in result.output


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ([], 2, "--port or --socket"),
        (["--port=0", "--socket=x.sock"], 2, "--port or --socket"),
        (["--socket=x.sock", "--control-port=0"], 2, "go with --port"),
        (["--port=0", "--accounts=/nowhere.toml"], 3, "/nowhere.toml: cannot be read"),
        (["--port=0", "--faults=page_503=1"], 3, "page_503: is no fault"),
        (["--port=0", "--faults=/nowhere.toml"], 3, "/nowhere.toml: cannot be read"),
        (["--port=70000"], 2, "--port"),
    ],
)
def test_a_bad_option_is_named(options: list[str], code: int, reason: str) -> None:
    result = invoke("venue", *options)

    assert code == result.exit_code
    assert reason in result.output
