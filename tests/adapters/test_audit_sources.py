"""Test of the audit log: the word of a source is a line where it changes something."""

from callboard.actors.adapters.records.audit_entries import (
    COMMANDS,
    of_emergency,
    of_model,
    of_policy,
)
from callboard.actors.adapters.records.audit_texts import EN, sentence
from callboard.actors.breaker_facts import EmergencyNoted
from callboard.actors.intake_facts import ModelNoted
from callboard.actors.risk_facts import PolicyBound
from callboard.messages.intake import EmergencyStateChanged, ModelPromoted, PolicyChanged


def test_a_word_that_is_only_repeated_is_no_line() -> None:
    assert not {PolicyChanged, ModelPromoted, EmergencyStateChanged} & set(COMMANDS)


def test_a_policy_is_a_line_with_what_was_before_it_and_after() -> None:
    line = of_policy(PolicyBound(PolicyChanged("positions_max", "2", "policy", 5), "3"))

    expected = {"key": "positions_max", "value": "2", "was": "3", "source": "policy", "at_ms": 5}
    assert ("config_change", expected) == (line.event_type, line.details)
    assert "setting positions_max is 2" == sentence("config_change", EN, {"details": line.details})


def test_a_promoted_model_is_a_line_with_the_one_before_it() -> None:
    line = of_model(ModelNoted("v2", "v1", "ai"))

    expected = {"key": "model_version", "value": "v2", "was": "v1", "source": "ai"}
    assert ("config_change", expected) == (line.event_type, line.details)


def test_what_an_emergency_source_reports_is_a_line_also_where_it_is_calm_again() -> None:
    lines = [of_emergency(EmergencyNoted("ess", word, 1)) for word in ("CRITICAL", "")]

    words = [sentence(line.event_type, EN, {"details": line.details}) for line in lines]
    assert ["ess reports CRITICAL", "ess reports calm"] == words
