"""RedisClient: connections to a Redis server whose every wait has an end.

Owns the addresses and the options; redis-py's own defaults wait five seconds and repeat ten times,
a write that may have happened included. Who reads waits for its block and a little more; who
writes waits a second, and nothing is repeated here: the caller knows what a repetition would do.
The library is an extra, imported when it is needed. A password comes from `REDIS_PASSWORD` alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from ...errors import ConfigurationError
from ...service_settings import BusSettings
from ..secret import Secret, read_secret

CONNECT_SECONDS = 1.0
WRITE_SECONDS = 1.0
BLOCK_MS = 500
"""How long a read waits for something new."""
READ_SECONDS = 3.0
RETRY_SECONDS = 0.5
"""Until a server that was away is tried again."""
PASSWORD, USER = "REDIS_PASSWORD", "REDIS_USERNAME"
MISSING = "events over Redis need the extra: pip install 'callboard[redis]'"


@frozen
class RedisAddress:
    """Where a server is, and who we are there."""

    url: str
    username: str = ""
    password: Secret | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url


def address_of(settings: BusSettings, environ: Mapping[str, str]) -> RedisAddress:
    """Return the address of the settings; raises `ConfigurationError` for a bad password."""
    url = settings.redis_url or f"redis://{settings.redis_host}:{settings.redis_port}/0"
    return RedisAddress(url, environ.get(USER, ""), read_secret(PASSWORD, environ))


def reader(address: RedisAddress) -> Any:
    """Return a client for reads that wait; raises `ConfigurationError` without the extra."""
    return _client(address, READ_SECONDS)


def writer(address: RedisAddress) -> Any:
    """Return a client for writes; raises `ConfigurationError` without the extra."""
    return _client(address, WRITE_SECONDS)


def redis_faults() -> tuple[type[Exception], ...]:
    """Return what a server that is away, busy or in trouble makes the library raise."""
    return (_library().exceptions.RedisError, OSError)


def refuse_other_kinds(client: Any, streams: Iterable[str]) -> None:
    """Raise `ConfigurationError` where a key that should be a stream is something else.

    A transaction would leave out what it cannot write there, and do the rest.
    """
    for name in streams:
        kind = client.type(name)
        if kind not in (b"none", b"stream"):
            raise ConfigurationError(f"{name}: holds a {kind.decode()}, and must be a stream")


def _client(address: RedisAddress, seconds: float) -> Any:
    redis = _library()
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    is_near = address.url.startswith("unix:")
    wire: dict[str, Any] = {} if is_near else {"socket_connect_timeout": CONNECT_SECONDS}
    return redis.Redis.from_url(
        address.url,
        username=address.username or None,
        password=None if address.password is None else address.password.reveal(),
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        health_check_interval=0,
        decode_responses=False,
        protocol=2,
        **wire,
    )


def _library() -> Any:
    try:
        import redis
    except ImportError:
        raise ConfigurationError(MISSING) from None
    return redis
