"""Supervision: which actors are rebuilt after a failure, when, and with which message.

Pure decisions after Erlang's supervisors: a group restarts one, the rest, or all of its children;
more than `intensity` failures within `period_ns` escalate to the group above, and past the root
the engine halts. No framework redelivers the failing message by itself; here the decision says so,
once: a message that fails twice is poison and goes to the dead letters.
"""

from enum import StrEnum

from attrs import define, field, frozen

SECOND_NS = 1_000_000_000


class Strategy(StrEnum):
    """Who is rebuilt when one child fails."""

    ONE_FOR_ONE = "one_for_one"
    REST_FOR_ONE = "rest_for_one"
    ONE_FOR_ALL = "one_for_all"


@frozen
class Group:
    """Children in start order; a child is an actor or the name of another group."""

    name: str
    strategy: Strategy
    children: tuple[str, ...]
    intensity: int = 5
    """Failures allowed within the period."""
    period_ns: int = 60 * SECOND_NS
    backoff_base_ns: int = 0
    """Wait before the first restart of a period; doubles with each further failure."""
    backoff_cap_ns: int = 10 * SECOND_NS
    redeliver: bool = True


@define
class FailureLog:
    """What supervision remembers: failure times by group, and the last failing message."""

    times: dict[str, list[int]] = field(factory=dict[str, list[int]])
    poison: dict[str, str] = field(factory=dict[str, str])


@frozen
class Decision:
    """Rebuild `actors` in this order after `delay_ns`; `halted` when the tree gave up."""

    actors: tuple[str, ...]
    delay_ns: int
    redeliver: bool
    halted: bool
    failures: tuple[tuple[str, int], ...]
    """(group, time) to remember."""


def decide(
    tree: tuple[Group, ...], log: FailureLog, *, actor: str, message_id: str, now: int
) -> Decision:
    """Return what to do about a failure of `actor`; the first group of `tree` is the root."""
    failures: list[tuple[str, int]] = []
    child = actor
    group = parent_of(tree, child)
    while group is not None:
        recent = recent_failures(log, group, now)
        failures.append((group.name, now))
        if len(recent) < group.intensity:
            return Decision(
                actors=_victims(tree, group, child),
                delay_ns=_delay_ns(group, len(recent)),
                redeliver=group.redeliver and log.poison.get(actor) != message_id,
                halted=False,
                failures=tuple(failures),
            )
        child, group = group.name, parent_of(tree, group.name)
    return Decision((), 0, redeliver=False, halted=True, failures=tuple(failures))


def parent_of(tree: tuple[Group, ...], child: str) -> Group | None:
    """Return the group that holds a child, None above the root."""
    return next((group for group in tree if child in group.children), None)


def recent_failures(log: FailureLog, group: Group, now: int) -> list[int]:
    """Return the failure times of a group that still count."""
    return [at for at in log.times.get(group.name, []) if now - at < group.period_ns]


def leaves(tree: tuple[Group, ...], child: str) -> tuple[str, ...]:
    """Return the actors below a child, in start order; an actor stands for itself."""
    group = next((each for each in tree if each.name == child), None)
    if group is None:
        return (child,)
    return tuple(leaf for each in group.children for leaf in leaves(tree, each))


def worst_case_restarts(tree: tuple[Group, ...], actor: str) -> int:
    """Return how often one incident can rebuild an actor before the tree halts."""
    product = 1
    group = parent_of(tree, actor)
    while group is not None:
        product *= group.intensity + 1
        group = parent_of(tree, group.name)
    return product


def _victims(tree: tuple[Group, ...], group: Group, child: str) -> tuple[str, ...]:
    position = group.children.index(child)
    children: tuple[str, ...]
    match group.strategy:
        case Strategy.ONE_FOR_ONE:
            children = (child,)
        case Strategy.REST_FOR_ONE:
            children = group.children[position:]
        case Strategy.ONE_FOR_ALL:
            children = group.children
    return tuple(leaf for each in children for leaf in leaves(tree, each))


def _delay_ns(group: Group, failures: int) -> int:
    if group.backoff_base_ns == 0:
        return 0
    return min(group.backoff_base_ns << failures, group.backoff_cap_ns)
