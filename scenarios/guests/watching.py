"""Watching: a tester's invariants in one form, whatever form they were written in.

Owns nothing. An invariant says what is wrong in a sentence, fails an `assert`, or says nothing;
its name stands before the sentence.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ...actors.errors import ConfigurationError

if TYPE_CHECKING:
    from .stage import Stage

Look = Callable[["Stage"], str]


@frozen
class Watcher:
    """One invariant in one play; each look returns a violation, or an empty text."""

    after_step: Look
    at_end: Look


def watchers_of(invariants: tuple[Any, ...]) -> tuple[Watcher, ...]:
    """Return the watchers of a new play; classes among the invariants are made anew."""
    return tuple(_watcher(invariant) for invariant in invariants)


def _watcher(invariant: Any) -> Watcher:
    watching: Any = invariant() if inspect.isclass(invariant) else invariant
    name = getattr(invariant, "__name__", type(invariant).__name__)
    after_step: Any = getattr(watching, "after_step", None)
    at_end: Any = getattr(watching, "at_end", None)
    if after_step is None and at_end is None:
        if not callable(watching):
            raise ConfigurationError(f"invariants: {name} has neither after_step nor at_end")
        after_step = watching
    return Watcher(_look(name, after_step), _look(name, at_end))


def _look(name: str, ask: Callable[["Stage"], str | None] | None) -> Look:
    def look(stage: "Stage") -> str:
        if ask is None:
            return ""
        try:
            wrong = ask(stage)
        except AssertionError as error:
            wrong = str(error) or "does not hold"
        return f"{name}: {wrong}" if wrong else ""

    return look
