"""Logging: the engine's log lines through structlog, to one stream, with secrets masked.

Owns the processors of its own logger; nothing of the host's structlog configuration is read or
changed, because the logger is made by `wrap_logger`. Every line carries the mode. A stream that is
gone is written to no more: a log never stops the engine. No line is a part of the logic.
"""

import logging
from collections.abc import Mapping, MutableMapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol, cast

import structlog

from ..runtime.hosting import LogSink
from .secret import MASK

SECRET_WORDS = ("key", "secret", "signature", "password", "token", "passphrase")
SAFE_KEYS = ("limit_key", "monkey")
"""Keys that contain such a word and hold no secret."""
LEVELS: Mapping[str, int] = MappingProxyType(
    {
        "actor_failed": logging.ERROR,
        "close_failed": logging.ERROR,
        "thread_abandoned": logging.ERROR,
        "dead_letter": logging.WARNING,
        "message_refused": logging.WARNING,
        "market_frame_left": logging.WARNING,
        "journal_finding": logging.WARNING,
        "journal_of_other_version": logging.WARNING,
        "view_note": logging.WARNING,
        "view_stale": logging.WARNING,
        "signal_line_refused": logging.WARNING,
        "alert_raised": logging.WARNING,
        "alert_firing": logging.WARNING,
        "alert_resolved": logging.WARNING,
        "alerts_forgotten": logging.WARNING,
        "setting_warned": logging.WARNING,
    }
)
"""Level of an event; every other one is information."""

Processor = Any


class Stream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> int:
        """Write text."""
        ...

    def flush(self) -> None:
        """Let it appear."""
        ...

    def isatty(self) -> bool:
        """True where people look."""
        ...


EventDict = MutableMapping[str, Any]


def make_log(
    stream: Stream, *, mode: str, level: int = logging.INFO, as_json: bool = False
) -> LogSink:
    """Return a sink that writes lines of at least `level` to a stream."""
    logger = structlog.wrap_logger(
        _Lines(stream),
        processors=_processors(as_json=as_json, colors=_has_colors(stream)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
        cache_logger_on_first_use=False,
        mode=mode,
    )

    def sink(actor: str, event: str, fields: Mapping[str, object]) -> None:
        logger.log(LEVELS.get(event, logging.INFO), event, actor=actor, **_renamed(fields))

    return sink


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Mask every value whose key names a secret, at any depth; figures become plain text."""
    for key, value in event.items():
        event[key] = MASK if is_secret(key) else _redacted(value)
    return event


def is_secret(key: str) -> bool:
    """Say whether a key names something that must not be shown."""
    lowered = key.lower()
    return lowered not in SAFE_KEYS and any(word in lowered for word in SECRET_WORDS)


class _Lines:
    """Writes whole lines; the methods are the levels' names, as structlog wants them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def _write(self, line: str) -> None:
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            # A closed terminal or pipe: the engine goes on, silently.
            self._stream = _Nowhere()

    debug = info = warning = error = critical = log = msg = _write


class _Nowhere:
    def write(self, text: str, /) -> int:
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""

    def isatty(self) -> bool:
        return False


def _processors(*, as_json: bool, colors: bool) -> Sequence[Processor]:
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    if as_json:
        return [*shared, structlog.processors.JSONRenderer(default=str)]
    return [*shared, structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=24)]


def _has_colors(stream: Stream) -> bool:
    import os

    return stream.isatty() and "NO_COLOR" not in os.environ


def _renamed(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields under names that do not meet those of the line itself."""
    taken = ("actor", "event", "level", "mode", "timestamp")
    return {(f"{key}_" if key in taken else key): value for key, value in fields.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = cast("dict[Any, Any]", value)
        return {
            key: MASK if is_secret(str(key)) else _redacted(each) for key, each in inner.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value
