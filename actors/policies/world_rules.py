"""World rules: what must be known, fresh and working before risk is opened.

Pure. What is unknown or too old refuses: an entry that is not made costs an opportunity, a wrong
one costs capital (C-09). Exits do not come here.
"""

from ...messages.instruments import ContractStatus
from ...messages.values import TradingState
from .emergency import silence
from .entry_view import EntryView
from .refusal import Refusal

MS = 1_000_000


def trading_state(view: EntryView) -> Refusal | None:
    """Entries need ACTIVE."""
    if view.trading_state is TradingState.ACTIVE:
        return None
    return Refusal("trading_state", view.trading_state.value, view.trading_reason)


def readiness(view: EntryView) -> Refusal | None:
    """Recovery done, venue usable, clock trusted, stream backfilled."""
    if not view.is_ready:
        return Refusal("not_ready", "recovering", "recovered")
    if not view.venue_open:
        return Refusal("venue_open", "failing", "working")
    if not view.clock_trusted:
        return Refusal("clock", "untrusted", "trusted")
    if not view.stream_healthy:
        return Refusal("user_stream", "gap", "backfilled")
    return None


def policy_known(view: EntryView) -> Refusal | None:
    """A policy source that is configured has spoken lately (C-09)."""
    age_ms, most = view.venue_ms - view.policy_at_ms, view.settings.policy_age_ms_max
    if most == 0 or age_ms <= most:
        return None
    return Refusal("policy_age", str(age_ms), str(most))


def emergency_known(view: EntryView) -> Refusal | None:
    """An emergency-stop source that is configured has spoken lately (C-09)."""
    word = view.emergency
    return None if word.terms.fails_open else silence(word, view.venue_ms)


def symbol_hold(view: EntryView) -> Refusal | None:
    """A symbol in doubt takes no entries."""
    return Refusal("symbol_hold", view.symbol_hold, "none") if view.symbol_hold else None


def contract(view: EntryView) -> Refusal | None:
    """Filters of a contract that trades, in the account's asset; they end at their age (C-20)."""
    age_ms = (view.now_ns - view.filters_read_at_ns) // MS
    if view.filters is None or age_ms >= view.settings.filters_age_ms_max:
        return Refusal("filters_age", str(age_ms), str(view.settings.filters_age_ms_max))
    if view.filters.status is not ContractStatus.TRADING:
        return Refusal("contract_status", view.filters.status.value, "TRADING")
    if view.margin_asset not in ("", view.filters.margin_asset):
        # Its profit and fees would be summed with money of another asset.
        return Refusal("margin_asset", view.filters.margin_asset, view.margin_asset)
    return None


def mark_known(view: EntryView) -> Refusal | None:
    """A price that is not too old."""
    at_ns = None if view.mark is None else view.mark.at_ns
    return _too_old("mark_age", at_ns, view.now_ns, view.settings.mark_age_ms_max)


def account_known(view: EntryView) -> Refusal | None:
    """Balances that are not too old, of an account that may trade."""
    account, limit_ms = view.account, view.settings.account_age_ms_max
    at_ns = None if account is None else account.at_ns
    refusal = _too_old("account_age", at_ns, view.now_ns, limit_ms)
    if refusal is None and account is not None and not account.can_trade:
        return Refusal("account_may_trade", "no", "yes")
    return refusal


def positions_known(view: EntryView) -> Refusal | None:
    """A whole listing of the venue's orders and positions that is not too old."""
    limit_ms = view.settings.position_age_ms_max
    return _too_old("position_age", view.listed_at_ns or None, view.now_ns, limit_ms)


def _too_old(guard: str, at_ns: int | None, now_ns: int, limit_ms: int) -> Refusal | None:
    age_ms = (now_ns - (at_ns or 0)) // MS
    if at_ns is not None and age_ms <= limit_ms:
        return None
    return Refusal(guard, str(age_ms), str(limit_ms))
