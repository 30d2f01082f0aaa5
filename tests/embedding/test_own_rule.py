"""Own rules: a host's rule refuses by name, fails by name, and a replay asks for it."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callboard import (
    AlertRaised,
    ConfigurationError,
    OrderFilled,
    OrderRefused,
    ProposedEntry,
    Refusal,
    SignalType,
)
from callboard.__main__ import main
from callboard.actors.adapters.exits import Exit
from callboard.scenarios import paper
from support.eth_stage import SYMBOL, signal
from support.hosts import has, paper_system
from support.stages import stage_settings

FOLDER = Path(__file__).parents[2] / "examples"


def breaks_once(proposed: ProposedEntry) -> Refusal | None:
    """Raise at one signal, and let the others pass."""
    if proposed.signal.signal_id == "a1":
        raise KeyError("weather")
    return None


def replayed(data_dir: Path, *options: str) -> Any:
    return CliRunner().invoke(main, ["replay", str(data_dir), *options])


def test_the_example_refuses_by_name_and_its_journal_replays_with_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    own_rule: Any = import_module("own_rule")

    own_rule.main(str(tmp_path))

    assert "no_big_shorts: " in capsys.readouterr().out
    missing = replayed(tmp_path)
    assert Exit.CONFIGURATION == missing.exit_code
    assert "no_big_shorts" in missing.output
    again = replayed(tmp_path, "--rule", "own_rule:no_big_shorts")
    assert (Exit.OK, True) == (again.exit_code, "0 divergences" in again.output)
    del sys.modules["own_rule"]


def test_a_rule_that_raises_refuses_its_order_alerts_and_trading_goes_on() -> None:
    with paper_system(rules=[breaks_once]) as (engine, collector):
        engine.tell(signal("a1", SignalType.LONG_ENTRY))
        collector.wait_for(has(collector, OrderRefused))
        engine.tell(signal("a2", SignalType.LONG_ENTRY))
        collector.wait_for(has(collector, OrderFilled))

    (refused,) = [each for each in collector.events if isinstance(each, OrderRefused)]
    assert ("a1", SYMBOL, "host_rule", "breaks_once", "KeyError: 'weather'", "host") == (
        refused.signal_id,
        refused.symbol,
        refused.guard,
        refused.figure,
        refused.limit,
        refused.safety_guard,
    )
    alerts = [each for each in collector.events if isinstance(each, AlertRaised)]
    assert [("host_rule_failed", "breaks_once")] == [
        (each.alert, each.subject) for each in alerts if each.subject == "breaks_once"
    ]


def test_rules_without_names_are_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="name of its own"):
        paper.start(stage_settings(), rules=[lambda _entry: None])


@pytest.mark.parametrize("place", ["nowhere:rule", "own_rule", "sys:nothing", ":", "sys:path"])
def test_a_place_that_holds_no_rule_is_a_usage_error(place: str, tmp_path: Path) -> None:
    answer = replayed(tmp_path, "--rule", place)

    assert Exit.CONFIGURATION == answer.exit_code
    assert "--rule" in answer.output
