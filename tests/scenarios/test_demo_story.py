"""Demo story: every trouble happens, is overcome, and would be missed if it were not.

Owns the demo's world without its command: story, evidence, pictures.
"""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from callboard.scenarios.demo import story
from callboard.scenarios.demo.ending import Verdict, end_of
from callboard.scenarios.demo.player import Pacer, outcomes, play
from callboard.scenarios.demo.screens import PlainScreen, screen_of
from callboard.scenarios.demo.stage import Stage
from callboard.scenarios.demo.story import Aim, Beat, Crash, Trouble, beats
from callboard.scenarios.demo.tables import Frame
from callboard.scenarios.demo.troubles import NOT_REACHED
from callboard.scenarios.demo.view import picture

SEEDS = (0, 1, 9)
"""Two directions of each trade, and targets that are met during the pause."""


def console(width: int = 100, height: int = 30) -> Console:
    """Return a console that writes nowhere."""
    return Console(file=StringIO(), width=width, height=height, force_terminal=True)


def played(folder: Path, *, seed: int = 7, told: tuple[Beat, ...] | None = None) -> Verdict:
    """Return how a story ends that nobody waits for."""
    with Stage(seed, folder, told) as stage:
        stage.start()
        play(stage, PlainScreen(console()), Pacer(is_paced=False), lambda: False)
        return end_of(stage)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_trouble_of_a_seed_happens_and_is_overcome(seed: int, tmp_path: Path) -> None:
    verdict = played(tmp_path, seed=seed)

    assert () == verdict.problems
    assert [True] * len(Trouble) == [each.is_overcome for each in verdict.outcomes]
    assert (0, ()) == (verdict.violations, verdict.replayed.divergences)
    assert verdict.verified.ok


def test_a_story_without_its_faults_is_an_honest_failure(tmp_path: Path) -> None:
    told = tuple(beat for beat in beats(7) if not isinstance(beat.deed, Aim | Crash))

    verdict = played(tmp_path, told=told)

    assert [
        "an answer is lost after execution: the answer to cb1-4-e1 was not lost",
        "an entry without its stop: the stop cb1-p4-s1 was not lost",
        "an actor crashes: no actor crashed",
        "the venue says 429: cb1-7-e1 was answered 200",
    ] == list(verdict.problems)


def test_a_story_that_was_stopped_early_judges_what_was_seen(tmp_path: Path) -> None:
    with Stage(7, tmp_path) as stage:
        stage.start()
        stage.advance(3_000)
        seen = outcomes(stage)

        verdict = end_of(stage)

    assert [NOT_REACHED] * len(Trouble) == [each.text for each in seen]
    assert not verdict.is_whole
    assert () == verdict.problems
    assert verdict.replayed.identical


def test_one_seed_leaves_one_journal_however_it_is_shown(tmp_path: Path) -> None:
    heads = [played(tmp_path / name).verified.head for name in ("first", "second")]

    assert heads[0] == heads[1]


def test_every_slow_moment_is_met_exactly() -> None:
    at_ms, met = 0, list[int]()
    while at_ms < story.END_MS:
        met.append(at_ms)
        at_ms += story.slice_ms(at_ms)

    assert [first for first, _ in story.SLOW_MS] == [
        first for first, _ in story.SLOW_MS if first in met
    ]
    assert {story.PACE, story.SLOW_PACE} == {story.pace(each) for each in met}


def test_the_story_takes_less_than_a_minute_of_the_eye() -> None:
    at_ms, seconds = 0, 0.0
    while at_ms < story.END_MS:
        seconds += story.slice_ms(at_ms) / 1000 / story.pace(at_ms)
        at_ms += story.slice_ms(at_ms)

    assert 20 < seconds < 45


@pytest.fixture(name="in_trouble", scope="module")
def fixture_in_trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give a stage in which the stop of XRPUSDT is lost and its fate is unknown."""
    with Stage(7, tmp_path_factory.mktemp("demo")) as stage:
        stage.start()
        while stage.watch.now_ms < story.STOP_LOST_AT_MS + 5_100:
            stage.advance(story.slice_ms(stage.watch.now_ms))
        yield stage


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50)])
def test_a_picture_fits_the_terminal_and_shows_what_matters(
    in_trouble: Stage, width: int, height: int
) -> None:
    shown = Console(file=StringIO(), width=width, height=height)
    frame = Frame(in_trouble.watch, 7, (Trouble.ANSWER_LOST,), width, height)

    with shown.capture() as capture:
        shown.print(picture(frame))

    lines = capture.get().rstrip("\n").split("\n")
    assert height == len(lines)
    assert {width} == {len(line) for line in lines}
    text = "\n".join(lines)
    for word in ("NO STOP", "UNKNOWN", "TROUBLE 2 of 4", "✓ lost answer", "no network", "ACTIVE"):
        assert word in text


def test_a_terminal_without_room_for_a_picture_gets_plain_lines() -> None:
    with screen_of(console(width=60), seed=7, is_live=True) as narrow:
        assert isinstance(narrow, PlainScreen)
    with screen_of(console(), seed=7, is_live=False) as unwanted:
        assert isinstance(unwanted, PlainScreen)
