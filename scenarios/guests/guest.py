"""Guest: an actor that is not ours among a kernel's, and the attendant that revives it.

The guest's state is its own: nothing of it is folded, so a crash loses it, as it would lose a
plain object. Its handlers run in the decimal context of whoever plays, not in the engine's.
"""

import decimal
from collections.abc import Callable
from typing import Any

from ...actors.errors import ConfigurationError
from ...actors.runtime.actor import Actor, Context
from ...actors.runtime.hosting import InjectedCrash
from ...messages.lifecycle import ActorFailed

OnFailure = Callable[[ActorFailed], bool]
"""Told of a failure; returns whether the message is to be given again."""


class Guest(Actor):
    """Any object with `receive(message, ctx)`."""

    def __init__(self, inner: Any, decimals: decimal.Context) -> None:
        super().__init__()
        self.inner = inner
        self._decimals = decimals

    def receive(self, message: Any, ctx: Context) -> None:
        """Let the guest handle a message."""
        with decimal.localcontext(self._decimals):
            self.inner.receive(message, ctx)

    def resume(self, ctx: Context) -> None:
        """Let the guest begin, if it wants to."""
        begin = getattr(self.inner, "resume", None)
        if begin is not None:
            with decimal.localcontext(self._decimals):
                begin(ctx)

    def apply(self, fact: Any) -> None:
        """Refuse: who states facts is rebuilt from them, which takes our base class."""
        kind = type(self.inner).__name__
        raise TypeError(f"{kind} states {type(fact).__name__} and does not derive from Actor")


class Attendant(Actor):
    """Begins every actor that failed anew."""

    def __init__(self, on_failure: OnFailure) -> None:
        super().__init__()
        self._on_failure = on_failure

    def receive(self, message: Any, ctx: Context) -> None:
        """Ask what a failure is, and have the actor made anew."""
        if isinstance(message, ActorFailed):
            ctx.restart(message.actor, redeliver=self._on_failure(message))


def welcome(made: Any, decimals: decimal.Context) -> Actor:
    """Return what a factory made as an actor of ours.

    Raises:
        ConfigurationError: It has no `receive`.
    """
    if isinstance(made, Actor):
        return made
    if not callable(getattr(made, "receive", None)):
        raise ConfigurationError(f"actors: {type(made).__name__} has no receive(message, ctx)")
    return Guest(made, decimals)


def inner_of(actor: Any) -> Any:
    """Return an actor as its factory made it."""
    return actor.inner if isinstance(actor, Guest) else actor


def is_planned(failed: ActorFailed) -> bool:
    """Return True for a crash that a play put in place of a handler."""
    return failed.error == InjectedCrash.__name__
