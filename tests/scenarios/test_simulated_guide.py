"""SimulatedGuide: what the guide and the example of simulated programs show is what happens."""

import re
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
SHOWN: list[str] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
SAID: list[str] = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)


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


def test_the_guides_first_program_prints_what_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "kettle.py").write_text(SHOWN[0], encoding="utf-8")

    assert SAID[0] == run("kettle.py", folder=tmp_path)


def test_the_guides_race_is_found_as_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "test_hall.py").write_text(SHOWN[1], encoding="utf-8")

    told = run("-m", "pytest", "-p", "no:cacheprovider", "test_hall.py", folder=tmp_path)

    assert [] == [line for line in SAID[1].splitlines() if line not in told]
    assert re.search(r"\d+ failed, \d+ passed", told)


def test_the_guides_race_is_made_small_as_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SHOWN[1] + SHOWN[2], encoding="utf-8")

    assert SAID[2] in run("small.py", folder=tmp_path)


def test_the_guides_strategy_trades_in_a_world_as_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "strategy.py").write_text(SHOWN[3], encoding="utf-8")

    assert SAID[4] == run("strategy.py", folder=tmp_path)


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

    assert SAID[3] == f"Deadlock: {caught.value}\n"


def test_the_example_finds_its_race_and_none_in_the_mended_program() -> None:
    told = run("examples/simulated_race.py", "--seeds", "100", folder=ROOT)

    assert "ask, then book: a seat was sold twice" in told
    assert "check and book in one message: fine in 100 seeds" in told
