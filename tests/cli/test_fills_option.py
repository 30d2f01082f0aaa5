"""The option --fills: how a print fills the resting orders of a run."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.scenarios.venue.settings import QueueModel

START_MS = 1_700_000_000_000
LIMIT = {
    "signal_id": "a",
    "at_ms": START_MS + 9_000,
    "signal": "LONG_ENTRY",
    "symbol": "ETHUSDT",
    "confidence": 0.9,
    "quantity": "0.1",
    "order_type": "LIMIT",
    "price": "2600.00",
}


def write_tape(path: Path, *, prints: int) -> Path:
    """Write forty seconds of 5 bid at 2600.00, into which others sell 1 so many times."""
    lines: list[str] = []
    for second in range(40):
        at_ms = START_MS + second * 1_000
        quote = {"e": "bookTicker", "s": "ETHUSDT", "u": second, "T": at_ms, "E": at_ms,
                 "b": "2600.00", "B": "5", "a": "2600.10", "A": "5"}  # fmt: skip
        lines.append(frame("bookTicker", quote))
        if 12 <= second < 12 + prints:
            trade = {"e": "trade", "s": "ETHUSDT", "t": second, "T": at_ms + 1, "E": at_ms + 1,
                     "p": "2600.00", "q": "1", "m": True}  # fmt: skip
            lines.append(frame("trade", trade))
    path.write_text("".join(lines))
    return path


def frame(name: str, data: Mapping[str, object]) -> str:
    body = json.dumps({"stream": f"ethusdt@{name}", "data": data})
    return f"{data['E']}000000 {body}\n"


@pytest.mark.parametrize(
    ("model", "prints", "fills"),
    [("touch", 1, 1), ("queue", 5, 0), ("queue", 6, 1), ("beyond", 20, 0)],
)
def test_a_resting_order_fills_as_the_option_says(
    tmp_path: Path, model: str, prints: int, fills: int
) -> None:
    tape = write_tape(tmp_path / "ETHUSDT.jsonl", prints=prints)

    result = CliRunner().invoke(
        main,
        ["run", "--mode", "paper", "--seed", "7", "--tape", str(tape), "--signals", "-",
         "--data-dir", str(tmp_path / "D"), "--fills", model, "--json"],
        input=json.dumps(LIMIT),
    )  # fmt: skip

    assert 0 == result.exit_code, result.output
    assert fills == json.loads(result.stdout.splitlines()[-1])["fills"]


def test_the_option_knows_every_model_and_nothing_else(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(main, ["run", "--data-dir", str(tmp_path), "--fills", "soon"])

    assert 2 == wrong.exit_code
    assert all(f"'{model.value}'" in wrong.output for model in QueueModel)
