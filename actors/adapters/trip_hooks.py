"""TripHooks: runs the host's own functions when trading is tripped, beside the engine.

Owns the hooks that a host gave at the start. Each runs on a thread of its own, all of a phase at
once, so that one that hangs holds up neither the others, nor this actor, nor the core, which has
long turned entries off. When the last one is over the breaker is told which of them raised; for how
long it waits is the breaker's affair. Bound: `RUNNING_MAX` threads; hooks beyond are not run, and
named as failed. What a hook returns is dropped.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import assert_never

from attrs import define, field, frozen

from ...messages.control import RunTripHooks, TripHooksEnded
from ...messages.values import HookPhase
from ..names import CIRCUIT_BREAKER
from ..runtime.actor import Context, EdgeActor
from .posting import Post

RUNNING_MAX = 32

Hook = Callable[[RunTripHooks], object]
Start = Callable[[Callable[[], None]], None]


@frozen
class Hooks:
    """What the host wants done when trading is tripped.

    Before: entries are off, nothing else has happened. After: the breaker has done its part.
    """

    before: tuple[Hook, ...] = ()
    after: tuple[Hook, ...] = ()

    def of(self, phase: HookPhase) -> tuple[Hook, ...]:
        """Return the hooks of a phase."""
        return self.before if phase is HookPhase.BEFORE else self.after


@frozen
class _HookEnded:
    """A hook of a run is over; `fault` is what it raised, empty for nothing."""

    run: RunTripHooks
    fault: str


Inbox = RunTripHooks | _HookEnded


@define
class _Running:
    left: int
    faults: list[str] = field(factory=list[str])


def on_a_thread(work: Callable[[], None]) -> None:
    """Run something on a daemon thread of its own."""
    threading.Thread(target=work, name="callboard-trip-hook", daemon=True).start()


class TripHooks(EdgeActor):
    """Starts hooks, and says when they are over."""

    def __init__(self, hooks: Hooks, post: Post, *, name: str, start: Start = on_a_thread) -> None:
        self._hooks = hooks
        self._post = post
        self._name = name
        self._start = start
        self._running: dict[RunTripHooks, _Running] = {}

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case RunTripHooks():
                self.on_run_trip_hooks(message, ctx)
            case _HookEnded():
                self.on_hook_ended(message, ctx)
            case _:
                assert_never(message)

    def on_run_trip_hooks(self, message: RunTripHooks, ctx: Context) -> None:
        """Start every hook of the phase; without any the phase is over at once."""
        hooks = self._hooks.of(message.phase)
        if message in self._running:
            return
        if not hooks:
            ctx.tell(CIRCUIT_BREAKER, TripHooksEnded(message.phase, message.epoch))
            return
        room = RUNNING_MAX - sum(running.left for running in self._running.values())
        self._running[message] = _Running(len(hooks))
        for hook in hooks[:room]:
            self._start(partial(self._run, hook, message))
        for hook in hooks[room:]:
            fault = f"{_name_of(hook)}: {RUNNING_MAX} hooks still run"
            self.on_hook_ended(_HookEnded(message, fault), ctx)

    def on_hook_ended(self, message: _HookEnded, ctx: Context) -> None:
        """Count it; the last one ends the phase."""
        running = self._running[message.run]
        running.left -= 1
        if message.fault:
            running.faults.append(message.fault)
        if not running.left:
            del self._running[message.run]
            run = message.run
            ended = TripHooksEnded(run.phase, run.epoch, tuple(sorted(running.faults)))
            ctx.tell(CIRCUIT_BREAKER, ended)

    def _run(self, hook: Hook, message: RunTripHooks) -> None:
        fault = ""
        try:
            hook(message)
        except BaseException as error:  # noqa: BLE001 - whatever a hook raises is its own affair
            fault = f"{_name_of(hook)}: {type(error).__name__}: {error}"
        self._post(self._name, _HookEnded(message, fault), sender=self._name)


def _name_of(hook: Hook) -> str:
    name: str = getattr(hook, "__qualname__", type(hook).__qualname__)
    return name
