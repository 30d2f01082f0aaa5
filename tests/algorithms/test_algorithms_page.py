"""Algorithms page: its table names every plan."""

import re

import source_tree as project
from callboard.actors.adapters.plan_lines import FORMS

TEXT = (project.ROOT / "docs/algorithms.md").read_text(encoding="utf-8")


def test_its_table_names_every_plan_with_all_its_fields() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| (.*?) \| ", TEXT, re.MULTILINE)}

    assert list(FORMS) == list(rows)
    for name, form in FORMS.items():
        for field in form.fields:
            assert f"`{field}`" in rows[name]
