"""Scenarios page: its file comes as it is told, and every word stands there."""

import re
from pathlib import Path

import attrs
import pytest

from callboard.actors.errors import ConfigurationError
from callboard.scenarios import script
from callboard.scenarios.drawn import COMMANDS
from callboard.scenarios.expectations import LEGS, Then
from callboard.scenarios.files.fields import forms_of
from callboard.scenarios.files.scenario_file import STYLE, read_story
from callboard.scenarios.planned import KINDS
from callboard.scenarios.story import play_story
from callboard.scenarios.story_list import story_named
from callboard.scenarios.workload import Workload

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FUNCTIONS = [name for name in script.__all__ if name.islower()]


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCKS if name == language]


def test_its_file_comes_as_it_is_told() -> None:
    played = play_story(read_story(blocks("toml")[0]))

    assert played.is_as_told, str(played)


def test_its_two_forms_tell_the_same_day() -> None:
    from_file = read_story(blocks("toml")[0]).workload

    assert attrs.evolve(story_named("answer_lost_then_filled").workload) == from_file


def test_what_it_says_of_wrong_words_is_what_is_said() -> None:
    right = blocks("toml")[0]
    wrong = right.replace('"answer_lost_after_execution"', '"answer_lost"', 1)

    with pytest.raises(ConfigurationError) as refused:
        read_story(wrong.replace('at = "5s"', "at = 5"))

    shown = [line.partition(":")[2] for line in blocks("text")[1].splitlines()]
    assert shown == [line.partition(":")[2] for line in str(refused.value).splitlines()]


@pytest.mark.parametrize("word", [*KINDS, *LEGS, *COMMANDS, *FUNCTIONS])
def test_every_word_stands_there(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b", PAGE), word


@pytest.mark.parametrize("key", [form.key for form in forms_of(Then, STYLE)])
def test_every_expectation_of_a_file_stands_there(key: str) -> None:
    assert f"`[[then.{key}]]`" in PAGE


@pytest.mark.parametrize("key", [form.key.partition(".")[0] for form in forms_of(Workload, STYLE)])
def test_every_table_of_a_file_stands_there(key: str) -> None:
    assert any(f"`{shape}`" in PAGE for shape in (key, f"[{key}]", f"[[{key}]]")), key
