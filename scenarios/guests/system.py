"""ActorSystem: actors of anybody's, with what may come to them and what must hold.

An actor is any object with `receive(message, ctx)`; its state may be plain attributes. It speaks
through `ctx` alone: `tell`, `after`, `cancel`, `reply`, `random`, `now` and the rest of our
`Context`. One that states facts derives from our `Actor`, and is rebuilt from them.
"""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ...actors.errors import ConfigurationError
from ..simulation import Delivery
from .play import Mishap

ATTENDANT = "attendant"
"""Address of the supervisor that begins crashed actors anew."""

Arrival = type | Callable[[Random], object]
"""A message class, drawn by the types of its fields, or a function that draws a message."""


@frozen(kw_only=True)
class ActorSystem:
    """What a tester says about a system; the rest is drawn."""

    actors: Mapping[str, Callable[[], Any]]
    """Address -> what makes the actor, at its start and after each crash."""
    arrivals: Mapping[str, tuple[Arrival, ...]]
    """Address -> what may come to it from outside."""
    invariants: tuple[Any, ...] = ()
    """Functions of the stage that return what is wrong or None, called after every step; or
    classes, made anew for each play, with `after_step(stage)` or `at_end(stage)` or both. A failed
    `assert` inside counts as well."""
    mishaps: tuple[Mishap, ...] = ()
    """What the system must survive."""
    deliveries: tuple[Delivery, ...] = tuple(Delivery)
    """Orders of delivery that may be drawn."""
    outside: tuple[str, ...] = ()
    """Addresses beyond the system; what they are told stands in the stage's `told`."""
    raises: tuple[type[Exception], ...] = ()
    """Exceptions that are a part of the system's life; any other out of a handler is a violation.
    The actor begins anew after either."""
    kinds: Mapping[str, Callable[[Any], Any]] = field(factory=lambda: MappingProxyType({}))
    """What `ctx.spawn` may make, by kind."""
    messages: tuple[type, ...] = ()
    """Classes of arrivals that functions draw, so that a saved play can name them."""
    redelivers: bool = True
    """Whether an actor that begins anew is given the message again on which it crashed."""
    sends_max: int = 8
    settle_ms: int = 60_000
    """How long after the last send a play goes on, while something is on its way."""

    def __attrs_post_init__(self) -> None:
        faults = [
            *(f"arrivals: no actor {name!r}" for name in self.arrivals if name not in self.actors),
            *(f"outside: {name!r} is an actor" for name in self.outside if name in self.actors),
        ]
        if not self.arrivals:
            faults.append("arrivals: nothing can ever happen without one")
        if ATTENDANT in (*self.actors, *self.outside):
            faults.append(f"actors: {ATTENDANT!r} is the name of their supervisor")
        if faults:
            raise ConfigurationError(*faults)

    @property
    def message_classes(self) -> tuple[type, ...]:
        """Every class of message that may come from outside, as far as it is known."""
        drawn = (kind for kinds in self.arrivals.values() for kind in kinds)
        return (
            *dict.fromkeys((*(each for each in drawn if isinstance(each, type)), *self.messages)),
        )
