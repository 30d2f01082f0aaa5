"""Alerts commands: lists, checks and tests, with the codes and words that scripts rely on."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callboard.__main__ import main
from callboard.actors.adapters.alerts.memory import Remembered, remember, silences_of
from support.web_receiver import Receiver

ALERT = {
    "rule": "down",
    "subject": "venue",
    "state": "firing",
    "severity": "CRITICAL",
    "value": "5 failures",
    "limit": "",
}


def called(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["alerts", *words], env={**environ})


@pytest.fixture
def receiver() -> Generator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


def test_the_list_shows_what_the_service_has_written(tmp_path: Path) -> None:
    over = {**ALERT, "state": "resolved"}
    remember(tmp_path, Remembered("1.0", 1, [], [ALERT, over]))

    shown = called("list", str(tmp_path))
    plain = called("list", str(tmp_path), "--json", "--all")

    assert 0 == shown.exit_code
    assert "firing    CRITICAL  down venue: 5 failures" in shown.output
    assert "resolved" not in shown.output
    assert [ALERT, over] == json.loads(plain.stdout)["alerts"]


def test_a_folder_in_which_nothing_was_watched_is_told(tmp_path: Path) -> None:
    nothing = called("list", str(tmp_path))
    (tmp_path / "alerts.json").write_text("{")
    broken = called("list", str(tmp_path))

    assert (4, 4) == (nothing.exit_code, broken.exit_code)
    assert "no alerts were watched here" in nothing.output
    assert "JSONDecodeError" in broken.output


def test_a_check_shows_every_rule_or_every_fault(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "mine"\nevent = "venue_down"\nquiet = "1m"\n')

    good = called("check", str(rules))
    plain = called("check", "--json")
    rules.write_text('[[rule]]\nname = "mine"\nevent = "venue_dwn"\n')
    bad = called("check", str(rules))

    assert (0, 0, 3) == (good.exit_code, plain.exit_code, bad.exit_code)
    assert "1 of them not built in" in good.output
    assert "weight_over_80_percent" in [each["name"] for each in json.loads(plain.stdout)["rules"]]
    assert "did you mean venue_down" in bad.output
    assert "say when it is over" in bad.output


def test_a_check_of_the_settings_reads_the_rules_that_they_name(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "mine"\nevent = "venue_dwn"\nquiet = "1m"\n')

    checked = CliRunner().invoke(main, ["config", "check", "-s", f"alerts.rules={rules}"])

    assert 3 == checked.exit_code
    assert "did you mean venue_down" in checked.output


def test_a_rule_is_silenced_for_a_while_and_told_again(tmp_path: Path) -> None:
    kept = called("silence", str(tmp_path), "margin_call", "--for", "30m")
    until = silences_of(tmp_path)
    lifted = called("silence", str(tmp_path), "margin_call", "--for", "0s")
    unknown = called("silence", str(tmp_path), "margin_cal")
    never = called("silence", str(tmp_path), "margin_call", "--for", "soon")
    nowhere = called("silence", str(tmp_path / "x"), "margin_call")

    assert (0, 0, 2, 2, 4) == tuple(
        each.exit_code for each in (kept, lifted, unknown, never, nowhere)
    )
    assert ["margin_call"] == list(until)
    assert {} == silences_of(tmp_path)
    assert "did you mean margin_call" in unknown.output
    assert "write a time as 30s" in never.output


def test_a_test_says_what_became_of_every_channel(receiver: Receiver) -> None:
    secret = {"CALLBOARD_ALERT_WEBHOOK_SECRET": "s"}

    taken = called("test", CALLBOARD_ALERT_WEBHOOK_URL=receiver.url, **secret)
    refused = called("test", "--json", CALLBOARD_ALERT_WEBHOOK_URL="http://127.0.0.1:1", **secret)
    unsigned = called("test", CALLBOARD_ALERT_WEBHOOK_URL=receiver.url)
    none = called("test")

    assert (0, 1, 3, 0) == (taken.exit_code, refused.exit_code, unsigned.exit_code, none.exit_code)
    assert "webhook   taken, http://127.0.0.1" in taken.output
    channels = json.loads(refused.stdout)["channels"]
    assert ["taken", "failed: no answer: Connection refused"] == [
        each["result"] for each in channels
    ]
    assert "must be signed" in unsigned.output
    assert "only the log" in none.output
