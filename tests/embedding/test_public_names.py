"""Public names: what a host says, hears, sets or catches stands at the package root.

How the engine itself is stands together in `callboard.vitals`.
"""

from typing import get_args

import pytest
from attrs import fields, has

import callboard
from callboard.actors import errors
from callboard.actors.settings import Settings
from callboard.messages.events import Event
from callboard.messages.intake import HostCommand
from callboard.messages.queries import Query, QueryAnswer
from callboard.messages.vitals import VitalsAnswer, VitalsQuery

VITALS = [*get_args(VitalsQuery), *get_args(VitalsAnswer)]
ASKED = [each for each in (*get_args(Query), *get_args(QueryAnswer)) if each not in VITALS]
SPOKEN = [*get_args(Event), *get_args(HostCommand), *ASKED]
SECTIONS = [field.type for field in fields(Settings) if field.type and has(field.type)]
RAISED = [each for each in vars(errors).values() if isinstance(each, type)]


@pytest.mark.parametrize(
    "kind", [*SPOKEN, Settings, *SECTIONS, *RAISED], ids=lambda it: it.__name__
)
def test_what_a_host_speaks_sets_or_catches_is_public(kind: type) -> None:
    assert getattr(callboard, kind.__name__) is kind
    assert kind.__name__ in callboard.__all__


@pytest.mark.parametrize("kind", VITALS, ids=lambda it: it.__name__)
def test_what_asks_how_the_engine_is_stands_in_a_public_module(kind: type) -> None:
    assert getattr(callboard.vitals, kind.__name__) is kind
    assert "vitals" in callboard.__all__
