"""Transport: how a connection to the venue is made, and how far a failed request got.

Owns `TransportFailure`, the way to a host (proxy or none, TLS or none) and the dialling: name,
TCP, the proxy's CONNECT and the handshake share one deadline. Certificates are verified, always;
plain HTTP goes to this machine alone, and never by a proxy. Whatever fails here is NOT_CONNECTED:
no byte of a request has left. The words of a failure are ours or the system's: what a peer wrote
may repeat what it was sent, and is never quoted.
"""

import contextlib
import os
import queue
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import certifi
from attrs import field, frozen

from ....messages.values import Phase
from ...errors import ConfigurationError, EngineError
from .answer import Reader, read_head
from .deadline import seconds_left
from .environment import is_loopback

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Where hosts name the certificates that they trust, in order of precedence."""

Address = tuple[int, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class TransportFailure(EngineError):
    """A request had no answer: how far it got, and why; nothing of the request is in it."""

    def __init__(self, phase: Phase, reason: str) -> None:
        super().__init__(phase, reason)
        self.phase = phase
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@frozen
class Proxy:
    """A proxy that makes tunnels."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)
    """Of the `Proxy-Authorization` header; empty where the proxy wants none."""


@frozen
class Route:
    """The way to one host."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None


def route_to(base: str, environ: Mapping[str, str], *, ca_file: str = "") -> Route:
    """Return the way to the host of a URL, as the environment wants it.

    Raises `ConfigurationError` for plain HTTP to another machine, certificates that cannot be
    read, and a proxy of a kind that we do not speak.
    """
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme == "http" and is_loopback(host):
        return Route(host, parts.port or 80)
    if parts.scheme != "https" or not host:
        raise ConfigurationError(f"{parts.scheme}://{host}: the venue is reached by https alone")
    proxy = None if is_loopback(host) else proxy_for(host)
    return Route(host, parts.port or 443, tls_context(environ, ca_file=ca_file), proxy)


def tls_context(environ: Mapping[str, str], *, ca_file: str = "") -> ssl.SSLContext:
    """Return what verifies the venue: our file, else the host's, else the public certificates."""
    named = next((name for name in CA_VARIABLES if environ.get(name)), "")
    path = ca_file or environ.get(named, "") or certifi.where()
    is_folder = os.path.isdir(path)  # noqa: PTH112 - a mere string, as `ssl` wants it
    try:
        context = ssl.create_default_context(
            cafile=None if is_folder else path, capath=path if is_folder else None
        )
    except OSError as error:  # an SSLError is one, too
        source = "" if ca_file else f"{named}: "
        raise ConfigurationError(
            f"{source}{path}: no certificates can be read: {type(error).__name__}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def proxy_for(host: str) -> Proxy | None:
    """Return the proxy that the process's environment names for https to a host, if any."""
    proxies = getproxies_environment()
    url = proxies.get("https") or proxies.get("all")
    if not url or proxy_bypass(host):
        return None
    return parse_proxy(url)


def parse_proxy(url: str) -> Proxy:
    """Return a proxy of a URL; its user and password are in no error."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 80
    except ValueError:
        raise ConfigurationError("the proxy's port is no number up to 65535") from None
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigurationError(f"a proxy of kind {parts.scheme!r} is not supported: http is")
    if parts.username is None:
        return Proxy(parts.hostname, port)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(parts.hostname, port, f"Basic {b64encode(login.encode()).decode()}")


def dial(route: Route, until: float) -> socket.socket:
    """Connect until a moment of the monotonic clock; raises `TransportFailure`, NOT_CONNECTED."""
    target = route.proxy or route
    try:
        connection = _dial_any(_resolve(target.host, target.port, until), until)
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.proxy is not None:
                _open_tunnel(connection, route, route.proxy, until)
            if route.tls is not None:
                connection.settimeout(seconds_left(until))
                connection = route.tls.wrap_socket(connection, server_hostname=route.host)
            undo.pop_all()
    except OSError as error:
        raise TransportFailure(Phase.NOT_CONNECTED, f"not connected: {told(error)}") from None
    return connection


def told(error: Exception) -> str:
    """Return what an error of the system says, in one line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _resolve(host: str, port: int, until: float) -> list[Address]:
    """Look a name up within the deadline, which the system's own look-up does not know."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    with contextlib.suppress(socket.gaierror):
        return _look_up(host, port, flags)
    found: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(_look_up(host, port, 0))
        except OSError as error:
            found.put(error)

    threading.Thread(target=look_up, name="callboard-resolver", daemon=True).start()
    try:
        result = found.get(timeout=seconds_left(until))
    except queue.Empty:
        raise TimeoutError("the name look-up timed out") from None
    if isinstance(result, OSError):
        raise result
    return result


def _look_up(host: str, port: int, flags: int) -> list[Address]:
    infos = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, flags)
    return [(family, address) for family, _, _, _, address in infos]


def _dial_any(addresses: list[Address], until: float) -> socket.socket:
    """Connect to the first address that answers; each has its share of the time that is left."""
    failure: OSError = OSError("the name has no address")
    for index, (family, address) in enumerate(addresses):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds_left(until) / (len(addresses) - index))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _open_tunnel(connection: socket.socket, route: Route, proxy: Proxy, until: float) -> None:
    host = f"[{route.host}]" if ":" in route.host else route.host
    lines = [f"CONNECT {host}:{route.port} HTTP/1.1", f"Host: {host}:{route.port}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    connection.settimeout(seconds_left(until))
    connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    reader = Reader(connection)
    reader.wait_until(until)
    status = read_head(reader, "CONNECT").status
    if not 200 <= status < 300:
        raise ConnectionError(f"the proxy answered {status}")
