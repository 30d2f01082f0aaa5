"""FaultWords: what each fault does, in one line each, for people who choose them.

Owns the sentences and the groups in which they are shown. A test asks for a sentence of every name.
"""

from collections.abc import Mapping
from textwrap import shorten
from types import MappingProxyType

from .fault_targets import REFUSALS
from .faults import Fault
from .refusal import TEXTS

WORDS_MAX = 60
WORDS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.REQUEST_LOST_BEFORE_EXECUTION: "the request never arrives; silence",
        Fault.REQUEST_LATE: "the connection breaks, and the request arrives all the same, later",
        Fault.ANSWER_LOST_AFTER_EXECUTION: "the request is executed, its answer never comes",
        Fault.ANSWER_LATE: "the answer comes late, after queries and frames",
        Fault.CONNECTION_REFUSED: "no connection; certainly not sent",
        Fault.CONNECTION_RESET: "the connection breaks, executed or not",
        Fault.HTTP_503_UNKNOWN: "503 with -1000, executed or not",
        Fault.HTTP_503_SERVICE_UNAVAILABLE: '503 "Service Unavailable.", not executed',
        Fault.HTTP_503_INTERNAL: "503 with -1001, executed or not",
        Fault.HTTP_429: "429 with Retry-After",
        Fault.CLOCK_SKEW: "the venue's clock jumps",
        Fault.HTTP_429_BARE: "429 without Retry-After",
        Fault.HTTP_418: "a ban, with its end in the answer",
        Fault.HTTP_418_BARE: "a ban that does not say how long",
        Fault.HTTP_403: "403 of a firewall, a page and no JSON",
        Fault.ANSWER_TWICE: "the answer comes twice",
        Fault.ANSWER_AFTER_FILL: "an order's answer comes after its first frames",
        Fault.ANSWER_UNREADABLE: "executed, and 200 with a page instead of JSON",
        Fault.ANSWER_UNKNOWN_STATUS: "an order is told with a status that no document names",
        Fault.REQUEST_TWICE: "an order that rests arrives twice; the second answer is -4116",
        Fault.AMEND_LOST: "an amendment or its answer is lost; silence",
        Fault.READS_LAG: "a query is answered from a copy that is some time old",
        Fault.ORDER_EXPIRED: "an order is accepted, and expires by itself",
        Fault.FILL_PARTIAL: "others take the depth: half of the order is left for it",
        Fault.CANCEL_RACE: "the market reaches an order right before its cancel",
        Fault.MAINTENANCE: "for a while every request is 503 and every stream is closed",
        Fault.SYMBOL_HALTED: "a symbol takes no orders for a while",
        Fault.FILTERS_CHANGED: "a symbol's tick and smallest notional change",
        Fault.MODE_CHANGED: "a person changes the position mode for a while, when flat",
        Fault.LEVERAGE_CHANGED: "a person changes a symbol's leverage",
        Fault.BALANCE_CHANGED: "a person moves money in or out",
        Fault.WEIGHT_JUMP: "others of the same address use request weight",
        Fault.TRADED_BY_HAND: "a person trades a little on the same account",
        Fault.DELEVERAGED: "the venue takes a part of a winning position (ADL)",
        Fault.LIQUIDATED: "the venue liquidates, whatever the margin is",
        Fault.SYMBOL_SETTLED: "a contract ends: orders expire, positions close at the mark price",
        Fault.STREAM_GAP: "frames are lost for a while, then the stream opens anew",
        Fault.STREAM_DUPLICATE: "a frame comes twice",
        Fault.STREAM_REORDER: "a frame is overtaken by later ones",
        Fault.STREAM_DISCONNECT: "the stream closes, and opens again after a while",
        Fault.STREAM_STALL: "frames are lost for a while, and nothing ever says so",
        Fault.STREAM_LOST: "one frame is lost, and nothing ever says so",
        Fault.STREAM_STORM: "the stream closes and opens again and again",
        Fault.LISTEN_KEY_EXPIRED: "the listen key expires, and the stream opens anew later",
        Fault.STREAM_UNKNOWN_EVENT: "an event of an unknown type comes in between",
        Fault.STREAM_UNKNOWN_STATUS: "an order's frame has a status that no document names",
        Fault.STREAM_UNREADABLE: "a frame of a known type has none of its fields",
        Fault.THROTTLED_1008: "503 with -1008; reducing orders and cancels are spared",
    }
)


def words_of(fault: Fault) -> str:
    """Return what a fault does; a refusal says the venue's own words."""
    said = WORDS.get(fault)
    if said is not None:
        return said
    code = REFUSALS[fault].code
    text = TEXTS.get(code, "a code that no document names").format("...")
    return f"refused with {code}: {shorten(text, WORDS_MAX, placeholder=' ...')}"
