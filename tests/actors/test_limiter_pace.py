"""Test of RateLimiter: the limits that the venue publishes, and the pace after a refusal."""

from callboard.messages.events import AlertRaised
from callboard.messages.instruments import LimitsPublished
from callboard.messages.venue import (
    PlaceOrder,
    QueryOne,
    ReadAccount,
)
from support.limiters import (
    MINUTE,
    NOW_MS,
    ask,
    bench,
    drain,
    granted,
    observe,
    pause,
)
from support.steps import SECOND


def test_the_venues_own_limits_are_kept_where_they_are_tighter() -> None:
    """C-01: the budgets come from exchangeInfo; the tightest wins."""
    steps = bench()
    before = drain(steps)

    step = steps.tell(LimitsPublished(1000, 100, 6000), after_ns=MINUTE)
    after = drain(steps)

    limits = steps.actor.state.settings
    assert (1000, 100, 1200) == (
        limits.weight_1m_max,
        limits.orders_10s_max,
        limits.orders_1m_max,
    )
    assert after < before
    assert 1 == len(step.facts)


def test_limits_that_are_published_again_are_no_news_even_after_a_restart() -> None:
    steps = bench()
    steps.tell(LimitsPublished(1000, 100, 0))

    again = steps.tell(LimitsPublished(1000, 100, 0))

    assert ((), ()) == (again.facts, steps.start().facts)


def test_published_limits_that_cannot_work_are_alarmed_and_left() -> None:
    steps = bench()

    step = steps.tell(LimitsPublished(1, 1, 1))

    assert ["limits_unusable"] == [alert.alert for alert in step.told(AlertRaised)]
    assert () == step.facts


def test_an_optional_read_waits_where_an_entry_passes() -> None:
    """C-02: from 80 % by projection optional reads slow down."""
    steps = bench()
    steps.now_ns += SECOND
    observe(steps, weight_used_1m=1_500)

    read, entry, query = (
        ask(steps, "r", ReadAccount),
        ask(steps, "e", PlaceOrder),
        ask(steps, "q", QueryOne, reducing=True),
    )

    assert ([], ["q"]) == (granted(read), granted(query))
    assert ["e"] == [*granted(entry), *granted(steps.fire("tick"))]


def test_after_a_refusal_the_pace_comes_back_minute_by_minute() -> None:
    """S0-077: a multiplicative slow-down after a 429, and a gradual recovery."""
    steps = bench()
    pause(steps)

    (weight, *_) = steps.actor.state.budgets.budgets

    assert (50, NOW_MS + 5_000) == (weight.pace_percent, weight.pace_from_ms)
