"""Replay commands: what people type, what they see, and how it ends."""

import json
import re
from pathlib import Path

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.travel.time_travel import ReplayedRecord, replay
from callboard.messages.orders import ApprovedOrder
from support.command_line import invoke
from support.runs import changed_copy, pinned, recorded_run, tighter


def order_step() -> ReplayedRecord:
    """Return the step that intends the first order."""
    records = replay(recorded_run(), actor="order_manager")
    return next(record for record in records if isinstance(record.message, ApprovedOrder))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--until", 99_999_999), "record 99999999 is past the end: the journal ends with "),
        (("--actor", "order_manger"), "order_manger is no actor of this journal; near: order_man"),
    ],
)
def test_what_is_not_there_is_named(words: tuple[object, ...], reason: str) -> None:
    result = invoke("replay", recorded_run(), *words)

    assert Exit.FAILED == result.exit_code
    assert f"error: {reason}" in result.stderr


def test_one_actors_records_are_counted_alone() -> None:
    one = json.loads(invoke("replay", recorded_run(), "--actor", "risk_gate", "--json").stdout)
    stats = json.loads(invoke("journal", "stats", recorded_run(), "--json").stdout)

    assert stats["actors"]["risk_gate"] == one["records"]
    assert 0 == one["divergences"]


def test_a_pinned_log_is_replayed_whole_and_refuses_a_stop_within_with_the_reason(
    tmp_path: Path,
) -> None:
    folder = changed_copy(tmp_path, pinned, names="*.manifest.json")

    result = invoke("replay", folder, "--until", 10)

    assert Exit.OK == invoke("replay", folder).exit_code
    assert Exit.FAILED == result.exit_code
    assert "--until: this log is pinned, each actor ran on a thread of its own" in result.stderr


def test_other_code_is_named_with_its_version_and_the_first_difference(tmp_path: Path) -> None:
    folder = changed_copy(
        tmp_path,
        lambda manifest: (
            tighter(manifest)
            .replace(b'"callboard":"0.1.0"', b'"callboard":"0.0.9"')
            .replace(b'"SubmitSignal.v1":"', b'"SubmitSignal.v1":"no_more: str; ')
        ),
        names="*.manifest.json",
    )

    result = invoke("replay", folder)

    assert Exit.FAILED == result.exit_code
    assert re.search(r"differs  record \d+, order_manager, msg.stop_loss\n", result.stderr)
    assert "recorded by callboard 0.0.9, Python 3." in result.stderr
    assert "replayed by callboard 0.1.0, Python 3." in result.stderr
    assert "changed since: SubmitSignal.v1\n" in result.stderr


def test_a_state_is_inspected_before_and_after_the_last_step_up_to_a_record() -> None:
    until = order_step().sequence

    words = invoke("replay", recorded_run(), "--inspect", "order_manager", "--until", until + 1)
    plain = json.loads(
        invoke(
            "replay", recorded_run(), "--inspect", "order_manager", "--until", until, "--json"
        ).stdout
    )

    assert f"order_manager: its last step up to {until + 1} is record {until}" in words.stderr
    assert "\n+   cb1-1-e1\n" in words.stdout
    assert (until, {}, ["cb1-1-e1"]) == (
        plain["sequence"],
        plain["before"]["orders"],
        list(plain["after"]["orders"]),
    )


def test_without_a_record_the_last_step_is_inspected_whole_if_wished() -> None:
    short = invoke("replay", recorded_run(), "--inspect", "risk_gate")
    whole = invoke("replay", recorded_run(), "--inspect", "risk_gate", "--full")

    assert "risk_gate: its last step" in short.stderr
    assert len(short.stdout) < len(whole.stdout)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--inspect", "risk_gate", "--step"), "--inspect and --step do not go together"),
        (("--inspect", "risk_gate", "--actor", "risk_gate"), "--inspect names its actor itself"),
        (("--full",), "--full belongs to --inspect"),
        (("--step", "--json"), "--step is for people"),
        (("--until", "-3"), "Invalid value for '--until'"),
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(
    words: tuple[str, ...], reason: str
) -> None:
    result = invoke("replay", recorded_run(), *words)

    assert Exit.USAGE == result.exit_code
    assert reason in result.stderr


@pytest.mark.parametrize("words", [("--step",), ("--inspect", "risk_gate")])
def test_a_pinned_log_has_no_state_of_all_to_look_at(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    folder = changed_copy(tmp_path, pinned, names="*.manifest.json")

    result = invoke("replay", folder, *words)

    assert Exit.FAILED == result.exit_code
    assert f"{words[0]}: this log is pinned" in result.stderr


def test_a_state_behind_a_difference_is_that_of_the_recorded_facts_and_says_so(
    tmp_path: Path,
) -> None:
    folder = changed_copy(tmp_path, tighter, names="*.manifest.json")
    until = order_step().sequence

    result = invoke("replay", folder, "--inspect", "order_manager", "--until", until)

    assert Exit.OK == result.exit_code
    assert re.search(r"\d+ differences up to here: the recorded facts count", result.stderr)
