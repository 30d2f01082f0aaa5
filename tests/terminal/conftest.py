"""Shared ground of the terminal's tests: what is printed has the width of a pipe."""

import pytest


@pytest.fixture(autouse=True)
def _width_of_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the width that a test runner may say to its workers."""
    monkeypatch.delenv("COLUMNS", raising=False)
