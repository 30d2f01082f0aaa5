"""Quality: how orders were executed, as JSON values made of the fold.

Pure. Times are whole microseconds (`_us`), milliseconds (`_ms`) or RFC 3339; ratios are text with
four places, None where nothing was counted.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from attrs import asdict

from ....messages.values import OrderType
from ...policies.rounding import plain
from ..records.stamps import masked, stamp
from .distribution import Bin, duration_bins, spread
from .run_fold import Execution, Gap, RunFold

Json = dict[str, Any]
US_NS = 1_000
MS_US = 1_000
MS_NS = 1_000_000
FOUR_PLACES = Decimal("0.0001")
GAPS_SHOWN = 20
PAUSES_SHOWN = 20
STATES_SHOWN = 200

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "signal_to_sent": "a signal is taken until its first request leaves",
        "sent_to_ack": "a request leaves until the venue's yes is read",
        "ack_to_fill": "the yes until the first fill, of market orders",
        "signal_to_fill": "a signal is taken until the first fill, of market orders",
        "fill_to_stop": "a position has no stop until one rests",
    }
)
"""Stage of an order -> from where to where."""


def latency_of(fold: RunFold) -> Json:
    """Return each stage's spread and bins."""
    samples = _samples(fold)
    return {
        stage: {
            "what": what,
            **asdict(spread(samples[stage])),
            "bins": bins_json(duration_bins(samples[stage])),
        }
        for stage, what in STAGES.items()
    }


def bins_json(bins: Iterable[Bin]) -> list[Json]:
    """Return bins as JSON values."""
    return [
        {"low": plain(each.low), "high": plain(each.high), "count": each.count} for each in bins
    ]


def times_of(order: Execution) -> dict[str, int | None]:
    """Return an order's own stages in microseconds, None where one has no begin or no end."""
    is_market = order.approved.order_type is OrderType.MARKET
    filled_ns = order.filled_ns if is_market else 0
    return {
        "signal_to_sent": _between(order.signal_ns, order.sent_ns),
        "sent_to_ack": _between(order.accepted_sent_ns, order.acked_ns),
        "ack_to_fill": _between(order.acked_ns, filled_ns),
        "signal_to_fill": _between(order.signal_ns, filled_ns),
    }


def _samples(fold: RunFold) -> dict[str, list[int]]:
    samples: dict[str, list[int]] = {stage: [] for stage in STAGES}
    for order in fold.orders.values():
        for stage, took_us in times_of(order).items():
            if took_us is not None:
                samples[stage].append(took_us)
    protected = (each for each in fold.gaps if each.ending == "protected")
    samples["fill_to_stop"] = [each.after_ms * MS_US for each in protected]
    return samples


def _between(begin_ns: int, end_ns: int) -> int | None:
    """Return microseconds; a fill that the stream told before the answer came took none."""
    return max(end_ns - begin_ns, 0) // US_NS if begin_ns and end_ns else None


def refusals_of(fold: RunFold) -> Json:
    """Return what share of the signals was refused, and by which guards."""
    refused = sum(each.count for each in fold.refusals.values())
    guards = sorted(fold.refusals.items(), key=lambda each: (-each[1].count, each[0]))
    return {
        "signals": fold.signal_count,
        "refused": refused,
        "ratio": ratio(refused, fold.signal_count),
        "by_guard": [
            {
                "guard": guard,
                "count": each.count,
                "share": ratio(each.count, refused),
                "figure": "" if each.latest is None else masked(each.latest.figure),
                "limit": "" if each.latest is None else masked(each.latest.limit),
                "reason": "" if each.latest is None else masked(each.latest.reason),
            }
            for guard, each in guards
        ],
    }


def errors_of(fold: RunFold) -> list[Json]:
    """Return the failed requests for orders, the most frequent first."""
    return [
        {"operation": key[0], "kind": key[1], "outcome": key[2], "code": key[3], "count": count}
        for key, count in fold.errors.most_common()
    ]


def retries_of(fold: RunFold) -> Json:
    """Return how often requests were made again, by kind of error, and whether it worked."""
    tried = sum(each.count for each in fold.retries.values())
    succeeded = sum(each.succeeded for each in fold.retries.values())
    kinds = sorted(fold.retries.items(), key=lambda each: (-each[1].count, each[0]))
    return {
        "attempts": fold.attempts,
        "retries": tried,
        "succeeded": succeeded,
        "by_kind": [{"kind": kind, **asdict(each)} for kind, each in kinds],
    }


def doubts_of(fold: RunFold) -> Json:
    """Return how long outcomes were unknown, and what they came to."""
    states: dict[str, int] = {}
    for state, _ in fold.resolved:
        states[state] = states.get(state, 0) + 1
    sample = [lasted_ns // US_NS for _, lasted_ns in fold.resolved]
    return {
        "resolved": states,
        "open": sorted(fold.doubts),
        **asdict(spread(sample)),
        "bins": bins_json(duration_bins(sample)),
    }


def protection_of(fold: RunFold) -> Json:
    """Return the times in which positions had no stop, the longest first."""
    still = [
        Gap(symbol, side, fold.last_ns, (fold.last_ns - since_ns) // MS_NS, "open")
        for since_ns, symbol, side in fold.bare.values()
    ]
    gaps = sorted((*fold.gaps, *still), key=lambda each: -each.after_ms)
    return {
        "gaps": len(gaps),
        "longest_ms": gaps[0].after_ms if gaps else None,
        "not_protected": sum(each.ending != "protected" for each in gaps),
        "longest": [
            {
                "symbol": each.symbol,
                "position_side": each.position_side,
                "ended_at": stamp(each.at_ns),
                "after_ms": each.after_ms,
                "ending": each.ending,
            }
            for each in gaps[:GAPS_SHOWN]
        ],
    }


def conditions_of(fold: RunFold) -> Json:
    """Return what the engine ran under: trading states, pauses of the venue, alerts."""
    return {
        "states": [
            {"at": stamp(at_ns), "state": state, "reason": masked(reason)}
            for at_ns, state, reason in fold.states[-STATES_SHOWN:]
        ],
        "pauses": {
            "count": len(fold.pauses),
            "total_ms": sum(length_ms for _, _, length_ms in fold.pauses),
            "latest": [
                {"at": stamp(at_ns), "scope": scope, "length_ms": length_ms}
                for at_ns, scope, length_ms in fold.pauses[-PAUSES_SHOWN:]
            ],
        },
        "alerts": [
            {
                "alert": name,
                "severity": each.latest.severity.value,
                "count": each.count,
                "subject": each.latest.subject,
                "text": masked(each.latest.text),
            }
            for name, each in sorted(fold.alerts.items(), key=lambda pair: -pair[1].count)
            if each.latest is not None
        ],
    }


def ratio(part: int, whole: int) -> str | None:
    """Return a share as text with four places, None of nothing."""
    return plain((Decimal(part) / whole).quantize(FOUR_PLACES)) if whole else None
