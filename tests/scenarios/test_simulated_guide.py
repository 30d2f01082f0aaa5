"""SimulatedGuide: its deadlock is told in its words, and the example finds its race."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pykka
import pytest

from callboard.scenarios import Deadlock
from support.simulated_runs import simulate

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "simulated.md").read_text("utf-8")
SAID = GUIDE.split("```text\nDeadlock")[1].split("```")[0]


def run(*command: str, folder: Path) -> str:
    """Run Python and return what it printed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


class Alice(pykka.ThreadingActor):
    def call(self, bob: Any) -> Any:
        return bob.ask_back(self.actor_ref.proxy()).get()


class Bob(pykka.ThreadingActor):
    def ask_back(self, alice: Any) -> Any:
        return alice.call(self.actor_ref.proxy()).get()


def test_the_guides_deadlock_is_told_in_the_guides_words() -> None:
    def program() -> None:
        alice: Any = Alice.start().proxy()
        alice.call(Bob.start().proxy()).get()

    with pytest.raises(Deadlock) as caught:
        simulate(program)

    assert SAID == f": {caught.value}\n"


def test_the_example_finds_its_race_and_none_in_the_mended_program() -> None:
    told = run("examples/simulated_race.py", "--seeds", "100", folder=ROOT)

    assert "ask, then book: a seat was sold twice" in told
    assert "check and book in one message: fine in 100 seeds" in told
