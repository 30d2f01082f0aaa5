"""Occurrences: what the engine says, by the names that rules use for it.

An alert of the engine has its own name, every other event its topic; a change of the trading state
is also named by the state. What no rule takes is `other`, if the engine itself calls it a warning
or worse. Pure.
"""

from attrs import frozen

from ....messages.events import AlertRaised, Event, SystemFailed, TradingStateReported
from ....messages.topics import TOPICS
from ....messages.values import Severity, TradingState

OTHER = "other"
"""What the engine alerts and no rule names; told by the rule that names this."""
ACCOUNT = "account"
SUBJECTS = ("client_order_id", "signal_id", "symbol")

STATES = {state: f"trading_state_{state.value.lower()}" for state in TradingState}

ENGINE_ALERTS = frozenset(
    {
        "account_mode_right",
        "account_mode_wrong",
        "account_setting_changed",
        "actor_failed",
        "actor_stopped",
        "algorithm_overfilled",
        "another_engine",
        "countdown_armed",
        "emergency_fails_open",
        "engine_failed",
        "entries_taken_back",
        "exit_refused",
        "fills_missing",
        "filters_stale",
        "flatten_slow",
        "foreign_order",
        "foreign_position",
        "foreign_protected",
        "foreign_unprotected",
        "frame_quarantined",
        "host_rule_failed",
        "illegal_report",
        "key_accepted",
        "key_refused",
        "limits_unusable",
        "liquidation_far",
        "liquidation_near",
        "margin_call",
        "market_stream_closed",
        "market_stream_opened",
        "message_lost",
        "mismatch",
        "not_flat",
        "order_overdue",
        "order_parked",
        "order_unresolved",
        "order_vanished",
        "overfill",
        "policy_refused",
        "position_adopted",
        "rate_limit",
        "rate_usage",
        "reducing_orders_wait",
        "slippage",
        "stop_failed",
        "stop_missing",
        "stranger_closed",
        "symbol_gone",
        "symbol_not_set",
        "symbol_reducing",
        "symbol_status",
        "symbol_unknown",
        "target_missing",
        "trading_halted",
        "trading_reduced",
        "trailing_missing",
        "trip_hook_failed",
        "trip_hook_late",
        "unknown_code",
        "unknown_order",
        "unknown_status",
        "unprotected",
        "user_stream_healthy",
        "user_stream_lost",
        "venue_down",
        "venue_order",
        "venue_up",
        "view_recovered",
        "view_stale",
    }
)
"""Every alert of the engine by its name."""


@frozen
class Occurrence:
    """Something that the engine said."""

    names: tuple[str, ...]
    subject: str
    text: str
    severity: Severity
    is_alert: bool = False
    """Whether the engine itself wants a person to see it."""
    also: tuple[str, ...] = ()
    """Other names of what it is about: an order's end is its signal's, too."""


def occurrence_of(event: Event) -> Occurrence:
    """Return what an event says."""
    match event:
        case AlertRaised():
            is_alert = event.severity is not Severity.INFO
            name, text = event.alert, event.text
            return Occurrence((name,), event.subject, text, event.severity, is_alert)
        case TradingStateReported():
            names = (TOPICS[type(event)], STATES[event.state])
            return Occurrence(names, ACCOUNT, event.reason, Severity.INFO)
        case SystemFailed():
            names = (TOPICS[type(event)], event.failure)
            return Occurrence(names, event.part, event.text, Severity.CRITICAL)
        case _:
            text = str(getattr(event, "reason", "") or "")
            subject, *also = _subjects(event) or ("",)
            topic = TOPICS[type(event)]
            return Occurrence((topic,), subject, text, Severity.WARNING, also=tuple(also))


def known_names() -> frozenset[str]:
    """Return every name that a rule may wait for."""
    return ENGINE_ALERTS | {*TOPICS.values(), *STATES.values(), OTHER}


def _subjects(event: Event) -> tuple[str, ...]:
    found = (str(getattr(event, name, "") or "") for name in SUBJECTS)
    return tuple(each for each in found if each)
