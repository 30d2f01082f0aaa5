"""Test of `callboard venue`: it serves until it is told to stop, and leaves its state."""

import json
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.scenarios.venue.control import VenueControl, clock_of
from callboard.scenarios.venue.process import listen
from callboard.scenarios.venue.socket_exchange import SocketExchange
from support.faces import Ear, buy, venue_process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue.sock"


def test_sigterm_ends_it_in_order_and_its_ledger_is_in_the_state_file(
    path: Path, tmp_path: Path
) -> None:
    state = tmp_path / "venue.json"
    with venue_process(path, "--speed=10", f"--state-file={state}") as process:
        listening = json.loads(state.read_bytes())
        exchange = SocketExchange(path)
        answer = Ear().ask(exchange, buy(clock_of(path), "a-1"))
        exchange.close()

        process.send_signal(signal.SIGTERM)

        assert 0 == process.wait(20)
    stopped = json.loads(state.read_bytes())
    assert 200 == answer.status
    assert ("listening", process.pid) == (listening["status"], listening["pid"])
    assert 10.0 == listening["clock"]["speed"]
    assert "stopped" == stopped["status"]
    assert ["a-1"] == [order["client_order_id"] for order in stopped["ledger"]["orders"]]
    assert not path.exists()


def test_a_client_may_stop_it(path: Path) -> None:
    with venue_process(path) as process:
        with VenueControl(path) as control:
            control.stop()

        assert 0 == process.wait(20)


def test_a_path_in_use_ends_it_with_a_reason(path: Path) -> None:
    with listen(path):
        result = CliRunner().invoke(main, ["venue", "--socket", str(path)])

    assert 1 == result.exit_code
    assert f"another venue listens at {path}" in result.output


@pytest.mark.parametrize(
    ("option", "code", "reason"),
    [
        ("--faults=thunder=1", 3, "thunder: is no fault"),
        ("--symbols=DOGEUSDT", 3, "no filters for DOGEUSDT"),
        ("--tape=/nowhere.gz", 3, "/nowhere.gz: cannot be read"),
        ("--speed=0", 2, "--speed"),
        ("--fills=soon", 2, "'touch', 'queue', 'beyond'"),
    ],
)
def test_a_bad_option_is_named_and_nothing_listens(
    path: Path, option: str, code: int, reason: str
) -> None:
    result = CliRunner().invoke(main, ["venue", "--socket", str(path), option])

    assert code == result.exit_code
    assert reason in result.output
    assert not path.exists()
