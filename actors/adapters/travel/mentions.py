"""Mentions: which orders and signals a record speaks of, by the names in its bytes.

Owns the fields whose values name an order or a signal. Pure and fast, since it looks at every
record of a journal: nothing is decoded.
"""

import re
from typing import NamedTuple

from ....messages.codec import loads
from ...order_calls import Kind

ORDER_FIELDS = ("client_order_id", "order_id", "call_id", "token", "holder")
VENUE_FIELDS = ("venue_order_id", "child_order_id", "algo_id", "client_algo_id")
SIGNAL_FIELDS = ("signal_id",)
INTENT_FIELDS = ("intent_id",)
_MARKS = "".join(kind.value for kind in Kind)
_FIELDS = "|".join((*ORDER_FIELDS, *VENUE_FIELDS, *SIGNAL_FIELDS, *INTENT_FIELDS))
_MENTION = re.compile(rb'"(%s)":"((?:[^"\\]|\\.)+)"' % _FIELDS.encode())
_ORIGIN = re.compile(rb'"id":"([^".]+)\.')
_CALL = re.compile(rf"[{re.escape(_MARKS)}]\d+$")


class Mention(NamedTuple):
    """One name in a record: the field that holds it, and the name."""

    field: str
    name: str


def mentions(body: bytes) -> tuple[Mention, ...]:
    """Return what a record names, each once, in order; a call's id names its order."""
    found = dict.fromkeys(_MENTION.findall(body))
    return tuple(dict.fromkeys(_mention(field, value) for field, value in found))


def origin_of(body: bytes) -> str:
    """Return the sequence of the step that a record's message came from, or who else sent it."""
    found = _ORIGIN.search(body)
    return found[1].decode() if found else ""


def order_of_call(call_id: str) -> str:
    """Return the client order id of an order's call; another call's id stands for itself."""
    return _CALL.sub("", call_id)


def names_order(body: bytes, client_order_id: str) -> bool:
    """Tell whether a record speaks of an order by its client order id."""
    if client_order_id.encode() not in body:
        return False
    return any(
        each.field in ORDER_FIELDS and each.name == client_order_id for each in mentions(body)
    )


def _mention(field: bytes, value: bytes) -> Mention:
    name: str = loads(b'"%s"' % value) if b"\\" in value else value.decode()
    kind = field.decode()
    return Mention(kind, order_of_call(name) if kind in ORDER_FIELDS else name)
