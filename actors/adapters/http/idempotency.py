"""Idempotency: a key and a body that came before get the answer they got before.

Owns the keys of `POST` requests and a file of them in the data directory, so that a service that
starts anew knows them. What a key stands for is written down before the engine is told; the id of
its signal derives from the key, so that the engine, too, takes it once. Bounds: `KEYS_MAX` keys of
`KEEP_SECONDS`, the oldest go first. A file that cannot be written costs a line of the log and no
order: the engine still knows the signal.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from attrs import define, field

from .errors import ApiError, Detail

FILE = "api-keys.jsonl"
HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 128
KEYS_MAX = 10_000
KEEP_SECONDS = 24 * 3600
HASH_BYTES = 16
ID_BYTES = 12

Answer = tuple[int, dict[str, Any]]
"""Status and JSON."""


@define(eq=False)
class Entry:
    """One key: whose body it is, and what it was answered once that is final."""

    key: str
    body: str
    """Hash of the body."""
    at: float
    """Wall time in seconds."""
    answer: Answer | None = None
    is_new: bool = True
    """False for one that was told before: the engine may know it."""
    turn: asyncio.Lock = field(factory=asyncio.Lock)
    """One request at a time."""


@define(eq=False)
class KeyBook:
    """The keys that are known; on the event loop alone."""

    path: Path
    now: Callable[[], float]
    note: Callable[[str], None]
    """Takes a line of the log."""
    _entries: OrderedDict[str, Entry] = field(init=False, factory=OrderedDict[str, Entry])

    def load(self) -> None:
        """Read what an earlier start wrote, and write it anew without what is too old."""
        try:
            lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        except OSError as error:
            lines = []
            self.note(f"{self.path.name} cannot be read: {error.strerror}")
        for line in lines:
            self._recall(line)
        self._forget()
        self._write("wb", b"".join(map(_line, self._entries.values())))

    def entry(self, key: str, body: bytes) -> Entry:
        """Return a key's entry, a new one written down; raises `ApiError` for another body."""
        hashed = blake2b(body, digest_size=HASH_BYTES).hexdigest()
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, hashed, self.now())
            self._forget()
            self._write("ab", _line(entry))
        elif entry.body != hashed:
            message = f"this {HEADER}, or signal_id, came before with another body"
            raise ApiError(422, "key_reused", message, (Detail(HEADER, message),))
        return entry

    def settle(self, entry: Entry, answer: Answer) -> None:
        """Keep an answer that is final."""
        entry.answer = answer
        self._write("ab", _line(entry))

    def _recall(self, line: bytes) -> None:
        with suppress(ValueError, TypeError, KeyError):
            data: dict[str, Any] = dict(json.loads(line))
            answer = data.get("answer")
            entry = Entry(str(data["key"]), str(data["body"]), float(data["at"]), is_new=False)
            entry.answer = None if answer is None else (int(answer[0]), dict(answer[1]))
            self._entries[entry.key] = entry

    def _forget(self) -> None:
        until = self.now() - KEEP_SECONDS
        while self._entries:
            oldest = next(iter(self._entries.values()))
            if len(self._entries) <= KEYS_MAX and oldest.at >= until:
                return
            self._entries.popitem(last=False)

    def _write(self, mode: str, data: bytes) -> None:
        try:
            with self.path.open(mode) as file:
                file.write(data)
        except OSError as error:
            self.note(f"{self.path.name} cannot be written: {error.strerror}")


def _line(entry: Entry) -> bytes:
    data = {"key": entry.key, "body": entry.body, "at": entry.at, "answer": entry.answer}
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def read_key(header: str | None, who: str) -> str:
    """Return whose key it is, empty where there is none; raises `ApiError`."""
    if header is None:
        return ""
    is_plain = header.isascii() and header.isprintable() and header.strip() == header
    if not header or len(header) > KEY_CHARACTERS_MAX or not is_plain:
        message = f"must be 1 to {KEY_CHARACTERS_MAX} printable ASCII characters"
        raise ApiError(422, "invalid", f"{HEADER}: {message}", (Detail(HEADER, message),))
    return f"{who}/{header}"


def id_of(key: str) -> str:
    """Return the id that a key gives its signal or command, the same at every start."""
    return f"http-{blake2b(key.encode(), digest_size=ID_BYTES).hexdigest()}"
