"""Frame keys: by what a report of the user stream is known again.

A report is known by what it says of its order, a fill by its trade alone: the bare fill that comes
first and the full one after it share that key. Pure.
"""

from ...messages.stream import OrderFrame
from ...messages.venue import OrderEvidence, TradeEvidence


def keys_of(frame: OrderFrame) -> tuple[str, ...]:
    """Return the keys by which a frame is known again; a full fill makes its bare one known."""
    keys: list[str] = []
    if frame.evidence is not None:
        keys.append(_report_key(frame.evidence, frame.trade, frame.execution))
    if frame.trade is not None:
        keys.append(f"t/{frame.trade.symbol}/{frame.trade.trade_id}")
    return tuple(keys)


def _report_key(evidence: OrderEvidence, trade: TradeEvidence | None, execution: str) -> str:
    """The venue's time tells two amendments apart, which may differ in nothing else."""
    store = "a" if evidence.conditional else "o"
    trade_id = "" if trade is None else trade.trade_id
    said = f"{execution}/{evidence.status}/{trade_id}/{evidence.filled:f}/{evidence.updated_at_ms}"
    return f"{store}/{evidence.symbol}/{evidence.venue_order_id}/{said}"
