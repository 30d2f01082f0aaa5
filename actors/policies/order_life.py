"""Order life: the one table of how an order moves from state to state.

Rules
- `next_state` looks an event up in the table of the order's state; what is not there raises
  `IllegalTransition`, which names both, and nothing is changed.
- UNKNOWN is left only by evidence of the venue (`EVIDENCE`), or set aside as PARKED for a
  person, which concludes nothing. It is never left towards a send.
- What proves that the venue does not have the order (NOT_SENT, ABSENT) leads back to PENDING:
  only from there may it be sent, withdrawn or given up.
- A terminal state is final. It takes the echoes of a race (a report that arrives after the end)
  and stays. Two corrections are the exception: LATE_FILL, and the sight of an order that was
  ended as not executed, which makes it UNKNOWN again, since it lived after all.
- A cancel waits for the placement's answer, which it could overtake. A cancel or an amend that
  certainly did nothing is no event: it is sent again, or it counts as refused.

Theory. Two voices speak of an order, the answers to our requests and the stream of reports, and
neither waits for the other: a fill may be told before the acknowledgement, a trigger before the
placement's answer. So a report counts in every state that is not terminal, and `_REPORTS` says
once what it means; a state lists only where it differs. The table keeps no quantities: whoever
knows that something is filled says so by `is_partly_filled`.

Source: Binance USDS-M order and algo order statuses, execution types, user stream, 2026-11-20.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ...messages.values import OrderState
from ..errors import InvariantBroken


class Event(StrEnum):
    """What can happen to an order; a fill is told by its cumulative quantity."""

    SENT = "SENT"
    """The attempt was handed to a lane."""
    ACKNOWLEDGED = "ACKNOWLEDGED"
    """The venue took the order, by answer or by report, and it rests."""
    PARTIAL_FILL = "PARTIAL_FILL"
    FILL = "FILL"
    """The order is filled completely."""
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    """The answer to a placement, an amend or a cancel is lost."""
    FOUND = "FOUND"
    """A query or a listing shows the order open."""
    ABSENT = "ABSENT"
    """Both stores lack an order never acknowledged, after the horizon: it was not executed."""
    NOT_SENT = "NOT_SENT"
    """The latest placement certainly did nothing at the venue; never said of another request,
    since a cancel that was not sent tells nothing about the order."""
    CANCEL_SENT = "CANCEL_SENT"
    CANCEL_CONFIRMED = "CANCEL_CONFIRMED"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    AMEND_SENT = "AMEND_SENT"
    AMENDED = "AMENDED"
    AMEND_REFUSED = "AMEND_REFUSED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    """The conditional order's child is at work under the same id."""
    FINISHED_FILLED = "FINISHED_FILLED"
    """The child ended filled."""
    FINISHED_CANCELLED = "FINISHED_CANCELLED"
    """The child ended otherwise."""
    WITHDRAWN = "WITHDRAWN"
    """A wish to cancel met an order that the venue does not have."""
    GIVEN_UP = "GIVEN_UP"
    """No further attempt is made, or a person ends a parked order."""
    PARKED = "PARKED"
    LATE_FILL = "LATE_FILL"
    """After the end the filled quantity grew, and is still less than ordered."""
    LATE_FULL_FILL = "LATE_FULL_FILL"
    """After the end the order turns out to be filled completely."""


EVIDENCE = frozenset(
    {
        Event.ACKNOWLEDGED,
        Event.PARTIAL_FILL,
        Event.FILL,
        Event.FOUND,
        Event.ABSENT,
        Event.NOT_SENT,
        Event.CANCEL_CONFIRMED,
        Event.AMENDED,
        Event.EXPIRED,
        Event.REJECTED,
        Event.TRIGGERING,
        Event.TRIGGERED,
        Event.FINISHED_FILLED,
        Event.FINISHED_CANCELLED,
    }
)
"""The events that the venue itself, or a proof that nothing reached it, stands behind."""


class IllegalTransition(InvariantBroken):
    """An event that cannot happen to an order in this state; the state stays as it was."""

    def __init__(self, state: OrderState, event: Event) -> None:
        super().__init__(f"an order in {state} cannot take {event}")
        self.state = state
        self.event = event


_REPORTS: Mapping[Event, OrderState] = {
    Event.ACKNOWLEDGED: OrderState.ACTIVE,
    Event.FOUND: OrderState.ACTIVE,
    Event.PARTIAL_FILL: OrderState.PARTIALLY_FILLED,
    Event.FILL: OrderState.FILLED,
    Event.CANCEL_CONFIRMED: OrderState.CANCELLED,
    Event.AMENDED: OrderState.ACTIVE,
    Event.EXPIRED: OrderState.EXPIRED,
    Event.TRIGGERING: OrderState.TRIGGERING,
    Event.TRIGGERED: OrderState.TRIGGERING,
    Event.FINISHED_FILLED: OrderState.FILLED,
    Event.FINISHED_CANCELLED: OrderState.CANCELLED,
    Event.PARKED: OrderState.PARKED,
}

# An order with a fill is never refused, nor is one that is being amended.
_REPORTS_OR_REJECTED: Mapping[Event, OrderState] = {
    **_REPORTS,
    Event.REJECTED: OrderState.REJECTED,
}


def _stays(state: OrderState, *events: Event) -> dict[Event, OrderState]:
    """Let the events pass without a change of state."""
    return dict.fromkeys(events, state)


_ENDED = (
    Event.ACKNOWLEDGED,
    Event.FOUND,
    Event.AMENDED,
    Event.AMEND_REFUSED,
    Event.CANCEL_REFUSED,
    Event.OUTCOME_UNKNOWN,
    Event.NOT_SENT,
    Event.TRIGGERING,
    Event.TRIGGERED,
)

# Also a withdrawn order, or one that went stale before it was sent, may hear this afterwards of
# an attempt that was unknown before.
_NEVER_LIVED = (
    Event.REJECTED,
    Event.NOT_SENT,
    Event.ABSENT,
    Event.OUTCOME_UNKNOWN,
    Event.CANCEL_REFUSED,
    Event.AMEND_REFUSED,
)

_RESURRECTED: Mapping[Event, OrderState] = {
    Event.ACKNOWLEDGED: OrderState.UNKNOWN,
    Event.FOUND: OrderState.UNKNOWN,
    Event.TRIGGERING: OrderState.UNKNOWN,
    Event.TRIGGERED: OrderState.UNKNOWN,
    Event.LATE_FILL: OrderState.UNKNOWN,
    Event.LATE_FULL_FILL: OrderState.FILLED,
}

TRANSITIONS: Mapping[OrderState, Mapping[Event, OrderState]] = MappingProxyType(
    {
        OrderState.PENDING: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.SENT: OrderState.SUBMITTED,
                Event.WITHDRAWN: OrderState.CANCELLED,
                Event.GIVEN_UP: OrderState.FAILED,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                # Late words about an attempt that is already known to have done nothing.
                **_stays(OrderState.PENDING, Event.NOT_SENT, Event.ABSENT, Event.CANCEL_REFUSED),
            }
        ),
        OrderState.SUBMITTED: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                Event.NOT_SENT: OrderState.PENDING,
                # The answer to a cancel that was sent while an earlier attempt was unknown.
                **_stays(OrderState.SUBMITTED, Event.CANCEL_REFUSED),
            }
        ),
        OrderState.UNKNOWN: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.ABSENT: OrderState.PENDING,
                Event.NOT_SENT: OrderState.PENDING,
                **_stays(
                    OrderState.UNKNOWN,
                    Event.OUTCOME_UNKNOWN,
                    Event.CANCEL_SENT,
                    Event.CANCEL_REFUSED,
                    Event.AMEND_REFUSED,
                ),
            }
        ),
        OrderState.ACTIVE: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.CANCEL_SENT: OrderState.CANCELLING,
                Event.AMEND_SENT: OrderState.AMENDING,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                # Nothing was there to cancel: the order may have ended unheard.
                Event.CANCEL_REFUSED: OrderState.UNKNOWN,
                **_stays(OrderState.ACTIVE, Event.AMEND_REFUSED),
            }
        ),
        OrderState.PARTIALLY_FILLED: MappingProxyType(
            {
                **_REPORTS,
                Event.CANCEL_SENT: OrderState.CANCELLING,
                Event.AMEND_SENT: OrderState.AMENDING,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                Event.CANCEL_REFUSED: OrderState.UNKNOWN,
                **_stays(
                    OrderState.PARTIALLY_FILLED,
                    Event.ACKNOWLEDGED,
                    Event.FOUND,
                    Event.AMENDED,
                    Event.AMEND_REFUSED,
                    Event.TRIGGERING,
                    Event.TRIGGERED,
                ),
            }
        ),
        OrderState.CANCELLING: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.CANCEL_REFUSED: OrderState.UNKNOWN,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                Event.GIVEN_UP: OrderState.UNKNOWN,
                **_stays(
                    OrderState.CANCELLING,
                    Event.CANCEL_SENT,
                    Event.ACKNOWLEDGED,
                    Event.FOUND,
                    Event.PARTIAL_FILL,
                    Event.AMENDED,
                    Event.AMEND_REFUSED,
                    Event.TRIGGERING,
                    Event.TRIGGERED,
                ),
            }
        ),
        OrderState.AMENDING: MappingProxyType(
            {
                **_REPORTS,
                Event.AMEND_REFUSED: OrderState.ACTIVE,
                Event.CANCEL_SENT: OrderState.CANCELLING,
                # The late answer to a cancel from a time when the order was unknown.
                Event.CANCEL_REFUSED: OrderState.UNKNOWN,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                **_stays(
                    OrderState.AMENDING,
                    Event.AMEND_SENT,
                    Event.ACKNOWLEDGED,
                    Event.FOUND,
                    Event.PARTIAL_FILL,
                ),
            }
        ),
        OrderState.TRIGGERING: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                Event.CANCEL_SENT: OrderState.CANCELLING,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                Event.CANCEL_REFUSED: OrderState.UNKNOWN,
                # The child's own acknowledgement: it works and has filled nothing yet.
                **_stays(OrderState.TRIGGERING, Event.ACKNOWLEDGED, Event.FOUND),
            }
        ),
        OrderState.PARKED: MappingProxyType(
            {
                **_REPORTS_OR_REJECTED,
                # A person ends it, or has it looked for again.
                Event.GIVEN_UP: OrderState.FAILED,
                Event.OUTCOME_UNKNOWN: OrderState.UNKNOWN,
                **_stays(
                    OrderState.PARKED,
                    Event.NOT_SENT,
                    Event.ABSENT,
                    Event.CANCEL_SENT,
                    Event.CANCEL_REFUSED,
                    Event.AMEND_REFUSED,
                ),
            }
        ),
        OrderState.FILLED: MappingProxyType(
            _stays(
                OrderState.FILLED,
                *_ENDED,
                Event.FILL,
                Event.PARTIAL_FILL,
                Event.FINISHED_FILLED,
                # More than was ordered: it is booked, and the end stays what it was.
                Event.LATE_FILL,
                Event.LATE_FULL_FILL,
            )
        ),
        OrderState.CANCELLED: MappingProxyType(
            {
                **_stays(
                    OrderState.CANCELLED,
                    *_ENDED,
                    *_NEVER_LIVED,
                    Event.CANCEL_CONFIRMED,
                    Event.FINISHED_CANCELLED,
                    Event.LATE_FILL,
                ),
                Event.LATE_FULL_FILL: OrderState.FILLED,
            }
        ),
        OrderState.EXPIRED: MappingProxyType(
            {
                **_stays(
                    OrderState.EXPIRED,
                    *_ENDED,
                    *_NEVER_LIVED,
                    Event.EXPIRED,
                    Event.FINISHED_CANCELLED,
                    Event.LATE_FILL,
                ),
                Event.LATE_FULL_FILL: OrderState.FILLED,
            }
        ),
        OrderState.REJECTED: MappingProxyType(
            {
                **_RESURRECTED,
                **_stays(OrderState.REJECTED, *_NEVER_LIVED, Event.FINISHED_CANCELLED),
            }
        ),
        OrderState.FAILED: MappingProxyType(
            {**_RESURRECTED, **_stays(OrderState.FAILED, *_NEVER_LIVED, Event.GIVEN_UP)}
        ),
    }
)
"""Every legal move. A move onto itself is an event that is legal and changes nothing."""


def next_state(state: OrderState, event: Event, *, is_partly_filled: bool = False) -> OrderState:
    """Return the state after the event, or raise `IllegalTransition` and change nothing.

    With `is_partly_filled` an order that rests or works is PARTIALLY_FILLED, not ACTIVE or
    TRIGGERING, which both mean that nothing is filled.
    """
    following = TRANSITIONS[state].get(event)
    if following is None:
        raise IllegalTransition(state, event)
    if is_partly_filled and following in (OrderState.ACTIVE, OrderState.TRIGGERING):
        return OrderState.PARTIALLY_FILLED
    return following


def mermaid() -> str:
    """Render the table as a Mermaid state diagram, moves onto themselves left out."""
    lines = ["stateDiagram-v2", "    [*] --> PENDING"]
    for state, moves in TRANSITIONS.items():
        lines += _arrows(state, moves)
    return "\n".join(lines) + "\n"


def _arrows(state: OrderState, moves: Mapping[Event, OrderState]) -> list[str]:
    """Draw one arrow to each other state, named by its events in the order of `Event`."""
    events_by_target: dict[OrderState, list[Event]] = {}
    for event in Event:
        target = moves.get(event, state)
        if target is not state:
            events_by_target.setdefault(target, []).append(event)
    return [
        f"    {state} --> {target}: {', '.join(events).lower()}"
        for target, events in events_by_target.items()
    ]
