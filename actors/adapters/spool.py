"""Spool: how people reach a running engine through its data directory, as small files.

Owns both ends. A caller writes `commands/<id>.json` (whole, by rename) and waits for
`answers/<id>.json`; the engine takes commands in the order of their ids and removes each. A file
named `HALT` halts for as long as it lies there; its text is the reason. Bound: `TAKEN_MAX` commands
a look; one that is malformed or older than `AGE_MS_MAX` is answered with a refusal, but an old halt
still counts. Nobody runs where nobody holds the journal's lock: `NotRunning`.
"""

import fcntl
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from attrs import define, field, frozen

from ..errors import EngineError

COMMANDS, ANSWERS, HALT, JOURNAL, LOCK = "commands", "answers", "HALT", "journal", "lock"
WORDS = (
    *("halt", "resume", "flatten", "cancel-all", "reconcile"),
    *("status", "order", "look", "end"),
)
TEXTS = ("command", "reason", "by", "symbol", "target")
TAKEN_MAX = 100
AGE_MS_MAX = 30_000
ANSWER_AGE_SECONDS_MAX = 300
"""Age at which an answer that nobody fetched is removed."""
BYTES_MAX = 16 * 1024
REASON_MAX = 256
POLL_SECONDS = 0.02

Answer = Mapping[str, Any]


class NotRunning(EngineError):
    """No engine runs on this data directory, or it does not answer."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(folder, why)
        self.folder = folder
        self.why = why

    def __str__(self) -> str:
        return f"{self.folder}: {self.why}"


@frozen
class Order:
    """One command of a person."""

    order_id: str
    command: str
    reason: str = ""
    by: str = "operator"
    symbol: str = ""
    target: str = ""
    """Any id of the order that is meant; empty for a command that means none."""
    approvals: tuple[str, ...] = ()
    at_ms: int = 0
    """Wall clock of the caller."""
    all_orders: bool = False
    """With `cancel-all`: whether stops and what others have placed go too."""


@define(eq=False)
class Spool:
    """The engine's end; not for several threads at once."""

    folder: Path
    refused: int = field(init=False, default=0)
    """Commands that were malformed or too old."""

    def __attrs_post_init__(self) -> None:
        for name in (COMMANDS, ANSWERS):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._forget_old_answers()

    def halt_reason(self) -> str | None:
        """Return the reason in the file HALT, None where there is no such file."""
        path = self.folder / HALT
        if not path.exists():
            return None
        with suppress(OSError):
            text = path.read_bytes()[:REASON_MAX].decode("utf-8", "replace").strip()
            return " ".join(text.split()) or f"a file named {HALT}"
        # There, but not readable: that is a wish to stop as well.
        return f"a file named {HALT}"

    def take(self) -> tuple[Order, ...]:
        """Return the waiting commands, oldest name first, and remove their files."""
        names = sorted(
            entry.name
            for entry in os.scandir(self.folder / COMMANDS)
            if entry.name.endswith(".json")
        )
        found = (self._take_one(self.folder / COMMANDS / name) for name in names[:TAKEN_MAX])
        return tuple(order for order in found if order is not None)

    def answer(self, order_id: str, answer: Answer) -> None:
        """Leave an answer for whoever asked; a disk that takes none is not the engine's trouble."""
        with suppress(OSError):
            _write(self.folder / ANSWERS / f"{order_id}.json", answer)

    def _take_one(self, path: Path) -> Order | None:
        try:
            data = json.loads(path.read_bytes()[:BYTES_MAX])
            path.unlink()
            order = _order(path.stem, data)
        except (OSError, ValueError, RecursionError) as error:
            self._refuse(path, str(error))
            return None
        is_old = order.at_ms and _now_ms() - order.at_ms > AGE_MS_MAX
        if is_old and order.command != HALT.lower():
            self._refuse(path, "is too old")
            return None
        return order

    def _refuse(self, path: Path, why: str) -> None:
        self.refused += 1
        with suppress(OSError):
            path.unlink(missing_ok=True)
        self.answer(path.stem, {"ok": False, "reason": f"the command {why}"})

    def _forget_old_answers(self) -> None:
        until = time.time() - ANSWER_AGE_SECONDS_MAX
        for entry in os.scandir(self.folder / ANSWERS):
            with suppress(OSError):
                if entry.stat().st_mtime < until:
                    Path(entry.path).unlink()


def is_running(folder: Path) -> bool:
    """Say whether a process holds the journal of a data directory."""
    try:
        descriptor = os.open(folder / JOURNAL / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def send(folder: Path, order: Order, *, timeout_seconds: float) -> Answer:
    """Give a running engine a command and return its answer.

    Raises:
        NotRunning: No engine runs there, or it did not answer in time; the command is withdrawn.
    """
    if not is_running(folder):
        raise NotRunning(folder, "no engine runs on this data directory")
    command = folder / COMMANDS / f"{order.order_id}.json"
    answer = folder / ANSWERS / f"{order.order_id}.json"
    try:
        _write(command, {**_plain(order), "at_ms": _now_ms()})
    except OSError as error:
        raise NotRunning(folder, f"the command cannot be written: {error.strerror}") from error
    try:
        return _wait(folder, answer, timeout_seconds)
    finally:
        for path in (command, answer):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def new_order_id() -> str:
    """Return an id that sorts by time and is nobody else's."""
    return f"{time.time_ns():020d}-{uuid4().hex[:8]}"


def _wait(folder: Path, answer: Path, timeout_seconds: float) -> Answer:
    until = time.monotonic() + timeout_seconds
    while time.monotonic() < until:
        if answer.exists():
            data: Answer = json.loads(answer.read_bytes())
            return data
        if not is_running(folder):
            raise NotRunning(folder, "the engine has stopped")
        time.sleep(POLL_SECONDS)
    raise NotRunning(folder, f"no answer within {timeout_seconds:g} s")


def _order(order_id: str, data: Any) -> Order:
    if not isinstance(data, dict):
        raise ValueError("is no object")  # noqa: TRY004 - one kind of error for a bad file
    fields = cast("dict[str, Any]", data)
    approvals: Any = fields.get("approvals", [])
    texts = [fields.get(name, "") for name in TEXTS]
    approvals = cast("Sequence[Any]", approvals) if isinstance(approvals, list) else [None]
    if not all(map(_is_short, [*texts, *approvals])):
        raise ValueError("holds something else than short texts")
    if texts[0] not in WORDS:
        raise ValueError(f"must be one of {', '.join(WORDS)}")
    at_ms = fields.get("at_ms", 0)
    at_ms = at_ms if type(at_ms) is int else 0
    command, reason, by, symbol, target = texts
    return Order(
        order_id,
        command,
        reason,
        by or "operator",
        symbol,
        target,
        tuple(approvals),
        at_ms,
        all_orders=fields.get("all_orders") is True,
    )


def _is_short(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= REASON_MAX


def _plain(order: Order) -> dict[str, Any]:
    return {
        "command": order.command,
        "reason": order.reason,
        "by": order.by,
        "symbol": order.symbol,
        "target": order.target,
        "approvals": list(order.approvals),
        "all_orders": order.all_orders,
    }


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file that is there whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(data), encoding="utf-8")
    beside.replace(path)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
