"""Drawing: a play of a guest system from one seed.

Owns how likely what is. Swarm testing: a seed first draws which mishaps are on. Values of messages
are drawn by the types of their fields, small and few, so that ids meet again and sums come out
even; a class whose constructor refuses what was drawn is drawn again, `TRIES_MAX` times.
"""

import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from ...actors.errors import ConfigurationError
from .play import Mishap, Play, Send, Trouble
from .system import ActorSystem, Arrival

GAPS_MS = (0, 0, 1, 20, 1_000)
LATE_MS = (1, 50, 2_000)
TROUBLES_MAX = 3
NTH_MAX = 12
ITEMS_MAX = 3
TRIES_MAX = 100
TEXTS = ("a", "b", "c", "d", "")
CONTAINERS: tuple[Callable[[Any], Any], ...] = (list, tuple, frozenset, set, dict)
INTEGERS = (0, 1, 1, 2, 2, 3, 5, 10, 100, -1)


def drawn_play(system: ActorSystem, seed: int) -> Play:
    """Return the play of a seed."""
    random = Random(f"{seed}/play")
    return Play(
        seed=seed,
        delivery=random.choice(system.deliveries),
        sends=_sends(system, random),
        troubles=_troubles(system, random),
    )


def drawn_message(kind: Arrival, random: Random) -> Any:
    """Return a message of a class, or what a function draws."""
    return _record(kind, random) if isinstance(kind, type) else kind(random)


def _sends(system: ActorSystem, random: Random) -> tuple[Send, ...]:
    doors = [(to, kind) for to, kinds in system.arrivals.items() for kind in kinds]
    sends: list[Send] = []
    at_ms = 0
    for _ in range(random.randint(1, system.sends_max)):
        at_ms += random.choice(GAPS_MS)
        to, kind = random.choice(doors)
        sends.append(Send(at_ms, to, drawn_message(kind, random)))
    return tuple(sends)


def _troubles(system: ActorSystem, random: Random) -> tuple[Trouble, ...]:
    kinds = [kind for kind in system.mishaps if random.random() < 0.5]
    if not kinds:
        return ()
    names = list(system.actors)
    troubles: list[Trouble] = []
    for _ in range(random.randint(0, TROUBLES_MAX)):
        kind = random.choice(kinds)
        late_ms = random.choice(LATE_MS) if kind is Mishap.LATE else 0
        troubles.append(Trouble(kind, random.choice(names), random.randint(1, NTH_MAX), late_ms))
    return tuple(troubles)


def _record(kind: type, random: Random) -> Any:
    refused = ""
    for _ in range(TRIES_MAX):
        fields = _fields(kind)
        values = {name: _value(hint, random, f"{kind.__name__}.{name}") for name, hint in fields}
        try:
            return kind(**values)
        except ValueError as error:
            refused = str(error)
    raise ConfigurationError(
        f"{kind.__name__}: refuses everything that is drawn by its types ({refused});"
        " give a function of a Random instead"
    )


def _fields(kind: type) -> list[tuple[str, Any]]:
    """Return the fields of a class with annotations, by its constructor's names."""
    hints = get_type_hints(kind)
    if attrs.has(kind):
        return [(each.alias, hints[each.name]) for each in attrs.fields(kind) if each.init]
    return list(hints.items())


_SCALARS: Mapping[Any, Callable[[Random], Any]] = {
    int: lambda random: random.choice(INTEGERS),
    str: lambda random: random.choice(TEXTS),
    bool: lambda random: random.random() < 0.5,
    float: lambda random: random.choice(INTEGERS) / 2,
    Decimal: lambda random: Decimal(random.choice(INTEGERS)) / 4,
    bytes: lambda random: random.choice(TEXTS).encode(),
    type(None): lambda _: None,
}


def _value(hint: Any, random: Random, place: str) -> Any:
    scalar = _SCALARS.get(hint)
    if scalar is not None:
        return scalar(random)
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return random.choice(inside)
    if origin in (Union, types.UnionType):
        return _value(random.choice(inside), random, place)
    container = next((each for each in CONTAINERS if each is origin), None)
    if container is not None:
        return _several(container, inside, random, place)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return random.choice(list(hint))
    if isinstance(hint, type) and "__annotations__" in vars(hint):
        return _record(hint, random)
    raise ConfigurationError(
        f"{place}: cannot draw {getattr(hint, '__name__', hint)}; "
        "give a function of a Random instead of the class"
    )


def _several(
    make: Callable[[Any], Any], inside: tuple[Any, ...], random: Random, place: str
) -> Any:
    if make is tuple and Ellipsis not in inside:
        return tuple(_value(each, random, place) for each in inside)
    count = random.randint(0, ITEMS_MAX)
    if make is dict:
        key, value = inside
        return {_value(key, random, place): _value(value, random, place) for _ in range(count)}
    return make([_value(inside[0], random, place) for _ in range(count)])
