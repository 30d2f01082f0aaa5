"""PageMetrics: docs/metrics.md, made of the catalogue of figures."""

from collections.abc import Iterator

from callboard.actors.adapters.metrics.catalogue import GROUPS, Kind, Metric
from support.doc_sources import code, table

HEAD = """# Metrics

What an engine does, in figures.
The service that `callboard run` starts keeps them; `callboard serve D` does for an engine that \
runs already.

- Prometheus scrapes `http://127.0.0.1:8000/metrics` (`metrics.port`). \
Every name begins with `callboard_` (`metrics.prefix`).
- `GET /api/execution/metrics` on port 8002 tells the same as JSON, with percentiles.
- `metrics.push_url = "localhost:9091"` pushes to a Pushgateway every `metrics.push_ms`. \
Empty pushes nowhere.
- A rule of the alerts names a figure as it stands here, without the prefix. \
Of several labels it sees the worst.

`deploy/prometheus/` holds a scrape configuration and rules, `deploy/grafana/callboard.json` a \
dashboard.

Figures come from the journal, and once a second (`metrics.poll_ms`) from the engine's answers to \
questions; never from the path of an order.
Losing all of this stops no trade.
A scraper or a gateway that is stuck holds nobody but itself.

A counter begins at the journal's latest segment when the service starts.
What the engine counts itself (*engine*) begins with each of its starts.
Durations are by the engine's clock, from the times that the journal holds.
A figure that nobody knows has no sample.
A label has at most 100 values; the rest are counted under `other`, and `labels_folded_total` \
says how often.

## Traces

With the extra `callboard[otel]` and `metrics.trace_url = "http://127.0.0.1:4318/v1/traces"` every \
signal is one OpenTelemetry trace.
Its own span lasts from the intake to the terminal event.
Under it stands a span for every step of the core that followed from it, named after the actor and \
the message; a wait in a queue or on the wire shows as its length.
Span ids are computed from the journal, so what is sent twice is the same span.

## Figures of a strategy

The program that thinks has figures of its own, for the same Prometheus.
Saying one never waits; of more than 10,000 that wait the oldest are dropped, and counted.
Before `initialize_metrics_exporter`, `get_metrics_exporter` gives one that takes everything and \
keeps nothing.

```python
from callboard import get_metrics_exporter, initialize_metrics_exporter

initialize_metrics_exporter(port=0, prefix="btc_elite")
metrics = get_metrics_exporter()


@metrics.time_operation("strategy_execution")
def think() -> str:
    return "LONG_ENTRY"


think()
metrics.update_pnl(100.0, 10.0)
metrics.record_trade("win", "funding_arbitrage", 1000.0)
metrics.close()
```

Port 8000 is the engine's own where both run on one machine.
`time_operation` times coroutine functions, too; `update_pnl` takes what is realised and what is \
not, and `record_trade` the outcome, the strategy and the notional.
With `enable_pushgateway=True` it pushes to `pushgateway_url` every 15 seconds.
"""


def metrics() -> str:
    """Return the page."""
    return "\n".join((HEAD, *_groups()))


def _groups() -> Iterator[str]:
    for title, group in GROUPS.items():
        yield f"## {title}\n"
        yield table(("name", "kind", "unit", "labels", "is"), [_row(metric) for metric in group])


def _row(metric: Metric) -> tuple[str, ...]:
    labels = ", ".join(code(label) for label in metric.labels)
    return (code(metric.name), _kind(metric), metric.unit, labels, metric.help)


def _kind(metric: Metric) -> str:
    if metric.is_told:
        return f"{metric.kind.value}, engine"
    if metric.kind is Kind.HISTOGRAM:
        return f"{metric.kind.value} to {metric.bounds[-1]:,}"
    return metric.kind.value
