"""Metric names: what dashboards and rules in `deploy/` ask for is in the catalogue."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import source_tree as project
from callboard.actors.adapters.metrics.catalogue import CATALOGUE, Kind
from callboard.actors.service_settings import MetricsSettings

DEPLOY = Path(project.ROOT) / "deploy"
BOARD = DEPLOY / "grafana" / "callboard.json"
RULES = DEPLOY / "prometheus" / "alerts.yml"
PREFIX = MetricsSettings().prefix + "_"
LABELS = re.compile(rf"{PREFIX}([a-z0-9_]+)\{{([a-z_]+)")
BY = re.compile(r"sum by \(([a-z_, ]+)\)[^\[]*" + PREFIX + r"([a-z0-9_]+)")


def expressions_of_rules() -> list[str]:
    lines = RULES.read_text(encoding="utf-8").splitlines()
    return [line.partition("expr:")[2].strip() for line in lines if "expr:" in line]


def expressions_of_board() -> list[str]:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    return [each["expr"] for panel in board["panels"] for each in panel.get("targets", ())]


def names_in(text: str) -> Iterator[str]:
    """Yield the figures of an expression, a histogram by its own name."""
    for found in re.findall(rf"{PREFIX}[a-z0-9_]+", text):
        name = found.removeprefix(PREFIX)
        base = name.removesuffix("_bucket")
        is_bucket = base in CATALOGUE and CATALOGUE[base].kind is Kind.HISTOGRAM
        yield base if is_bucket else name


EXPRESSIONS = [*expressions_of_rules(), *expressions_of_board()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_figures_and_labels_that_there_are(expression: str) -> None:
    names = list(names_in(expression))

    assert names or expression.startswith("up{")
    assert [] == [name for name in names if name not in CATALOGUE]
    for name, label in LABELS.findall(expression):
        assert label in CATALOGUE[name].labels
    for labels, name in BY.findall(expression):
        known = (*CATALOGUE[name.removesuffix("_bucket")].labels, "le")
        assert set(labels.split(", ")) <= set(known)
    assert expression.count("(") == expression.count(")")


def test_a_rate_is_of_a_counter_and_a_counter_is_rated() -> None:
    rated = {
        name
        for expression in EXPRESSIONS
        for inner in re.findall(r"(?:rate|increase)\(([^\[]+)\[", expression)
        for name in names_in(inner)
    }
    asked = {name for expression in EXPRESSIONS for name in names_in(expression)}

    growing = {name for name in asked if CATALOGUE[name].kind is not Kind.GAUGE}
    assert growing == rated


def test_every_group_of_figures_is_on_the_board_and_panels_do_not_overlap() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()

    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (column, line)
            for column in range(place["x"], place["x"] + place["w"])
            for line in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells

    assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})


def test_prometheus_scrapes_the_exporters_port_and_reads_the_rules() -> None:
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")

    assert f":{MetricsSettings().port}" in text
    assert f"- {RULES.name}" in text


def test_every_rule_says_how_bad_it_is_and_what_it_means() -> None:
    rules = RULES.read_text(encoding="utf-8").split("- alert: ")[1:]

    names = [rule.splitlines()[0] for rule in rules]
    assert len(names) == len(set(names)) == len(expressions_of_rules())
    assert all(re.search(r"severity: (critical|warning)", rule) for rule in rules)
    assert all(re.search(r'summary: ".+\."', rule) for rule in rules)
