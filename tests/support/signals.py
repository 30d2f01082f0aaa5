"""Signals: files of mixed wishes over a tape's time, the same for the same seed."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

STEP_MS = 1_500
ENTRIES = ("LONG_ENTRY", "SHORT_ENTRY")


def mixed_signals(
    count: int, *, start_ms: int, symbol: str = "ETHUSDT", seed: int = 1, step_ms: int = STEP_MS
) -> Iterator[dict[str, Any]]:
    """Yield wishes in pairs: an entry, then a close or a half reduction of the same side."""
    random = Random(f"{seed}/signals")
    side = "LONG"
    for number in range(count):
        if number % 2 == 0:
            side = random.choice(("LONG", "SHORT"))
            wish = f"{side}_ENTRY"
        else:
            wish = "REDUCE_50" if random.random() < 0.2 else f"CLOSE_{side}"
        at_ms = start_ms + 2_000 + number * step_ms + random.randrange(step_ms // 3)
        yield one_signal(f"s{number}", at_ms, wish, symbol, random)


def one_signal(
    signal_id: str, at_ms: int, wish: str, symbol: str, random: Random
) -> dict[str, Any]:
    """Return one wish as its line's object; figures as text and bare, as hosts send them."""
    line: dict[str, Any] = {
        "signal_id": signal_id,
        "at_ms": at_ms,
        "signal": wish,
        "symbol": symbol,
        "confidence": 0.9,
        "confluence_score": "4.5",
        "signal_strength": 1,
    }
    if wish in ENTRIES and random.random() < 0.5:
        line["quantity"] = f"{random.randrange(10, 60) / 1000:.3f}"
    return line


def write_lines(path: Path, lines: Iterator[dict[str, Any]]) -> Path:
    """Write a file of JSON Lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
