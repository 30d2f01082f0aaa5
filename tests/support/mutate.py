"""Mutate: whether the tests of the policies notice when a policy decides otherwise.

Runs mutmut on `actors/policies`, or on those that are named, against their tests and those of the
actors. mutmut tells functions apart by the path of their file, and takes a copy of the tree; this
project's root folders are sub-packages of one name, which links stand for. So it works on a stage,
where the folders lie as they are installed. A mutant that lives is a survivor: `docs/mutation.md`
gives each a reason, and one without, or fewer than `KILLED_PERCENT_MIN` killed, is exit code 1. The
words of assertions are for people and need none, nor does a `zip` that no longer asserts that both
are of one length: neither is held against that share. mutmut switches a mutant on after the import,
so what only makes a table then cannot be judged, and is left out. `./dev mutate [POLICY...]` runs
it.
"""

import argparse
import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

ROOT = Path(__file__).parents[2]
REASONS = ROOT / "docs" / "mutation.md"
POLICIES = "actors/policies"
TESTS = ["tests/policies", "tests/actors"]
KILLED_PERCENT_MIN = 90
LIVES = (None, 0, 33)
"""Exit codes by which mutmut says not run, survived and not tested; every other is a death."""
LOOSER = ("strict=None", "strict=False", "")
"""What mutmut makes of a `zip` with `strict=True`."""
SETTINGS = """\
[tool.mutmut]
source_paths = ["callboard"]
only_mutate = {files}
also_copy = ["tests"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider"]

[tool.pytest.ini_options]
pythonpath = ["tests", "."]
addopts = ["--import-mode=importlib"]
"""


@frozen
class Survivor:
    """A mutant that no test noticed: where, the line, and what it became."""

    policy: str
    function: str
    before: str
    after: str

    @property
    def row(self) -> str:
        """The beginning of its row in the list of reasons."""
        return f"| `{self.function}` | `{self.before}` | `{self.after}` |"

    @property
    def is_of_assertion(self) -> bool:
        """True for another text of an assertion, or a `zip` that no longer asserts one length."""
        is_assertion = self.before.startswith("assert ") and '"' in self.before
        if is_assertion and self.before.partition('"')[0] == self.after.partition('"')[0]:
            return True
        looser = [self.before.replace("strict=True", other) for other in LOOSER]
        return "strict=True" in self.before and self.after in looser


@frozen
class Result:
    """What became of a policy's mutants."""

    policy: str
    mutants: int
    survivors: tuple[Survivor, ...]


def main(arguments: list[str]) -> int:
    """Mutate, and print what lives; returns 1 where too much does, or without a reason."""
    options = _options(arguments)
    if not is_installed():
        sys.stderr.write("mutmut is missing: ./dev setup mutation\n")
        return 2
    names = options.policies or sorted(path.stem for path in (ROOT / POLICIES).glob("[a-z]*.py"))
    unknown = [name for name in names if not (ROOT / POLICIES / f"{name}.py").exists()]
    if unknown:
        sys.stderr.write(f"no such policy: {', '.join(unknown)}\n")
        return 2
    with TemporaryDirectory(prefix="callboard-mutants-") as folder:
        stage = Path(folder)
        set_up(stage, names, options.tests or TESTS)
        done = _mutmut(stage, "run", "--max-children", str(options.jobs), shows=True)
        if done.returncode:  # it says why: the tests fail without any change
            return done.returncode
        results = [_result(stage, name) for name in names]
        if not any(result.mutants for result in results):
            return 1
    return report(results, REASONS.read_text(encoding="utf-8"))


def is_installed() -> bool:
    """Tell whether mutmut can be run; it is no part of the usual environment."""
    return importlib.util.find_spec("mutmut") is not None


def set_up(stage: Path, names: list[str], tests: list[str]) -> None:
    """Lay the project out as it is installed, with settings that mutate these policies."""
    for name in ("actors", "messages", "scenarios"):
        shutil.copytree(ROOT / name, stage / "callboard" / name)
    for name in ("__init__.py", "__main__.py", "py.typed"):
        shutil.copy(ROOT / name, stage / "callboard" / name)
    shutil.copytree(ROOT / "tests", stage / "tests")
    files = [f"callboard/{POLICIES}/{name}.py" for name in names]
    settings = SETTINGS.format(files=json.dumps(files), tests=json.dumps(tests))
    (stage / "pyproject.toml").write_text(settings, encoding="utf-8")


def report(results: list[Result], reasons: str) -> int:
    """Print a line a policy and a row a survivor; returns the exit code."""
    mutants = sum(result.mutants for result in results)
    survivors = [survivor for result in results for survivor in result.survivors]
    for result in results:
        lives = len(result.survivors)
        _say(f"{result.policy:<20} {result.mutants:>5} mutants, {lives:>3} live")
    counting = [survivor for survivor in survivors if not survivor.is_of_assertion]
    nameless = [survivor for survivor in counting if survivor.row not in reasons]
    if nameless:
        _say("\nThese have no reason in docs/mutation.md: write the test, or the reason.\n")
    for policy in dict.fromkeys(each.policy for each in nameless):
        _say(f"## {policy}\n\n| function | was | lives as | why |\n|---|---|---|---|")
        for each in nameless:
            if each.policy == policy:
                _say(f"{each.row}  |")
        _say("")
    percent = 100 * (1 - len(survivors) / mutants)
    _say(f"{percent:.1f} % of {mutants} mutants die; {len(nameless)} live without a reason")
    too_many = 100 * len(counting) > (100 - KILLED_PERCENT_MIN) * mutants
    return 1 if nameless or too_many else 0


def change_in(diff: str) -> tuple[str, str]:
    """Return the first line that a mutant changes, and what it becomes; one line each."""
    lines = diff.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("@@")), 0)
    before = [line[1:].strip() for line in lines[first + 1 :] if line.startswith("-")]
    after = [line[1:].strip() for line in lines[first + 1 :] if line.startswith("+")]
    return _cell(before), _cell(after)


def _cell(lines: list[str]) -> str:
    return " ".join(lines).replace("|", "\\|").replace("`", "'")


def _result(stage: Path, name: str) -> Result:
    meta = stage / "mutants" / "callboard" / POLICIES / f"{name}.py.meta"
    found: dict[str, int | None] = (
        json.loads(meta.read_bytes())["exit_code_by_key"] if meta.exists() else {}
    )
    at_import = called_at_import((ROOT / POLICIES / f"{name}.py").read_text(encoding="utf-8"))
    codes = {
        key: code
        for key, code in found.items()
        if code not in LIVES or _function(key) not in at_import
    }
    survivors = tuple(_survivors(stage, name, codes))
    return Result(name, len(codes), survivors)


def called_at_import(source: str) -> frozenset[str]:
    """Return the module's functions that its tables are made with, whoever else calls them."""
    tree = ast.parse(source)
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    waiting = [each for each in tree.body if not isinstance(each, ast.FunctionDef | ast.ClassDef)]
    found: set[str] = set()
    while waiting:
        for each in ast.walk(waiting.pop()):
            if isinstance(each, ast.Name) and each.id in functions and each.id not in found:
                found.add(each.id)
                waiting.append(functions[each.id])
    return frozenset(found)


def _function(key: str) -> str:
    """Return the name of a mutant's function, a method's with its class."""
    name = re.sub(r"^x_?|__mutmut_\d+$", "", key.rpartition(".")[2])
    return name.replace("ǁ", ".").strip(".")


def _survivors(stage: Path, name: str, codes: Mapping[str, int | None]) -> Iterator[Survivor]:
    for key, code in codes.items():
        if code in LIVES:
            diff = _mutmut(stage, "show", key).stdout
            yield Survivor(name, _function(key), *change_in(diff))


def _mutmut(stage: Path, *words: str, shows: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *words],
        cwd=stage,
        # Derandomised: a mutant lives or dies for every run alike.
        env={**os.environ, "PYTHONPATH": "", "CALLBOARD_PROFILE": "ci"},
        stdout=None if shows else subprocess.PIPE,
        text=True,
        check=False,
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev mutate", description="Mutate policies.")
    parser.add_argument("policies", nargs="*", metavar="POLICY", help="as in token_bucket")
    parser.add_argument("--tests", action="append", help="instead of those of policies and actors")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
