"""Tapes: short files of book tickers, one a second, for the tests that need a market to end."""

import gzip
from pathlib import Path

QUOTE = (
    '%d {"stream":"ethusdt@bookTicker","data":{"e":"bookTicker","s":"ETHUSDT","u":1,'
    '%s"B":"9","a":"2600.10","A":"9","T":%d,"E":%d}}\n'
)


def write_tape(path: Path, *, start_ms: int, seconds: int, bad_line: int = 0) -> Path:
    """Write a tape, zipped when its name says so; line `bad_line` lacks its price."""
    lines: list[str] = []
    for number in range(1, seconds + 1):
        at_ms = start_ms + (number - 1) * 1_000
        price = "" if number == bad_line else '"b":"2600.00",'
        lines.append(QUOTE % (at_ms * 1_000_000, price, at_ms, at_ms))
    text = "".join(lines).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path
