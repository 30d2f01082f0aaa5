"""Code changes: what a programmer may change in the engine between a run and its replay.

Each entry of `CHANGES` is one change of real code, in words, with the actor and the field where
replay sees it first; what is told inside the core shows where it arrives. A change replaces a name
wherever the package holds it, as an edited file would.
"""

import sys
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve, frozen

from callboard.actors import order_queue
from callboard.actors.policies import (
    clock_sync,
    entry_rules,
    equity,
    error_table,
    frame_keys,
    ledger,
    order_life,
    portfolio_rules,
    retry,
    rounding,
    sizing,
    token_bucket,
)
from callboard.messages.instruments import Filters
from callboard.messages.stream import OrderFrame
from callboard.messages.values import ErrorKind, OrderState

Patch = pytest.MonkeyPatch


def replace(patch: Patch, original: object, changed: object) -> None:
    """Put another object in the place of one, in every module that holds it by name."""
    found = [
        (module, name)
        for module_name, module in list(sys.modules.items())
        if module_name.startswith("callboard.")
        for name, value in list(vars(module).items())
        if value is original
    ]
    assert found, f"nobody holds {original}"
    for module, name in found:
        patch.setattr(module, name, changed)


def double_size(patch: Patch) -> None:
    """Size an unsized entry by twice its percentage."""
    original = sizing.size_by_percent

    def changed(funds: sizing.Funds, *rest: Any) -> Any:
        return original(evolve(funds, equity=funds.equity * 2), *rest)

    replace(patch, original, changed)


def forget_rule(patch: Patch) -> None:
    """Let an entry turn a position around."""
    kept = tuple(rule for rule in entry_rules.RULES if rule is not portfolio_rules.one_direction)
    replace(patch, entry_rules.RULES, kept)


def forget_fees(patch: Patch) -> None:
    """Book fills without their fees."""
    original = ledger.book_fill

    def changed(position: ledger.Position, **fill: Any) -> ledger.Position:
        fill["fee"] = Decimal(0)
        return original(position, **fill)

    replace(patch, original, changed)


def round_outward(patch: Patch) -> None:
    """Round the trigger of a stop away from the entry."""

    def changed(price: Decimal, entry_price: Decimal, filters: Filters) -> Decimal:
        grid = rounding.floor_to_grid if price < entry_price else rounding.ceil_to_grid
        return grid(price, filters.tick_size, filters.price_min)

    replace(patch, rounding.round_trigger_price, changed)


def late_clock(patch: Patch) -> None:
    """Take the venue's time for that of the answer's arrival."""
    original = clock_sync.take_sample

    def changed(*, venue_ms: int, sent_at_ns: int, received_at_ns: int) -> clock_sync.Sample:
        del sent_at_ns
        return original(venue_ms=venue_ms, sent_at_ns=received_at_ns, received_at_ns=received_at_ns)

    replace(patch, original, changed)


def exact_delays(patch: Patch) -> None:
    """Wait without jitter between two attempts."""
    original = retry.delay_ms

    def changed(policy: retry.RetryPolicy, retry_number: int, uniform: float, _jitter: bool) -> int:
        return original(policy, retry_number, uniform, jitter=False)

    replace(patch, original, changed)


def doubt_everything(patch: Patch) -> None:
    """Take "Service Unavailable" for an unknown outcome."""
    original = error_table.classify

    def changed(*evidence: Any) -> error_table.Verdict:
        verdict = original(*evidence)
        is_down = verdict.kind is ErrorKind.VENUE_DOWN
        return evolve(verdict, kind=ErrorKind.UNKNOWN_OUTCOME) if is_down else verdict

    replace(patch, original, changed)


def miss_acknowledgement(patch: Patch) -> None:
    """Leave an acknowledged order SUBMITTED."""
    table = dict(order_life.TRANSITIONS)
    submitted = dict(table[OrderState.SUBMITTED])
    submitted[order_life.Event.ACKNOWLEDGED] = OrderState.SUBMITTED
    table[OrderState.SUBMITTED] = MappingProxyType(submitted)
    replace(patch, order_life.TRANSITIONS, MappingProxyType(table))


def lend_a_token(patch: Patch) -> None:
    """Charge every budget one token less."""
    original = token_bucket.take

    def changed(bucket: token_bucket.Bucket, amount: int, now_ms: int) -> None:
        original(bucket, max(0, amount - 1), now_ms)

    replace(patch, original, changed)


def lose_the_peak(patch: Patch) -> None:
    """Let the highest equity fall with the equity."""
    original = equity.mark_equity

    def changed(marks: equity.EquityMarks | None, value: Decimal, at_ns: int) -> equity.EquityMarks:
        return evolve(original(marks, value, at_ns), peak=value)

    replace(patch, original, changed)


def know_by_order(patch: Patch) -> None:
    """Tell reports of an order apart by another key."""
    original = frame_keys.keys_of

    def changed(frame: OrderFrame) -> tuple[str, ...]:
        return tuple(f"{key}!" for key in original(frame))

    replace(patch, original, changed)


def lose_patience(patch: Patch) -> None:
    """Let a reducing order wait half as long for its permit."""
    replace(patch, order_queue.REDUCING_PATIENCE_NS, order_queue.REDUCING_PATIENCE_NS // 2)


@frozen
class CodeChange:
    """A change and where replay names it first."""

    apply: Callable[[Patch], None]
    actor: str
    field: str


CHANGES = (
    CodeChange(double_size, "risk_gate", "facts[0].reservation.remaining"),
    CodeChange(forget_rule, "risk_gate", "tells[0]"),
    CodeChange(round_outward, "risk_gate", "facts"),
    CodeChange(forget_fees, "position_monitor", "tells[0].msg.fees"),
    CodeChange(late_clock, "venue_clock", "facts[0].sample.offset_ns"),
    CodeChange(exact_delays, "order_manager", "msg.delay_ms"),
    CodeChange(doubt_everything, "supervisor", "msg.kind"),
    CodeChange(miss_acknowledgement, "order_manager", "facts[1]"),
    CodeChange(
        lend_a_token,
        "rate_limiter",
        "states.rate_limiter.state.limiter.budgets[0].bucket.level_scaled",
    ),
    CodeChange(lose_the_peak, "risk_gate", "msg.peak_equity"),
    CodeChange(know_by_order, "user_stream", "facts[0].keys[0]"),
    CodeChange(lose_patience, "rate_limiter", "msg.expires_at_ns"),
)
