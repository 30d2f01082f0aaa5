"""Stories: every incident that is told comes as it is told, with no invariant broken."""

import subprocess
import sys

import pytest

from callboard.actors.errors import ConfigurationError
from callboard.scenarios.files.scenario_file import read_story, write_story
from callboard.scenarios.script import (
    actor_crash,
    filled,
    in_order,
    long_entry,
    manual_request,
    planned_fault,
    position,
    price_move,
    protected,
    resting,
    scenario,
    sent,
    told,
)
from callboard.scenarios.story import Story, play_story
from callboard.scenarios.story_list import incident_of, story_named, story_names

STORIES_MIN = 30
QUIET = scenario("a quiet day").when(long_entry("3s", stop_bps=60))


@pytest.mark.parametrize("name", story_names())
def test_a_story_comes_as_it_is_told(name: str) -> None:
    played = play_story(story_named(name))

    assert played.is_as_told, str(played)


@pytest.mark.parametrize("name", story_names())
def test_a_story_survives_as_a_file(name: str) -> None:
    story = story_named(name)

    assert story == read_story(write_story(story, note=incident_of(name)))


def test_there_are_enough_stories_and_each_tells_where_it_comes_from() -> None:
    assert STORIES_MIN <= len(story_names())
    for name in story_names():
        first, _, rest = incident_of(name).partition("\n\n")
        assert first.lower().startswith(f"{name.replace('_', '')}: "), name
        assert len(rest) > 100, name
        assert story_named(name).title


def test_stories_are_listed_without_importing_one() -> None:
    lines = (
        "import sys",
        "from callboard.scenarios.story_list import story_names",
        "assert story_names()",
        "print([name for name in sys.modules if '.stories' in name])",
    )
    told_by = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )

    assert "[]" == told_by.stdout.strip()


def test_a_story_that_is_none_is_told_with_the_nearest_ones() -> None:
    with pytest.raises(ConfigurationError, match="liquidate: is no story; near: liquidated"):
        story_named("liquidate")


def test_two_runs_of_a_story_are_the_same() -> None:
    story = story_named("answer_lost_then_filled")

    first, second = play_story(story), play_story(story)

    assert first.timeline == second.timeline
    assert first.report.steps == second.report.steps


def missed_of(story: Story) -> list[str]:
    """Return what was missed, expectations and what was seen in turn."""
    return [line.strip() for line in "\n".join(play_story(story).missed).splitlines()]


@pytest.mark.parametrize(
    ("expectation", "expected", "seen"),
    [
        (told("OrderUnknown", 0), "OrderUnknown of s0 is told at least once", "never; told were"),
        (told("OrderFilled", times=2), "OrderFilled is told twice", "once; told were Alert"),
        (told("OrderFilled", says="BTC"), 'OrderFilled that says "BTC" is told', "never; told"),
        (sent("entry", times=0), "entry is sent never", "once; sent were entry (1), stop (1)"),
        (sent("anything", until="0s"), "anything is sent at least once until 0 ms", "never; sent"),
        (sent("cancel", since="1s"), "cancel is sent at least once from 1000 ms on", "never"),
        (filled("exit"), "the venue fills exit at least once", "never; filled were BUY cb1-1-e1"),
        (position("SHORT"), "ETHUSDT is SHORT at the venue in the end", "ETHUSDT 0.076"),
        (position("LONG", at="2s"), "ETHUSDT is LONG at the venue at 2000 ms", "no position"),
        (resting("target"), "at least one target of ETHUSDT rests", "never; resting are STOP_M"),
        (resting("anything", times=2), "2 anything of ETHUSDT rests", "once; resting are STOP_M"),
        (protected("1ms"), "ETHUSDT is protected within 1 ms", "after 2"),
        (protected("1s", "BTCUSDT"), "BTCUSDT is protected within 1000 ms", "it was never told"),
        (in_order("OrderFilled", "OrderSent", "OrderQueued"), "OrderFilled, then OrderSent", "no"),
    ],
)
def test_what_does_not_come_is_told_beside_what_was_seen(
    expectation: object, expected: str, seen: str
) -> None:
    first, second = missed_of(QUIET.then(expectation))  # type: ignore[arg-type]  # any of them

    assert first.startswith(f"expected: {expected}"), first
    assert second.startswith(f"seen:   {seen}"), second


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (planned_fault("http_429", "amend"), "expected: http_429 befalls amend"),
        (actor_crash("risk_gate", 99_999), "expected: an actor crashes"),
        (manual_request("GET /fapi/v1/nothing", "2s"), "expected: a person's request is taken"),
    ],
)
def test_trouble_that_never_came_is_missed_too(trouble: object, expected: str) -> None:
    first, _ = missed_of(QUIET.given(trouble).then())  # type: ignore[arg-type]  # any of them

    assert expected == first


def test_a_failure_is_told_with_the_timeline_until_the_end() -> None:
    played = play_story(QUIET.when(price_move(-90, "6s")).then(position("LONG")))
    lines = str(played).splitlines()

    assert not played.is_as_told
    assert "a quiet day: NOT as told" == lines[0]
    assert "what was seen:" in lines
    assert any("market   ETHUSDT -90 bps in 0 ms" in line for line in lines)
    assert any("-> venue POST /fapi/v1/order cb1-1-e1 ETHUSDT BUY MARKET" in line for line in lines)
    assert "PositionClosed s0 ETHUSDT STOP_LOSS" in lines[-1]


def test_a_long_timeline_is_cut_in_its_middle() -> None:
    signals = (long_entry("3s", stop_bps=60, repeats=99) for _ in range(60))

    assert any("lines ..." in line for line in play_story(QUIET.given(*signals).then()).timeline)


@pytest.mark.parametrize(
    ("say", "near"),
    [
        (lambda: planned_fault("http_503", "order"), "http_503_"),
        (lambda: planned_fault("http_429", "orders"), "order"),
        (lambda: long_entry("3s", "ETHUSD"), "ETHUSDT"),
        (lambda: long_entry("3"), "a time with its unit"),
        (lambda: told("OrderFiled"), "OrderFilled"),
        (lambda: sent("entries"), "entry"),
        (lambda: position("LNG"), "LONG"),
    ],
)
def test_a_word_that_is_none_is_told_with_the_nearest_ones(say: object, near: str) -> None:
    assert callable(say)
    with pytest.raises(ValueError, match=near):
        say()


def test_a_story_lasts_as_long_as_it_says_or_a_while_after_its_last_moment() -> None:
    story = QUIET.when(price_move(5, "9s")).then()

    assert 24_000 == story.workload.duration_ms
    assert 60_000 == QUIET.given(lasts="60s").then().workload.duration_ms
