"""Alert book: an alert fires once, is told once, ends once, and remembers who was told."""

from decimal import Decimal

import pytest

from callboard.actors.adapters.alerts import alert_book
from callboard.actors.adapters.alerts.alert_book import AlertBook
from callboard.actors.adapters.alerts.notices import Notice, State
from callboard.actors.adapters.alerts.occurrences import OTHER, Occurrence, occurrence_of
from callboard.actors.adapters.alerts.rules import Condition, Rule, RuleSet
from callboard.messages.events import EngineReady, OrderFilled, OrderUnresolved
from callboard.messages.values import Severity, Side

MINUTE_MS = 60_000
COOL_DOWN_MS = 5 * MINUTE_MS
HIGH = Rule(
    "high",
    "too high",
    Severity.WARNING,
    condition=Condition("weight", ">", Decimal("0.8")),
    for_ms=10_000,
)
HIGH_WITH_POSITION = Rule(
    "high_open",
    "too high with a position",
    Severity.CRITICAL,
    condition=Condition("weight", ">", Decimal("0.8")),
    also=Condition("positions", ">", Decimal(0)),
)
DOWN = Rule("down", "it is down", events=("venue_down",), ends=("venue_up",))
DOWN_UNTIL_READY = Rule("down", "it is down", events=("venue_down",), ends=("engine.ready",))
SEEN = Rule("seen", "seen", Severity.WARNING, events=("rate_limit",), quiet_ms=MINUTE_MS)
UNRESOLVED = Rule(
    "unresolved",
    "nobody knows",
    Severity.CRITICAL,
    events=("order.unresolved",),
    ends=("order.filled",),
)
LETTERS = Rule(
    "letters",
    "lost",
    Severity.WARNING,
    condition=Condition("dead_letters", "rises", Decimal(0)),
    for_ms=MINUTE_MS,
)
REST = Rule("rest", "see the log", events=(OTHER,), quiet_ms=MINUTE_MS)


class Figures(dict[str, Decimal]):
    """Figures set by hand."""

    def of(self, name: str) -> Decimal | None:
        return self.get(name)


def book(*rules: Rule, repeat_ms: int = 0) -> AlertBook:
    return AlertBook(RuleSet(rules), COOL_DOWN_MS, repeat_ms, "paper", "D")


def weight(share: str, **more: str) -> Figures:
    return Figures({"weight": Decimal(share)} | {key: Decimal(each) for key, each in more.items()})


def letters(count: int) -> Figures:
    return Figures({"dead_letters": Decimal(count)})


def said(name: str, subject: str = "venue", text: str = "so it is") -> Occurrence:
    return Occurrence((name,), subject, text, Severity.CRITICAL, is_alert=True)


def told(notices: list[Notice]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.subject, each.state.value) for each in notices]


def test_a_figure_fires_when_it_was_over_its_value_for_long_enough_and_is_told_once() -> None:
    alerts = book(HIGH)

    first = alerts.look(weight("0.9").of, 0)
    early = alerts.look(weight("0.9").of, 9_999)
    fires = alerts.look(weight("0.95").of, 10_000)
    again = alerts.look(weight("0.99").of, 20_000)

    assert [[], [], []] == [first, early, again]
    assert [("high", "", "firing")] == told(fires)
    assert ("0.95", "weight > 0.8", 0) == (fires[0].value, fires[0].limit, fires[0].since_ms)
    assert "[FIRING] WARNING high: 0.95" == fires[0].headline


def test_a_figure_that_falls_before_its_time_fires_nothing_and_begins_anew() -> None:
    alerts = book(HIGH)

    alerts.look(weight("0.9").of, 0)
    alerts.look(weight("0.7").of, 9_000)
    alerts.look(weight("0.9").of, 10_000)
    early = alerts.look(weight("0.9").of, 19_000)

    assert [] == early
    assert [State.PENDING] == [each.state for each in alerts.alerts.values()]


def test_the_end_of_an_alert_is_told_once() -> None:
    alerts = book(HIGH)
    alerts.look(weight("0.9").of, 0)
    alerts.look(weight("0.9").of, 10_000)

    ends = alerts.look(weight("0.5").of, 30_000)
    after = alerts.look(weight("0.5").of, 31_000)

    assert [("high", "", "resolved")] == told(ends)
    assert [] == after
    assert ["resolved"] == [each["state"] for each in alerts.listed()]
    assert [30_000] == [each["resolved_ms"] for each in alerts.listed()]


def test_a_figure_that_nobody_knows_neither_ends_an_alert_nor_begins_one() -> None:
    alerts = book(HIGH)
    alerts.look(weight("0.9").of, 0)
    alerts.look(Figures().of, 5_000)
    begins_anew = alerts.look(weight("0.9").of, 12_000)
    fires = alerts.look(weight("0.9").of, 22_000)

    unknown = alerts.look(Figures().of, 30_000)

    assert [] == begins_anew
    assert 1 == len(fires)
    assert [] == unknown
    assert [State.FIRING] == [each.state for each in alerts.alerts.values()]


def test_both_conditions_of_a_rule_must_hold() -> None:
    alerts = book(HIGH_WITH_POSITION)

    flat = alerts.look(weight("0.9", positions="0").of, 0)
    unknown = alerts.look(weight("0.9").of, 1_000)
    opened = alerts.look(weight("0.9", positions="1").of, 2_000)
    closed = alerts.look(weight("0.9", positions="0").of, 3_000)

    assert [[], []] == [flat, unknown]
    assert [("high_open", "", "firing")] == told(opened)
    assert [("high_open", "", "resolved")] == told(closed)


def test_a_counter_fires_while_it_has_risen_within_the_window() -> None:
    alerts = book(LETTERS)

    quiet = alerts.look(letters(3).of, 0)
    rose = alerts.look(letters(4).of, 10_000)
    within = alerts.look(letters(4).of, MINUTE_MS)
    over = alerts.look(letters(4).of, 10_000 + MINUTE_MS)
    restarted = alerts.look(letters(0).of, 100_000 + COOL_DOWN_MS)
    rose_again = alerts.look(letters(1).of, 101_000 + COOL_DOWN_MS)

    assert [[], [], []] == [quiet, within, restarted]
    assert [("letters", "", "firing")] == told(rose)
    assert "1" == rose[0].value
    assert [("letters", "", "resolved")] == told(over)
    assert [("letters", "", "firing")] == told(rose_again)


def test_what_comes_again_in_its_cool_down_is_told_only_if_it_lasts() -> None:
    alerts = book(DOWN)
    up, down = said("venue_up"), said("venue_down")
    alerts.hear(down, Figures().of, 0)
    alerts.hear(up, Figures().of, 1_000)

    flaps = [
        *alerts.hear(down, Figures().of, 2_000),
        *alerts.hear(up, Figures().of, 3_000),
        *alerts.hear(down, Figures().of, 4_000),
        *alerts.look(Figures().of, 300_000),
    ]
    lasts = alerts.look(Figures().of, 1_000 + COOL_DOWN_MS)

    assert [] == flaps
    assert [("down", "venue", "firing")] == told(lasts)
    assert 4_000 == lasts[0].since_ms


def test_a_pending_figure_that_falls_in_its_cool_down_keeps_the_cool_down() -> None:
    alerts = book(HIGH)
    alerts.look(weight("0.9").of, 0)
    alerts.look(weight("0.9").of, 10_000)
    alerts.look(weight("0.1").of, 20_000)
    alerts.look(weight("0.9").of, 30_000)
    alerts.look(weight("0.1").of, 31_000)
    alerts.look(weight("0.9").of, 40_000)

    held = alerts.look(weight("0.9").of, 60_000)

    assert [] == held
    assert ["firing"] == [each["state"] for each in alerts.listed()]


def test_what_fires_on_is_told_again_after_a_while() -> None:
    alerts = book(DOWN, repeat_ms=MINUTE_MS)
    alerts.hear(said("venue_down"), Figures().of, 0)

    early = alerts.look(Figures().of, MINUTE_MS - 1)
    due = alerts.look(Figures().of, MINUTE_MS)

    assert [] == early
    assert [True] == [each.is_repeated for each in due]
    assert "[STILL FIRING] CRITICAL down venue: so it is" == due[0].headline


def test_an_engines_word_fires_for_its_subject_and_ends_with_its_counterpart() -> None:
    alerts = book(DOWN)

    fires = alerts.hear(said("venue_down", "a"), Figures().of, 0)
    twice = alerts.hear(said("venue_down", "a"), Figures().of, 1)
    other = alerts.hear(said("venue_up", "b"), Figures().of, 2)
    ends = alerts.hear(said("venue_up", "a"), Figures().of, 3)

    assert [("down", "a", "firing")] == told(fires)
    assert [[], []] == [twice, other]
    assert [("down", "a", "resolved")] == told(ends)
    assert [2] == [each["count"] for each in alerts.listed()]


def test_an_orders_end_ends_what_was_said_of_its_signal() -> None:
    alerts = book(UNRESOLVED)
    unresolved = occurrence_of(OrderUnresolved("s1", "ETHUSDT", 1_000))
    filled = OrderFilled("s1", "cb1", "ETHUSDT", Side.BUY, Decimal(1), Decimal(2))

    fires = alerts.hear(unresolved, Figures().of, 0)
    ends = alerts.hear(occurrence_of(filled), Figures().of, 1)

    assert [("unresolved", "s1", "firing")] == told(fires)
    assert [("unresolved", "s1", "resolved")] == told(ends)


def test_what_is_said_about_nothing_in_particular_ends_every_subject() -> None:
    alerts = book(DOWN_UNTIL_READY)
    alerts.hear(said("venue_down", "a"), Figures().of, 0)
    alerts.hear(said("venue_down", "b"), Figures().of, 0)

    ends = alerts.hear(occurrence_of(EngineReady(2)), Figures().of, 1)

    assert [("down", "a", "resolved"), ("down", "b", "resolved")] == told(ends)


def test_what_is_said_no_more_is_over_after_its_quiet() -> None:
    alerts = book(SEEN)
    alerts.hear(said("rate_limit", "ALL"), Figures().of, 0)
    alerts.hear(said("rate_limit", "ALL"), Figures().of, 30_000)

    early = alerts.look(Figures().of, 60_000)
    over = alerts.look(Figures().of, 90_000)

    assert [] == early
    assert [("seen", "ALL", "resolved")] == told(over)


def test_an_alert_of_the_engine_that_no_rule_names_is_told_by_the_rule_for_the_rest() -> None:
    alerts = book(DOWN, REST)

    named = alerts.hear(said("venue_down"), Figures().of, 0)
    rest = alerts.hear(said("actor_failed", "risk_gate"), Figures().of, 0)
    no_alert = alerts.hear(Occurrence(("x",), "", "", Severity.INFO), Figures().of, 0)

    assert [("down", "venue", "firing")] == told(named)
    assert [("rest", "actor_failed risk_gate", "firing")] == told(rest)
    assert [Severity.CRITICAL] == [each.severity for each in rest]
    assert [] == no_alert


def test_what_is_silenced_is_listed_and_told_only_if_it_fires_still_afterwards() -> None:
    alerts = book(DOWN)
    alerts.silences = {"down": MINUTE_MS}

    silent = alerts.hear(said("venue_down"), Figures().of, 0)
    listed = alerts.listed()
    afterwards = alerts.look(Figures().of, MINUTE_MS)

    assert [] == silent
    assert [("firing", False, MINUTE_MS)] == [
        (each["state"], each["told"], each["silenced_until_ms"]) for each in listed
    ]
    assert [("down", "venue", "firing")] == told(afterwards)


def test_a_restart_tells_nobody_twice_and_still_tells_the_end() -> None:
    before = book(DOWN, HIGH)
    before.hear(said("venue_down"), Figures().of, 0)
    before.look(weight("0.9").of, 0)
    before.look(weight("0.9").of, 10_000)

    after = book(DOWN, HIGH)
    after.restore(before.kept())
    again = after.look(weight("0.9").of, 20_000)
    ends = after.hear(said("venue_up"), Figures().of, 30_000)

    assert [] == again
    assert [("down", "venue", "resolved")] == told(ends)


def test_an_alert_whose_rule_is_gone_is_forgotten_at_a_restart() -> None:
    before = book(DOWN)
    before.hear(said("venue_down"), Figures().of, 0)

    after = book(HIGH)
    after.restore(before.kept())

    assert {} == after.alerts


def test_of_too_many_alerts_the_oldest_that_are_over_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alert_book, "ALERTS_MAX", 2)
    alerts = book(DOWN)
    for at_ms, subject in enumerate("ab"):
        alerts.hear(said("venue_down", subject), Figures().of, at_ms)
    alerts.hear(said("venue_up", "b"), Figures().of, 5)

    alerts.hear(said("venue_down", "c"), Figures().of, 6)
    alerts.hear(said("venue_down", "d"), Figures().of, 7)

    assert ["c", "d"] == [each.subject for each in alerts.alerts.values()]
