"""Outgoing: the envelopes and timers that a step's effects become.

Owns their ids: a core actor's are numbered by the sequence of its step and the index of the
effect, an edge's by a count of its own, since its steps are not recorded. Pure but for that count.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ...messages.lifecycle import ActorFailed
from .cell import Cell
from .envelope import Envelope, Timer
from .hosting import Kinds
from .step import Spawn, StepContext


def address(
    cells: Mapping[str, Cell], cell: Cell, envelope: Envelope, sequence: int, *, holds: bool
) -> tuple[list[Envelope], list[Envelope]]:
    """Return a core step's messages: those released now, and those held for the disk.

    `holds` says whether there is a journal that releases what is held.
    """
    outgoing: list[Envelope] = []
    held: list[Envelope] = []
    name, correlation = cell.name, envelope.correlation
    for index, (to, message, urgent) in enumerate(cell.context.tells):
        told = Envelope(to, message, name, sequence, index, correlation, urgent)
        receiver = cells.get(to) if holds else None
        if receiver is not None and receiver.held_until_durable and not urgent:
            held.append(told)
        else:
            outgoing.append(told)
    return outgoing, held


def address_of_edge(cell: Cell, envelope: Envelope) -> list[Envelope]:
    """Return an edge step's messages; `cause` names the message of the core behind them."""
    outgoing: list[Envelope] = []
    name, correlation = cell.name, envelope.correlation
    cause = envelope.cause or cell.context.message_id
    for to, message, urgent in cell.context.tells:
        told = Envelope(to, message, name, name, next_number(cell), correlation, urgent, cause)
        outgoing.append(told)
    return outgoing


def timers_of(cell: Cell, envelope: Envelope, origin: int | str) -> Iterator[Timer | str]:
    """Yield the timers that a step arms, and the keys of those it disarms, in their order."""
    context = cell.context
    for index, (delay, message, key) in enumerate(context.timers, len(context.tells)):
        if delay < 0:
            yield key
            continue
        number = index if cell.is_core else next_number(cell)
        told = Envelope(cell.name, message, cell.name, origin, number, envelope.correlation)
        yield Timer(context.now + delay, key, cell.generation, told)


def controls_of(
    cell: Cell, envelope: Envelope, origin: int | str
) -> Iterator[tuple[Any, tuple[str, int | str, int, str, bool]]]:
    """Yield each rare effect with what an envelope for it holds after its message."""
    context = cell.context
    first = len(context.tells) + len(context.timers)
    for index, effect in enumerate(context.others, first):
        number = index if cell.is_core else next_number(cell)
        yield effect, (cell.name, origin, number, envelope.correlation, True)


def failure_of(cell: Cell, envelope: Envelope, error: Exception) -> ActorFailed:
    """Return what the supervisor is told about a step that raised."""
    return ActorFailed(
        actor=cell.name,
        generation=cell.generation,
        message_id=envelope.id,
        message=type(envelope.message).__name__,
        error=type(error).__name__,
        text=str(error),
    )


def fault_of_spawns(
    context: StepContext, cells: Mapping[str, Cell], kinds: Kinds
) -> Exception | None:
    """Find a spawn that cannot be done, before anything of the step is released."""
    names: list[str] = []
    for effect in context.others:
        if isinstance(effect, Spawn):
            name, kind, settings = effect
            if name in cells or name in names:
                return ValueError(f"cannot spawn {name}: the name is taken")
            names.append(name)
            try:
                kinds[kind](settings)
            except Exception as error:  # noqa: BLE001 - supervision decides about it
                return error
    return None


def next_number(cell: Cell) -> int:
    """Return the next number of what an edge sends."""
    cell.told += 1
    return cell.told
