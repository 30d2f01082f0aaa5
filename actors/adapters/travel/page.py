"""Page: the lives of all orders as one HTML file that opens offline.

Owns the form of the data in the file and that nothing of it can be read as markup: texts stand in
JSON without `<`, `>` and `&`, and the page shows them as text. Its policy for the browser allows
its own style and script by their hashes and no request at all. Grows with the steps of the orders,
by some fifty bytes each: words that occur again stand once.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from attrs import define, field

from ....messages.codec import dumps
from ...policies.rounding import plain
from .timeline_lines import ending, leg_word, order_words
from .trail import Entry, Trail

US_NS = 1_000
_HOLES = re.compile(r"\{\{(\w+)\}\}")


def page(trails: Sequence[Trail], *, title: str, run: str) -> str:
    """Return the file; `run` says of which run it is."""
    style, script = _part("page.css"), _part("page.js")
    values: Mapping[str, str] = {
        "title": escape(title),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "data": _safe(_Data().of(trails, run)),
    }
    return _HOLES.sub(lambda hole: values[hole[1]], _part("page.html"))


@define(eq=False)
class _Data:
    """Turns lives into lists of numbers; every text is the number of its word."""

    words: dict[str, int] = field(init=False, factory=dict[str, int])

    def of(self, trails: Sequence[Trail], run: str) -> dict[str, Any]:
        orders = [self._order(trail) for trail in trails]
        return {"run": run, "words": list(self.words), "orders": orders}

    def _order(self, trail: Trail) -> dict[str, Any]:
        order, begin = trail.approved, trail.begin_ns
        price = plain(trail.average_price.normalize())
        return {
            "name": trail.name,
            "isOrder": trail.is_order,
            "signal": trail.signal_id,
            "venue": list(trail.venue_ids),
            "strategy": "" if order is None else order.strategy,
            "leg": "" if order is None else f"the {leg_word(order)} of {order.intent_id}",
            "wanted": trail.wish if order is None else order_words(order),
            "state": trail.state_word,
            "open": trail.is_open,
            "ending": ending(trail),
            "filled": f"{plain(trail.filled)} at {price}" if trail.filled else "",
            "attempts": trail.attempts,
            "begin": begin // US_NS,
            "lasted": _us(trail.end_ns, begin),
            "steps": [self._step(entry, begin) for entry in trail.entries],
            "wires": [
                [
                    self._word(wire.what),
                    wire.number,
                    self._word(wire.lane),
                    wire.out_sequence,
                    _us(wire.out_ns, begin),
                    wire.back_sequence,
                    _us(wire.back_ns, begin),
                    self._word(wire.verdict.value),
                    self._word(wire.answer),
                    wire.held_ns // US_NS,
                ]
                for wire in trail.wires.values()
            ],
            "moves": [
                [
                    move.sequence,
                    _us(move.at_ns, begin),
                    self._word(move.state.value),
                    self._word(move.reason),
                ]
                for move in trail.moves
            ],
            "faults": [
                [fault.sequence, _us(fault.at_ns, begin), self._word(fault.text)]
                for fault in trail.faults
            ],
        }

    def _step(self, entry: Entry, begin_ns: int) -> list[Any]:
        word = self._word
        return [
            entry.sequence,
            _us(entry.now_ns, begin_ns),
            word(entry.actor),
            word(entry.sender),
            word(entry.message),
            word(entry.text),
            word(", ".join(entry.facts)),
            word(", ".join(entry.sent)),
            word(entry.waited_for),
            entry.attempt,
            word(entry.error),
            entry.repeated if entry.in_passing else 0,
        ]

    def _word(self, text: str) -> int:
        return self.words.setdefault(text, len(self.words))


def _us(at_ns: int, begin_ns: int) -> int:
    return max(at_ns - begin_ns, 0) // US_NS


def _part(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _safe(data: dict[str, Any]) -> str:
    text = dumps(data).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
