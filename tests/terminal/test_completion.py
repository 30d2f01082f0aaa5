"""Completion: a shell is given a script, and its questions are answered with our words."""

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.actors.adapters.terminal.completion import PROGRAM, VARIABLE
from support.command_line import invoke


def completed(args: list[str], incomplete: str) -> list[str]:
    found = ShellComplete(main, {}, PROGRAM, VARIABLE).get_completions(args, incomplete)
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("shell", "sign"),
    [
        ("bash", "complete -o nosort"),
        ("zsh", "#compdef callboard"),
        ("fish", "complete --no-files"),
    ],
)
def test_each_shell_gets_its_script(shell: str, sign: str) -> None:
    script = invoke("completion", shell).stdout

    assert sign in script
    assert VARIABLE in script


def test_another_shell_is_refused_with_those_that_are_known() -> None:
    assert "'bash', 'zsh', 'fish'" in invoke("completion", "tcsh").stderr


@pytest.mark.parametrize(
    ("args", "incomplete", "expected"),
    [
        ([], "posi", ["positions"]),
        (["order"], "n", ["new"]),
        (["order", "new"], "--stop", ["--stop-loss"]),
        (["order", "new", "--side"], "s", ["short", "sell"]),
        (["logs"], "", ["errors", "stats", "tail", "timeline"]),
    ],
)
def test_words_options_and_choices_are_completed(
    args: list[str], incomplete: str, expected: list[str]
) -> None:
    assert expected == completed(args, incomplete)


def test_a_place_is_completed_as_a_directory() -> None:
    found = ShellComplete(main, {}, PROGRAM, VARIABLE).get_completions(["orders"], "da")

    assert [("da", "dir")] == [(each.value, each.type) for each in found]


def test_a_shell_that_asks_is_answered_by_the_program_itself() -> None:
    question = {VARIABLE: "bash_complete", "COMP_WORDS": "callboard order ca", "COMP_CWORD": "2"}

    answer = CliRunner().invoke(main, [], env=question, prog_name=PROGRAM)

    assert "plain,cancel\n" == answer.stdout
