"""Test of host rules: what a rule of the host sees, and what becomes of one that fails."""

import decimal
import sys
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_shape import ShapedEntry
from callboard.actors.policies.host_rules import (
    FAILED,
    ProposedEntry,
    first_objection,
    named,
    propose,
)
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import OrderType, PositionSide, Side
from support.entries import ACCOUNT, NOW_MS, entry, view

D = Decimal


def no_small_stops(proposed: ProposedEntry) -> Refusal | None:
    """Refuse a stop nearer than one percent."""
    share = abs(proposed.reference_price - proposed.stop_loss) / proposed.reference_price
    return None if share >= D("0.01") else Refusal("no_small_stops", f"{share:.4f}", "0.0100")


def raises(proposed: ProposedEntry) -> Refusal | None:
    raise LookupError(f"no row for {proposed.signal.symbol} in {object()!r}")


def leaves(_proposed: ProposedEntry) -> Refusal | None:
    sys.exit("enough")


def says_no(_proposed: ProposedEntry) -> Any:
    return False


def speaks_for_us(_proposed: ProposedEntry) -> Refusal | None:
    return Refusal("cooldown", "1", "2")


def half_said(_proposed: ProposedEntry) -> Refusal | None:
    return Refusal("mine", 1, 2)  # type: ignore[arg-type]


def rounds_everything(_proposed: ProposedEntry) -> Refusal | None:
    decimal.getcontext().prec = 2
    return None


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


def mute(_proposed: ProposedEntry) -> Refusal | None:
    raise _Mute


def asked(*rules: Any, **terms: Any) -> Refusal | None:
    seen = view(entry(quantity=D("0.1"), **terms))
    verdict = judge(seen)
    assert isinstance(verdict, ShapedEntry)
    return first_objection(named(rules), seen, verdict)


def test_a_rule_refuses_by_its_own_guard_or_lets_pass() -> None:
    assert asked(no_small_stops) is None
    assert Refusal("no_small_stops", "0.0050", "0.0100") == asked(no_small_stops, stop_loss=D(1990))


def test_a_rule_sees_the_entry_as_it_would_be_sent() -> None:
    seen = view(entry(quantity=D("0.1"), take_profit=D("2100.004")), gross_notional=D(50))
    verdict = judge(seen)
    assert isinstance(verdict, ShapedEntry)

    expected = ProposedEntry(
        signal=seen.signal,
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        quantity=D("0.1"),
        price=None,
        reference_price=D(2000),
        stop_loss=D(1960),
        take_profit=D(2100),
        mark=D(2000),
        bid=D(1999),
        ask=D(2001),
        position_quantity=D(0),
        gross_notional=D(50),
        slots_used=0,
        executions_today=0,
        equity=ACCOUNT.equity,
        available=ACCOUNT.available,
        day_start_equity=ACCOUNT.day_start_equity,
        peak_equity=ACCOUNT.peak_equity,
        venue_ms=NOW_MS,
    )
    found = propose(seen, verdict)
    assert expected == found
    assert D(200) == found.notional


def test_a_rule_sees_the_price_of_a_limit_order() -> None:
    seen = view(entry(order_type=OrderType.LIMIT, price=D(1990), quantity=D("0.1")))
    verdict = judge(seen)
    assert isinstance(verdict, ShapedEntry)

    assert D(1990) == propose(seen, verdict).price


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (raises, "LookupError: no row for ETHUSDT in <object object at 0x>"),
        (leaves, "SystemExit: enough"),
        (mute, "_Mute"),
        (says_no, "answered bool, no usable Refusal"),
        (speaks_for_us, "answered Refusal, no usable Refusal"),
        (half_said, "answered Refusal, no usable Refusal"),
    ],
)
def test_a_rule_without_an_answer_refuses_in_its_name_with_the_error(rule: Any, error: str) -> None:
    """The same words in every run: no address of an object stands in them."""
    assert Refusal(FAILED, rule.__name__, error) == asked(rule)


def test_rules_are_asked_in_their_order_until_one_objects() -> None:
    found = asked(no_small_stops, raises, says_no)

    assert found is not None
    assert "raises" == found.figure


def test_what_a_rule_does_to_the_decimals_ends_with_it() -> None:
    before = decimal.getcontext().prec

    assert asked(rounds_everything) is None
    assert before == decimal.getcontext().prec


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ([partial(says_no)], "no function with a name of its own"),
        ([no_small_stops, no_small_stops], "two rules are called no_small_stops"),
        (["no_small_stops"], "no function with a name of its own"),
    ],
)
def test_a_rule_needs_a_name_of_its_own(rules: list[Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        named(rules)
