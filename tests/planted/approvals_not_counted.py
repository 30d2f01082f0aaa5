"""Approvals not counted: the gate judges by what is open, not by what it approved.

Two signals in one instant both find room under a limit that has room for one: exposure, positions
and quota are all exceeded by a burst.
"""

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from attrs import evolve

from callboard.actors import risk_gate, risk_view
from callboard.actors.policies.entry_view import EntryView
from callboard.actors.risk_facts import GateState


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = risk_view.entry_view

    def entry_view(state: GateState, *rest: Any) -> EntryView:
        return sound(evolve(state, reservations={}), *rest)

    return patch.object(risk_gate, "entry_view", entry_view)
