"""ConfigServiceRules: which figures may stand in the settings of the service's faces.

The part of `config_rules` that grows with the faces; the same test keeps it equal to the settings.
Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ..policies.risk_policy import POLICY_KEYS
from ..settings import HOUR_MS, MINUTE_MS, SECOND_MS
from .config_ranges import OneOf, Rule, Spelled, between, url

_HOST = Spelled(r"[A-Za-z0-9.:_-]{1,255}", "a host's name or address")
_HOST_OR_NONE = Spelled(r"[A-Za-z0-9.:_-]{0,255}", "a host's name or address, or empty")
_PORT = between(0, 65_535)

SERVICE_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "service.feed_interval_ms": between(10, 10 * SECOND_MS),
        "service.events_kept": between(100, 1_000_000),
        "api.host": _HOST,
        "api.port": _PORT,
        "api.approvals_min": between(1, 2),
        "api.body_bytes_max": between(1024, 1024 * 1024),
        "api.client_requests_per_second": between(1, 100_000),
        "api.requests_per_second": between(1, 100_000),
        "api.clients_max": between(8, 10_000),
        "api.streams_max": between(1, 5_000),
        "api.request_timeout_ms": between(100, 10 * MINUTE_MS),
        "api.stuck_timeout_ms": between(100, 10 * MINUTE_MS),
        "metrics.host": _HOST,
        "metrics.port": _PORT,
        "metrics.prefix": Spelled(r"[a-z][a-z0-9_]{0,40}", "a lower-case name"),
        "metrics.poll_ms": between(100, MINUTE_MS),
        "metrics.host_ms": between(SECOND_MS, HOUR_MS),
        "metrics.push_url": Spelled(
            r"((https?://)?[A-Za-z0-9.\[\]-]+(:[0-9]{1,5})?(/[^?@\s]*)?)?",
            "host:port, a URL without user and password, or empty",
        ),
        "metrics.push_ms": between(SECOND_MS, HOUR_MS),
        "metrics.push_timeout_ms": between(50, MINUTE_MS),
        "metrics.trace_url": url("http"),
        "alerts.rules": Spelled(r"[^\0\r\n]*", "a file, or empty"),
        "alerts.interval_ms": between(100, HOUR_MS),
        "alerts.cool_down_ms": between(0, 24 * HOUR_MS),
        "alerts.repeat_ms": between(0, 7 * 24 * HOUR_MS),
        "alerts.queue_max": between(1, 100_000),
        "alerts.deliver_within_ms": between(SECOND_MS, 7 * 24 * HOUR_MS),
        "alerts.webhook_timeout_ms": between(100, HOUR_MS),
        "bus.redis_host": _HOST_OR_NONE,
        "bus.redis_port": between(1, 65_535),
        "bus.redis_url": Spelled(
            r"(rediss?://[A-Za-z0-9.:\[\]-]+(/[0-9]{1,4})?|unix:///[^?@\s]+)?",
            "redis://host[:port][/number], unix:///path, or empty",
        ),
        "bus.prefix": Spelled(r"[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, `_`, `.`, `-`"),
        "bus.layout": OneOf(("one", "topic")),
        "bus.stream_max": between(100, 10_000_000),
        "bus.publish_from": OneOf(("start", "now")),
        "bus.signal_age_ms_max": between(0, HOUR_MS),
        "bus.claim_idle_ms": between(50, HOUR_MS),
        "emergency.url": url("http"),
        "emergency.ttl_ms": between(SECOND_MS, HOUR_MS),
        "emergency.fail_mode": OneOf(("closed", "open")),
        "emergency.poll_ms": between(50, HOUR_MS),
        "emergency.timeout_ms": between(50, 30 * SECOND_MS),
        "emergency.policy_keys": OneOf(POLICY_KEYS),
    }
)
"""Key -> what may stand there."""
