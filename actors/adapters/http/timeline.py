"""Timeline: the life of one order from the journal, every step, wait and request, as JSON.

Reads only the segments that name the order, newest first, on a thread of its own; one that is
asked for by its signal's id stands for all orders of that. Bounds: `SEGMENTS_MAX` segments looked
into and `SECONDS_MAX` of reading, beyond which the command line does it. Times are milliseconds
where they are moments, and microseconds since the order's first step.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ....messages.codec import Codec, CodecError
from ...policies.rounding import plain
from ...ports import FileSystem
from ...runtime.journal_reader import JournalDamaged, JournalReader
from ...runtime.segment import segment_name, segment_numbers
from ..disk import Disk
from ..spool import JOURNAL
from ..travel.survey import TravelRefused
from ..travel.timeline_command import found
from ..travel.timeline_lines import ending, leg_word, order_words
from ..travel.trail import Entry, Trail
from ..travel.trail_collector import Collector
from .api import Api, path_text
from .errors import ApiError, json_response
from .params import Params

US_NS, MS_NS = 1_000, 1_000_000
SEGMENTS_MAX = 64
SECONDS_MAX = 15.0
LOOK_EVERY = 1_000
"""Records between two looks at the time."""
CHUNK_BYTES = 1 << 22
ID_MAX = 256
Json = dict[str, Any]


async def show_timeline(api: Api, request: Request, _who: str) -> Response:
    """Show the life of an order, or of the orders of a signal."""
    name = path_text(request, "order_id")
    Params.of(request, ()).check()
    if len(name) > ID_MAX or not name.isprintable():
        raise ApiError(404, "order_unknown", "this is no order's id")
    folder, codec = api.context.data_dir, api.context.codec
    trails = await api.desk.study(lambda: trails_of(folder, codec, name))
    told = [trail_json(trail) for trail in trails]
    return json_response({**told[0], "others": told[1:]})


def trails_of(data_dir: Path, codec: Codec, name: str) -> list[Trail]:
    """Return the lives that an id names; raises `ApiError`."""
    until = time.monotonic() + SECONDS_MAX
    try:
        disk = Disk(data_dir / JOURNAL)
        numbers = _segments_naming(disk, name.encode(), until)
        if not numbers:
            raise ApiError(404, "order_unknown", f"{name} is no order or signal of this journal")
        return found(_collected(disk, codec, numbers, until), name)
    except TravelRefused as error:
        raise ApiError(404, "order_unknown", str(error)) from None
    except (JournalDamaged, CodecError, OSError) as error:
        raise ApiError(503, "journal_unreadable", f"the journal: {error}") from None


def _collected(
    disk: FileSystem, codec: Codec, numbers: Sequence[int], until: float
) -> Iterator[Trail]:
    collector, reader = Collector(codec), JournalReader(disk, first=numbers[0])
    for count, line in enumerate(reader):
        if line.segment > numbers[-1]:
            break
        collector.add(line)
        if count % LOOK_EVERY == 0:
            _demand_time(until)
    yield from collector.trails()


def _segments_naming(disk: FileSystem, name: bytes, until: float) -> list[int]:
    """Return the segments of the order's life: those that name it, without a hole."""
    naming: list[int] = []
    for number in reversed(segment_numbers(disk)[-SEGMENTS_MAX:]):
        if _names(disk, number, name, until):
            naming.append(number)
        elif naming:
            break
    return naming[::-1]


def _names(disk: FileSystem, number: int, name: bytes, until: float) -> bool:
    path, offset, rest = segment_name(number), 0, b""
    if path not in disk.names():
        return False
    while chunk := disk.read(path, offset, CHUNK_BYTES):
        _demand_time(until)
        if name in rest + chunk:
            return True
        offset += len(chunk)
        rest = chunk[-len(name) :]
    return False


def _demand_time(until: float) -> None:
    if time.monotonic() > until:
        message = "the journal is too long for this; `callboard journal timeline` reads it all"
        raise ApiError(503, "journal_too_long", message)


def trail_json(trail: Trail) -> Json:
    """Return a life as JSON values."""
    order, begin = trail.approved, trail.begin_ns
    return {
        "name": trail.name,
        "is_order": trail.is_order,
        "signal_id": trail.signal_id,
        "strategy": "" if order is None else order.strategy,
        "leg": "" if order is None else leg_word(order),
        "intent_id": "" if order is None else order.intent_id,
        "wanted": trail.wish if order is None else order_words(order),
        "state": trail.state_word,
        "is_open": trail.is_open,
        "ending": ending(trail),
        "reason": trail.reason,
        "venue_ids": list(trail.venue_ids),
        "filled": plain(trail.filled),
        "average_price": plain(trail.average_price.normalize()) if trail.filled else None,
        "attempts": trail.attempts,
        "begin_ms": begin // MS_NS,
        "lasted_us": _us(trail.end_ns, begin),
        "steps": [_step(each, begin) for each in trail.entries],
        "wires": [
            {
                "what": each.what,
                "number": each.number,
                "lane": each.lane,
                "out_us": _us(each.out_ns, begin),
                "back_us": _us(each.back_ns, begin) if each.back_ns else None,
                "held_us": each.held_ns // US_NS,
                "verdict": each.verdict.value,
                "answer": each.answer,
            }
            for each in trail.wires.values()
        ],
        "moves": [
            {
                "sequence": each.sequence,
                "at_us": _us(each.at_ns, begin),
                "state": each.state.value,
                "reason": each.reason,
            }
            for each in trail.moves
        ],
        "faults": [
            {"sequence": each.sequence, "at_us": _us(each.at_ns, begin), "text": each.text}
            for each in trail.faults
        ],
    }


def _step(entry: Entry, begin_ns: int) -> Json:
    return {
        "sequence": entry.sequence,
        "at_us": _us(entry.now_ns, begin_ns),
        "gap_us": entry.gap_ns // US_NS,
        "actor": entry.actor,
        "sender": entry.sender,
        "message": entry.message,
        "text": entry.text,
        "facts": list(entry.facts),
        "sent": list(entry.sent),
        "waited_for": entry.waited_for,
        "attempt": entry.attempt,
        "error": entry.error,
        "in_passing": entry.in_passing,
        "repeated": entry.repeated,
    }


def _us(at_ns: int, begin_ns: int) -> int:
    return max(at_ns - begin_ns, 0) // US_NS
