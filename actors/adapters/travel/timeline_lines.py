"""Timeline lines: the life of one order as lines for people.

Pure. One line a step, with the time since the step before and what was waited for; under it what
the step wrote down, told outside, and what a request came to.
"""

from collections.abc import Iterator

import click

from ....messages.orders import ApprovedOrder
from ....messages.values import Leg, OrderState
from ...policies.rounding import plain
from ..record_lines import clock, span
from .trail import Entry, Trail, Verdict, Wire

STATE_COLOURS = {
    OrderState.UNKNOWN: "yellow",
    OrderState.PARKED: "yellow",
    OrderState.ACTIVE: "cyan",
    OrderState.PARTIALLY_FILLED: "cyan",
    OrderState.FILLED: "green",
    OrderState.REJECTED: "red",
    OrderState.FAILED: "red",
}
VERDICT_COLOURS = {
    Verdict.DONE: "green",
    Verdict.UNKNOWN: "yellow",
    Verdict.OPEN: "yellow",
    Verdict.REFUSED: "red",
    Verdict.NOT_EXECUTED: "red",
    Verdict.NOT_SENT: "magenta",
    Verdict.ABSENT: "yellow",
    Verdict.FAILED: "red",
}
LEGS = {
    Leg.ENTRY: "entry",
    Leg.STOP: "stop",
    Leg.TARGET: "target",
    Leg.TRAIL: "trailing stop",
    Leg.EXIT: "exit",
}
UNDER = " " * 26
SHOWN_NS = 1_000_000
"""A shorter wait has no line of its own."""


def timeline_lines(trail: Trail) -> Iterator[str]:
    """Yield the whole life of an order."""
    yield from _heading(trail)
    yield ""
    for entry in trail.entries:
        yield from _entry_lines(trail, entry)
    yield ""
    yield from _requests(trail)
    yield from _faults(trail)
    yield from _doubts(trail)
    yield f"  {'ending':<10} {ending(trail)}"


def ending(trail: Trail) -> str:
    """Return how the life ended, or that it had not when the record did."""
    if trail.is_open:
        return f"none: {trail.state_word} when the record ends"
    words = [trail.state_word, trail.told.partition(" ")[2] if trail.told else "", trail.reason]
    return "  ".join(dict.fromkeys(filter(None, words)))


def order_words(order: ApprovedOrder) -> str:
    """Return what was ordered."""
    size = "all" if order.quantity is None else plain(order.quantity)
    prices = (("limit", order.price), ("trigger", order.trigger_price))
    at = "".join(f" {name} {plain(price)}" for name, price in prices if price is not None)
    return f"{order.side} {size} {order.symbol} {order.order_type}{at}"


def leg_word(order: ApprovedOrder) -> str:
    """Return the part that an order plays for its intent."""
    return LEGS[order.leg]


def _heading(trail: Trail) -> Iterator[str]:
    kind = "order" if trail.is_order else "signal"
    yield f"{kind} {click.style(trail.name, bold=True)}  {_state(trail.state, trail.state_word)}"
    if trail.wish:
        yield f"  {'wanted':<10} {trail.wish}"
    if trail.approved is not None:
        order = trail.approved
        yield f"  {'wanted':<10} {order_words(order)}, the {leg_word(order)} of {order.intent_id}"
    if trail.filled:
        price = plain(trail.average_price.normalize())
        yield f"  {'filled':<10} {plain(trail.filled)} at {price}"
    ids = [f"signal {trail.signal_id}"] if trail.signal_id else []
    ids += [f"venue {each}" for each in trail.venue_ids]
    yield f"  {'ids':<10} {', '.join(ids) or 'none'}"
    lasted = span(max(trail.end_ns - trail.begin_ns, 0))
    yield (
        f"  {'time':<10} {clock(trail.begin_ns)} to {clock(trail.end_ns)}, {lasted};"
        f" {_count(trail.attempts, 'attempt')}, {_count(len(trail.wires), 'request')},"
        f" {_count(len(trail.faults), 'error')}"
    )


def _entry_lines(trail: Trail, entry: Entry) -> Iterator[str]:
    gap = f"+{span(entry.gap_ns)}" if entry.gap_ns else ""
    sender = f"{entry.sender} > " if entry.sender else ""
    times = f"  (seen {entry.repeated} times)" if entry.repeated > 1 else ""
    message = click.style(entry.message, bold=not entry.in_passing)
    text = click.style(entry.text, dim=True)
    came_back = any(wire.back_sequence == entry.sequence for wire in trail.wires.values())
    if entry.gap_ns >= SHOWN_NS and entry.waited_for and not came_back:
        yield click.style(f"{UNDER}waited {span(entry.gap_ns)} for {entry.waited_for}", fg="blue")
    yield (
        f"  {clock(entry.now_ns)} {gap:>10} {entry.sequence:>7}  {sender}{entry.actor}"
        f"  {message}  {text}{times}"
    ).rstrip()
    if entry.attempt:
        yield click.style(f"{UNDER}attempt {entry.attempt}", bold=True)
    for wire in trail.wires.values():
        yield from _wire_lines(wire, entry.sequence)
    quiet = [*(f"fact {fact}" for fact in entry.facts), *(f"tells {each}" for each in entry.sent)]
    if quiet:
        yield f"{UNDER}{click.style('; '.join(quiet), dim=True)}"
    for move in trail.moves:
        if move.sequence == entry.sequence:
            reason = f"  {move.reason}" if move.reason else ""
            yield f"{UNDER}is {_state(move.state, move.state.value)}{reason}"
    if entry.error:
        yield click.style(f"{UNDER}the handler raised {entry.error}", fg="red")


def _wire_lines(wire: Wire, sequence: int) -> Iterator[str]:
    if wire.out_sequence == sequence:
        yield click.style(f"{UNDER}request out: {_wire_name(wire)} over {wire.lane}", fg="blue")
    if wire.back_sequence == sequence:
        word = click.style(wire.verdict.value, fg=VERDICT_COLOURS[wire.verdict])
        took = span(wire.back_ns - wire.out_ns)
        held = f", {span(wire.held_ns)} of it before it left" if wire.held_ns else ""
        yield f"{UNDER}request back: {_wire_name(wire)} after {took}{held}: {word}  {wire.answer}"


def _requests(trail: Trail) -> Iterator[str]:
    for index, wire in enumerate(trail.wires.values()):
        title = "requests" if index == 0 else ""
        took = span(wire.back_ns - wire.out_ns) if wire.back_sequence else ""
        word = click.style(f"{wire.verdict.value:<12}", fg=VERDICT_COLOURS[wire.verdict])
        yield (
            f"  {title:<10} {clock(wire.out_ns)}  {_wire_name(wire):<14} {took:>10}"
            f"  {word}  {wire.answer}"
        ).rstrip()


def _faults(trail: Trail) -> Iterator[str]:
    for index, fault in enumerate(trail.faults):
        yield f"  {'errors' if index == 0 else '':<10} {clock(fault.at_ns)}  {fault.text}"


def _doubts(trail: Trail) -> Iterator[str]:
    """Tell how long nobody knew what had become of it, and who knew in the end."""
    for index, doubt in enumerate(trail.doubts):
        title = "unknown" if index == 0 else ""
        line = f"  {title:<10} {clock(doubt.since.at_ns)}  "
        if doubt.until is None:
            yield f"{line}to the end of the record"
            continue
        word = f"by {doubt.by}: " if doubt.by else ""
        reason = f"  {doubt.until.reason}" if doubt.until.reason else ""
        lasted = span(doubt.until.at_ns - doubt.since.at_ns)
        yield f"{line}{lasted:>10}, {word}{_state(doubt.until.state, doubt.until.state)}{reason}"


def _wire_name(wire: Wire) -> str:
    return f"{wire.what} {wire.number}"


def _state(state: OrderState | None, word: str) -> str:
    colour = STATE_COLOURS.get(state) if state is not None else "red"
    return click.style(word, fg=colour, bold=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
