"""Wish rules: what the signal itself says, against the lists and thresholds of the settings.

Pure. A list that is empty allows nothing. Each score has a threshold of its own, which applies
where the source gives that score; a program that gives none is refused, a person is asked for none
(C-29).
"""

from ...messages.intake import SubmitSignal
from ...messages.values import SignalSource, SignalType, TimeInForce
from ..settings import RiskSettings
from .entry_view import EntryView
from .refusal import Refusal
from .rounding import plain

MARGIN_TYPES = ANY, CROSSED, ISOLATED = ("any", "crossed", "isolated")
"""How a symbol may have to be set at the venue."""

GOOD_TILL_AHEAD_MS = 600_000
"""A GTD order's end must be further ahead (Binance new order, goodTillDate, 2026-11-20)."""


def symbol_whitelist(view: EntryView) -> Refusal | None:
    """Only listed symbols; an empty list allows nothing."""
    if view.signal.symbol in view.settings.symbols:
        return None
    return Refusal("symbol_whitelist", view.signal.symbol, ",".join(view.settings.symbols))


def action_whitelist(view: EntryView) -> Refusal | None:
    """Only listed actions."""
    return action_fault(view.signal.signal, view.settings)


def action_fault(signal: SignalType, settings: RiskSettings) -> Refusal | None:
    """Return why a signal of this kind is not carried out, None when it is (C-32)."""
    if signal.value in settings.actions:
        return None
    return Refusal("action_whitelist", signal.value, ",".join(settings.actions))


def expiry(view: EntryView) -> Refusal | None:
    """A signal that expired is not carried out."""
    expires_at_ms = view.signal.expires_at_ms
    if expires_at_ms is None or view.venue_ms < expires_at_ms:
        return None
    return Refusal("expired", str(view.venue_ms), str(expires_at_ms))


def good_till_date(view: EntryView) -> Refusal | None:
    """A GTD order must end later than the venue's least time ahead, when it gets there."""
    signal = view.signal
    if signal.time_in_force is not TimeInForce.GTD or signal.expires_at_ms is None:
        return None
    left_ms = signal.expires_at_ms - view.venue_ms
    least_ms = GOOD_TILL_AHEAD_MS + view.settings.send_within_ms
    if left_ms > least_ms:
        return None
    return Refusal("signal_time_in_force", f"GTD for {left_ms} ms", f"above {least_ms}")


def scores(view: EntryView) -> Refusal | None:
    """Each threshold applies to its own field where the source gives it (C-29)."""
    signal, settings = view.signal, view.settings
    if signal.source is SignalSource.MANUAL:
        return None
    given = (signal.confidence, signal.confluence_score, signal.signal_strength)
    if all(score is None for score in given):
        return Refusal("confidence", "none", plain(settings.confidence_min))
    return low_score(signal, settings)


def leverage(view: EntryView) -> Refusal | None:
    """The settings' leverage limit, and the signal's own."""
    most, own = view.settings.leverage_max, view.signal.leverage_max
    if view.leverage > most:
        return Refusal("leverage_policy", str(view.leverage), str(most))
    if own is not None and view.leverage > own:
        return Refusal("leverage_max", str(view.leverage), str(own))
    return None


def margin_type(view: EntryView) -> Refusal | None:
    """The symbol's margin type at the venue is the settings'; unknown is not."""
    wanted = view.settings.margin_type
    if wanted == ANY:
        return None
    is_set = "unknown"
    if view.bracket is not None:
        is_set = ISOLATED if view.bracket.config.isolated else CROSSED
    return None if is_set == wanted else Refusal("margin_type", is_set, wanted)


def low_score(signal: SubmitSignal, settings: RiskSettings) -> Refusal | None:
    """Return the first given score that is below its threshold."""
    figures = (
        ("confidence", signal.confidence, settings.confidence_min),
        ("confluence_score", signal.confluence_score, settings.confluence_score_min),
        ("signal_strength", signal.signal_strength, settings.signal_strength_min),
    )
    for name, figure, least in figures:
        if figure is not None and figure < least:
            return Refusal(name, plain(figure), plain(least))
    return None
