"""Plays: a Hypothesis strategy for the plays of actors that are not ours.

Draws what a seed would, in a form that shrinks: fewer messages, fewer troubles, first in first out.
"""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from ..guests.drawing import GAPS_MS, LATE_MS, NTH_MAX, TROUBLES_MAX, drawn_message
from ..guests.play import Mishap, Play, Send, Trouble
from ..guests.system import ActorSystem, Arrival


def plays(system: ActorSystem) -> st.SearchStrategy[Play]:
    """Draw plays of a system."""
    sends = st.lists(st.tuples(st.sampled_from(GAPS_MS), _sends(system)), min_size=1)
    troubles = st.lists(_troubles(system), max_size=TROUBLES_MAX if system.mishaps else 0)
    return st.builds(
        Play,
        seed=st.integers(0, 2**32 - 1),
        delivery=st.sampled_from(system.deliveries),
        sends=sends.map(_in_turn),
        troubles=troubles.map(tuple),
    )


def _sends(system: ActorSystem) -> st.SearchStrategy[Send]:
    doors = [(to, kind) for to, kinds in system.arrivals.items() for kind in kinds]
    return st.builds(_send, st.sampled_from(doors), st.randoms(use_true_random=False))


def _send(door: tuple[str, Arrival], random: Random) -> Send:
    to, kind = door
    return Send(0, to, drawn_message(kind, random))


def _troubles(system: ActorSystem) -> st.SearchStrategy[Trouble]:
    return st.builds(
        _trouble,
        st.sampled_from(system.mishaps) if system.mishaps else st.nothing(),
        st.sampled_from(list(system.actors)),
        st.integers(1, NTH_MAX),
        st.sampled_from(LATE_MS),
    )


def _trouble(kind: Mishap, actor: str, nth: int, late_ms: int) -> Trouble:
    return Trouble(kind, actor, nth, late_ms if kind is Mishap.LATE else 0)


def _in_turn(drawn: Sequence[tuple[int, Send]]) -> tuple[Send, ...]:
    at_ms = 0
    sends: list[Send] = []
    for gap_ms, send in drawn:
        at_ms += gap_ms
        sends.append(Send(at_ms, send.to, send.message))
    return tuple(sends)
