"""Embedding: whatever a test here starts, it must stop, whole."""

from collections.abc import Generator

import pykka
import pytest

from support.stages import threads_of_engine


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Generator[None]:
    """Demand of every test that no thread and no actor of ours outlives it."""
    yield
    assert [] == threads_of_engine()
    assert [] == pykka.ActorRegistry.get_all()
