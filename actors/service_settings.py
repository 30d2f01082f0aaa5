"""ServiceSettings: the figures of what stands around the engine and decides nothing.

A section for each face of the service, with the safety source that the core hears through one.
Part of `Settings`; durations carry their unit in the name. Secrets never stand here: a token or a
webhook's key comes from the environment or a file of its own.
"""

from attrs import frozen


@frozen
class ServiceSettings:
    """The process beside the engine in which the faces run."""

    enabled: bool = True
    """Whether `callboard run` starts one; `callboard serve` starts one for any running engine."""
    feed_interval_ms: int = 50
    """Between two looks for new events in the journal, by the wall."""
    events_kept: int = 10_000
    """Latest events kept in memory for those who resume; older ones are read from the journal."""


@frozen
class ApiSettings:
    """The HTTP API and the dashboard (C-43)."""

    enabled: bool = True
    """Whether the service answers over HTTP."""
    host: str = "127.0.0.1"
    """Address to listen on; any but the loopback needs a token."""
    port: int = 8002
    """Port to listen on; 0 takes a free one."""
    reads_need_token: bool = False
    """Whether looking needs a token on the loopback, too; elsewhere it always does."""
    approvals_min: int = 1
    """Different tokens that have to want a resume; 2 is the rule of two."""
    document_in_live: bool = False
    """Whether `/openapi.json` is shown in live mode."""
    body_bytes_max: int = 64 * 1024
    """Size of a request's body; a larger one is answered with 413."""
    client_requests_per_second: int = 100
    """Requests of one address; beyond it 429."""
    requests_per_second: int = 500
    """Requests of all addresses together; beyond it 429."""
    clients_max: int = 256
    """Connections; one more is answered with 503."""
    streams_max: int = 128
    """Event streams among them; one more is answered with 503."""
    request_timeout_ms: int = 10_000
    """From a request's first byte to its last."""
    stuck_timeout_ms: int = 30_000
    """A client that takes none of what waits for it for so long is cut off."""


@frozen
class MetricsSettings:
    """Figures for Prometheus (C-44); the service keeps them for API and alerts in any case."""

    enabled: bool = True
    """Whether Prometheus may scrape them."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on; 0 takes a free one."""
    prefix: str = "callboard"
    """Beginning of every metric's name."""
    poll_ms: int = 1_000
    """Between two rounds of questions to the engine, by the wall."""
    host_ms: int = 15_000
    """Between two looks at processes, memory, disk and network."""
    push_url: str = ""
    """Address of a Pushgateway, with or without `http://`; empty for none."""
    push_ms: int = 15_000
    """Between two pushes."""
    push_timeout_ms: int = 5_000
    """So long the gateway may take for one."""
    trace_url: str = ""
    """Where OpenTelemetry traces go by OTLP over HTTP; empty for none. Wants `callboard[otel]`."""


@frozen
class AlertSettings:
    """Rules that watch the figures, and where their alerts go."""

    enabled: bool = True
    """Whether the rules are watched."""
    rules: str = ""
    """A TOML file of rules that change and join those that are built in; empty for none."""
    interval_ms: int = 1_000
    """Between two looks at the figures and at what the engine said, by the wall."""
    cool_down_ms: int = 300_000
    """What fires again within so long after its end is told only if it still does then."""
    repeat_ms: int = 14_400_000
    """What fires on is told again after so long; 0 for never."""
    queue_max: int = 1_000
    """Notices that wait for one channel; beyond it the oldest is dropped and counted."""
    deliver_within_ms: int = 3_600_000
    """Age at which a notice that a channel does not take is given up."""
    webhook_timeout_ms: int = 5_000
    """For one attempt of the webhook, from its beginning to the end of the answer."""


@frozen
class BusSettings:
    """Events from and to other programs (C-21, C-22)."""

    redis_url: str = ""
    """Address of a Redis server, as in `redis://127.0.0.1:6379/0` or `unix:///run/redis.sock`;
    empty for none. A password comes from the environment: `REDIS_PASSWORD`."""
    redis_host: str = ""
    """Host of a Redis server, where no address is given; empty for none."""
    redis_port: int = 6379
    """Its port."""
    prefix: str = "callboard"
    """Beginning of the name of every stream and key."""
    layout: str = "one"
    """Events go into `one` stream, `<prefix>.events`, or into one a `topic`."""
    stream_max: int = 100_000
    """About how many entries a stream keeps; older ones go."""
    publish_from: str = "start"
    """Where a first run begins to publish: at the `start` of the journal, or `now`."""
    cloud_events: bool = False
    """Whether an event is written as a CloudEvents document in one field."""
    signal_age_ms_max: int = 60_000
    """An entry that waited longer is not carried out; 0 asks nobody's age."""
    claim_idle_ms: int = 5_000
    """A command that another consumer took and left so long is taken over."""
    mirror_trades: bool = False
    """Whether the trade store is mirrored to Redis."""

    @property
    def is_wanted(self) -> bool:
        """Whether a server is configured."""
        return bool(self.redis_url or self.redis_host)

    @property
    def mirrors(self) -> bool:
        """Whether trades are to be mirrored to a server."""
        return self.is_wanted and self.mirror_trades


@frozen
class EmergencySettings:
    """A risk service that may stop entries (C-09)."""

    url: str = ""
    """Where it answers over HTTP; empty for none: the local gate alone decides."""
    ttl_ms: int = 15_000
    """So long its last word counts; entries are refused afterwards, exits never are."""
    fail_mode: str = "closed"
    """`open` lets entries pass when the source is silent, and says so of every such order."""
    poll_ms: int = 5_000
    """Between two questions."""
    timeout_ms: int = 2_000
    """How long one answer is waited for."""
    policy_keys: tuple[str, ...] = ()
    """Settings of the risk gate that it is asked for, as in `position_size_pct_max`."""
