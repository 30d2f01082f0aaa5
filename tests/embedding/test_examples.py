"""Examples: both run as a reader would run them, seeded and on the recorded tape.

Each is a process of its own, bounded in time. What it prints is its report; what it left on disk,
where it kept a journal, is whole and replays.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.settings import RiskSettings, Settings
from callboard.actors.system import core_makers, make_codec

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = ("embedded_strategy.py", "asyncio_host.py")
SPAN = ("--seconds", "5", "--speed", "15")
RUN_SECONDS_MAX = 400
RISK = RiskSettings(symbols=("ETHUSDT",), cooldown_ms=0, executions_per_day_max=1_000)
"""What both examples trade under."""


def run(name: str, *arguments: str) -> str:
    """Run an example to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / name), *SPAN, *arguments],
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    return done.stdout


def figure(report: str, name: str) -> int:
    """Read a figure of a report."""
    found = re.search(rf"^ *{name} +(\d+)", report, re.MULTILINE)
    assert found, report
    return int(found[1])


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trades_survives_an_order_that_fails_and_replays(
    name: str, tmp_path: Path
) -> None:
    report = run(name, "--data-dir", str(tmp_path))

    folder = Disk(tmp_path / "journal")
    found = verify(folder)
    result = replay(folder, make_codec(), lambda _: core_makers(Settings(seed=1, risk=RISK)))
    assert ((), ()) == (found.findings, result.divergences)
    assert found.records == result.records > 0
    assert "long_entry-1" in report
    assert figure(report, "signals sent") > 2
    assert 0 == figure(report, "open positions")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trades_on_the_recorded_tape(name: str, tape_path: Path) -> None:
    report = run(name, "--tape", str(tape_path))

    assert figure(report, "signals sent") > 2
    assert 0 == figure(report, "open positions")
