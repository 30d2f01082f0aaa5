"""Fibers: the threads of a simulated program, on one thread, in virtual time, by one seed.

Owns who runs next and when time passes. A fiber runs until it waits or pauses; then the hub draws
the next among all that can go on. Time passes only when nobody can, to the next thing that is due.
Switching needs a stack for each fiber (greenlets): an actor that answers while another one's
handler waits, whatever order they began to wait in, cannot be had on one stack. An error that ends
the run (a deadlock, a `BaseException` of a handler) is raised where the program's main fiber is.
"""

import decimal
from _thread import get_ident
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from math import ceil
from threading import Thread
from typing import Any

from attrs import define, field

from ...actors.runtime.step import ENGINE_DECIMALS
from ..schedules import Choice, Chooser
from ..simulation import NoProgress, Simulation

try:
    from greenlet import GreenletExit, getcurrent, greenlet
except ModuleNotFoundError as absent:
    raise ModuleNotFoundError(
        "simulated() needs greenlet, which comes with: pip install 'callboard[testing]'",
        name="greenlet",
    ) from absent

SECOND_NS = 1_000_000_000
GARBAGE_MAX = 64
"""Timers that nobody awaits any more, left beside twice the fibers before they are swept."""
KILLS_MAX = 100
"""How often a fiber that catches its own end is asked to end."""


@define(eq=False)
class Source:
    """What has turns beside the fibers: messages on their way, a simulated engine."""

    name: str
    act: Callable[[], bool]
    """Lets one thing happen at this instant; False when there is none."""
    index: int
    since: int = 0


@define(eq=False)
class Fiber:
    """One thread of the program."""

    name: str
    stack: greenlet
    index: int = 0
    """Its place in the order of start."""
    since: int = 0
    """When it became ready: a count that only grows."""
    thread: Thread | None = None
    is_blocked: bool = False
    until_ns: int | None = None
    """When it stops waiting by itself, if it does."""
    reason: str = ""
    """What it waits for, in words."""
    futures: list[Any] = field(factory=list[Any])
    """The futures that it waits for, the innermost last."""
    handling: Any = None
    """The message that its actor handles."""
    is_idle: bool = False
    """Whether it is an actor that waits for its next message."""
    has_ended: bool = False
    joiners: list["Fiber"] = field(factory=list["Fiber"])
    turn: int = 0
    """Counts its waits, so that no timer of an earlier one wakes it."""
    was_woken: bool = False


Timer = tuple[int, int, Fiber, int]
"""When it is due, a count that only grows, who waits, and in which turn."""


def is_awaited(timer: Timer) -> bool:
    """Say whether a fiber still waits for a timer."""
    return timer[2].is_blocked and timer[2].turn == timer[3]


@define(eq=False)
class Fibers:
    """Every fiber of one run."""

    simulation: Simulation
    chooser: Chooser
    """Says who goes next."""
    pauses: bool
    """Whether others may go first after each message, not only where somebody waits."""
    steps_max: int
    """Turns at one instant before the run counts as a loop without delay."""
    on_idle: Callable[[], BaseException] = field(init=False)
    """Says why nobody can ever go on."""
    on_block: Callable[[Fiber], None] = field(init=False)
    """Looks at a fiber that begins to wait without end."""
    on_escape: Callable[[Fiber, Exception], None] = field(init=False)
    """Takes the error that ended a fiber."""
    main: Fiber = field(init=False)
    current: Fiber | None = field(init=False)
    """Who runs; None for the simulated engine's steps."""
    all: dict[int, Fiber] = field(init=False, factory=dict[int, Fiber])
    """Those that live, in the order of their start."""
    turns: int = field(init=False, default=0)
    error: BaseException | None = field(init=False, default=None)
    """What ended the run."""
    is_over: bool = field(init=False, default=False)
    sources: list[Source] = field(init=False, factory=list[Source])
    _began_ns: int = field(init=False)
    _thread: int = field(init=False, factory=get_ident)
    _hub: greenlet = field(init=False)
    _ready: list[Fiber] = field(init=False, factory=list[Fiber])
    _awake: list[Source] = field(init=False, factory=list[Source])
    _timers: list[Timer] = field(init=False, factory=list[Timer])
    _started: int = field(init=False, default=0)
    _count: int = field(init=False, default=0)
    _turns_at_instant: int = field(init=False, default=0)
    _is_draining: bool = field(init=False, default=False)
    _is_closing: bool = field(init=False, default=False)
    _is_closed: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._began_ns = self.simulation.now_ns
        self.main = self.current = Fiber("main", getcurrent())
        self._hub = greenlet(self._schedule)

    def is_here(self) -> bool:
        """Say whether the caller is a part of this run, until it is closed."""
        return not self._is_closed and get_ident() == self._thread

    def me(self) -> object:
        """Return who owns a lock that is taken now."""
        return (self.current or self) if self.is_here() else get_ident()

    def spawn(self, name: str, work: Callable[[], object], thread: Thread | None = None) -> Fiber:
        """Start a fiber; it runs when its turn comes."""
        stack = greenlet(lambda: self._live(fiber, work), self._hub)
        self._started += 1
        fiber = self.all[self._started] = Fiber(name, stack, self._started, thread=thread)
        self._make_ready(fiber)
        return fiber

    def add_source(self, name: str, act: Callable[[], bool]) -> Source:
        """Give something turns beside the fibers."""
        self.sources.append(Source(name, act, -1 - len(self.sources)))
        return self.sources[-1]

    def remove_source(self, source: Source) -> None:
        """Give something no more turns."""
        self.sources.remove(source)
        self._awake = self.sources.copy()

    def passed_ns(self) -> int:
        """Return how long the run has lasted."""
        return self.simulation.now_ns - self._began_ns

    def after(self, seconds: float) -> int:
        """Return the moment so many seconds from now; any wait, however short, takes time."""
        return self.simulation.now_ns + max(0, ceil(seconds * SECOND_NS))

    def pause(self) -> None:
        """Give the others a chance to go first."""
        fiber = self.current
        if fiber is None or self.is_over or not self.pauses:
            return
        if self._ready or self._awake:
            self._make_ready(fiber)
            self._leave(fiber)

    def block(self, until_ns: int | None = None, reason: str = "") -> bool:
        """Wait until somebody wakes this fiber; False when the time was up first."""
        fiber = self.waiter()
        fiber.is_blocked, fiber.until_ns, fiber.reason = True, until_ns, reason
        fiber.turn += 1
        if until_ns is None:
            self.on_block(fiber)
        else:
            self._arm(until_ns, fiber)
        self._leave(fiber)
        return fiber.was_woken

    def wake(self, fiber: Fiber) -> None:
        """Let a fiber that waits go on."""
        if fiber.is_blocked:
            self._release(fiber, was_woken=True)

    def join(self, fiber: Fiber, until_ns: int | None) -> None:
        """Wait until a fiber has ended, or the time is up."""
        while not fiber.has_ended:
            fiber.joiners.append(self.waiter())
            if not self.block(until_ns, f"the end of {fiber.name}"):
                return

    def drain(self) -> None:
        """Let everything happen that can without any time passing; for the main fiber."""
        self._is_draining = True
        try:
            self.block(reason="the others")
        finally:
            self._is_draining = False

    def abort(self, error: BaseException) -> None:
        """End the run: the main fiber raises this error, nobody else ever runs again."""
        self.error = self.error or error
        self.is_over = True
        if self.current is self.main:
            raise self.error
        if self.current is not None:
            self._leave(self.current)

    def check(self) -> None:
        """Raise what ended the run, if the program has caught it."""
        if self.error is not None:
            raise self.error

    def has_timers(self) -> bool:
        """Say whether somebody waits for a moment."""
        return self._next_due() is not None

    def waiter(self) -> Fiber:
        """Return who may wait now; raises what ended the run for who may not."""
        if self._is_closing:
            raise GreenletExit
        if self.error is not None:
            raise self.error
        if self.current is None:
            raise RuntimeError("a step of the simulated engine waits; only programs may")
        return self.current

    def close(self) -> None:
        """Unwind every fiber that is left, last started first; for the main fiber."""
        self.is_over = self._is_closing = True
        for fiber in reversed(list(self.all.values())):
            self._kill(fiber)
        self._hub.parent = self.main.stack
        self._hub.throw(GreenletExit)
        self.current, self._is_closed = None, True

    def _leave(self, fiber: Fiber) -> None:
        self._hub.switch()
        if fiber is self.main and self.error is not None:
            raise self.error

    def _release(self, fiber: Fiber, *, was_woken: bool) -> None:
        fiber.is_blocked = False
        fiber.was_woken = was_woken
        self._make_ready(fiber)

    def _make_ready(self, fiber: Fiber) -> None:
        self._count += 1
        fiber.since = self._count
        self._ready.append(fiber)

    def _live(self, fiber: Fiber, work: Callable[[], object]) -> None:
        try:
            work()
        except (GreenletExit, SystemExit):
            # A thread may end itself by SystemExit, which ends nothing else.
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the run tells of it
            self.on_escape(fiber, error)
        except BaseException as error:  # noqa: BLE001 - the main fiber raises it
            self.error = self.error or error
            self.is_over = True
        finally:
            fiber.has_ended, fiber.thread = True, None
            del self.all[fiber.index]
            for joiner in fiber.joiners:
                self.wake(joiner)

    def _schedule(self) -> None:
        with decimal.localcontext(ENGINE_DECIMALS):
            while True:
                self.current = None
                try:
                    fiber = self._next()
                except GreenletExit:
                    return
                except BaseException as error:  # noqa: BLE001 - the main fiber raises it
                    self.abort(error)
                    fiber = self.main
                self.current = fiber
                fiber.stack.switch()

    def _next(self) -> Fiber:
        while not self.is_over:
            self._count_turn()
            if self._ready or self._awake:
                found = self._go()
                if found is not None:
                    return found
            elif self._is_draining:
                self.main.is_blocked = False
                return self.main
            elif not self._pass_time():
                self.abort(self.on_idle())
        return self.main

    def _go(self) -> Fiber | None:
        """Take a fiber, or let a source do one thing."""
        ways: Sequence[Choice] = [*self._ready, *self._awake] if self._awake else self._ready
        place = self.chooser.pick(ways) if len(ways) > 1 else 0
        if place < len(self._ready):
            self._awake = self.sources.copy()
            return self._ready.pop(place)
        source = self._awake[place - len(self._ready)]
        self._count += 1
        source.since = self._count
        if source.act():
            self._awake = self.sources.copy()
        else:
            self._awake.remove(source)
        return None

    def _pass_time(self) -> bool:
        due = self._next_due()
        self._awake = self.sources.copy()
        began_ns = self.simulation.now_ns
        if self.simulation.step(due):
            if self.simulation.now_ns > began_ns:
                self._turns_at_instant = 0
            return True
        if due is None:
            return False
        self.simulation.pass_to(due)
        self._turns_at_instant = 0
        while self._timers and self._timers[0][0] <= due:
            entry = heappop(self._timers)
            if is_awaited(entry):
                self._release(entry[2], was_woken=False)
        return True

    def _arm(self, until_ns: int, fiber: Fiber) -> None:
        self._count += 1
        heappush(self._timers, (until_ns, self._count, fiber, fiber.turn))
        if len(self._timers) > 2 * len(self.all) + GARBAGE_MAX:
            self._timers = [entry for entry in self._timers if is_awaited(entry)]
            heapify(self._timers)

    def _next_due(self) -> int | None:
        timers = self._timers
        while timers and not is_awaited(timers[0]):
            heappop(timers)
        return timers[0][0] if timers else None

    def _count_turn(self) -> None:
        self.turns += 1
        self._turns_at_instant += 1
        if self._turns_at_instant > self.steps_max:
            seconds = self.passed_ns() / SECOND_NS
            raise NoProgress(f"{self.steps_max} turns at {seconds:.3f} s and no time passes")

    def _kill(self, fiber: Fiber) -> None:
        stack = fiber.stack
        if not stack:
            return
        stack.parent = self.main.stack
        for _ in range(KILLS_MAX):
            self.current = fiber
            stack.throw(GreenletExit)
            if stack.dead:
                return
        raise RuntimeError(f"{fiber.name} goes on after its end: it catches every exception")
