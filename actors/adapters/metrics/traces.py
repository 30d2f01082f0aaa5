"""Traces: the face that sends a trace of every signal by OTLP over HTTP.

Off until it has an address; wants the extra `otel`, which is imported when it opens. It reads the
journal behind everybody else, from its end on, and sends in batches with a time limit. Bound:
`SPANS_MAX` spans that wait; a collector that is away costs the oldest of them, and nothing else.
"""

from collections import deque
from collections.abc import Sequence
from importlib import import_module
from itertools import islice
from typing import Any

from ....messages.codec import CodecError
from ...errors import ConfigurationError, EngineError
from ...runtime.journal_reader import JournalDamaged
from ..disk import Disk
from ..records.journal_tail import JournalTail
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..spool import JOURNAL
from .spans import Span, SpanMaker

SPANS_MAX = 20_000
BATCH_MAX = 512
LOOK_SECONDS = 1.0
SEND_SECONDS = 5.0
FAULTS = (OSError, EngineError, JournalDamaged, CodecError)
MISSING = (
    "metrics.trace_url is set, and OpenTelemetry is not installed;"
    ' install it with pip install "callboard[otel]"'
)


class Traces:
    """Reads, makes spans and sends them, again and again."""

    name = "traces"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._maker = SpanMaker()
        self._waiting: deque[Span] = deque(maxlen=SPANS_MAX)
        self._tail: JournalTail | None = None
        self._sender: Sender | None = None
        self._fault = ""
        self.sent = 0
        """Spans that the collector took."""

    def open(self) -> None:
        """Load OpenTelemetry; raises `ConfigurationError` where it is not installed."""
        context = self._context
        self._sender = Sender(context.settings.metrics.trace_url, context.settings.mode)
        self._tail = None

    def look(self) -> float:
        """Read what is new and send a batch; returns at once where more waits."""
        try:
            self._read()
        except FAULTS as error:
            self._fault, self._tail = f"journal: {error}", None
            return LOOK_SECONDS
        if self._waiting:
            self._send()
        return 0.0 if len(self._waiting) >= BATCH_MAX and not self._fault else LOOK_SECONDS

    def close(self) -> None:
        """Send no more."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()

    def health(self) -> FaceHealth:
        """Say whether the collector took the last batch."""
        return FaceHealth(is_ok=not self._fault, text=self._fault or f"{self.sent} spans sent")

    def _read(self) -> None:
        if self._tail is None:
            self._tail = JournalTail(Disk(self._context.data_dir / JOURNAL))
            self._tail.begin(None)
        while lines := self._tail.read():
            for line in lines:
                self._waiting.extend(self._maker.take(line))

    def _send(self) -> None:
        assert self._sender is not None
        batch = list(islice(self._waiting, BATCH_MAX))
        self._fault = self._sender.send(batch)
        if not self._fault:
            for _ in batch:
                self._waiting.popleft()
            self.sent += len(batch)


class Sender:
    """OpenTelemetry's exporter, with what it needs of the SDK."""

    def __init__(self, url: str, mode: str) -> None:
        try:
            self._trace = _module("opentelemetry.trace")
            self._sdk = _module("opentelemetry.sdk.trace")
            resources = _module("opentelemetry.sdk.resources")
            exporter = _module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        except ImportError as error:
            raise ConfigurationError(MISSING) from error
        self._resource = resources.Resource(
            {"service.name": "callboard", "deployment.environment.name": mode}
        )
        self._exporter = exporter.OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS)

    def send(self, spans: Sequence[Span]) -> str:
        """Send a batch; returns why it was not taken, empty where it was."""
        try:
            result = self._exporter.export([self._readable(span) for span in spans])
        except Exception as error:  # noqa: BLE001 - whatever a foreign library raises
            return f"{type(error).__name__}: {error}"
        return "" if result.name == "SUCCESS" else "the collector did not take the spans"

    def close(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def _readable(self, span: Span) -> Any:
        code = self._trace.StatusCode.ERROR if span.is_failed else self._trace.StatusCode.UNSET
        return self._sdk.ReadableSpan(
            span.name,
            context=self._context_of(span.trace_id, span.span_id),
            parent=self._context_of(span.trace_id, span.parent_id) if span.parent_id else None,
            resource=self._resource,
            attributes=dict(span.attributes),
            status=self._trace.Status(code),
            start_time=span.start_ns,
            end_time=span.end_ns,
        )

    def _context_of(self, trace_id: int, span_id: int) -> Any:
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        return self._trace.SpanContext(trace_id, span_id, is_remote=False, trace_flags=flags)


def _module(name: str) -> Any:
    """Import an optional module; untyped here, since it need not be installed."""
    return import_module(name)
