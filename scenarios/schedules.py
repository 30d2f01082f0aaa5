"""Schedules: which of several channels that hold messages is served next.

Owns the three ways to choose, each from its own generator: a random walk; priorities that change
at few drawn steps (PCT: a bug of depth d is found with a chance that does not shrink with the
number of messages); and in turn, the oldest message first, which nothing but a deferral changes.
A deferral gives a channel the lowest priority for a while: few of them say what a whole drawn
schedule did. Source: Burckhardt et al., A Randomized Scheduler with Probabilistic Guarantees of
Finding Bugs, ASPLOS 2010.
"""

from collections.abc import Sequence
from enum import StrEnum
from random import Random
from typing import Protocol

from attrs import define, field, frozen

CHANGES_WITHIN = 3_000
"""Priorities change at steps below this: about what a run of some twenty orders takes."""
NTH = "#"


class Schedule(StrEnum):
    """Ways to choose."""

    RANDOM = "random"
    PRIORITIES = "priorities"
    IN_TURN = "in_turn"


@frozen
class Deferral:
    """A channel has the lowest priority from one step of the schedule until before another."""

    channel: str
    """As the mailboxes name it, `sender->receiver`, `sender->` or `->receiver`; `#3` is the fourth
    that was used."""
    from_step: int
    to_step: int


class Choice(Protocol):
    """A channel that could be served."""

    @property
    def name(self) -> str:
        """What a deferral calls it."""
        ...

    @property
    def index(self) -> int:
        """Its place in the order of first use."""
        ...

    @property
    def since(self) -> int:
        """When its first message came in: a count that only grows."""
        ...


class Chooser(Protocol):
    """Chooses a channel."""

    def pick(self, ready: Sequence[Choice]) -> int:
        """Return the place of the channel to serve; there is at least one."""
        ...


class RandomWalk:
    """Every channel is as likely as any other."""

    def __init__(self, random: Random) -> None:
        self._draw = random.randrange

    def pick(self, ready: Sequence[Choice]) -> int:
        """Draw a place."""
        return self._draw(len(ready))


@define(eq=False)
class Priorities:
    """The channel with the highest drawn priority goes first; at drawn steps it falls behind."""

    random: Random
    changes: int
    _changing: list[int] = field(init=False)
    _priorities: dict[str, float] = field(init=False, factory=dict[str, float])
    _step: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        steps = [self.random.randrange(CHANGES_WITHIN) for _ in range(self.changes)]
        self._changing = sorted(steps, reverse=True)

    def pick(self, ready: Sequence[Choice]) -> int:
        """Return the place of the highest priority."""
        first = self._highest(ready)
        while self._changing and self._changing[-1] <= self._step:
            self._changing.pop()
            self._priorities[ready[first].name] = -float(self._step)
            first = self._highest(ready)
        self._step += 1
        return first

    def _highest(self, ready: Sequence[Choice]) -> int:
        return max(range(len(ready)), key=lambda place: self._priority(ready[place]))

    def _priority(self, channel: Choice) -> float:
        if channel.name not in self._priorities:
            self._priorities[channel.name] = 1.0 + self.random.random()
        return self._priorities[channel.name]


class InTurn:
    """The channel whose first message is the oldest."""

    def pick(self, ready: Sequence[Choice]) -> int:
        """Return the place of the oldest."""
        return min(range(len(ready)), key=lambda place: ready[place].since)


@define(eq=False)
class Deferring:
    """Another chooser's choice among the channels that are not deferred."""

    chooser: Chooser
    deferrals: tuple[Deferral, ...]
    _waiting: list[Deferral] = field(init=False)
    """Those of later steps, the next one last."""
    _active: list[Deferral] = field(init=False, factory=list[Deferral])
    _step: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._waiting = sorted(self.deferrals, key=lambda each: each.from_step, reverse=True)

    def pick(self, ready: Sequence[Choice]) -> int:
        """Choose; among deferred channels only when there is no other."""
        held = self._held()
        self._step += 1
        if not held:
            return self.chooser.pick(ready)
        free = [place for place, each in enumerate(ready) if not _is_held(each, held)]
        if not free:
            return self.chooser.pick(ready)
        return free[self.chooser.pick([ready[place] for place in free])]

    def _held(self) -> dict[str, bool]:
        while self._waiting and self._waiting[-1].from_step <= self._step:
            self._active.append(self._waiting.pop())
        if self._active:
            self._active = [each for each in self._active if self._step < each.to_step]
        return {each.channel: True for each in self._active}


@define(eq=False)
class Recorder:
    """Another chooser's choices, as the deferrals that make `InTurn` choose alike.

    Whoever is passed over although it was older is deferred until it is served, or cannot be.
    """

    chooser: Chooser
    deferrals: list[Deferral] = field(init=False, factory=list[Deferral])
    _passed_over: dict[int, tuple[Choice, int]] = field(
        init=False, factory=dict[int, tuple[Choice, int]]
    )
    """By index, since which step."""
    _step: int = field(init=False, default=0)

    def pick(self, ready: Sequence[Choice]) -> int:
        """Choose as the other does, and remember who had to wait."""
        place = self.chooser.pick(ready)
        chosen = ready[place]
        for index, (channel, from_step) in list(self._passed_over.items()):
            if channel is chosen or not any(each is channel for each in ready):
                del self._passed_over[index]
                self.deferrals.append(Deferral(channel.name, from_step, self._step))
        for channel in ready:
            if channel.since < chosen.since:
                self._passed_over.setdefault(channel.index, (channel, self._step))
        self._step += 1
        return place

    def all(self) -> tuple[Deferral, ...]:
        """Return the deferrals of the whole run, in the order of their beginning."""
        left = [
            Deferral(channel.name, from_step, self._step)
            for channel, from_step in self._passed_over.values()
        ]
        return tuple(sorted([*self.deferrals, *left], key=lambda each: each.from_step))


def chooser_of(
    seed: int,
    schedule: Schedule,
    priority_changes: int = 0,
    deferrals: tuple[Deferral, ...] = (),
) -> Chooser:
    """Return the chooser of a run."""
    chooser: Chooser
    match schedule:
        case Schedule.RANDOM:
            chooser = RandomWalk(Random(f"{seed}/schedule"))
        case Schedule.PRIORITIES:
            chooser = Priorities(Random(f"{seed}/priorities"), priority_changes)
        case Schedule.IN_TURN:
            chooser = InTurn()
    return Deferring(chooser, deferrals) if deferrals else chooser


def _is_held(channel: Choice, held: dict[str, bool]) -> bool:
    return channel.name in held or f"{NTH}{channel.index}" in held
