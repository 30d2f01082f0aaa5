"""Order commands: where no engine runs; with a running one they are in the process tests."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.spool import Spool


@pytest.mark.parametrize(
    "words",
    [
        ("show", "D", "cb1-1-e1"),
        ("look", "D", "cb1-1-e1"),
        ("end", "D", "cb1-1-e1", "--reason", "it never came"),
    ],
)
def test_where_no_engine_runs_no_order_can_be_reached(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    Spool(tmp_path)

    result = CliRunner().invoke(
        main, ["order", *(str(tmp_path) if word == "D" else word for word in words)]
    )

    assert Exit.UNREACHABLE == result.exit_code
    assert "no engine runs on this data directory" in result.stderr
    assert [] == list((tmp_path / "commands").iterdir())


def test_an_order_is_not_ended_without_a_reason(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["order", "end", str(tmp_path), "cb1-1-e1"])

    assert Exit.USAGE == result.exit_code
