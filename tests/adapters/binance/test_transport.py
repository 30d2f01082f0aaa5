"""Transport: names, proxies and certificates; whatever fails there, no request has left."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.binance.session import Session
from callboard.actors.adapters.binance.transport import (
    Proxy,
    Route,
    TransportFailure,
    parse_proxy,
    proxy_for,
    route_to,
    tls_context,
)
from callboard.actors.errors import ConfigurationError
from callboard.messages.values import Phase
from support.raw_server import RawServer, Received, reply, say, silence

TLS = Path(__file__).parents[2] / "support" / "tls"
CA_FILE = str(TLS / "ca.pem")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
LONG = 30.0


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


def server_context() -> ssl.SSLContext:
    """Return what a server of 127.0.0.1 shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem")
    return context


def finding(found: list[Any]) -> Callable[..., list[Any]]:
    """Return a look-up that finds the same for every name."""

    def look_up(*_: Any) -> list[Any]:
        return found

    return look_up


def ask(route: Route, url: str, *, timeout: float = LONG, times: int = 1) -> list[str]:
    """Ask for the time, and return what was said."""
    session = Session(url, route, {})
    try:
        said = [session.get(f"{url}/time", headers={}, timeout=timeout) for _ in range(times)]
        return [answer.text for answer in said]
    finally:
        session.close()


def failure(route: Route, url: str, *, timeout: float = LONG) -> str:
    """Return why a route leads nowhere."""
    with pytest.raises(TransportFailure) as caught:
        ask(route, url, timeout=timeout)
    assert Phase.NOT_CONNECTED is caught.value.phase
    return str(caught.value)


def test_a_certificate_of_our_own_authority_is_trusted_and_its_connection_kept() -> None:
    with RawServer([[reply("1"), reply("2")]], tls=server_context()) as server:
        said = ask(route_to(server.url, {}, ca_file=CA_FILE), server.url, times=2)

    assert (["1", "2"], 1) == (said, server.accepted)


def test_a_connection_under_tls_that_was_closed_is_renewed() -> None:
    with RawServer([[reply("1")], [reply("2")]], tls=server_context()) as server:
        route = route_to(server.url, {}, ca_file=CA_FILE)
        session = Session(server.url, route, {})
        first = session.get(f"{server.url}/time", headers={}).text
        server.await_end()

        second = session.get(f"{server.url}/time", headers={}).text
        session.close()

    assert ("1", "2", 2) == (first, second, len(server.requests))


def test_a_request_under_tls_without_an_answer_is_maybe_sent() -> None:
    with RawServer([[say()]], tls=server_context()) as server:
        route = route_to(server.url, {}, ca_file=CA_FILE)

        with pytest.raises(TransportFailure) as caught:
            ask(route, server.url)

    assert Phase.MAYBE_SENT is caught.value.phase


def test_a_certificate_of_another_authority_is_not_trusted() -> None:
    with RawServer([[reply("1")]], tls=server_context()) as server:
        assert "certificate is not trusted" in failure(route_to(server.url, {}), server.url)

    assert [] == server.requests


def test_a_certificate_of_another_host_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer([[reply("1")]], tls=server_context()) as server:
        found = [(socket.AF_INET, 0, 0, "", ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", finding(found))
        route = Route("other.test", server.port, tls_context({}, ca_file=CA_FILE))

        assert "certificate is not trusted" in failure(route, server.url)


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="reached by https alone"):
        route_to("http://fapi.binance.com", {})


def test_the_certificates_of_the_host_are_taken_where_it_names_some(tmp_path: Path) -> None:
    with RawServer([[reply("1")]], tls=server_context()) as server:
        said = ask(route_to(server.url, {"REQUESTS_CA_BUNDLE": CA_FILE}), server.url)

    assert ["1"] == said
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE: .* no certificates can be read"):
        route_to("https://fapi.binance.com", {"SSL_CERT_FILE": str(tmp_path / "none.pem")})


def test_a_proxy_makes_a_tunnel_and_learns_nothing_of_the_request() -> None:
    shown = server_context()

    def tunnel(connection: socket.socket, request: Received) -> None:
        say(b"HTTP/1.1 200 Connection established\r\n\r\n")(connection, request)
        with shown.wrap_socket(connection, server_side=True) as inner:
            inner.recv(1 << 16)
            reply("through")(inner, request)

    with RawServer([[tunnel]]) as server:
        proxy = parse_proxy(f"http://user:pass%40word@127.0.0.1:{server.port}")
        route = Route("venue.test", 443, tls_context({}, ca_file=CA_FILE), proxy)

        said = ask(route, "https://venue.test")

    (request,) = server.requests
    assert ["through"] == said
    assert "CONNECT venue.test:443 HTTP/1.1" == request.line
    assert "Basic dXNlcjpwYXNzQHdvcmQ=" == request.headers["proxy-authorization"]
    assert "dXNl" not in repr(proxy)


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_not_connected(status: int) -> None:
    with RawServer([[reply("canary", status=status)]]) as server:
        route = Route("venue.test", 443, tls_context({}), Proxy("127.0.0.1", server.port))

        said = failure(route, "https://venue.test")

    assert "not connected: ConnectionError: " + f"the proxy answered {status}" == said


def test_a_proxy_that_is_silent_times_out() -> None:
    with RawServer([[silence]]) as server:
        route = Route("venue.test", 443, tls_context({}), Proxy("127.0.0.1", server.port))

        assert "timed out" in failure(route, "https://venue.test", timeout=0.1)


def test_a_handshake_that_hangs_times_out() -> None:
    with RawServer([[silence]]) as server:
        route = Route("127.0.0.1", server.port, tls_context({}))

        assert "timed out" in failure(route, server.url, timeout=0.1)


def test_the_environment_names_the_proxy_and_whom_it_is_not_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert proxy_for("fapi.binance.com") is None
    monkeypatch.setenv("ALL_PROXY", "proxy.lan:3128")
    assert Proxy("proxy.lan", 3_128) == proxy_for("fapi.binance.com")

    monkeypatch.setenv("HTTPS_PROXY", "http://other.lan")
    monkeypatch.setenv("NO_PROXY", "lan,demo-fapi.binance.com")

    assert Proxy("other.lan", 80) == route_to("https://fapi.binance.com", {}).proxy
    assert proxy_for("demo-fapi.binance.com") is None
    assert route_to("https://127.0.0.1:8443", {}).proxy is None
    assert route_to("http://127.0.0.1:8080", {}).proxy is None


@pytest.mark.parametrize("url", ["socks5://canary@proxy:1080", "https://proxy", "http://"])
def test_a_proxy_of_another_kind_is_refused_without_its_login(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not supported: http is") as caught:
        parse_proxy(url)

    assert "canary" not in str(caught.value)


def test_a_proxy_without_a_number_for_a_port_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="port is no number"):
        parse_proxy("http://canary:canary@proxy:port")


def test_a_name_that_nobody_has_is_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert "Name or service not known" in failure(Route("venue.test", 443), "https://venue.test")


def test_a_look_up_that_hangs_does_not_outlast_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    lookup = socket.getaddrinfo

    def hang(*args: Any) -> Any:
        if args[-1]:
            return lookup(*args)
        ended.wait(LONG)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    said = failure(Route("venue.test", 443), "https://venue.test", timeout=0.1)
    ended.set()

    assert "not connected: TimeoutError: the name look-up timed out" == said


def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held, RawServer([[reply("1")]]) as server:
        held.bind(("127.0.0.1", 0))
        ports = (held.getsockname()[1], server.port)
        found = [(socket.AF_INET, 0, 0, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", finding(found))

        assert ["1"] == ask(Route("venue.test", 80), "https://venue.test")
