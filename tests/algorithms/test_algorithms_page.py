"""Algorithms page: its signals run as they stand, and its table names every plan."""

import json
import re
import shlex
from pathlib import Path

import pytest

import source_tree as project
from callboard.actors.adapters.plan_lines import FORMS
from support.command_line import invoke

TEXT = (project.ROOT / "docs/algorithms.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```([a-z ]*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))


def test_its_signals_are_filled_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "signals.jsonl").write_text(BLOCKS["json lines"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    done = invoke(*shlex.split(BLOCKS["sh"])[1:])

    assert 0 == done.exit_code, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    assert {"FILLED": summary["signals"]} == summary["outcomes"]
    assert ([], 0, 0) == (summary["open_positions"], summary["bad_lines"], summary["violations"])


def test_its_table_names_every_plan_with_all_its_fields() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| (.*?) \| ", TEXT, re.MULTILINE)}

    assert list(FORMS) == list(rows)
    for name, form in FORMS.items():
        for field in form.fields:
            assert f"`{field}`" in rows[name]
