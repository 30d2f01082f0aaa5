"""Story: what happens in the demo, beat by beat, in virtual time.

Owns the order of the beats, the four troubles and the pace for the eye. Only the directions of the
trades are drawn from the seed; the moments are the same in every run, so that each trouble meets
what it is aimed at. Nothing here knows how a beat is carried out.
"""

from collections.abc import Mapping
from enum import Enum
from random import Random
from types import MappingProxyType

from attrs import frozen

from ...actors import names
from ...messages.values import SignalType
from ..venue.faults import Fault

START_NS = 1_700_000_048_000_000_000
"""Eight seconds into a minute, so that the venue's 429 asks for a pause of eight seconds."""
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
ORDER, ALGO_ORDER, STREAM = "/fapi/v1/order", "/fapi/v1/algoOrder", "STREAM"
SILENT_STREAM_MS = 7_000

ANSWER_LOST_AT_MS = 12_000
STOP_LOST_AT_MS = 22_000
CRASH_AT_MS = 34_000
LIMITED_AT_MS = 44_000
FLATTEN_AT_MS = 57_000
END_MS = 62_000

SLICE_MS = 250
SLOW_SLICE_MS = 20
PACE = 2.6
"""Virtual seconds per second of the eye."""
SLOW_PACE = 0.12
SLOW_MS: tuple[tuple[int, int], ...] = (
    (ANSWER_LOST_AT_MS + 4_960, ANSWER_LOST_AT_MS + 5_360),
    (STOP_LOST_AT_MS + 4_980, STOP_LOST_AT_MS + 5_400),
    (CRASH_AT_MS, CRASH_AT_MS + 160),
)
"""Moments that are over in some hundredths of a second, shown in slow motion."""


class Trouble(Enum):
    """What goes wrong, in the order of the story."""

    ANSWER_LOST = "an answer is lost after execution"
    STOP_LOST = "an entry without its stop"
    ACTOR_CRASH = "an actor crashes"
    RATE_LIMITED = "the venue says 429"


@frozen
class Begin:
    """A chapter begins: a trouble, or None for quiet water."""

    trouble: Trouble | None
    text: str
    hint: str = ""
    """What there is to see meanwhile."""


@frozen
class Send:
    """A strategy's signal; stop and target, where there are some, so many bps from the mark."""

    signal_id: str
    signal: SignalType
    symbol: str
    stop_bps: int = 0
    target_bps: int = 0
    confidence: str = "0.90"


@frozen
class Aim:
    """A fault of the venue or the line, at the next request or frame of a kind."""

    method: str
    path: str
    fault: Fault
    size_ms: int | None = None


@frozen
class Crash:
    """A crash of an actor in place of the handling of its next fill."""

    actor: str


@frozen
class Flatten:
    """The operator's wish to close everything."""


Deed = Begin | Send | Aim | Crash | Flatten


@frozen
class Beat:
    """A deed at a moment, in ms from the start."""

    at_ms: int
    deed: Deed


def beats(seed: int) -> tuple[Beat, ...]:
    """Return the story of a seed, in order."""
    entries, exits = _directions(seed)
    btc, eth, sol, xrp = SYMBOLS
    return (
        Beat(0, Begin(None, "The engine starts: clock, filters, account, open orders, streams")),
        Beat(2_000, Begin(None, "Quiet water: signals become orders with a stop at the venue")),
        Beat(2_000, Send("calm-1", entries[btc], btc, stop_bps=12, target_bps=18)),
        Beat(5_000, Send("calm-2", entries[eth], eth, stop_bps=40, target_bps=60)),
        Beat(8_500, Send("unsure", entries[btc], btc, confidence="0.40")),
        *_answer_lost(entries[sol], sol),
        *_stop_lost(entries[xrp], xrp),
        *_crash(exits[sol], sol),
        *_limited(entries[sol], sol),
        Beat(FLATTEN_AT_MS, Begin(None, "The operator flattens: every position is closed")),
        Beat(FLATTEN_AT_MS, Flatten()),
    )


def _answer_lost(entry: SignalType, symbol: str) -> tuple[Beat, ...]:
    at_ms = ANSWER_LOST_AT_MS
    text = "An order is executed; its answer is lost and the stream goes silent"
    hint = "the order is SUBMITTED: for 5 s an answer may still come"
    return (
        Beat(at_ms, Begin(Trouble.ANSWER_LOST, text, hint)),
        Beat(at_ms, Aim("POST", ORDER, Fault.ANSWER_LOST_AFTER_EXECUTION)),
        Beat(at_ms, Aim(STREAM, "user", Fault.STREAM_GAP, SILENT_STREAM_MS)),
        Beat(at_ms, Send("lost-answer", entry, symbol)),
    )


def _stop_lost(entry: SignalType, symbol: str) -> tuple[Beat, ...]:
    at_ms = STOP_LOST_AT_MS
    text = "An entry is filled; the request for its stop never reaches the venue"
    hint = "nobody knows yet: 10 s is the longest that a position may be without a stop"
    return (
        Beat(at_ms, Begin(Trouble.STOP_LOST, text, hint)),
        Beat(at_ms, Aim("POST", ALGO_ORDER, Fault.REQUEST_LOST_BEFORE_EXECUTION)),
        Beat(at_ms, Send("lost-stop", entry, symbol)),
    )


def _crash(close: SignalType, symbol: str) -> tuple[Beat, ...]:
    at_ms = CRASH_AT_MS
    text = f"The {names.ORDER_MANAGER} crashes in the very moment that a fill arrives"
    hint = "a position is being closed; the crash waits for its fill"
    return (
        Beat(at_ms, Begin(Trouble.ACTOR_CRASH, text, hint)),
        Beat(at_ms, Crash(names.ORDER_MANAGER)),
        Beat(at_ms, Send("crash", close, symbol)),
    )


def _limited(entry: SignalType, symbol: str) -> tuple[Beat, ...]:
    at_ms = LIMITED_AT_MS
    text = "The venue answers 429: too many requests"
    hint = "the answer is on its way"
    return (
        Beat(at_ms, Begin(Trouble.RATE_LIMITED, text, hint)),
        Beat(at_ms, Aim("POST", ORDER, Fault.HTTP_429)),
        Beat(at_ms, Send("limited", entry, symbol)),
    )


def slice_ms(at_ms: int) -> int:
    """Return how much virtual time passes between two pictures."""
    for first_ms, last_ms in SLOW_MS:
        if first_ms <= at_ms < last_ms:
            return SLOW_SLICE_MS
        if at_ms < first_ms:
            return min(SLICE_MS, first_ms - at_ms)
    return SLICE_MS


def pace(at_ms: int) -> float:
    """Return virtual seconds per second of the eye."""
    slow = any(first_ms <= at_ms < last_ms for first_ms, last_ms in SLOW_MS)
    return SLOW_PACE if slow else PACE


_EXITS: Mapping[SignalType, SignalType] = MappingProxyType(
    {
        SignalType.LONG_ENTRY: SignalType.CLOSE_LONG,
        SignalType.SHORT_ENTRY: SignalType.CLOSE_SHORT,
    }
)


def _directions(seed: int) -> tuple[dict[str, SignalType], dict[str, SignalType]]:
    draws = Random(f"{seed}/story")
    entries = {symbol: draws.choice(tuple(_EXITS)) for symbol in SYMBOLS}
    return entries, {symbol: _EXITS[entry] for symbol, entry in entries.items()}
