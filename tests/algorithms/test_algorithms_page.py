"""Algorithms page: its signals run as they stand, and its table names every plan."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import source_tree as project
from callboard.actors.adapters.plan_lines import FORMS

TEXT = (project.ROOT / "docs/algorithms.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```([a-z ]*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))


def test_its_signals_are_filled_in_slices(tmp_path: Path) -> None:
    (tmp_path / "signals.jsonl").write_text(BLOCKS["json lines"], encoding="utf-8")
    command = [sys.executable, "-m", *shlex.split(BLOCKS["sh"])]

    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False
    )

    assert 0 == done.returncode, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    assert {"FILLED": summary["signals"]} == summary["outcomes"]
    assert ([], 0, 0) == (summary["open_positions"], summary["bad_lines"], summary["violations"])


def test_its_table_names_every_plan_with_all_its_fields() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| (.*?) \| ", TEXT, re.MULTILINE)}

    assert list(FORMS) == list(rows)
    for name, form in FORMS.items():
        for field in form.fields:
            assert f"`{field}`" in rows[name]
