"""Mutate: the stage that mutants live on, and what is said of those that no test noticed."""

import shutil
from pathlib import Path

import pytest
from attrs import evolve

from support import mutate
from support.mutate import Result, Survivor, change_in, report

DIFF = """\
# callboard.actors.policies.token_bucket.x_earliest_ms__mutmut_9: survived
--- callboard/actors/policies/token_bucket.py
+++ callboard/actors/policies/token_bucket.py
@@ -3,7 +3,7 @@
     missing = amount - level
-    if missing <= 0:
+    if missing < 0:
         return now_ms
"""
ROW = "| `earliest_ms` | `if missing <= 0:` | `if missing < 0:` |"
LIVES = Survivor("token_bucket", "earliest_ms", "if missing <= 0:", "if missing < 0:")
WORDS = Survivor("token_bucket", "take", 'assert a, "b"', 'assert a, "XXbXX"')


def test_a_change_is_told_by_its_line_before_and_after() -> None:
    assert ("if missing <= 0:", "if missing < 0:") == change_in(DIFF)


def test_a_survivor_with_a_reason_is_let_live() -> None:
    results = [Result("token_bucket", 20, (LIVES,))]

    assert 0 == report(results, f"{ROW} nothing is missing either way |")


def test_a_survivor_without_a_reason_fails_with_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == report([Result("token_bucket", 20, (LIVES,))], "")

    told = capsys.readouterr().out
    assert (
        f"## token_bucket\n\n| function | was | lives as | why |\n|---|---|---|---|\n{ROW}" in told
    )
    assert "95.0 % of 20 mutants die; 1 live without a reason" in told


def test_the_words_of_an_assertion_need_no_reason() -> None:
    assert 0 == report([Result("token_bucket", 20, (WORDS,))], "")


@pytest.mark.parametrize(
    ("after", "code"),
    [("zip(a, b, strict=False)", 0), ("zip(a, b, )", 0), ("zip(a, a, strict=True)", 1)],
)
def test_a_zip_that_no_longer_asserts_one_length_needs_no_reason(after: str, code: int) -> None:
    looser = evolve(LIVES, before="zip(a, b, strict=True)", after=after)

    assert code == report([Result("token_bucket", 20, (looser,))], "")


def test_too_many_survivors_fail_whatever_their_reasons() -> None:
    assert 1 == report([Result("token_bucket", 5, (LIVES,))], ROW)


def test_the_words_of_assertions_are_not_held_against_a_small_policy() -> None:
    assert 0 == report([Result("slippage", 5, (WORDS,))], "")


def test_functions_that_make_a_table_are_known_by_their_calls_at_import() -> None:
    source = """
TABLE = {each: row(each) for each in ("a", "b")}

def row(name): return cell(name)
def cell(name): return name
def later(): return row("c")
class Shape:
    def area(self): return later()
"""

    assert {"row", "cell"} == mutate.called_at_import(source)


def test_the_stage_is_the_project_as_it_is_installed(tmp_path: Path) -> None:
    mutate.set_up(tmp_path, ["token_bucket"], ["tests/policies"])

    assert (tmp_path / "callboard" / "actors" / "policies" / "token_bucket.py").is_file()
    assert (tmp_path / "callboard" / "__main__.py").is_file()
    assert (tmp_path / "tests" / "policies").is_dir()
    settings = (tmp_path / "pyproject.toml").read_text()
    assert 'only_mutate = ["callboard/actors/policies/token_bucket.py"]' in settings


def test_a_policy_that_is_none_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutate, "is_installed", lambda: True)

    assert 2 == mutate.main(["nothing"])

    assert "no such policy: nothing" in capsys.readouterr().err


def test_where_the_tests_fail_without_any_change_nothing_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutate, "is_installed", lambda: True)
    # As mutmut ends where its clean run fails.
    monkeypatch.setattr("sys.executable", shutil.which("false"))

    assert 1 == mutate.main(["slippage"])

    assert "" == capsys.readouterr().out
