"""Deadlock: who waits for whom when nobody of a simulated program can ever go on.

Two ways to find one: a circle of asks without a timeout is told the moment it closes, whatever else
goes on; otherwise when nobody is ready, nothing is on its way and no time is awaited.
"""

import pykka
from attrs import frozen

from .fibers import SECOND_NS, Fiber, Fibers
from .post import Post


@frozen
class Wait:
    """What one actor, thread or the main program waits for."""

    who: str
    handling: str
    """The message that it is handling, with its sender; empty for what is no actor."""
    awaits: str
    """Who should answer; empty when it is no actor's answer."""
    message: str
    """The class, or call, that should be answered."""
    reason: str

    def __str__(self) -> str:
        doing = f", handling {self.handling}," if self.handling else ""
        return f"{self.who}{doing} waits for {self.reason}"


class Deadlock(RuntimeError):
    """Nobody can go on; `waits` says who waits for what."""

    def __init__(self, waits: tuple[Wait, ...], at_ns: int) -> None:
        lines = "\n".join(f"  {wait}" for wait in waits)
        super().__init__(f"nobody can go on at {at_ns / SECOND_NS:.3f} s:\n{lines}")
        self.waits = waits


class Watch:
    """Looks for deadlocks in one run."""

    def __init__(self, fibers: Fibers, post: Post) -> None:
        self._fibers = fibers
        self._post = post

    def look_at(self, fiber: Fiber) -> None:
        """End the run if a fiber that begins to wait closes a circle."""
        circle = self._circle(fiber)
        if circle:
            self._fibers.abort(self._deadlock(circle))

    def idle(self) -> Deadlock:
        """Say who waits for what, when nobody can go on."""
        return self._deadlock([fiber for fiber in self._everybody() if self._is_stuck(fiber)])

    def stuck(self) -> Deadlock | None:
        """Return the deadlock of actors in the middle of a message that nothing can end."""
        actors = [
            each for each in self._fibers.all.values() if each.handling and self._is_stuck(each)
        ]
        return self._deadlock(actors) if actors and not self._fibers.has_timers() else None

    def _everybody(self) -> list[Fiber]:
        return [self._fibers.main, *self._fibers.all.values()]

    def _is_stuck(self, fiber: Fiber) -> bool:
        return fiber.is_blocked and not fiber.is_idle and fiber.until_ns is None

    def _circle(self, first: Fiber) -> list[Fiber]:
        """Return the fibers from one that wait for each other in a circle; empty for none."""
        circle: list[Fiber] = []
        fiber: Fiber | None = first
        while fiber is not None and fiber not in circle:
            circle.append(fiber)
            fiber = self._awaited(fiber)
        return [] if fiber is None else circle[circle.index(fiber) :]

    def _awaited(self, fiber: Fiber) -> Fiber | None:
        """Return the actor for whose answer a fiber waits without end, if for any."""
        if not self._is_stuck(fiber) or not fiber.futures:
            return None
        mail = self._post.asks.get(fiber.futures[-1])
        return None if mail is None else mail.to.owner

    def _deadlock(self, fibers: list[Fiber]) -> Deadlock:
        waits = tuple(self._wait(fiber) for fiber in fibers)
        return Deadlock(waits, self._fibers.passed_ns())

    def _wait(self, fiber: Fiber) -> Wait:
        mail = fiber.handling
        handling = "" if mail is None else f"{mail.label} from {mail.sender}"
        future: pykka.Future[object] | None = fiber.futures[-1] if fiber.futures else None
        asked = None if future is None else self._post.asks.get(future)
        if asked is None:
            reason = fiber.reason if future is None else "a future that nobody has set"
            return Wait(fiber.name, handling, "", "", reason)
        owner = asked.to.owner.name if asked.to.owner is not None else "nobody"
        reason = f"{owner} to answer {asked.label}"
        return Wait(fiber.name, handling, owner, asked.label, reason)
