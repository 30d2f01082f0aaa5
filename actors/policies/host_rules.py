"""Host rules: rules of the host's own, asked last of every entry that passed all of ours.

A rule is a pure function of a `ProposedEntry` that returns a `Refusal`, which names its own guard,
figure and limit, or None. It sees frozen values only, and replay asks it again, so it must not look
at a clock, a file or anything that changes. One that raises, or answers something else, refuses
the entry in its name; trading goes on.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from typing import Any

from attrs import frozen

from ...messages.intake import SubmitSignal
from ...messages.values import PositionSide, Side
from .entry_shape import ShapedEntry
from .entry_view import EntryView
from .guard_table import GUARDS
from .refusal import Refusal

FAILED = "host_rule"
"""Guard of a rule that gave no answer."""
TEXT_MAX = 200
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
"""Of an object in memory: it differs from run to run."""


@frozen(kw_only=True)
class ProposedEntry:
    """One entry as it would be sent, and the account that it would be sent for.

    Prices in quote units, quantities in base units, money in the margin asset.
    """

    signal: SubmitSignal
    """The wish as the host gave it."""
    side: Side
    position_side: PositionSide
    quantity: Decimal
    price: Decimal | None
    """Limit price, None for a market order."""
    reference_price: Decimal
    """The limit price, else the mark."""
    stop_loss: Decimal
    take_profit: Decimal | None
    mark: Decimal
    bid: Decimal
    ask: Decimal
    position_quantity: Decimal
    """Signed, open or still to come in the same position, this entry left out."""
    gross_notional: Decimal
    """Of all positions and open entries, this one left out."""
    slots_used: int
    """Positions and open entries."""
    executions_today: int
    equity: Decimal
    available: Decimal
    day_start_equity: Decimal
    peak_equity: Decimal
    venue_ms: int
    """The venue's time."""

    @property
    def notional(self) -> Decimal:
        """Quantity at the reference price."""
        return self.quantity * self.reference_price


HostRule = Callable[[ProposedEntry], Refusal | None]


@frozen
class NamedRule:
    """A rule and the name that it is recorded, replayed and alerted by."""

    name: str
    rule: HostRule


def named(rules: Iterable[HostRule]) -> tuple[NamedRule, ...]:
    """Return the rules by the names of their functions, in their order.

    Raises:
        ValueError: A rule has no name of its own, or two have the same.
    """
    found: dict[str, NamedRule] = {}
    for rule in rules:
        name = getattr(rule, "__name__", "")
        if not name.isidentifier() or not callable(rule):
            raise ValueError(f"{rule!r} is no function with a name of its own")
        if name in found:
            raise ValueError(f"two rules are called {name}")
        found[name] = NamedRule(name, rule)
    return tuple(found.values())


def first_objection(
    rules: Iterable[NamedRule], view: EntryView, shaped: ShapedEntry
) -> Refusal | None:
    """Return the first refusal of a host's rule; one of guard `FAILED` names rule and error."""
    for each in rules:
        refusal = _ask(each, propose(view, shaped))
        if refusal is not None:
            return refusal
    return None


def propose(view: EntryView, shaped: ShapedEntry) -> ProposedEntry:
    """Return what a host's rule sees of an entry."""
    account, mark, prices = view.account, view.mark, shaped.prices
    assert account is not None
    assert mark is not None
    return ProposedEntry(
        signal=view.signal,
        side=view.side,
        position_side=view.position_side,
        quantity=shaped.quantity,
        price=prices.price,
        reference_price=prices.reference_price,
        stop_loss=prices.stop_loss,
        take_profit=prices.take_profit,
        mark=mark.mark,
        bid=mark.bid,
        ask=mark.ask,
        position_quantity=view.position_quantity,
        gross_notional=view.gross_notional,
        slots_used=view.slots_used,
        executions_today=view.executions_today,
        equity=account.equity,
        available=account.available,
        day_start_equity=account.day_start_equity,
        peak_equity=account.peak_equity,
        venue_ms=view.venue_ms,
    )


def _ask(named_rule: NamedRule, proposed: ProposedEntry) -> Refusal | None:
    try:
        with localcontext():  # what it does to the context is undone
            answer: Any = named_rule.rule(proposed)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a host's rule may raise
        return Refusal(FAILED, named_rule.name, _told(error))
    if answer is None or _is_usable(answer):
        return answer  # type: ignore[no-any-return]
    return Refusal(FAILED, named_rule.name, f"answered {type(answer).__name__}, no usable Refusal")


def _is_usable(answer: Any) -> bool:
    """Say whether it is a refusal in texts, by a guard that is none of ours."""
    if not isinstance(answer, Refusal):
        return False
    texts: tuple[Any, ...] = (answer.guard, answer.figure, answer.limit)
    return all(isinstance(text, str) for text in texts) and answer.guard not in GUARDS


def _told(error: BaseException) -> str:
    """Return an error in words that are the same in every run."""
    kind = type(error).__name__
    try:
        text = f"{kind}: {error}"
    except Exception:  # noqa: BLE001 - an error that cannot even be written
        text = kind
    return _ADDRESS.sub("0x", text)[:TEXT_MAX]
