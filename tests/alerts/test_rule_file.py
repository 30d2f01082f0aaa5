"""Rule file: what a file of rules may say, and how it is told what it may not."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from callboard.actors.adapters.alerts.occurrences import ENGINE_ALERTS
from callboard.actors.adapters.alerts.rule_file import built_in, load_rules
from callboard.actors.adapters.metrics.catalogue import figure_names
from callboard.actors.errors import ConfigurationError
from callboard.messages.values import Severity
from source_tree import ROOT, inside

FIGURES = figure_names()


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_rules(written(folder, text), FIGURES)
    return str(caught.value).splitlines()


def test_the_rules_that_are_built_in_are_sound_and_each_says_what_to_do() -> None:
    rules = load_rules(None, FIGURES).rules

    assert len(built_in()) == len(rules)
    assert [] == [rule.name for rule in rules if len(rule.text) < 20]


def test_a_file_changes_adds_and_turns_off_rules(tmp_path: Path) -> None:
    figure = min(FIGURES)
    path = written(
        tmp_path,
        f"""
        [[rule]]
        name = "weight_over_80_percent"
        value = 0.5
        [[rule]]
        name = "margin_call"
        enabled = false
        [[rule]]
        name = "mine"
        figure = "{figure}"
        op = "<="
        value = "2.5"
        for = "2m"
        severity = "critical"
        """,
    )

    rules = load_rules(path, FIGURES)

    high, mine = rules.named("weight_over_80_percent"), rules.named("mine")
    assert high is not None
    assert high.condition is not None
    assert Decimal("0.5") == high.condition.value
    assert high.text
    assert mine is not None
    assert (f"{figure} <= 2.5", 120_000, Severity.CRITICAL) == (
        str(mine.condition),
        mine.for_ms,
        mine.severity,
    )
    assert None is rules.named("margin_call")


def test_every_fault_of_a_file_is_told_at_once_with_the_nearest_names(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        """
        other = 1
        [[rule]]
        name = "Bad Name"
        [[rule]]
        name = "one"
        figure = "weight_user_ratio"
        op = "=>"
        value = "nan"
        for = "soon"
        severity = "loud"
        colour = "red"
        [[rule]]
        name = "two"
        event = "venue_donw"
        [[rule]]
        name = "three"
        severity = "info"
        [[rule]]
        name = "three"
        """,
    )

    text = "\n".join(told)
    for words in (
        "other: unknown key",
        "name must be a lower-case name, not 'Bad Name'",
        "rule one: figure: there is no figure 'weight_user_ratio'; did you mean weight_used_ratio",
        "rule one: op must be one of >, >=, <, <=, ==, !=, rises, not '=>'",
        "rule one: value must be a number, not 'nan'",
        "rule one: for must be a time as 30s, 5m or 1h, not 'soon'",
        "rule one: severity must be one of info, warning, critical, not 'loud'",
        "rule one: colour: unknown key",
        "rule two: event: the engine never says 'venue_donw'; did you mean venue_down",
        "rule two: say when it is over",
        "rule three: give it a figure with op and value, or an event",
        "there is a rule three above",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]\n", "rules.toml: "),
        ("rule = 3\n", "name must be a lower-case name, not None"),
        ('[[rule]]\nname="a"\nevent=3\nquiet="1s"\n', "event must be a name or a list of names"),
        (
            '[[rule]]\nname="a"\nevent="venue_up"\nquiet="1s"\nop=">"\n',
            "op says nothing of an event",
        ),
        ('[[rule]]\nname="a"\nevent="venue_up"\nquiet="1s"\ntext=3\n', "text must be a text"),
        ('[[rule]]\nname="a"\nevent="venue_up"\nquiet="1s"\nalso=3\n', "also must be a table"),
        ('[[rule]]\nname="a"\nenabled="no"\nevent="venue_up"\nquiet="1s"\n', "true or false"),
        ("[[rule]]\n" * 501, "501 rules, of 500"),
    ],
)
def test_a_bad_file_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(faults(tmp_path, text))


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_rules(tmp_path / "nowhere.toml", FIGURES)


def test_every_alert_that_the_engine_can_raise_is_known_by_its_name() -> None:
    said: set[str] = set()
    for name in inside():
        text = (ROOT / name).read_text(encoding="utf-8")
        said |= set(re.findall(r'AlertRaised\(\s*Severity\.\w+,\s*"(\w+)"', text))
        said |= set(re.findall(r'\balert\("(\w+)"', text))
        said |= {
            each
            for pair in re.findall(r'alert="(\w+)" if [\w ]+ else "(\w+)"', text)
            for each in pair
        }

    assert len(said) > 40
    assert set() == said - ENGINE_ALERTS
