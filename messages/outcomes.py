"""Outcomes: what commands that take their time have come to.

Part of the conversation of `events.py`: a `CancelOrders` and a verified `FlattenPositions` each end
in one of these.
"""

from attrs import frozen


@frozen
class OrdersCancelled:
    """What a `CancelOrders` has come to, by client order id.

    What is in `done` rests no more; in `failed` each has its reason, also that it was filled whole.
    """

    command_id: str
    done: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


@frozen
class PositionsFlattened:
    """What a verified `FlattenPositions` has come to, by the venue's own positions.

    Flat only where the venue shows no position of the symbol (empty: of any) after ours were
    closed, whosesoever; `left` names those that it shows, or that we still hold, as
    `symbol/position side`.
    """

    command_id: str
    symbol: str
    is_flat: bool
    left: tuple[str, ...]
    after_ms: int
