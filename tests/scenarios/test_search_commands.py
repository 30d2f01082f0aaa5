"""Search commands: seeds run, judged and added up, as people call them."""

import json
from pathlib import Path

import pytest
from attrs import evolve

from callboard.scenarios.drawn import MIXES, STANDARD, drawn
from callboard.scenarios.files.scenario_file import read_scenario, write_story
from callboard.scenarios.story_list import story_named
from callboard.scenarios.workload import Workload
from support.command_line import invoke

BLIND = '''
"""Blind: the venue's books lose the sense of what is ours."""

from collections.abc import Generator
from contextlib import contextmanager

from callboard.scenarios.checks.sending import OneOrderPerIntent


@contextmanager
def change() -> Generator[None]:
    sound = OneOrderPerIntent.on_accepted

    def broken(self, order):
        self.ground.report("S1", f"{order.client_order_id} is one too many")

    OneOrderPerIntent.on_accepted = broken
    try:
        yield
    finally:
        OneOrderPerIntent.on_accepted = sound
'''


@pytest.fixture(name="change")
def fixture_change(tmp_path: Path) -> Path:
    """Give a change under which every accepted order is a violation."""
    path = tmp_path / "blind.py"
    path.write_text(BLIND)
    return path


def test_a_seed_of_the_healthy_engine_is_clean_and_says_how_to_run_it_again() -> None:
    done = invoke("scenario", "run", "--seed", 0)

    assert 0 == done.exit_code
    assert done.stdout.startswith("clean: ")
    assert "again: callboard scenario run --seed 0\n" in done.stdout


def test_a_violated_seed_tells_what_how_and_the_command(change: Path) -> None:
    done = invoke("scenario", "run", "--seed", 0, "--change", change)

    assert 1 == done.exit_code
    assert "is one too many" in done.stdout
    assert "S1 does not hold" in done.stdout
    assert "wire -> venue: POST /fapi/v1/order" in done.stdout
    assert f"again: callboard scenario run --seed 0 --change {change}\n" in done.stdout


def test_a_change_is_over_with_the_command(change: Path) -> None:
    invoke("scenario", "run", "--seed", 0, "--change", change)

    assert 0 == invoke("scenario", "run", "--seed", 0).exit_code


def test_a_soak_adds_up_and_writes_its_scoreboard(tmp_path: Path) -> None:
    board = tmp_path / "board.md"

    done = invoke("scenario", "soak", "--seeds", 3, "--first-seed", 7, "--scoreboard", board)

    assert 0 == done.exit_code
    assert "violations: 0 in 0 seeds" in done.stdout
    assert "| seeds | 3 |" in board.read_text()
    assert 3 == json.loads((tmp_path / "board.json").read_text())["seeds"]


def test_the_scoreboard_shows_what_searches_for_planted_mistakes_took(tmp_path: Path) -> None:
    results, board = tmp_path / "results.json", tmp_path / "board.md"
    results.write_text('[{"name": "blind_resend", "seeds": 12}]')
    words = ("scenario", "soak", "--seeds", 1, "--scoreboard", board, "--planted")

    done = invoke(*words, results)
    results.write_text("{}")
    wrong = invoke(*words, results)

    assert 0 == done.exit_code
    assert "| blind_resend | 12 |" in board.read_text()
    assert 2 == wrong.exit_code
    assert "is no list of objects" in wrong.stderr


def test_two_processes_find_what_one_finds_and_end_at_the_first(change: Path) -> None:
    words = ("scenario", "soak", "--seeds", 9, "--until-found", "--json", "--change", change)

    alone = json.loads(invoke(*words).stdout)
    together = json.loads(invoke(*words, "--jobs", 2).stdout)

    assert 1 == alone["failing_seeds"] == alone["seeds_to_first_failing"]
    assert alone["failures"][0] in together["failures"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "defines no `change()`"),
        ("import nothing_like_this", ":1: ModuleNotFoundError"),
        ("x = 1\ndef", ":2: SyntaxError"),
    ],
)
def test_a_change_that_cannot_be_used_is_bad_input(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(text)

    done = invoke("scenario", "soak", "--seeds", 1, "--change", path)

    assert 2 == done.exit_code
    assert words in done.stderr


def test_an_unknown_mix_is_bad_input_and_the_mixes_are_named() -> None:
    done = invoke("scenario", "run", "--seed", 1, "--mix", "salad")

    assert 2 == done.exit_code
    assert "standard, wide" in done.stderr


def test_a_failing_seed_becomes_small_and_its_command_fails_alike(
    change: Path, tmp_path: Path
) -> None:
    path = tmp_path / "small.toml"

    done = invoke("scenario", "shrink", "--seed", 0, "--change", change, "--out", path)
    again = invoke("scenario", "run", path, "--change", change)

    assert 0 == done.exit_code
    assert done.stdout.startswith("1 choices are left")
    assert f"again: callboard scenario run {path} --change {change}\n" in done.stdout
    assert path.read_text().startswith("# S1: ")
    assert 1 == again.exit_code


def test_a_clean_seed_cannot_be_shrunk() -> None:
    done = invoke("scenario", "shrink", "--seed", 0)

    assert 2 == done.exit_code
    assert "nothing to shrink" in done.stderr


def test_a_seed_is_exported_as_the_workload_that_it_draws(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"

    invoke("scenario", "export", "--seed", 3, "--mix", "wide", "--out", path)

    assert drawn(3, MIXES["wide"]) == read_scenario(path)


@pytest.mark.parametrize("words", [(), ("--seed", 1, "some.toml")])
def test_a_run_wants_a_seed_a_story_or_a_file(words: tuple[object, ...]) -> None:
    done = invoke("scenario", "run", *words)

    assert 2 == done.exit_code
    assert "either a story, a scenario file or --seed" in done.stderr


def test_stories_faults_invariants_and_branches_are_listed() -> None:
    done = invoke("scenario", "list")

    assert 0 == done.exit_code
    for words in ("request_arrives_late  ", "answer_late  ", "S12  ", "partial_fill", "standard"):
        assert f"\n  {words}" in done.stdout


def test_a_story_is_run_by_its_name() -> None:
    done = invoke("scenario", "run", "request_arrives_late")

    assert 0 == done.exit_code
    assert "again: callboard scenario run request_arrives_late\n" in done.stdout


def test_what_a_scenario_expects_and_does_not_come_is_violated(tmp_path: Path) -> None:
    text = write_story(evolve(story_named("request_arrives_late"), workload=Workload(1)))
    path = tmp_path / "nothing_happens.toml"
    path.write_text(text)

    done = invoke("scenario", "run", path)

    assert 1 == done.exit_code
    assert "expected: " in done.stdout


def test_a_story_that_is_none_is_bad_input_and_the_nearest_are_named() -> None:
    done = invoke("scenario", "run", "request_arives_late")

    assert 2 == done.exit_code
    assert "near: request_arrives_late" in done.stderr


def test_a_soak_leaves_its_failing_seeds_as_files(change: Path, tmp_path: Path) -> None:
    words = ("--seeds", 9, "--until-found", "--change", change, "--out", tmp_path / "found")

    invoke("scenario", "soak", *words)

    (found,) = (tmp_path / "found").iterdir()
    assert drawn(0, STANDARD) == read_scenario(found)
